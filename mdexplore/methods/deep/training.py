"""The training loop: batches by indexing one tensor, a held-out score each epoch, and the best weights kept."""
from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.methods.deep.pairs import Pairs
from mdexplore.methods.method import Progress

if TYPE_CHECKING:
    import torch

    Both = tuple[torch.Tensor, torch.Tensor]   # what is raised, and the score that is told
    Objective = Callable[[torch.Tensor], Both]
    Judge = Callable[[torch.Tensor, torch.Tensor], Both]

BATCHES = 80              # an epoch where the size of a batch is left open
SMALLEST, LARGEST = 128, 4096
SLOWER, DROPS = 1 / 3, 2   # the step is cut so often, each time from the best weights
WORTH = 1e-4              # a smaller gain does not earn more patience
SAMPLE = 20_000           # pairs of the training part that a judge may look at


@dataclass(frozen=True)
class Plan:
    """How long and in which steps to train.

    Parameters
    ----------
    epochs : int
        At most.
    batch_size : int or None
        Pairs; chosen from their number where None.
    learning_rate : float
    patience : int
        Epochs without a better held-out score before steps are made smaller, and at last training ends.
    """

    epochs: int
    batch_size: int | None
    learning_rate: float
    patience: int


@dataclass(frozen=True, eq=False)
class Training:
    """What became of it.

    Parameters
    ----------
    history : ndarray, shape (n_epochs, 2)
        Score in training (mean over batches) and held out, after each epoch.
    best : int
        Epoch whose weights were kept, counted from 0.
    was_stopped : bool
        By the user.
    device : str
        ``"cpu"`` or ``"cuda"``.
    """

    history: np.ndarray
    best: int
    was_stopped: bool
    device: str


def device() -> str:
    """``"cuda"`` where torch sees a GPU, else ``"cpu"``."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


@contextmanager
def repeatable(seed: int) -> Iterator[None]:
    """One thread and fixed random numbers inside; torch is left as it was found."""
    import torch

    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)   # workers share the cores, and sums over one thread are the same each time
    try:
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            yield
    finally:
        torch.set_num_threads(n_threads)


def unwatched(epoch: int, trained: float, held_out: float) -> None:
    """Shows nobody anything."""


def train(weights: Sequence[torch.Tensor], objective: Objective, judge: Judge, learned: Pairs, held_out: Pairs, plan: Plan, progress: Progress,
          watch: Callable[[int, float, float], None] = unwatched) -> Training:
    """Change weights in place until the held-out score stands still.

    Parameters
    ----------
    weights : sequence of tensor
        On `device`; they end as the best that were found.
    objective : callable
        Takes a tensor of shape (2 n, d), the earlier frames of n pairs, then the later ones; gives what is to be raised, and the score that is told of it.
    judge : callable
        The same of held-out pairs; takes a sample of the training pairs and the held-out pairs in the same form.
    learned, held_out : Pairs
        Standardised.
    plan : Plan
    progress : callable
        Told both scores after each epoch. Where it has ``is_stopped`` and that says so, or on an interrupt, training ends with the best weights so far.
    watch : callable
        Called after each epoch with the number of those that are done and both scores; it leaves weights and random numbers alone.

    Raises
    ------
    UserError
        If no epoch gives a finite score.
    """
    import torch

    place, history, best, best_score = device(), [], -1, -math.inf
    batches, test = _Batches(learned, plan.batch_size, place), _rows(held_out, held_out.n, place)
    sample = _rows(learned, SAMPLE, place)
    optimizer = torch.optim.Adam(weights, lr=plan.learning_rate, fused=True)
    kept, wait, drops, was_stopped, mark = [w.detach().clone() for w in weights], 0, 0, False, -math.inf
    try:
        for epoch in range(plan.epochs):
            scores = [_step(optimizer, objective, rows) for rows in batches.epoch()]
            with torch.no_grad():
                found, score = map(float, judge(sample, test))
            history.append((float(torch.stack(scores).mean()), score))
            if found > best_score:
                best, best_score, kept = epoch, found, [w.detach().clone() for w in weights]
            wait = 0 if found > mark + WORTH else wait + 1
            mark = max(mark, found) if wait == 0 else mark
            progress(epoch + 1, plan.epochs, f"Epoch {epoch + 1}: score {history[-1][0]:.3f}, held out {score:.3f}")
            watch(epoch + 1, *history[-1])
            if getattr(progress, "is_stopped", lambda: False)():
                was_stopped = True
                break
            if wait >= plan.patience or not math.isfinite(found):
                if drops == DROPS:
                    break
                wait, drops = 0, drops + 1
                _restore(weights, kept)
                optimizer = torch.optim.Adam(weights, lr=plan.learning_rate * SLOWER**drops, fused=True)
    except KeyboardInterrupt:
        if best < 0:
            raise
        was_stopped = True
    if best < 0:
        raise UserError("The network could not be trained.", "Its score was not a finite number.", "Choose a smaller learning rate, or look for damaged features.")
    _restore(weights, kept)
    return Training(np.array(history), best, was_stopped, place)


class _Batches:
    """Random batches of pairs as rows of one tensor: no loader touches single frames."""

    def __init__(self, pairs: Pairs, batch_size: int | None, place: str) -> None:
        import torch

        size = batch_size or int(np.clip(2 ** round(math.log2(max(pairs.n / BATCHES, 1))), SMALLEST, LARGEST))
        self._n = max(pairs.n // size, 1)
        self._frames = torch.from_numpy(pairs.frames).to(place)
        self._starts, self._offset = torch.from_numpy(pairs.starts), pairs.offset

    def epoch(self) -> Iterator[torch.Tensor]:
        """All pairs once, in a new order: (2 n, d) tensors with the earlier frames first."""
        import torch

        starts = self._starts[torch.randperm(len(self._starts))].to(self._frames.device)
        for part in torch.tensor_split(starts, self._n):
            yield self._frames.index_select(0, torch.cat([part, part + self._offset]))


def _step(optimizer: torch.optim.Optimizer, objective: Objective, rows: torch.Tensor) -> torch.Tensor:
    raised, score = objective(rows)
    optimizer.zero_grad()
    (-raised).backward()
    optimizer.step()
    return score.detach()


def _rows(pairs: Pairs, most: int, place: str) -> torch.Tensor:
    """At most so many pairs, evenly spread, in the form that objectives take."""
    import torch

    starts = pairs.starts[:: max(1, -(-pairs.n // most))]
    return torch.from_numpy(np.concatenate([pairs.frames[starts], pairs.frames[starts + pairs.offset]])).to(place)


def _restore(weights: Sequence[torch.Tensor], kept: Sequence[torch.Tensor]) -> None:
    import torch

    with torch.no_grad():
        for weight, value in zip(weights, kept):
            weight.copy_(value)
