"""Files hurt at random: whatever they have become, they are read rightly, told about, or refused, and the process lives on."""
from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from mdexplore.base.errors import UserError
from mdexplore.data.loading import load

N = 48


def mutate(data: bytes, seed: int) -> bytes:
    """A copy that is cut, flipped, or has bytes put in or taken out."""
    rng = np.random.default_rng(seed)
    kind, hurt = seed % 4, bytearray(data)
    place, count = int(rng.integers(0, len(hurt))), int(rng.integers(1, 300))
    if kind == 0:
        return bytes(hurt[:place])
    if kind == 1:
        for at in rng.integers(0, len(hurt) if rng.random() < 0.5 else 300, 12):
            hurt[at] = int(rng.integers(256))
    elif kind == 2:
        hurt[place:place] = hurt[place:place + count]
    else:
        del hurt[place:place + count]
    return bytes(hurt)


def outcome(path: Path, top: str | None, truth: np.ndarray, usual: set[str]) -> str:
    """What a reader who consents to damage gets: ``"refused"``, ``"told"``, ``"same"``, ``"moved"`` (finite but other coordinates) or ``"silent"``."""
    try:
        data = load(path, top=top, on_damage="keep-good")
        found = np.concatenate([piece.xyz for _, piece in data.chunks(0)])
    except UserError as error:
        assert error.what
        return "refused"
    if {n.text for n in data.examine().notices} - usual:
        return "told"
    if found.shape != truth.shape or not np.isfinite(found).all() or not found.any(axis=(1, 2)).all():
        return "silent"
    return "same" if np.allclose(found, truth, atol=1e-3) else "moved"


@pytest.mark.parametrize("form", ["xtc", "trr", "dcd", "nc", "pdb"])
def test_hurt_files_are_never_taken_in_silence(form, files, top, tmp_path):
    path = files(f"good.{form}")
    topology = None if form == "pdb" else top
    data = load(path, top=topology)
    truth, usual = np.concatenate([piece.xyz for _, piece in data.chunks(0)]), {n.text for n in data.examine().notices}
    good, hurt = Path(path).read_bytes(), tmp_path / f"hurt.{form}"
    counts: Counter[str] = Counter()
    for seed in range(N):
        hurt.write_bytes(mutate(good, seed))
        counts[outcome(hurt, topology, truth, usual | {n.replace("good", "hurt") for n in usual})] += 1
    assert not counts["silent"] and counts["told"] + counts["refused"] > N // 2


def test_hurt_hdf5_files_are_never_taken_in_silence(files, tmp_path):
    path = files("good.h5")
    truth, good, hurt = load(path).frames([(0, i) for i in range(40)]).xyz, Path(path).read_bytes(), tmp_path / "hurt.h5"
    found = []
    for seed in range(1, 9):
        hurt.write_bytes(mutate(good, seed))
        found.append(outcome(hurt, None, truth, set()))
    assert "silent" not in found and "refused" in found
