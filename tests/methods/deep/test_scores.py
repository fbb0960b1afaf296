"""Scores: number for number those of deeptime, and right where the answer is known."""
import numpy as np
import pytest

from mdexplore.methods.deep import scores

torch = pytest.importorskip("torch", reason="networks need the deep extra")


@pytest.fixture
def batch():
    """Memberships of four states, correlated in time."""
    random = np.random.default_rng(0)
    raw = random.normal(size=(2, 600, 4))
    raw[1] = 0.8 * raw[0] + 0.4 * raw[1]
    chi = np.exp(raw) / np.exp(raw).sum(2, keepdims=True)
    return tuple(torch.from_numpy(c) for c in chi)


def test_the_score_of_a_batch_equals_the_loss_of_deeptime(batch):
    from deeptime.decomposition.deep import vampnet_loss

    assert float(scores.vamp2(*batch)) == pytest.approx(-float(vampnet_loss(*batch, method="VAMP2", mode="regularize")), abs=1e-9)


def test_vamp_e_equals_that_of_deeptime_where_time_has_no_direction(batch):
    from deeptime.decomposition.deep import vampnet_loss

    # Elsewhere deeptime 0.4.5 is too low: it takes the singular vectors of a transposed matrix for each other.
    x, y = torch.cat(batch), torch.cat(batch[::-1])
    assert float(scores.vampe(x, y)) == pytest.approx(-float(vampnet_loss(x, y, method="VAMPE", mode="regularize")), abs=1e-9)


def test_vamp_e_on_the_models_own_data_is_vamp_2(batch):
    assert float(scores.vampe(*batch)) == pytest.approx(float(scores.vamp2(*batch)), abs=1e-3)


def test_gradients_equal_those_of_deeptime(batch):
    from deeptime.decomposition.deep import vampnet_loss

    x, y = (t.clone().requires_grad_() for t in batch)
    (ours,) = torch.autograd.grad(scores.vamp2(x, y), x)
    (theirs,) = torch.autograd.grad(-vampnet_loss(x, y, mode="regularize"), x)
    np.testing.assert_allclose(ours.numpy(), theirs.numpy(), atol=1e-8)


def test_a_network_of_one_precision_is_scored_in_double(batch):
    assert scores.vamp2(*(t.float() for t in batch)).dtype == torch.float64


def test_outputs_that_are_all_the_same_have_finite_gradients():
    x = torch.full((50, 3), 0.3, requires_grad=True)
    scores.vamp2(x, x).backward()
    assert torch.isfinite(x.grad).all()


def ar1(a, n=40_000):
    from scipy.signal import lfilter

    return lfilter([np.sqrt(1 - a * a)], [1, -a], np.random.default_rng(1).standard_normal(n))


def test_two_independent_processes_score_one_and_their_squared_autocorrelations():
    x = np.stack([ar1(0.9), 7 * ar1(0.5)[::-1] + 3], axis=1)
    pairs = torch.from_numpy(x[:-1].copy()), torch.from_numpy(x[1:].copy())
    for score in (scores.vamp2, scores.vampe, scores.reversible):
        assert float(score(*pairs)) == pytest.approx(1 + 0.81 + 0.25, abs=0.02)
    assert float(scores.autocorrelation(*pairs)) == pytest.approx(0.7, abs=0.01)


def test_vamp_e_punishes_a_model_of_other_data():
    x = torch.from_numpy(np.stack([ar1(0.9), ar1(0.5)[::-1]], axis=1).copy())
    mirrored = x * torch.tensor([1.0, -1.0]) + torch.tensor([0.0, 1.0])
    own = scores.vampe(x[:-1], x[1:])
    strange = scores.vampe_of(scores.propagator(x[:-1], mirrored[1:]), x[:-1], x[1:])
    assert float(strange) < float(own) - 0.5
