"""Sound frames pass the check of their packing; frames with other run lengths do not."""
from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import mdtraj as md
import numpy as np
import pytest

from mdexplore.base.errors import UserError
from mdexplore.data.examples import BUNDLED
from mdexplore.data.formats import xtc_packing
from mdexplore.data.formats.xtc import scan
from mdexplore.data.formats.xtc_packing import _one, first_unsound, position_bits
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
    heads = hurt[offsets[:, None] + np.arange(88)].view(">i4")
    bits = position_bits(heads[:, 15:18], heads[:, 18:21])
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


@pytest.mark.parametrize("kind", ["scattered", "walk", "smooth", "mixed", "molecules"])
def test_one_frame_follows_runs_of_every_kind(kind):
    rng = np.random.default_rng(5)
    n = 3000
    xyz = {"scattered": lambda: rng.random((n, 3)) * 6, "walk": lambda: np.cumsum(rng.normal(size=(n, 3)) * 0.1, axis=0),
           "smooth": lambda: np.cumsum(rng.normal(size=(n, 3)) * 0.02, axis=0),
           "mixed": lambda: np.cumsum(rng.choice([0.05, 0.5], size=(n, 1)) * rng.normal(size=(n, 3)), axis=0),
           "molecules": lambda: np.repeat(rng.random((n // 3, 3)) * 6, 3, axis=0) + rng.normal(size=(n, 3)) * 0.05}[kind]()
    packed, bits, small = packing(xyz)
    assert _one(packed, 8 * len(packed) - 16, bits, small, n)
    for other in (n - 1, n + 1, n + 40):
        assert _one(packed, 8 * len(packed) - 16, bits, small, other) == side_by_side(packed, bits, small, other)
    assert not _one(packed, 8 * len(packed) - 16, bits, small, n + 40)   # the decoder would read behind the frame
    assert not _one(packed[:len(packed) // 2] + b"\0\0", 8 * (len(packed) // 2), bits, small, n)



def test_most_groups_of_a_frame_are_not_visited_one_by_one():
    packed, bits, small = packing(np.random.default_rng(5).random((20_000, 3)) * 6)
    lines = 0

    def count(frame, event, arg):
        nonlocal lines
        lines += event == "line"
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        assert _one(packed, 8 * len(packed) - 16, bits, small, 20_000)
    finally:
        sys.settrace(before)
    assert lines < 40_000   # one by one, seven lines a group


def side_by_side(packed, bits, small, n_atoms):
    data = np.frombuffer(packed, np.uint8)
    return bool(xtc_packing._side_by_side(data, np.array([0]), np.array([8 * len(packed) - 16]), np.array([bits]), np.array([small]), n_atoms)[0])


def packing(xyz):
    """Packed part with two bytes behind it, bits of a position, and the first small step's bits of a frame."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "one.xtc"
        with md.formats.XTCTrajectoryFile(str(path), "w") as file:
            file.write(xyz[None].astype(np.float32))
        data = np.fromfile(path, np.uint8)
    head = data[:88].view(">i4")
    return data[92:].tobytes() + b"\0\0", int(position_bits(head[None, 15:18], head[None, 18:21])[0]), int(head[21])


def test_bits_of_positions_are_those_of_whole_numbers_of_any_length():
    rng = np.random.default_rng(5)
    sizes = np.concatenate([[(1, 1, 1), (0xFFFFFF,) * 3, (0x1000000, 1, 1), (1, 0xFFFFFF, 2), (4096, 4096, 4096), (4096, 4096, 4095)], 2 ** rng.integers(0, 25, (500, 3)) - rng.integers(0, 2, (500, 3))])
    sizes = np.maximum(sizes, 1)
    low = rng.integers(-1000, 1000, sizes.shape)
    wanted = [(a * b * c).bit_length() if max(a, b, c) <= 0xFFFFFF else sum(n.bit_length() for n in (a, b, c)) for a, b, c in sizes.tolist()]
    assert position_bits(low, low + sizes - 1).tolist() == wanted


def test_no_frame_has_the_bits_of_a_box_turned_inside_out():
    assert position_bits(np.array([[0, 0, 5]]), np.array([[9, 9, 3]]))[0] > 1 << 30
