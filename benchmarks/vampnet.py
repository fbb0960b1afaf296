"""An epoch of VAMPnet training against deeptime with torch's DataLoader, and the held-out score that both reach."""
from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.goals import Goal, at_least
from benchmarks.systems import hopping
from benchmarks.timing import Table, ms, paired
from mdexplore.methods.deep import network, scores, training
from mdexplore.methods.deep.pairs import Pairs
from mdexplore.methods.method import ignore

if TYPE_CHECKING:
    import torch

LAG, BATCH, STEP = 20, 4096, 5e-3
GOAL, SAME_SCORE = 3, 0.02   # scores that differ by less count as the same
SIZES = (30, 100, 30, 4)


def run(n_frames: int = 100_000, rounds: int = 5, epochs: int = 8) -> list[Table]:
    """Thirty features, lobes of 100 and 30 units, four fuzzy states; the last tenth of the frames is held out."""
    frames = np.concatenate(hopping(n_frames, SIZES[0], n_trajectories=1))
    learned, held_out = frames[: n_frames - n_frames // 10], frames[-(n_frames // 10) :]
    table = Table(f"VAMPnet, {n_frames:,} frames, {SIZES[0]} features, batches of {BATCH}",
                  ("", "epoch, CPU", "epoch, wall", "range of wall", f"held-out VAMP-2 after {epochs} epochs, three seeds"))
    with training.repeatable(0):
        times = paired({"deeptime + DataLoader": lambda: by_deeptime(learned, held_out, 1), "mdexplore": lambda: by_mdexplore(learned, held_out, 1)}, rounds=rounds)
    found = {name: [judged(make(seed), held_out) for seed in range(3)] for name, make in (
        ("deeptime + DataLoader", lambda seed: by_deeptime(learned, held_out, epochs, seed)), ("mdexplore", lambda seed: by_mdexplore(learned, held_out, epochs, seed)))}
    for name, t in times.items():
        table.rows.append((name, ms(t.cpu), ms(t.wall), f"{ms(t.spread[0])} to {ms(t.spread[1])}", ", ".join(f"{s:.3f}" for s in found[name])))
    ratio = times["deeptime + DataLoader"].cpu / times["mdexplore"].cpu
    table.notes.append(f"Ratio {ratio:.1f} in processor time; wanted {GOAL}. Both train the same lobes with the same optimiser, step and batches, one thread, on {'a GPU' if training.device() == 'cuda' else 'the CPU'}, "
                       f"and judge the held-out frames after each epoch. The losses of one batch differ by {difference(held_out):.0e}.")
    table.goals = [at_least(14, f"an epoch of {n_frames:,} frames, batches of {BATCH}, ratio", ratio, GOAL), same_score(*found.values())]
    return [table]


def same_score(theirs: list[float], ours: list[float]) -> Goal:
    """Whether the held-out scores are the same, or ours the better ones."""
    return at_least(14, "held-out VAMP-2 above the script's, mean of the seeds", float(np.mean(ours) - np.mean(theirs)), -SAME_SCORE)


def by_deeptime(learned: np.ndarray, held_out: np.ndarray, epochs: int, seed: int = 0) -> torch.nn.Module:
    """As its documentation does it."""
    import torch
    from deeptime.decomposition.deep import VAMPNet
    from deeptime.util.data import TrajectoryDataset
    from torch.utils.data import DataLoader

    with training.repeatable(seed):
        place = training.device()
        lobe, test = network.build(SIZES, "softmax").to(place), TrajectoryDataset(LAG, held_out)
        loader = DataLoader(TrajectoryDataset(LAG, learned), batch_size=BATCH, shuffle=True)
        model = VAMPNet(lobe=lobe, learning_rate=STEP, device=torch.device(place)).fit(loader, n_epochs=epochs, validation_loader=DataLoader(test, batch_size=len(test)))
        return model.fetch_model().lobe


def by_mdexplore(learned: np.ndarray, held_out: np.ndarray, epochs: int, seed: int = 0) -> torch.nn.Module:
    """By the loop of the package."""
    with training.repeatable(seed):
        lobe = network.build(SIZES, "softmax").to(training.device())

        def objective(rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            found = scores.vamp2(*lobe(rows).chunk(2))
            return found, found

        training.train(list(lobe.parameters()), objective, lambda some, test: objective(test), pairs(learned), pairs(held_out), training.Plan(epochs, BATCH, STEP, epochs), ignore)
        return lobe


def pairs(frames: np.ndarray) -> Pairs:
    n = len(frames) - LAG
    return Pairs(frames, np.arange(n), LAG, n)


def judged(lobe: torch.nn.Module, held_out: np.ndarray) -> float:
    import torch

    with torch.no_grad():
        y = lobe(torch.from_numpy(held_out).to(training.device()))
        return float(scores.vamp2(y[:-LAG], y[LAG:]))


def difference(frames: np.ndarray) -> float:
    """Between our loss and deeptime's, on the same outputs in double precision."""
    import torch
    from deeptime.decomposition.deep import vampnet_loss

    with training.repeatable(0), torch.no_grad():
        y = network.build(SIZES, "softmax").double()(torch.from_numpy(frames[:BATCH]).double())
        return abs(float(scores.vamp2(y[:-LAG], y[LAG:]) + vampnet_loss(y[:-LAG], y[LAG:], mode="regularize")))
