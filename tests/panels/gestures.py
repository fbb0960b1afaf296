"""What the page sends for a gesture on a bqplot mark."""
from __future__ import annotations

from typing import Any


def click_element(mark: Any, index: int) -> None:
    mark._handle_custom_msg({"event": "element_click", "data": {"index": index}}, [])


def click_at(image: Any, x: float, y: float) -> None:
    image._handle_custom_msg({"event": "element_click", "data": {"click_x": x, "click_y": y}}, [])


def drag(scatter: Any, x: float, *, last: bool = False) -> None:
    scatter._handle_custom_msg({"event": "drag_end" if last else "drag", "point": {"x": x, "y": 1.0}, "index": 0}, [])
