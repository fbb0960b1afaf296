"""Monotone splines of rational quadratic pieces: what a coupling bends coordinates with, so that one peak of the normal distribution can become several."""
from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

EDGE = 6.0          # standard deviations to either side; beyond, the spline changes nothing
SMALLEST = 1e-3     # of a bin beside all of them, and of a slope
_FLAT = math.log(math.expm1(1 - SMALLEST))   # raw number of a slope of one


def n_raw(n_bins: int) -> int:
    """How many numbers make one spline: widths and heights of its bins, and the slopes between them."""
    return 3 * n_bins - 1


def bent(x: torch.Tensor, raw: torch.Tensor, *, is_inverse: bool = False) -> tuple[torch.Tensor, torch.Tensor]:
    """Coordinates through one spline each, and how much each was stretched.

    Parameters
    ----------
    x : tensor, shape (n, d)
    raw : tensor, shape (n, d, 3 n_bins - 1)
        Any numbers: logarithms of widths, of heights, and what makes slopes. With all of them zero nothing is changed.
    is_inverse : bool
        Go the other way.

    Returns
    -------
    y : tensor, shape (n, d)
    log_slope : tensor, shape (n, d)
        Logarithm of the derivative of y by x.

    Notes
    -----
    Durkan, Bekasov, Murray and Papamakarios 2019, arXiv:1906.04032.
    """
    import torch

    left, bottom, slopes = _knots(raw)
    is_inside = x.abs() < EDGE
    at = x.clamp(-EDGE, EDGE)
    place = (at[..., None] >= (bottom if is_inverse else left)[..., 1:-1]).sum(-1, keepdim=True)
    (x0, width), (y0, height) = (_bin(knots, place) for knots in (left, bottom))
    steep = height / width
    d0, d1 = slopes.gather(-1, place)[..., 0], slopes.gather(-1, place + 1)[..., 0]
    curve = d0 + d1 - 2 * steep
    if is_inverse:
        up = at - y0
        a, b, c = height * (steep - d0) + up * curve, height * d0 - up * curve, -steep * up
        part = 2 * c / (-b - torch.sqrt((b * b - 4 * a * c).clamp(min=1e-20)))
        found = x0 + part * width
    else:
        part = (at - x0) / width
        found = y0 + height * (steep * part**2 + d0 * part * (1 - part)) / (steep + curve * part * (1 - part))
    log_slope = (2 * torch.log(steep) + torch.log(d1 * part**2 + 2 * steep * part * (1 - part) + d0 * (1 - part) ** 2)
                 - 2 * torch.log(steep + curve * part * (1 - part)))
    return torch.where(is_inside, found, x), torch.where(is_inside, -log_slope if is_inverse else log_slope, torch.zeros_like(x))


def _knots(raw: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Where bins begin and end, in and out, and the slopes there; each (n, d, n_bins + 1)."""
    import torch
    from torch.nn.functional import pad, softplus

    n = (raw.shape[-1] + 1) // 3
    shares = [SMALLEST + (1 - SMALLEST * n) * torch.softmax(part, -1) for part in (raw[..., :n], raw[..., n : 2 * n])]
    left, bottom = (2 * EDGE * pad(torch.cumsum(share, -1), (1, 0)) - EDGE for share in shares)
    return left, bottom, pad(SMALLEST + softplus(raw[..., 2 * n :] + _FLAT), (1, 1), value=1.0)


def _bin(knots: torch.Tensor, place: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Where the bin of each coordinate begins, and how wide it is."""
    start = knots.gather(-1, place)[..., 0]
    return start, knots.gather(-1, place + 1)[..., 0] - start
