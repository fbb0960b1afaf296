"""The part of a script that measures the features; atoms and pairs are written out, so that no rule of choosing them has to be repeated."""
from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from mdexplore.methods.features.choice import default_features
from mdexplore.methods.features.contacts import SOFTNESS_NM, Contacts
from mdexplore.methods.features.distances import Distances
from mdexplore.methods.features.extract import make_featurizer
from mdexplore.methods.features.identity import Identity
from mdexplore.methods.features.positions import Positions
from mdexplore.methods.features.rmsd import RMSD
from mdexplore.methods.features.torsions import Torsions
from mdexplore.session.code.data import Parts, refuse, say_reader, stride_of
from mdexplore.session.code.text import comment, lines

if TYPE_CHECKING:
    from mdexplore.data.dataset import Dataset
    from mdexplore.session.study import Study

FEW_PAIRS = 100   # are written one by one; of more, it is shorter to name the atoms and the pairs that are left out


def say_features(study: Study, parts: Parts) -> None:
    """``features``: an array a trajectory; raises `UserError` for a kind of features that cannot be written."""
    data = study.data
    settings = study.recipe.features or default_features(data)[0]
    calls = []
    for number, one in enumerate(settings, 1):
        if type(one) not in _WRITERS:
            raise refuse(f"there is no script for {type(one).__name__}", "It is no kind of features that mdexplore brings along.", "Choose other features.")
        suffix = "" if len(settings) == 1 else f"_{number}"
        calls.append(_WRITERS[type(one)](data, one, suffix, parts))
    is_measured = any(not isinstance(one, Identity) for one in settings)
    if is_measured:
        say_reader(data, parts)
    whole = calls[0] if len(calls) == 1 else f"np.hstack([{', '.join(calls)}])"
    values = f"{whole}.astype(np.float32)" if is_measured else whole
    names = "TRAJECTORIES" if data.has_structures else "FEATURES"
    parts.body += ["features = []", f"for number in range(len({names})):", *(["    trajectory = read(number)"] if is_measured else []), f"    features.append({values})",
                   'print(f"{len(features)} trajectories, {sum(map(len, features))} frames, {features[0].shape[1]} features")', ""]


def _torsions(data: Dataset, settings: Torsions, suffix: str, parts: Parts) -> str:
    kinds = [k for k in ("phi", "psi", "omega") if getattr(settings, k)] + ([f"chi{i}" for i in range(1, 6)] if settings.chi else [])
    periodic = f"periodic={settings.minimum_image}"
    if settings.selection:
        quads = make_featurizer(data, settings).compute.keywords["quads"]   # type: ignore[attr-defined]
        parts.settings += [comment(f"Torsions whose atoms are all in {settings.selection!r}."), lines(f"QUADS{suffix}", map(tuple, quads.tolist()))]
        angles = f"md.compute_dihedrals(trajectory, QUADS{suffix}, {periodic})"
    else:
        each = [f"md.compute_{kind}(trajectory, {periodic})[1]" for kind in kinds]
        angles = each[0] if len(each) == 1 else "np.hstack([" + ", ".join(each) + "])"
    parts.functions[f"torsions{suffix}"] = f'''def torsions{suffix}(trajectory):
    """Cosine and sine of each angle, side by side."""
    angles = {angles}
    return np.stack([np.cos(angles), np.sin(angles)], axis=2).reshape(len(angles), -1)
'''
    return f"torsions{suffix}(trajectory)"


def _distances(data: Dataset, settings: Distances, suffix: str, parts: Parts) -> str:
    pairs = make_featurizer(data, settings).compute.keywords["pairs"]   # type: ignore[attr-defined]
    _say_pairs(pairs, "atoms", suffix, parts)
    return f"md.compute_distances(trajectory, PAIRS{suffix}, periodic={settings.minimum_image})"


def _contacts(data: Dataset, settings: Contacts, suffix: str, parts: Parts) -> str:
    pairs = make_featurizer(data, settings).compute.keywords["pairs"]   # type: ignore[attr-defined]
    _say_pairs(pairs, "residues", suffix, parts)
    seen = f"distance < {settings.cutoff_nm!r}"
    if settings.soft:
        seen = f"1 / (1 + np.exp((distance - {settings.cutoff_nm!r}) / {SOFTNESS_NM!r}))"
    parts.functions[f"contacts{suffix}"] = f'''def contacts{suffix}(trajectory):
    """Contacts between residues by their distance in nm."""
    distance, _ = md.compute_contacts(
        trajectory, contacts=PAIRS{suffix}, scheme={settings.scheme!r}, periodic={settings.minimum_image}, ignore_nonprotein=False
    )
    return {seen if settings.soft else f"({seen})"}.astype(np.float32)
'''
    return f"contacts{suffix}(trajectory)"


def _positions(data: Dataset, settings: Positions, suffix: str, parts: Parts) -> str:
    keywords = make_featurizer(data, settings).compute.keywords   # type: ignore[attr-defined]
    parts.settings.append(lines(f"MEASURED{suffix}", keywords["chosen"].tolist()) + "   # atoms")
    if not settings.superpose:
        return f"trajectory.xyz[:, MEASURED{suffix}].reshape(trajectory.n_frames, -1)"
    _say_reference(data, ((0, 0),), suffix, parts)
    parts.functions["superposed"] = '''def superposed(xyz, target):
    """Frames turned onto a target with the least deviation (Kabsch 1976, doi:10.1107/S0567739476001873)."""
    middle = target.mean(axis=0, dtype=float)
    centred = xyz - xyz.mean(axis=1, keepdims=True, dtype=float)
    u, _, v = np.linalg.svd(centred.transpose(0, 2, 1) @ (target - middle))
    u[:, :, 2] *= np.sign(np.linalg.det(u) * np.linalg.det(v))[:, None]
    return centred @ (u @ v) + middle
'''
    return f"superposed(trajectory.xyz[:, MEASURED{suffix}], reference{suffix}.xyz[0, MEASURED{suffix}]).reshape(trajectory.n_frames, -1)"


def _rmsd(data: Dataset, settings: RMSD, suffix: str, parts: Parts) -> str:
    keywords = make_featurizer(data, settings).compute.keywords   # type: ignore[attr-defined]
    parts.settings.append(lines(f"MEASURED{suffix}", keywords["chosen"].tolist()) + "   # atoms")
    _say_reference(data, settings.references, suffix, parts)
    parts.functions[f"rmsd{suffix}"] = f'''def rmsd{suffix}(trajectory):
    """Deviation in nm from each reference frame after superposition."""
    part, targets = trajectory.atom_slice(MEASURED{suffix}), reference{suffix}.atom_slice(MEASURED{suffix})
    return np.stack([md.rmsd(part, targets, frame=k) for k in range(targets.n_frames)], axis=1)
'''
    return f"rmsd{suffix}(trajectory)"


def _identity(data: Dataset, settings: Identity, suffix: str, parts: Parts) -> str:
    kinds = {part for _, part in data.source_arrays.origins} if data.source_arrays else set()
    reading = {"npy": "np.load(path)", "table": "np.loadtxt(path, ndmin=2)", "table without time": "np.loadtxt(path, ndmin=2)[:, 1:]"}
    if any(kind.startswith("npz") for kind in kinds):
        parts.settings.append(lines("ARRAYS", [part.partition(" ")[2] for _, part in data.source_arrays.origins]) + "   # of each file")   # type: ignore[union-attr]
    if len({k.partition(" ")[0] if k.startswith("npz") else k for k in kinds}) > 1:
        raise refuse("its feature files are of different formats", "", "Write them in one format, for example as .npy.")
    kind = next(iter(kinds))
    text = "np.load(path)[ARRAYS[number]]" if kind.startswith("npz") else reading[kind]
    stride = stride_of(data, "number")
    whole = all(a.dtype.kind == "f" and a.dtype.itemsize >= 4 for a in data.given or ())
    parts.functions["given"] = f'''def given(number):
    """Features from a file: a row for each frame."""
    path = str(FEATURES[number])
    values = {text}{"" if whole else ".astype(float)"}
    return (values[:, None] if values.ndim == 1 else values){f"[::{stride}]" if stride else ""}
'''
    return "given(number)"


def _say_reference(data: Dataset, references: Any, suffix: str, parts: Parts) -> None:
    """``reference``: the frames compared with, from whole trajectories, as they were read."""
    pairs = ", ".join(f"read({t})[{f}]" for t, f in references)
    parts.body.insert(0, f"reference{suffix} = md.join([{pairs}])" if len(references) > 1 else f"reference{suffix} = {pairs}")


def _say_pairs(pairs: np.ndarray, what: str, suffix: str, parts: Parts) -> None:
    """``PAIRS``, one by one or as all pairs of some atoms but a few."""
    written = [tuple(p) for p in pairs.tolist()]
    members = np.unique(pairs)
    every = [(int(a), int(b)) for i, a in enumerate(members) for b in members[i + 1:]]
    left_out = sorted(set(every) - set(written))
    if len(written) <= FEW_PAIRS or [p for p in every if p not in set(left_out)] != written:
        parts.settings.append(lines(f"PAIRS{suffix}", written) + f"   # of {what}")
        return
    parts.imports.add("import itertools")
    parts.settings.append(lines(f"MEASURED{suffix}", members.tolist()) + f"   # {what}")
    if not left_out:
        parts.settings.append(f"PAIRS{suffix} = list(itertools.combinations(MEASURED{suffix}, 2))")
        return
    parts.settings += [comment(f"Neighbours along the chain, and pairs of {what} that were not asked for, are left out."), lines(f"LEFT_OUT{suffix}", left_out, "{", "}"),
                       f"PAIRS{suffix} = [p for p in itertools.combinations(MEASURED{suffix}, 2) if p not in LEFT_OUT{suffix}]"]


_WRITERS: dict[type, Callable[[Any, Any, str, Parts], str]] = {
    Torsions: _torsions, Distances: _distances, Contacts: _contacts, Positions: _positions, RMSD: _rmsd, Identity: _identity,
}
