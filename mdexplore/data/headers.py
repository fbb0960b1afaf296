"""A look at files before anything is started: what loading would refuse because of how they begin or end."""
from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mdexplore.base.errors import UserError
from mdexplore.data.atom_counts import count_atoms
from mdexplore.data.formats.signature import FEATURE_FORMATS
from mdexplore.data.readers import identify, scan_file, unreadable
from mdexplore.data.sources import expand
from mdexplore.data.structures import check_atoms, damage_notice
from mdexplore.data.topology_files import choose

QUICK = frozenset({"xtc", "trr", "dcd"})   # scanned by numbers in their headers, without their own readers
MOST_BYTES = 64 << 20                      # some tenths of a second, also from a slow disk


def check_headers(paths: Sequence[str], on_damage: str = "stop", top: str | None = None) -> None:
    """Refuse files that are empty, of another kind, cut, or for another topology; whatever takes longer is left to loading.

    Parameters
    ----------
    paths : sequence of str
        Trajectories or feature files.
    on_damage : {"stop", "keep-good"}
        As for `mdexplore.load`.
    top : str, optional
        The topology of the trajectories.

    Raises
    ------
    UserError
        The one that loading would raise.
    """
    files = [Path(path) for path in expand(list(paths))]
    forms = [_form(path) for path in files]
    if sum(path.stat().st_size for path in files) <= MOST_BYTES:
        for path, form in zip(files, forms):
            if form in QUICK:
                _scan(path, form, on_damage)
    if top is not None and on_damage == "stop":   # of damaged files loading leaves out those of which nothing is sound
        _check_topology(files, forms, top)


def _check_topology(files: Sequence[Path], forms: Sequence[str], top: str) -> None:
    """Compare counts that cost nothing; where they differ the topology is read as loading reads it, so that no sound file is refused."""
    counts = {path: count_atoms(path, form) for path, form in zip(files, forms) if form in QUICK}
    named = expand(top)
    if len(named) == 1:   # `choose` refuses more
        expected = count_atoms(named[0], identify(named[0])[0])
        if expected is None or all(count in (None, expected) for count in counts.values()):
            return
    topology, name = choose(files, forms, top)
    for path, count in counts.items():
        if count is not None and count > 0:
            check_atoms(path.name, count, topology, name)


def _form(path: Path) -> str:
    form, instead = identify(path)
    if not form:
        raise UserError(f"{path} is not a trajectory.", f"It is {instead}.", "Give a file of a format that mdtraj reads, such as XTC, TRR, DCD, NetCDF, HDF5, PDB or GRO.")
    return "" if form in FEATURE_FORMATS else form


def _scan(path: Path, form: str, on_damage: str) -> None:
    try:
        damage = scan_file(path, form).damage
    except UserError:
        raise
    except Exception as error:   # as loading would say it
        raise unreadable(path, error) from error
    if damage is not None:
        damage_notice(path, damage, on_damage)
