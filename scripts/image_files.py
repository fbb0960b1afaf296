"""How the pictures of the methods are laid out and written: small figures in the house style, with few colours."""
from __future__ import annotations

import io
from pathlib import Path
from typing import Any

IMAGES = Path(__file__).parents[1] / "docs" / "images" / "methods"
DPI, COLORS = 110, 96
HEAVIEST = 60_000   # bytes


def panes(rows: int, columns: int, size: tuple[float, float], **options: Any) -> tuple[Any, Any]:
    """A figure in the house style and its axes."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    return figure, figure.subplots(rows, columns, **options)


def save(figure: Any, name: str) -> None:
    """Write a figure with few colours, so that pages that show it stay light."""
    from PIL import Image

    drawn = io.BytesIO()
    figure.savefig(drawn, dpi=DPI, format="png")
    IMAGES.mkdir(parents=True, exist_ok=True)
    path = IMAGES / f"{name}.png"
    Image.open(drawn).convert("RGB").quantize(COLORS, dither=Image.Dither.NONE).save(path, optimize=True)
    if path.stat().st_size > HEAVIEST:
        raise RuntimeError(f"{path} has {path.stat().st_size} bytes.")
