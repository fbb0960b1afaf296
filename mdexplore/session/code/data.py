"""The part of a script that says where the trajectories are and reads them."""
from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING

from mdexplore.base.errors import UserError
from mdexplore.session.code.text import comment, lines, paths

if TYPE_CHECKING:
    from mdexplore.data.dataset import Dataset


@dataclass
class Parts:
    """What a script is put together from; each step adds what it needs.

    Parameters
    ----------
    imports : set of str
        Whole lines.
    settings : list of str
        Names and values at the top.
    functions : dict of str to str
        Definitions by name, in the order in which they were asked for.
    body : list of str
        Statements.
    saved : dict of str to str
        Name in the file of results -> expression.
    """

    imports: set[str] = field(default_factory=lambda: {"import sys", "from pathlib import Path", "import numpy as np"})
    settings: list[str] = field(default_factory=list)
    functions: dict[str, str] = field(default_factory=dict)
    body: list[str] = field(default_factory=list)
    saved: dict[str, str] = field(default_factory=dict)


def refuse(what: str, why: str, do: str) -> UserError:
    """The error of a study that cannot be a script."""
    return UserError(f"This study cannot be written as a script: {what}.", why, do)


def say_data(data: Dataset, parts: Parts) -> None:
    """Files, topology, stride and time step of a data set.

    Raises
    ------
    UserError
        If the data, or a part of them, are in no file that a script could read.
    """
    files = [data.origin(i, 0)[0] for i in range(data.n_trajectories)] if data.has_structures else []
    given = [file for file, _ in (data.source_arrays.origins if data.source_arrays else ())]
    _check(data, files, given)
    everything = [*files, *given, *([data.topology_file] if files else [])]
    folder = os.path.commonpath([os.path.dirname(f) for f in everything])
    parts.settings += [comment("Where the files are; change this where they have moved."), f"FOLDER = Path({folder!r})"]
    if files:
        parts.imports.add("import mdtraj as md")
        parts.settings += [f"TOPOLOGY = {_inside(data.topology_file, folder)}", paths("TRAJECTORIES", [_inside(f, folder) for f in files])]
        atoms = data.atoms
        if atoms is not None:
            parts.settings.append(lines("ATOMS", atoms.tolist()) + "   # of the files; all numbers of atoms below count these alone")
    if given:
        parts.settings.append(paths("FEATURES", [_inside(f, folder) for f in given]))
    strides = [data.file_stride(i) if files else data.stride for i in range(data.n_trajectories)]
    if set(strides) == {1}:
        pass
    elif len(set(strides)) == 1:
        parts.settings.append(f"STRIDE = {strides[0]}   # every so many frames of the files")
    else:
        parts.settings.append(lines("STRIDES", strides) + "   # every so many frames of each file: they have different time steps")
    step = data.timestep_ns
    parts.settings.append(f"TIMESTEP_NS = {step!r}   # from frame to frame" if step is not None else "TIMESTEP_NS = None   # unknown: all times are in frames")


def stride_of(data: Dataset, number: str) -> str:
    """The expression for the stride of a trajectory; "" where every frame is used."""
    strides = {data.file_stride(i) for i in range(data.n_trajectories)} if data.has_structures else {data.stride}
    return "" if strides == {1} else "STRIDE" if len(strides) == 1 else f"STRIDES[{number}]"


def say_reader(data: Dataset, parts: Parts) -> None:
    """``read(number)``: a whole trajectory with its atoms chosen and its molecules whole."""
    options = ["top=TOPOLOGY"]
    stride = stride_of(data, "number")
    if stride:
        options.append(f"stride={stride}")
    choose = data.atoms is not None
    if choose and not data.is_made_whole:
        options.append("atom_indices=ATOMS")
    text = f'''def read(number):
    """A trajectory, whole in memory: coordinates in nm."""
    trajectory = md.load(str(TRAJECTORIES[number]), {", ".join(options)})
'''
    if data.is_made_whole:
        parts.functions["bonds_in_order"] = BONDS
        text += "    trajectory.make_molecules_whole(inplace=True, sorted_bonds=bonds_in_order(trajectory.topology))\n"
        if choose:
            text += "    trajectory = trajectory.atom_slice(ATOMS)\n"
    parts.functions["read"] = text + "    return trajectory\n"


BONDS = '''def bonds_in_order(topology):
    """Bonds such that the first atom of each is in place before the second; for molecules broken across the box."""
    neighbours = [[] for _ in range(topology.n_atoms)]
    for a, b in topology.bonds:
        neighbours[a.index].append(b.index)
        neighbours[b.index].append(a.index)
    seen, ordered = set(), []
    for root in range(topology.n_atoms):
        queue = [] if root in seen else [root]
        seen.add(root)
        for atom in queue:  # grows while it is walked
            for other in neighbours[atom]:
                if other not in seen:
                    seen.add(other)
                    ordered.append((atom, other))
                    queue.append(other)
    return np.array(ordered, dtype=np.int32)
'''


def _inside(file: str, folder: str) -> str:
    return f"FOLDER / {PurePath(os.path.relpath(file, folder)).as_posix()!r}"


def _check(data: Dataset, files: list[str], given: list[str]) -> None:
    if data.exact is not None:
        raise refuse("its data are a model system", f"{data.name} was made in memory.", "Write the arrays with numpy.save and load these files.")
    if not given and (not files or data.source_arrays is not None):
        raise refuse("its features are arrays in memory", "A script can only read files.", "Write the arrays with numpy.save and load these files instead.")
    if data.has_structures and not all(map(os.path.isabs, files)):
        raise refuse("its trajectories are objects in memory", "A script can only read files.", "Save them with their save method, for example as .xtc, and load these files instead.")
    if files and not data.topology_file:
        raise refuse("its topology is an object in memory", "A script can only read files.", 'Save a frame as PDB and load with top="that.pdb".')
    damaged = [f.file for f in data.report.files if f.damage]
    if damaged:
        raise refuse(f"{damaged[0]} is damaged", "Only its sound frames were used, and mdtraj would refuse the file or read other frames.", "Write the sound frames to a new file and load that one.")
    strange = [f for f in files if not f.isascii() and f.endswith((".xtc", ".trr", ".dcd"))]
    if strange:
        raise refuse(f"the name {strange[0]} has letters beyond ASCII", "mdtraj's readers of XTC, TRR and DCD cannot open such a file.", "Rename it or its folder, and load it again.")
