"""Sound frames pass the check of their packing; frames with other run lengths do not."""
from __future__ import annotations

import mdtraj as md
import numpy as np
import pytest

from mdexplore.base.errors import UserError
from mdexplore.data.examples import BUNDLED
from mdexplore.data.formats.xtc import scan
from mdexplore.data.formats.xtc_packing import first_unsound
from mdexplore.data.loading import load


def parts(path, n=None):
    found = scan(path)
    ends = np.append(found.offsets[1:], found.layout["end"])
    return np.fromfile(path, np.uint8), found.offsets[:n], ends[:n], found.n_atoms, 92


def test_every_bundled_frame_is_sound():
    for path in sorted(BUNDLED.glob("*/*-00.xtc")):
        assert first_unsound(*parts(path)) is None
        assert first_unsound(*parts(path, 5)) is None


def test_one_by_one_and_side_by_side_agree_on_flipped_bits():
    path = BUNDLED / "penta-alanine" / "ala5-00.xtc"
    data, offsets, ends, n_atoms, head = parts(path, 200)
    rng = np.random.default_rng(3)
    hurt = data.copy()
    for start, end in zip(offsets, ends):
        hurt[rng.integers(start + head, end)] ^= np.uint8(1 << rng.integers(8))
    single = [first_unsound(hurt, offsets[i:i + 1], ends[i:i + 1], n_atoms, head) is not None for i in range(200)]
    from mdexplore.data.formats import xtc_packing

    heads = hurt[offsets[:, None] + np.arange(88)].view(">i4")
    bits = np.array([xtc_packing.position_bits(h[15:18], h[18:21]) for h in heads])
    together = ~xtc_packing._side_by_side(hurt, (offsets + head) * 8, ends * 8, bits, heads[:, 21].astype(int), n_atoms)
    assert single == together.tolist() and 0 < sum(single) < 200


@pytest.mark.parametrize("scale", [0.001, 1.0, 300.0])
def test_tight_and_wide_molecules_are_sound(scale, tmp_path):
    rng = np.random.default_rng(0)
    xyz = (rng.normal(size=(20, 50, 3)) * scale).astype(np.float32)
    path = tmp_path / "any.xtc"
    with md.formats.XTCTrajectoryFile(str(path), "w") as file:
        file.write(xyz)
    assert scan(path).damage is None and first_unsound(*parts(path)) is None


@pytest.mark.parametrize("frame", [3, 30])
def test_a_frame_with_other_runs_is_refused_alone_and_in_a_stream(frame, files, top):
    path = files("run.xtc")
    data, offsets, ends, n_atoms, head = parts(path)
    for seed in range(100):
        rng = np.random.default_rng(seed)
        hurt = data.copy()
        hurt[offsets[frame] + head:ends[frame]] = rng.integers(0, 256, ends[frame] - offsets[frame] - head)
        if first_unsound(hurt, offsets, ends, n_atoms, head) == frame:
            break
    hurt.tofile(path)
    opened = load(path, top=top)
    with pytest.raises(UserError, match=f"damaged at frame {frame}"):
        opened.coordinates(0, frame)
    assert opened.coordinates(0, frame - 1).shape == (22, 3)
    with pytest.raises(UserError, match=f"damaged at frame {frame}"):
        list(load(path, top=top).chunks(0))
    assert load(path, top=top, on_damage="keep-good").n_frames == frame
