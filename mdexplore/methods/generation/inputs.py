"""What a Boltzmann generator is given, looked at before anything is trained."""
from __future__ import annotations

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.installing import install_line
from mdexplore.base.words import count_of

LEAST = 50   # frames


def checked_mask(mask: np.ndarray, n: int) -> np.ndarray:
    """A region of n structures; raises `UserError` where it is none."""
    mask = np.asarray(mask)
    if mask.dtype != bool or mask.shape != (n,):
        raise UserError("This is no region.", f"It gives {mask.dtype} of the shape {mask.shape}; one True or False a structure is needed, {n} in all.",
                        "Give a mask, or a function such as lambda x: x[:, 0] < 0.")
    return mask


def checked_frames(frames: np.ndarray) -> np.ndarray:
    """Frames to learn from, in double precision; raises `UserError` where they are too few or hold no numbers."""
    frames = np.asarray(frames, np.float64)
    if frames.ndim != 2 or frames.shape[1] < 2:
        raise UserError(f"Frames of the shape {frames.shape} cannot be used.", "The flow needs two or more coordinates, one row a frame.", "Give an array of shape (n, d), d at least 2.")
    if len(frames) < LEAST:
        raise UserError(f"{count_of(len(frames), 'frame')} are too few for a Boltzmann generator.", do=f"Give at least {LEAST}, from all basins that matter.")
    return _all_finite(frames)


def checked_held_out(frames: np.ndarray, dim: int) -> np.ndarray:
    """Frames that are not learned from, of as many coordinates as those that are."""
    frames = np.asarray(frames, np.float64)
    if frames.ndim != 2 or frames.shape[1] != dim:
        raise UserError(f"Held-out frames of the shape {frames.shape} do not fit.", f"The others have {count_of(dim, 'coordinate')}.", "Give the same coordinates, one row a frame.")
    return _all_finite(frames)


def _all_finite(frames: np.ndarray) -> np.ndarray:
    if not np.isfinite(frames).all():
        raise UserError("Some frames hold no numbers.", f"{int((~np.isfinite(frames)).any(axis=1).sum())} of {len(frames)} rows are not finite.", "Leave them out.")
    return frames


def needs_torch() -> None:
    """Raise `UserError` where torch is not installed."""
    import importlib.util

    if importlib.util.find_spec("torch") is None:
        raise UserError("A Boltzmann generator cannot be trained here.", "It needs torch.", f"Install it: {install_line('torch')}")
