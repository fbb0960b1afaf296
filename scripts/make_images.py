"""Draws the pictures of the README from the real app on the bundled data: ``make images``.

Starts ``mdexplore demo``, drives it with a mouse in Chromium, and writes ``docs/images/*.png``.
"""
from __future__ import annotations

import math
from pathlib import Path

from demo_server import CHROMIUM, FLAGS, PANELS, demo
from playwright.sync_api import Page, sync_playwright

IMAGES = Path(__file__).parents[1] / "docs" / "images"


def ready(page: Page, address: str) -> None:
    page.goto(address, wait_until="commit")
    for name in PANELS:
        page.wait_for_selector(f".mdx-panel-{name}.mdx-ready", timeout=90_000)
    settled(page)


def settled(page: Page) -> None:
    """Wait until nothing runs and the picture has stood still for a second."""
    page.wait_for_function("() => /ready|^$/.test((document.querySelector('.mdx-progress')?.innerText || '').trim())", timeout=120_000)
    before = b""
    while (now := page.screenshot()) != before:
        before = now
        page.wait_for_timeout(1000)


def lasso(page: Page, x: float, y: float, radius: float) -> None:
    """Draw a lasso around a point given in shares of the projection's plot."""
    box = page.locator(".mdx-panel-projection .bqplot").first.bounding_box()
    assert box is not None
    points = [(box["x"] + box["width"] * (x + radius * math.cos(a)), box["y"] + box["height"] * (y + 1.4 * radius * math.sin(a))) for a in (k * math.tau / 24 for k in range(24))]
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point)
    page.mouse.up()
    page.wait_for_function("() => document.querySelector('.mdx-selected-count').innerText !== '0'")
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] - 60)
    settled(page)


def main() -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        with demo() as address:
            for size, name in (((1440, 900), "light"), ((1280, 800), "1280")):
                page = browser.new_page(viewport={"width": size[0], "height": size[1]})
                ready(page, address)
                page.screenshot(path=IMAGES / f"{name}.png")
                if name == "light":
                    lasso(page, 0.90, 0.42, 0.06)
                    page.screenshot(path=IMAGES / "lasso.png")
                page.close()
        with demo("--theme", "dark") as address:
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            ready(page, address)
            page.screenshot(path=IMAGES / "dark.png")
        browser.close()


if __name__ == "__main__":
    main()
