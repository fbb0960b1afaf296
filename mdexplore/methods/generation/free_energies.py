"""Free-energy differences between regions: by the weights of generated structures alone, or joined with real frames that the flow has not learned from."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mdexplore.base.notices import Notice
from mdexplore.base.plain import storable
from mdexplore.base.words import count_of, in_percent

NORMAL = 1.959963984540054
BLOCKS = 10         # of frames in order of time, whose scatter is the error of their side
LEAST_HELD = 50     # held-out frames of a region
ENOUGH = 10         # effective structures; with fewer the error of a logarithm means little
APART = 2.5         # standard errors between light and heavy frames, from which on they are not believed to follow the energy
WHERE = "generation"


@storable
@dataclass(frozen=True, eq=False)
class FreeEnergy:
    """A free-energy difference in kT, with a standard error and a 95 % interval.

    Parameters
    ----------
    value, error, lower, upper : float
    forward : FreeEnergy or None
        What the weights of generated structures say alone, where `value` rests on held-out frames, too.
    missed : tuple of float
        Shares of the held-out frames of either region that are heavier than every structure generated there; empty without such frames.
    notices : tuple of Notice
        What the error knows, and what makes it doubtful.
    """

    value: float
    error: float
    lower: float
    upper: float
    forward: FreeEnergy | None = None
    missed: tuple[float, ...] = ()
    notices: tuple[Notice, ...] = ()

    @property
    def is_two_sided(self) -> bool:
        """Whether it rests on held-out frames as well as on generated structures."""
        return self.forward is not None


@dataclass(frozen=True, eq=False)
class Side:
    """One region: logarithms of Boltzmann factor over density of the flow, for what was generated there and for held-out frames there, in order of time (inf where the flow makes nothing)."""

    made: np.ndarray
    real: np.ndarray


@dataclass(frozen=True)
class _Joined:
    """Logarithm of the partition function of a region; variances of its two parts; how many structures it rests on; and how far heavy and light frames are apart."""

    value: float
    of_made: float
    of_real: float
    n_effective: float
    apart: float
    apart_error: float


def by_weights(a: np.ndarray, b: np.ndarray, *, n_held: tuple[int, int] | None = None) -> FreeEnergy:
    """Region b less region a by the weights of generated structures alone.

    Parameters
    ----------
    a, b : ndarray, shape (n_a,), (n_b,)
        Logarithms of the weights there, of one common scale, some of them finite.
    n_held : (int, int), optional
        Held-out frames of finite weight in each region, where there are some that cannot be used because they are fewer than `LEAST_HELD`.
    """
    found = _forward(a, b)
    few, mend = ("", "Hold real frames out of the training (held_out=), and say which of them lie in each region: together with them the error knows it.") if n_held is None else _few_held(n_held)
    said = Notice("info", f"The error is that of the weights of generated structures: a lower bound, as it knows nothing of what the flow makes too seldom or never.{few}", mend, WHERE)
    return FreeEnergy(found.value, found.error, found.lower, found.upper, notices=(said, *_few(_n_effective(a), _n_effective(b))))


def by_both(a: Side, b: Side) -> FreeEnergy:
    """Region b less region a by generated structures and by real frames of each region that the flow has not learned from.

    Notes
    -----
    In each region the flow and the real frames are two ensembles, joined by Bennett's acceptance ratio (1976, doi:10.1016/0021-9991(76)90078-4): MBAR of three
    ensembles (doi:10.1063/1.2978177) whose frames lie in one region each. How often the frames visit the regions plays no part. The error is that of independent
    structures and of blocks of frames, with Student's factor for the few blocks.

    The ratio of the two densities of a weight is that weight but for a constant (Crooks), whatever the flow makes too seldom. So the lighter and the heavier half of what both share must
    give the same answer; where they do not, the frames were learned from or follow another energy, and half of the difference is part of the error.
    """
    sides = [_joined(side) for side in (a, b)]
    value = sides[0].value - sides[1].value
    # Each variance with its degrees of freedom (Welch and Satterthwaite): few structures or few blocks make intervals wide.
    parts = [(s.of_made, max(s.n_effective - 1, 1.0)) for s in sides] + [(s.of_real, BLOCKS - 1.0) for s in sides]
    variance = sum(v for v, _ in parts)
    doubted = [abs(s.apart) > APART * s.apart_error for s in sides]
    error = float(np.sqrt(variance + sum((s.apart / 2) ** 2 for s, is_doubted in zip(sides, doubted) if is_doubted)))
    reach = _student(variance**2 / sum(v**2 / freedom for v, freedom in parts)) * error
    forward = _forward(a.made, b.made)
    missed = tuple(float(np.mean(side.real > side.made.max())) for side in (a, b))
    said = [*_few(*(s.n_effective for s in sides)), *_of_frames(sides, doubted), *_of_weights(value, error, forward, missed)]
    return FreeEnergy(value, error, value - reach, value + reach, forward, missed, tuple(said))


def _forward(a: np.ndarray, b: np.ndarray) -> FreeEnergy:
    value, error = _log_sum(a) - _log_sum(b), float(np.sqrt(1 / _n_effective(a) + 1 / _n_effective(b)))
    return FreeEnergy(value, error, value - NORMAL * error, value + NORMAL * error)


def _joined(side: Side) -> _Joined:
    from scipy.special import log_expit

    start = _bennett(side.made, side.real)
    log_made, log_real = (log_expit(start - w) for w in (side.made, side.real))
    value, of_made, pull = _ratio(log_made + side.made, log_real)
    order = np.argsort(side.real)
    shared = np.cumsum(np.exp(log_real[order]))
    cut = side.real[order[np.searchsorted(shared, shared[-1] / 2)]]   # halves what the two have in common
    halves = [(side.made >= cut, side.real >= cut), (side.made < cut, side.real < cut)]
    apart, apart_error = 0.0, np.inf
    if all(made.any() and real.any() for made, real in halves):
        (high, high_made, high_pull), (low, low_made, low_pull) = (
            _ratio(np.where(made, log_made + side.made, -np.inf), np.where(real, log_real, -np.inf)) for made, real in halves)
        apart, apart_error = high - low, float(np.sqrt(high_made + low_made + _of_blocks(high_pull - low_pull)))
    return _Joined(value, of_made, _of_blocks(pull), 1 / of_made, apart, apart_error)


def _bennett(made: np.ndarray, real: np.ndarray) -> float:
    """Where a weight is as likely to be of a frame as of a structure: the root of Bennett's equation, shifted by how many there are of each."""
    from scipy.optimize import brentq
    from scipy.special import expit

    finite, known = made[np.isfinite(made)], real[np.isfinite(real)]   # a frame that the flow never makes weighs infinitely, and pulls at nothing
    ends = min(finite.min(), known.min()) - 50, max(finite.max(), known.max()) + 50
    return float(brentq(lambda start: expit(finite - start).sum() - expit(start - known).sum(), *ends, xtol=1e-9))


def _ratio(log_made: np.ndarray, log_real: np.ndarray) -> tuple[float, float, np.ndarray]:
    """``ln sum exp(log_made) - ln mean exp(log_real)``, the variance of its first part, and how much each frame pulls at the second."""
    real = np.exp(log_real - log_real.max())
    value = _log_sum(log_made) - float(np.log(real.mean()) + log_real.max())
    return value, 1 / _n_effective(log_made), real / real.mean() - 1


def _of_blocks(pull: np.ndarray) -> float:
    """Variance of a mean over frames in order of time, from blocks of them."""
    block = np.arange(len(pull)) * BLOCKS // len(pull)
    sums = np.bincount(block, pull, minlength=BLOCKS) / len(pull)
    return float(BLOCKS / (BLOCKS - 1) * np.sum(sums**2))


def _log_sum(values: np.ndarray) -> float:
    highest = values.max()
    return float(highest + np.log(np.exp(values - highest).sum()))


def _n_effective(log_weights: np.ndarray) -> float:
    weights = np.exp(log_weights - log_weights.max())
    return float(weights.sum() ** 2 / np.sum(weights**2))


def _student(freedom: float) -> float:
    from scipy.stats import t

    return float(t.ppf(0.975, max(freedom, 1.0)))


def _few(*effective: float) -> list[Notice]:
    return [Notice("warning", f"Generated structures of region {name} count as {n:.1f} samples: too few for a sound error.", "Generate more, or train for longer on frames of it.", WHERE)
            for name, n in zip("ab", effective) if n < ENOUGH]


def _few_held(numbers: tuple[int, int]) -> tuple[str, str]:
    """Which region has too few held-out frames, and what to do."""
    short = " and ".join(f"{count_of(n, 'held-out frame')} {'lies' if n == 1 else 'lie'} in region {name}" for name, n in zip("ab", numbers) if n < LEAST_HELD)
    return f" Only {short}; {LEAST_HELD} are needed.", "Hold more frames of it out of the training, or choose larger regions."


def _of_frames(sides: list[_Joined], doubted: list[bool]) -> list[Notice]:
    return [Notice("warning", f"Held-out frames of region {name} do not follow this energy: by the light and by the heavy ones its free energy differs by {abs(side.apart):.2f} ± {side.apart_error:.2f} kT. "
                   "Half of that is part of the error.", "Hold out frames that the flow never learned from, of the same energy and temperature.", WHERE)
            for name, side, is_doubted in zip("ab", sides, doubted) if is_doubted]


def _of_weights(value: float, error: float, forward: FreeEnergy, missed: tuple[float, ...]) -> list[Notice]:
    if abs(value - forward.value) <= NORMAL * float(np.hypot(error, forward.error)):
        return []
    return [Notice("info", f"The weights of generated structures alone say {forward.value:.2f} ± {forward.error:.2f} kT: too much is missing among them "
                   f"({in_percent(missed[0])} of the real frames of region a and {in_percent(missed[1])} of b are heavier than all of them).",
                   "Train for longer, or on more frames, if weighted averages are wanted, too.", WHERE)]
