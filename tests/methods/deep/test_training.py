"""The training loop: every pair once, the best weights kept, the same bits each time, and a stop that loses nothing."""
import numpy as np
import pytest

from mdexplore.base.errors import UserError
from mdexplore.methods.deep import training
from mdexplore.methods.deep.pairs import Pairs
from mdexplore.methods.method import ignore

torch = pytest.importorskip("torch", reason="networks need the deep extra")


def pairs(n=400, slope=2.0):
    x = np.random.default_rng(0).normal(size=(n, 1)).astype(np.float32)
    return Pairs(np.concatenate([x, slope * x]), np.arange(n), n, n)


def line(plan, progress=ignore, worsens=None):
    """Fit y = w x; the held-out score may be made to worsen after some epoch."""
    seen = []
    with training.repeatable(0):
        w = torch.zeros(1, device=training.device(), requires_grad=True)

        def objective(rows):
            n = len(rows) // 2
            score = -(rows[n:] - w * rows[:n]).square().mean()
            return score, score

        def judge(learned, held_out):
            seen.append(float(w.detach()))
            return objective(held_out) if worsens is None or len(seen) <= worsens else (torch.tensor(-1e3 - len(seen)),) * 2

        found = training.train([w], objective, judge, pairs(), pairs(100), plan, progress)
    return float(w.detach()), found, seen


PLAN = training.Plan(epochs=30, batch_size=50, learning_rate=0.05, patience=4)


def test_a_slope_is_learned():
    w, found, _ = line(PLAN)
    assert w == pytest.approx(2, abs=0.01)
    assert found.history.shape[1] == 2


def test_the_best_weights_are_kept_and_training_ends_early():
    w, found, seen = line(PLAN, worsens=3)
    assert found.best == 2
    assert w == seen[2]
    assert len(found.history) == 3 + 3 * PLAN.patience   # patience with the first step and two smaller ones


def test_the_same_seed_gives_the_same_bits():
    (a, one, _), (b, two, _) = line(PLAN), line(PLAN)
    assert a == b
    np.testing.assert_array_equal(one.history, two.history)


def test_torch_is_left_as_it_was_found():
    n_threads, state = torch.get_num_threads(), torch.get_rng_state()
    line(PLAN)
    assert torch.get_num_threads() == n_threads
    assert torch.equal(torch.get_rng_state(), state)


def test_every_epoch_has_every_pair_once():
    batches = training._Batches(pairs(103), 20, "cpu")
    rows = [b.chunk(2) for b in batches.epoch()]
    np.testing.assert_allclose(sorted(float(v) for x, _ in rows for v in x), sorted(pairs(103).frames[:103, 0]))
    assert all(torch.equal(2 * x, y) for x, y in rows)
    assert min(len(x) for x, _ in rows) >= 20


def test_both_scores_are_told_after_each_epoch():
    told = []
    line(PLAN, lambda *what: told.append(what))
    assert told[0][:2] == (1, 30)
    assert "Epoch 1: score" in told[0][2]
    assert "held out" in told[0][2]


def test_a_stop_keeps_the_best_so_far():
    class Told:
        n = 0

        def __call__(self, *what):
            self.n += 1

        def is_stopped(self):
            return self.n == 2

    w, found, seen = line(PLAN, Told())
    assert found.was_stopped
    assert len(found.history) == 2
    assert w == max(seen)


def test_an_interrupt_keeps_the_best_so_far():
    def interrupt(done, total, text):
        if done == 2:
            raise KeyboardInterrupt
    w, found, seen = line(PLAN, interrupt)
    assert found.was_stopped
    assert w == seen[1]


def test_scores_that_are_no_numbers_are_refused():
    with pytest.raises(UserError, match="smaller learning rate"), training.repeatable(0):
        w = torch.zeros(1, device=training.device(), requires_grad=True)
        training.train([w], lambda rows: ((w * rows).sum() * float("nan"),) * 2, lambda a, b: (torch.tensor(float("nan")),) * 2, pairs(), pairs(), PLAN, ignore)
