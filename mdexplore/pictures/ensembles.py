"""What the panel of ensembles draws: the map of overlaps, the free energy of each window, and timescales against a change of the potential."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mdexplore.base.words import minus
from mdexplore.methods.ensembles.changes import ChangedTimescales
from mdexplore.methods.ensembles.estimate import WEAK
from mdexplore.methods.ensembles.mbar import LINKED
from mdexplore.pictures.observables import interval_of, round_ticks
from mdexplore.pictures.runs import Points, points
from mdexplore.pictures.words import percent, short
from mdexplore.session.ensemble_jobs import WindowsFound

FAINTEST = 0.005        # overlaps that are drawn
MOST_NUMBERED = 10      # windows whose overlaps have numbers
TRUSTED_SHARE = 0.15    # of paths that count: below it intervals were seen to miss the exact value more often than they should
HIGHEST_KT = 12.0       # of the profiles
MOST_TICKS = 5          # of an axis under the slider, which is low and narrow


@dataclass(frozen=True)
class Cell:
    """An overlap that is worth a cell: row and column from 0, how full (0 to 1), its number or "", whether it is the weakest link."""

    row: int
    column: int
    fill: float
    text: str
    is_gap: bool


@dataclass(frozen=True)
class WindowsPicture:
    """Windows put together.

    Parameters
    ----------
    n : int
        Windows.
    cells : tuple of Cell
    energies : points
        (window from 1, kT).
    bars : tuple of (x, low, high)
    exact : points
    tells : tuple of str
        What each point says under the mouse.
    y_range : tuple of float
    y_ticks : tuple of float
    said : str
        What it all comes to.
    gap_text : str
        Where another window would help most.
    warnings : tuple of str
    center : float or None
        Of the window that would help most, where windows have centres.
    """

    n: int
    cells: tuple[Cell, ...]
    energies: Points
    bars: tuple[tuple[float, float, float], ...]
    exact: Points
    tells: tuple[str, ...]
    y_range: tuple[float, float]
    y_ticks: tuple[float, ...]
    said: str
    gap_text: str
    warnings: tuple[str, ...]
    center: float | None


@dataclass(frozen=True)
class ChangePicture:
    """Timescales against a change of the potential, and the potential itself.

    Parameters
    ----------
    x_label : str
    x_range, y_range : tuple of float
    x_ticks, y_ticks : tuple of float
        Few enough that their numbers stand apart (`MOST_TICKS`).
    line, band, exact : points
        Reweighted, its interval as a closed polygon, and of the generator; the axis of timescales is logarithmic.
    lost : tuple of (low, high)
        Where too few paths count.
    place_range, energy_range : tuple of float
    place_ticks, energy_ticks : tuple of float
    plain : points
        The potential that was simulated.
    made_of : str
        What was simulated.
    """

    x_label: str
    x_range: tuple[float, float]
    x_ticks: tuple[float, ...]
    y_range: tuple[float, float]
    y_ticks: tuple[float, ...]
    line: Points
    band: Points
    exact: Points
    lost: tuple[tuple[float, float], ...]
    place_range: tuple[float, float]
    energy_range: tuple[float, float]
    place_ticks: tuple[float, ...]
    energy_ticks: tuple[float, ...]
    plain: Points
    made_of: str


@dataclass(frozen=True)
class StrengthPicture:
    """One place of the slider: the point and its bar (empty where there is no number), the exact value, the changed potential, and what to say."""

    point: Points
    bar: Points
    known: Points
    changed: Points
    head: str
    said: str
    warning: str


def windows_picture(found: WindowsFound) -> WindowsPicture:
    """What to draw of windows."""
    n = len(found.names)
    x = np.arange(1, n + 1)
    seen = np.isfinite(found.free_energies)
    has_bars = seen & np.isfinite(found.lower) & np.isfinite(found.upper)
    ends = np.concatenate([found.free_energies[seen], found.lower[has_bars], found.upper[has_bars], found.exact if found.exact is not None and seen.any() else []])
    low, high = (float(ends.min()), float(ends.max())) if len(ends) else (0.0, 1.0)
    room = 0.08 * (high - low) or 1.0
    y_range = low - room, high + room
    return WindowsPicture(
        n, _cells(found), points(x[seen], found.free_energies[seen]), tuple(zip(x[has_bars].astype(float).tolist(), found.lower[has_bars].tolist(), found.upper[has_bars].tolist())),
        () if found.exact is None or not seen.any() else points(x, found.exact), tuple(_tells(found, k) for k in np.flatnonzero(seen).tolist()), y_range, round_ticks(*y_range),
        _said(found), _gap_text(found), _warnings(found), _center(found))


def _cells(found: WindowsFound) -> tuple[Cell, ...]:
    pair = () if found.gap is None else ((found.gap.one, found.gap.other), (found.gap.other, found.gap.one))
    is_numbered = len(found.names) <= MOST_NUMBERED
    made = []
    for i, row in enumerate(found.overlap):
        for j, share in enumerate(row):
            if share >= FAINTEST or (i, j) in pair:
                text = (f"{share:.2f}".removeprefix("0") if share >= FAINTEST else "0") if is_numbered else ""
                made.append(Cell(i, j, float(min(share, 1.0)), text, (i, j) in pair))
    return tuple(made)


def _tells(found: WindowsFound, k: int) -> str:
    bar = interval_of(found.lower[k], found.upper[k]) if np.isfinite(found.lower[k]) else ""
    exact = "" if found.exact is None else f", exact {short(float(found.exact[k]))}"
    return f"{_name(found, k)}: {short(float(found.free_energies[k]))} kT{bar}{exact}; {found.counts[k]} frames"


def _name(found: WindowsFound, k: int) -> str:
    """A window as text: its number, and its name where that says more."""
    plain = f"window {k + 1}"
    if found.centers is not None:
        return minus(f"{plain} (at {found.centers[k]:g})")
    return plain if found.names[k] == plain else f"{plain} ({found.names[k]})"


def _said(found: WindowsFound) -> str:
    if found.trouble is not None:
        return ""
    bias = f"{percent(found.effective_share)} of the frames count without bias." if np.isfinite(found.effective_share) else ""
    if found.timescale is not None:
        bias += f" Slowest motion without bias: {short(found.timescale)} frames."
    return bias.strip()


def _gap_text(found: WindowsFound) -> str:
    gap = found.gap
    if gap is None:
        return "There is one window."
    pair = f"{_name(found, gap.one)} and {_name(found, gap.other)}"
    size = percent(gap.overlap) if gap.overlap >= 1e-4 else "nothing"
    if gap.overlap < LINKED:
        return f"Add a window between {pair}: they share {size}, and no other chain of windows leads across."
    if gap.overlap < WEAK:
        return f"Add a window between {pair}: this weakest link has {size} overlap, and free energies across it rest on a few frames."
    return f"All windows are linked. The weakest link, {pair}, has {size} overlap: another window would help most there."


def _warnings(found: WindowsFound) -> tuple[str, ...]:
    trouble = () if found.trouble is None else (str(found.trouble),)
    return (*trouble, *(f"{n.text} {n.hint}".strip() for n in found.notices))


def _center(found: WindowsFound) -> float | None:
    if found.gap is None or found.centers is None:
        return None
    low, high = sorted((found.centers[found.gap.one], found.centers[found.gap.other]))
    middle = (low + high) / 2
    rounded = (float(f"{middle:.{digits}g}") for digits in range(3, 13))
    return next((c for c in rounded if low < c < high), middle)   # few digits, but within the gap


def change_picture(found: ChangedTimescales) -> ChangePicture:
    """What to draw of a whole range of changes."""
    x, seen = found.strengths, np.isfinite(found.values)
    trusted = seen & (found.shares >= TRUSTED_SHARE) & np.isfinite(found.lower) & np.isfinite(found.upper)
    ends = np.concatenate([found.exact, found.lower[trusted], found.upper[trusted]])
    y_range = float(ends.min()) / 1.25, float(ends.max()) * 1.25
    inside = np.isfinite(found.energies).any(axis=0) & (found.energies.min(axis=0) < HIGHEST_KT)
    places = found.axis[inside]
    place_range = float(places.min()), float(places.max())
    is_scale, shown = found.kind == "scale", _shown(found)
    return ChangePicture(
        "barriers and wells grow by / %" if is_scale else "tilt from end to end / kT", (float(shown[0]), float(shown[-1])), _few_ticks(float(shown[0]), float(shown[-1])), y_range, _log_ticks(*y_range),
        _clipped(found, seen, y_range), _band(found, seen, y_range), points(shown, found.exact), _lost(found),
        place_range, (0.0, HIGHEST_KT), _few_ticks(*place_range), _few_ticks(0.0, HIGHEST_KT), _profile(found, int(np.abs(x).argmin())),
        f"{found.n_walks} walks of {found.n_frames} frames in the unchanged potential, with their noise; lag time {found.lagtime} frames.")


def strength_picture(found: ChangedTimescales, place: int, y_range: tuple[float, float]) -> StrengthPicture:
    """What to draw and say of one strength."""
    k = min(max(place, 0), len(found.strengths) - 1)
    x, value, share = float(_shown(found)[k]), float(found.values[k]), float(found.shares[k])
    has_value, has_bar = np.isfinite(value), np.isfinite(found.lower[k]) and np.isfinite(found.upper[k])
    head = minus(f"{x:+.0f} %" if found.kind == "scale" else f"{x:+.1f} kT")
    number = f"t₂ = {short(value)} frames{interval_of(float(found.lower[k]), float(found.upper[k])) if has_bar else ''}" if has_value else "t₂ cannot be told"
    low, high = y_range
    warning = ""
    if share < TRUSTED_SHARE or not has_value:
        warning = (f"Only {percent(share)} of the paths count: the walks hardly went where this potential would have led them. "
                   "Neither the value nor its interval is to be trusted. Choose a smaller change or a shorter lag time, or simulate this potential itself.")
    return StrengthPicture(
        ((x, min(max(value, low), high)),) if has_value else (), tuple((x, float(np.clip(e, low, high))) for e in (found.lower[k], found.upper[k])) if has_bar else (),
        ((x, float(found.exact[k])),), _profile(found, k), "unchanged" if not round(x, 6) else head, f"{number}; exact {short(float(found.exact[k]))}. {percent(share)} of the paths count.", warning)


def _shown(found: ChangedTimescales) -> np.ndarray:
    """Strengths in the unit of the axis."""
    return found.strengths * (100 if found.kind == "scale" else 1)


def _clipped(found: ChangedTimescales, seen: np.ndarray, y_range: tuple[float, float]) -> Points:
    return points(_shown(found)[seen], np.clip(found.values[seen], *y_range))


def _band(found: ChangedTimescales, seen: np.ndarray, y_range: tuple[float, float]) -> Points:
    there = seen & np.isfinite(found.lower) & np.isfinite(found.upper)
    x = _shown(found)[there]
    if not len(x):
        return ()
    return points(np.concatenate([x, x[::-1]]), np.clip(np.concatenate([found.lower[there], found.upper[there][::-1]]), *y_range))


def _lost(found: ChangedTimescales) -> tuple[tuple[float, float], ...]:
    """Stretches of the axis where too few paths count, half a step beyond the strengths that were tried."""
    x = _shown(found)
    half = (x[1] - x[0]) / 2
    bad = (found.shares < TRUSTED_SHARE) | ~np.isfinite(found.values)
    made, begin = [], None
    for k, is_bad in enumerate([*bad, False]):
        if is_bad and begin is None:
            begin = k
        if not is_bad and begin is not None:
            made.append((max(float(x[begin] - half), float(x[0])), min(float(x[k - 1] + half), float(x[-1]))))
            begin = None
    return tuple(made)


def _profile(found: ChangedTimescales, k: int) -> Points:
    height = found.energies[k]
    seen = height < 1.5 * HIGHEST_KT
    return points(found.axis[seen], height[seen])


def _few_ticks(low: float, high: float) -> tuple[float, ...]:
    return round_ticks(low, high, most=MOST_TICKS - 1)   # so many steps: one tick more where both ends are round


def _log_ticks(low: float, high: float) -> tuple[float, ...]:
    from mdexplore.pictures.logticks import log_ticks

    return log_ticks(low, high, most=MOST_TICKS)
