"""What the structure panel draws: how a molecule is represented, which frames stand for many, and frames laid over each other."""
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mdexplore.base import limits
from mdexplore.pictures.pdbtext import PROTEIN, is_polymer

if TYPE_CHECKING:
    import mdtraj as md

STYLES = {"licorice": "licorice", "ball + stick": "ball+stick", "cartoon": "cartoon", "tube": "tube", "line": "line", "surface": "surface"}
COLORS = {"element": "element", "residue": "residueindex", "chain": "chainindex", "state": ""}
WATER = frozenset(["HOH", "WAT", "TIP", "TIP3", "TIP4", "TP3", "SPC", "SOL", "H2O", "DOD"])
SMALL_MOLECULE, SMALL_PROTEIN = 400, 12   # atoms up to which a copy shows all heavy atoms; residues below which a ribbon says little
MOST_COPY_ATOMS = 1500
LEVELS = ("#f6dcea", "#e8a9cf", "#d878b2", "#c74a96", "#b5257a")   # of marked atoms, from faint to strong


@dataclass(frozen=True)
class Layer:
    """One representation: NGL's name of it, the atoms it is for, and its parameters."""

    kind: str
    selection: str
    options: tuple[tuple[str, Any], ...] = ()

    @property
    def parameters(self) -> dict[str, Any]:
        return dict(self.options)


@dataclass(frozen=True)
class Molecule:
    """What a topology says about how to show it."""

    n_atoms: int
    n_protein_residues: int
    n_polymer_residues: int
    n_other_atoms: int

    @property
    def is_polymer(self) -> bool:
        return self.n_polymer_residues >= 3

    @property
    def default_style(self) -> str:
        """A ribbon for proteins, sticks for what is too small for one."""
        return "cartoon" if self.n_polymer_residues >= SMALL_PROTEIN else "licorice"

    @property
    def styles(self) -> tuple[str, ...]:
        """Ribbons and tubes are offered where there is a chain to follow."""
        return tuple(s for s in STYLES if self.is_polymer or s not in ("cartoon", "tube"))


def look_at(topology: md.Topology) -> Molecule:
    """Count what decides on the representation."""
    polymer = sum(is_polymer(r) for r in topology.residues)
    other = sum(r.n_atoms for r in topology.residues if not is_polymer(r) and r.name.upper() not in WATER)
    return Molecule(topology.n_atoms, sum(r.name.upper() in PROTEIN for r in topology.residues), polymer, other)


def layers(molecule: Molecule, style: str) -> tuple[Layer, ...]:
    """Representations of a style; ligands and ions stay visible beside a ribbon, water does not bury the rest."""
    sticks: tuple[tuple[str, Any], ...] = (("radius", 0.16), ("multipleBond", "off"))
    if style in ("cartoon", "tube"):
        chain = Layer(STYLES[style], "polymer", (("radius", 0.3),) if style == "tube" else ())
        return (chain, Layer("licorice", "not polymer and not water", sticks)) if molecule.n_other_atoms else (chain,)
    dry = "not water"
    if style == "licorice":
        return (Layer("licorice", dry, sticks),)
    if style == "ball + stick":
        return (Layer("ball+stick", dry, (("multipleBond", "off"),)),)
    if style == "surface":
        return (Layer("surface", dry, (("opacity", 0.75), ("useWorker", False))),)
    return (Layer("line", dry, (("linewidth", 2),)),)


def copy_atoms(topology: md.Topology) -> np.ndarray:
    """Atoms that a superposed copy shows: all heavy ones of a small molecule, the trace of a large one; shape (n,), int."""
    heavy = [a.index for a in topology.atoms if getattr(a.element, "symbol", "C") != "H" and a.residue.name.upper() not in WATER]
    if len(heavy) <= SMALL_MOLECULE:
        return np.array(heavy, int)
    trace = [a.index for a in topology.atoms if is_polymer(a.residue) and a.name in ("CA", "P")]
    return np.array(trace or heavy[:MOST_COPY_ATOMS], int)


def fit_atoms(topology: md.Topology) -> np.ndarray:
    """Atoms on which frames are laid over each other: the trace of a chain, or all heavy atoms but water; shape (n,), int."""
    trace = [a.index for a in topology.atoms if is_polymer(a.residue) and a.name in ("CA", "P")]
    if len(trace) >= 4:
        return np.array(trace, int)
    heavy = [a.index for a in topology.atoms if getattr(a.element, "symbol", "C") != "H" and a.residue.name.upper() not in WATER]
    return np.array(heavy if len(heavy) >= 3 else range(topology.n_atoms), int)


def superposed(xyz: np.ndarray, reference: np.ndarray, atoms: np.ndarray) -> np.ndarray:
    """A frame turned and moved onto a reference.

    Parameters
    ----------
    xyz, reference : ndarray, shape (n_atoms, 3)
    atoms : ndarray of int
        Those whose squared distances are made least.

    Returns
    -------
    ndarray, shape (n_atoms, 3)

    Notes
    -----
    Kabsch 1976, doi:10.1107/S0567739476001873; a mirror image is no solution.
    """
    xyz, reference = np.asarray(xyz, float), np.asarray(reference, float)
    center, target = xyz[atoms].mean(0), reference[atoms].mean(0)
    u, _, v = np.linalg.svd((xyz[atoms] - center).T @ (reference[atoms] - target))
    u[:, -1] *= np.sign(np.linalg.det(u) * np.linalg.det(v)) or 1.0
    return (xyz - center) @ (u @ v) + target


def representatives(points: np.ndarray, count: int) -> np.ndarray:
    """Frames that stand for many: the medoids of a k-means clustering, so that dense and rare regions both get their share.

    Parameters
    ----------
    points : ndarray, shape (n, dim)
        The frames on the projection.
    count : int

    Returns
    -------
    ndarray, shape (min(count, n),), int
        Rows of `points`, increasing.
    """
    limits.check("structures", count)
    n = len(points)
    if n <= count:
        return np.arange(n)
    points = np.asarray(points, float)
    spread = points.std(0)
    scaled = (points - points.mean(0)) / np.where(spread > 0, spread, 1)
    # Start evenly along the direction of largest spread: the same frames give the same picture.
    order = np.argsort(scaled @ np.linalg.eigh(np.cov(scaled.T).reshape(scaled.shape[1], -1))[1][:, -1], kind="stable")
    centers = scaled[order[((np.arange(count) + 0.5) * n / count).astype(int)]]
    for _ in range(8):
        nearest = _distances(scaled, centers).argmin(1)
        sums = np.stack([np.bincount(nearest, weights=column, minlength=count) for column in scaled.T], axis=1)
        sizes = np.bincount(nearest, minlength=count)[:, None]
        centers = np.where(sizes > 0, sums / np.maximum(sizes, 1), centers)
    return _distinct(_distances(scaled, centers))


def _distances(points: np.ndarray, centers: np.ndarray) -> np.ndarray:
    return (points ** 2).sum(1)[:, None] - 2 * points @ centers.T + (centers ** 2).sum(1)


def _distinct(distances: np.ndarray) -> np.ndarray:
    """The nearest point to each centre, no point twice."""
    chosen: list[int] = []
    for column in distances.T:
        free = column.copy()
        free[chosen] = np.inf
        chosen.append(int(free.argmin()))
    return np.sort(np.array(chosen))
