"""Bad and hard inputs, one of each kind, each with the answer it must get: refused in words, told as a notice, or read."""
from __future__ import annotations

import gzip
import os
import struct
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import mdexplore as mdx
from benchmarks.trust.figure import Outcome, figure
from mdexplore.base.errors import UserError
from mdexplore.data.examples import BUNDLED

FORMATS = ("xtc", "trr", "dcd", "nc", "h5")
SLOW_S = 10.0


@dataclass(frozen=True)
class Case:
    """One input.

    Parameters
    ----------
    name : str
    source : path, list of paths or array
    wanted : str
        ``"read"`` without a warning, ``"refused"`` with what, why and do, or words that a refusal or a notice must hold.
    options : dict
        For `mdexplore.load`.
    """

    name: str
    source: Any
    wanted: str
    options: dict[str, Any] = field(default_factory=dict)


def answer(case: Case) -> str:
    """"" where the answer is right, or what was wrong with it."""
    started = time.monotonic()
    try:
        data = mdx.load(case.source, **case.options)
        if data.has_structures:
            for trajectory in range(data.n_trajectories):
                for _ in data.chunks(trajectory):
                    pass
        warnings = [str(n) for n in data.examine().notices if n.level != "info"]
        found, said = ("told" if warnings else "read"), " ".join([str(n) for n in data.report.notices])
    except UserError as error:
        found, said = ("refused" if error.what and (error.why or error.do) else "refused without a reason"), str(error)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    if time.monotonic() - started > SLOW_S:
        return f"took {time.monotonic() - started:.0f} s"
    if case.wanted in ("read", "refused"):
        return "" if found == case.wanted else f"{found}: {said}"
    return "" if case.wanted in said else f"{found}: {said}"


def cases(folder: Path) -> Iterator[Case]:
    """All inputs, written into a folder."""
    import mdtraj as md

    source = BUNDLED / "alanine-dipeptide"
    good = md.load(str(source / "ala2-00.xtc"), top=str(source / "ala2.pdb"))[:100]
    good.unitcell_lengths, good.unitcell_angles = np.full((100, 3), 4, np.float32), np.full((100, 3), 90, np.float32)
    good[0].save(str(folder / "top.pdb"))
    top = {"top": str(folder / "top.pdb")}

    def save(name: str, change: Callable[[Any], None] | None = None) -> Path:
        made = good[:]
        if change is not None:
            change(made)
        made.save(str(folder / name))
        return folder / name

    yield from _bytes_changed(folder, save, top)
    yield from _values_changed(save, top)
    yield from _times_changed(save, top)
    yield from _topologies(folder, save, top, good)
    yield from _names_and_places(folder, save, top)
    yield from _arrays(folder)


def _bytes_changed(folder: Path, save: Any, top: dict[str, Any]) -> Iterator[Case]:
    for form in FORMATS:
        good = save(f"good.{form}")
        data, rng = good.read_bytes(), np.random.default_rng(0)
        yield Case(f"good {form}", good, "read", top)
        noise = rng.integers(0, 256, 5000, dtype=np.uint8).tobytes()
        for name, changed, wanted in (("empty", b"", "empty"), ("head", data[:8], "refused"), ("cut", data[:len(data) * 6 // 10 + 3], "refused"), ("last byte", data[:-1], "refused"),
                                      ("noise", noise, "unknown kind"), ("zeros", bytes(5000), "unknown kind"), ("tail", data + noise[:700], "refused")):
            path = folder / f"{name}.{form}"
            path.write_bytes(changed)
            yield Case(f"{name} {form}", path, wanted, top)
        for other in FORMATS:
            path = folder / f"{form}-named.{other}"
            path.write_bytes(data)
            yield Case(f"{form} named {other}", path, "read", top)
        yield Case(f"twice {form}", _write(folder / f"twice.{form}", data + data), "back in time" if form in ("xtc", "trr") else "damaged", top)
    xtc, dcd = bytearray((folder / "good.xtc").read_bytes()), bytearray((folder / "good.dcd").read_bytes())
    for name, atoms in (("many", 2_000_000_000), ("negative", -5), ("other", 23)):
        yield Case(f"xtc claims {name} atoms", _write(folder / f"{name}.xtc", xtc[:4] + struct.pack(">i", atoms) + xtc[8:]), "refused", top)
    yield Case("dcd claims frames", _write(folder / "frames.dcd", dcd[:8] + struct.pack("<i", 2_000_000_000) + dcd[12:]), "header says", top)
    yield Case("gzip", _write(folder / "gz.xtc", gzip.compress(bytes(xtc))), "gzip", top)
    yield Case("text", _write(folder / "text.xtc", b"hello\n" * 50), "text", top)
    yield Case("web page", _write(folder / "page.xtc", b"<!DOCTYPE html><html>404</html>"), "web page", top)


def _write(path: Path, data: bytes | bytearray) -> Path:
    path.write_bytes(data)
    return path


def _values_changed(save: Any, top: dict[str, Any]) -> Iterator[Case]:
    def put(value: float, rows: Any = 40, atoms: Any = slice(None)) -> Callable[[Any], None]:
        def change(made: Any) -> None:
            made.xyz[rows, atoms] = value
        return change

    def still(made: Any) -> None:
        made.xyz[:] = made.xyz[0].copy()

    def one_point(made: Any) -> None:
        made.xyz[:, 6] = made.xyz[:, 4]

    def small(made: Any) -> None:
        made.unitcell_lengths[:] = 0.3

    def across(made: Any) -> None:
        made.unitcell_lengths[:] = 1.5
        made.xyz = np.mod(made.xyz - made.xyz.mean((1, 2), keepdims=True), 1.5).astype(np.float32)

    for form in ("trr", "dcd", "nc"):
        for name, value in (("NaN", np.nan), ("infinite", np.inf), ("huge", 1e30), ("zero", 0.0)):
            yield Case(f"{name} frame {form}", save(f"{name}.{form}", put(value)), "damaged at frame 40", top)
            if value:
                yield Case(f"{name} atom {form}", save(f"{name}-atom.{form}", put(value, atoms=3)), "damaged at frame 40", top)
    for form in ("xtc", "trr", "dcd"):
        for name, change, wanted in (("frozen", still, "repeats the frame before it"), ("one point", one_point, "on one point"),
                                     ("torn", put(5.0, atoms=3), "bonds longer"), ("small box", small, "in a box of"), ("across the box", across, "make_whole=True")):
            yield Case(f"{name} {form}", save(f"{name}.{form}", change), wanted, top)


def _times_changed(save: Any, top: dict[str, Any]) -> Iterator[Case]:
    def times(values: Any) -> Callable[[Any], None]:
        def change(made: Any) -> None:
            made.time = np.asarray(values, np.float32)
        return change

    steps = np.arange(100.0)
    for name, values, wanted in (("zero times", steps * 0, "time step is unknown"), ("gap", np.r_[steps[:50], steps[50:] + 10], "could hold 10 frames"), ("backwards", steps[::-1], "downwards"),
                                 ("uneven", np.sort(np.random.default_rng(1).random(100) * 100), "uneven"), ("overlap", np.r_[steps[:50], steps[40:90]], "back in time"),
                                 ("doubled", np.r_[steps[:50], steps[49:99]], "stands still"), ("no number", np.r_[steps[:99], np.nan], "not numbers")):
        for form in ("xtc", "trr", "nc"):
            yield Case(f"{name} {form}", save(f"{name}.{form}", times(values)), wanted, top)
    yield Case("two time steps", [save("good.xtc"), save("slow.xtc", times(steps * 10))], "resample=True", top)
    yield Case("two time steps, resampled", [save("good.xtc"), save("slow.xtc", times(steps * 200))], "read", {**top, "resample": True})


def _topologies(folder: Path, save: Any, top: dict[str, Any], good: Any) -> Iterator[Case]:
    path, pdb = save("good.xtc"), (folder / "top.pdb").read_bytes()
    good[0].atom_slice(range(20)).save(str(folder / "fewer.pdb"))
    yield Case("other atom count", path, "do not go together", {"top": folder / "fewer.pdb"})
    lines = pdb.splitlines(keepends=True)
    atoms = [i for i, line in enumerate(lines) if line.startswith(b"ATOM")]
    renamed = lines[:]
    for i, j in zip(atoms, atoms[::-1]):
        renamed[i] = lines[i][:12] + lines[j][12:26] + lines[i][26:]
    for name, data, wanted in (("empty top", b"", "empty"), ("web page top", b"<html>404</html>\n" * 5, "web page"), ("latin top", b"REMARK caf\xe9 \xff\xfe\n" + pdb, "read"),
                               ("top without END", pdb.replace(b"END\n", b""), "read"), ("shuffled top", b"".join(renamed), "does not fit"), ("no atoms", b"REMARK nothing\n", "refused")):
        yield Case(name, path, wanted, {"top": _write(folder / f"{name}.pdb", data)})
    yield Case("missing top", path, "no file", {"top": folder / "none.pdb"})
    yield Case("no top", path, "no topology")


def _names_and_places(folder: Path, save: Any, top: dict[str, Any]) -> Iterator[Case]:
    for form in FORMATS:
        data = save(f"good.{form}").read_bytes()
        for name in ("with space & (x)", "ünïcødé-蛋白质-🧬", "quote'\"<b>", "x" * 240):
            yield Case(f"{name[:12]} {form}", _write(folder / f"{name}.{form}", data), "read", top)
        odd = os.fsdecode(os.fsencode(folder) + b"/lat\xe9\xff." + form.encode())
        yield Case(f"no UTF-8 {form}", _write(Path(odd), data), "read", top)
    data = (folder / "good.xtc").read_bytes()
    yield Case("upper case", _write(folder / "good.XTC", data), "read", top)
    yield Case("no ending", _write(folder / "noending", data), "read", top)
    yield Case("the same file twice", [folder / "good.xtc", folder / "good.xtc"], "twice", top)
    yield Case("a copy", [folder / "good.xtc", _write(folder / "copy.xtc", data)], "same content", top)
    yield Case("a part of another", [folder / "good.xtc", save("part.xtc", lambda made: None), save("part.dcd")], "same", top)
    (folder / "folder.xtc").mkdir()
    for name, target in (("link", "good.xtc"), ("dangling", "none.xtc"), ("loop", "loop.xtc"), ("device", "/dev/zero"), ("outside", "/etc/hostname")):
        (folder / f"{name}.xtc").symlink_to(target)
        yield Case(name, folder / f"{name}.xtc", "read" if name == "link" else "refused", top)
    os.mkfifo(folder / "pipe.xtc")
    for name, wanted in (("folder", "folder"), ("pipe", "not an ordinary file"), ("none", "no file")):
        yield Case(name, folder / f"{name}.xtc", wanted, top)
    for count in (1, 2, 3):
        yield Case(f"{count} frames", save(f"{count}.xtc", lambda made, n=count: _keep(made, n)), "refused" if count == 1 else "read", top)


def _keep(made: Any, n: int) -> None:
    made.xyz, made.time = made.xyz[:n], made.time[:n]
    made.unitcell_lengths, made.unitcell_angles = made.unitcell_lengths[:n], made.unitcell_angles[:n]


def _arrays(folder: Path) -> Iterator[Case]:
    with zipfile.ZipFile(folder / "bomb.npz", "w", zipfile.ZIP_DEFLATED) as archive, archive.open("x.npy", "w", force_zip64=True) as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": (1 << 30,)})
        for _ in range(1 << 8):
            file.write(bytes(1 << 22))
    yield Case("zip bomb", folder / "bomb.npz", "not unpacked")
    holder = np.empty(1, object)
    holder[0] = {"code": 1}
    np.savez(folder / "objects.npz", x=holder)
    yield Case("objects", folder / "objects.npz", "refused")
    np.save(folder / "lie.npy", np.zeros((100, 2)))
    lie = (folder / "lie.npy").read_bytes().replace(b"(100, 2)", b"(999, 9)")
    yield Case("array that lies", _write(folder / "lie.npy", lie), "refused")
    sound = np.random.default_rng(0).normal(size=(100, 2))
    for name, value in (("NaN", np.nan), ("infinite", np.inf)):
        hurt = sound.copy()
        hurt[40, 1] = value
        yield Case(f"{name} in features", hurt, "frame 40")
    yield Case("three axes", np.zeros((3, 4, 5)), "refused")
    yield Case("other columns", [sound, sound[:, :1]], "same columns")
    yield Case("text array", np.array([["a"]]), "refused")
    yield Case("sound features", sound, "read")


@figure("bad and hard inputs, each with its right answer", "all", short=1, full=1)
def bad_inputs(n: int) -> Outcome:
    """Every case once, in this process: a crash would end the table."""
    with tempfile.TemporaryDirectory() as name:
        wrong = []
        total = 0
        for case in cases(Path(name)):
            problem = answer(case)
            total += 1
            if problem:
                wrong.append(f"{case.name} ({problem[:160]})".encode("utf-8", "replace").decode().replace(name, ""))
    return Outcome(f"{total - len(wrong)} of {total}" + (f"; not: {'; '.join(wrong)}" if wrong else ""), not wrong)
