"""Which features to measure where nobody has said: chosen by what the data hold, and told."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mdexplore.base.notices import Notice
from mdexplore.methods.features.distances import Distances
from mdexplore.methods.features.featurizer import alpha_carbons, heavy_atoms
from mdexplore.methods.features.identity import Identity
from mdexplore.methods.features.positions import Positions
from mdexplore.methods.features.torsions import Torsions, torsion_atoms
from mdexplore.methods.method import Settings

MOST_ATOMS = 40      # 780 distances
FRAMES_EACH = 2      # frames for each feature, or no slow coordinate can be told from noise
FEWEST = 4           # features that any data get
LOOKED_AT = 16       # trajectories
BROKEN_NM = 0.3      # no two bonded backbone atoms are that far apart


def default_features(data: Any) -> tuple[tuple[Settings, ...], tuple[Notice, ...]]:
    """Features that work for these data, with a notice that says which and why.

    Given arrays are taken as they are; else backbone torsions; else distances between CA or heavy atoms, thinned where they are many or frames are few; for fewer than
    three atoms the positions. More features than half of the frames are never taken unasked, as no projection could learn from them.
    """
    if data.given is not None:
        text = "The given arrays are the features."
        if data.topology is not None:
            text += " Features can be measured on the structures as well, for example torsions."
        return (Identity(),), (_said(text),)
    topology = data.topology
    quads = _backbone(topology)
    room = sum(data.lengths) // FRAMES_EACH
    if len(quads) and 2 * len(quads) > max(room, FEWEST):
        return _without_torsions(data, room, f"as the frames are few for {len(quads)} torsions")
    if len(quads):
        n_torsions, broken = len(quads), _is_broken(data, quads)
        image = " across the box, as the molecule is broken there" if broken else ""
        return (Torsions(minimum_image=broken),), (_said(f"Features: cosine and sine of {n_torsions} backbone torsions{image}."),)
    return _without_torsions(data, room, "as there are no backbone torsions")


def broken_molecules(data: Any, settings: Sequence[Any]) -> tuple[Notice, ...]:
    """A warning where torsions are measured within the box although the molecule is broken over it."""
    if data.topology is None or not any(isinstance(s, Torsions) and not s.minimum_image for s in settings):
        return ()
    quads = _backbone(data.topology)
    if not len(quads) or not _is_broken(data, quads):
        return ()
    return (Notice("warning", "A backbone bond reaches across the box in the first frames: torsions over it are wrong.",
                   "Use Torsions(minimum_image=True), or make molecules whole.", "features"),)


def _backbone(topology: Any) -> np.ndarray:
    """Atoms of all phi and psi torsions; shape (n, 4)."""
    return np.concatenate([torsion_atoms(topology, kind) for kind in ("phi", "psi")])


def _without_torsions(data: Any, room: int, reason: str) -> tuple[tuple[Settings, ...], tuple[Notice, ...]]:
    carbons, heavy = alpha_carbons(data.topology), heavy_atoms(data.topology)
    atoms, what = (carbons, "CA atoms") if len(carbons) >= 4 else (heavy, "heavy atoms")
    if len(atoms) < 2:
        atoms, what = np.arange(data.topology.n_atoms), "atoms"
    if len(atoms) < 2:
        return (Positions(selection="all", superpose=False),), (_said("Features: the position of the only atom."),)
    n_all = len(atoms)
    most = min(MOST_ATOMS, int((1 + np.sqrt(1 + 8 * max(room, FEWEST))) / 2))   # their distances fit into the room
    if n_all > most:
        atoms = atoms[np.linspace(0, n_all - 1, most).round().astype(int)]
    pairs = tuple((int(a), int(b)) for k, a in enumerate(atoms) for b in atoms[k + 1 :])
    which = f"all {n_all} {what}" if n_all <= most else f"{most} of the {n_all} {what}, evenly chosen"
    return (Distances(pairs=pairs),), (_said(f"Features: {len(pairs)} distances between {which}, {reason}."),)


def _is_broken(data: Any, quads: np.ndarray) -> bool:
    """Does a backbone bond reach across the box in the first frame of one of the trajectories looked at?"""
    bonds = np.unique(np.concatenate([quads[:, :2], quads[:, 1:3], quads[:, 2:]]), axis=0)
    for i in np.unique(np.linspace(0, data.n_trajectories - 1, LOOKED_AT).astype(int)):
        if not data.lengths[i]:
            continue
        frame = data.frame(int(i), 0)
        if frame.unitcell_lengths is None:
            continue
        if (np.linalg.norm(frame.xyz[0, bonds[:, 0]] - frame.xyz[0, bonds[:, 1]], axis=1) > BROKEN_NM).any():
            return True
    return False


def _said(text: str) -> Notice:
    return Notice("info", text, where="features")
