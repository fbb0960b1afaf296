"""The tables of growth as curves."""
from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from benchmarks.timing import Times


def draw(by_frames: Mapping[str, Mapping[int, Mapping[str, Times]]], by_states: Mapping[str, Mapping[int, Mapping[str, Times]]], path: Path) -> None:
    """Processor times on logarithmic axes, by name, size and who."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(11, 5), layout="constrained")
    for ax, series, label in zip(axes, (by_frames, by_states), ("frames", "states")):
        for number, (name, known) in enumerate(series.items()):
            for who, style in (("mdexplore", "o-"), ("script", "s--")):
                points = [(size, times[who].cpu) for size, times in known.items() if who in times]
                ax.loglog(*zip(*points), style, color=f"C{number}", label=f"{name.partition(' (')[0]}, {who}")
        ax.set(xlabel=label, ylabel="processor time / s")
        ax.legend(fontsize="x-small", loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2 if label == "frames" else 1)
        ax.grid(alpha=0.3)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    plt.close(figure)
