"""A real server and a real Chromium for the few tests that need them; every test has a page of its own, and none sleeps."""
from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from scripts.demo_server import CHROMIUM, FLAGS, PANELS, demo

PATIENCE_S = 180
# bqplot draws a figure in a size of its own before it follows its cell, and what the mouse aims at would move away.
SETTLED = """() => { const body = document.querySelector('.mdx-panel-network .mdx-body').getBoundingClientRect();
                     return [...document.querySelectorAll('.mdx-panel-network path.dot')].every(dot => {
                       const box = dot.getBoundingClientRect();
                       return box.left > body.left && box.right < body.right && box.top > body.top && box.bottom < body.bottom;
                     }) && new Set([...document.querySelectorAll('.mdx-panel-network path.dot')].map(dot => dot.getBoundingClientRect().x)).size > 1; }"""
# Nothing that the mouse aims at has moved, come or gone for twenty frames: a figure that is laid out anew loses a gesture that is under way.
STANDS_STILL = """() => { const now = JSON.stringify([...document.querySelectorAll('.bqplot svg, .plotarea_background, .mdx-drawer, .mdx-rail')].map(e => {
                            const box = e.getBoundingClientRect(); return [box.x, box.y, box.width, box.height]; })) + document.querySelectorAll('.bqplot *').length;
                          if (window.__still?.now !== now) { window.__still = {now, frames: 0}; return false; }
                          return ++window.__still.frames >= 20; }"""
# Voila's own: it shares modules with a JupyterLab that is not there.
ALLOWED = ("@jupyterlab/docregistry", "Unsatisfied version")


def pytest_collection_modifyitems(items: list[Any]) -> None:
    missing = "there is no Chromium: install it by the system's package manager" if CHROMIUM is None else ""
    for item in items:
        if "browser" in item.path.parts[-2]:
            item.add_marker(pytest.mark.browser)
            if missing:
                item.add_marker(pytest.mark.skip(reason=missing))


@pytest.fixture(scope="session")
def served() -> Iterator[str]:
    """The address of `mdexplore demo`; the server is stopped however the tests went."""
    with demo() as address:
        yield address


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="pip install 'mdexplore[test]'")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


def lasso_is_there(figure: str) -> str:
    """A script that tells whether a figure, given as a script, has its size, and its lasso lies over all of its plot: bqplot makes that after the marks."""
    return f"""() => {{ const figure = {figure}, lasso = figure?.querySelector('.lassoselector > rect')?.getBoundingClientRect();
                        const plot = figure?.querySelector('.plotarea_background')?.getBoundingClientRect(), drawn = figure?.querySelector('svg')?.getBoundingClientRect();
                        return Boolean(lasso && plot && plot.width > 50 && ['left', 'top', 'width', 'height'].every(k => Math.abs(lasso[k] - plot[k]) < 2)
                                       && Math.abs(drawn.width - figure.clientWidth) < 3 && Math.abs(drawn.height - figure.clientHeight) < 3); }}"""


class App:
    """The app in a page of its own.

    Attributes
    ----------
    page : playwright Page
    strangers : list of str
        Requests that would have left this machine; they are aborted.
    complaints : list of str
        Errors on the console and of scripts.
    """

    def __init__(self, browser: Any, address: str, width: int, height: int) -> None:
        self.strangers: list[str] = []
        self.complaints: list[str] = []
        self.context = browser.new_context(viewport={"width": width, "height": height})
        self.context.route("**/*", self._only_here)
        self.page = self.context.new_page()
        self.page.set_default_timeout(1000 * PATIENCE_S)
        self.page.on("console", lambda message: self._heard(message.text) if message.type == "error" else None)
        self.page.on("pageerror", lambda error: self._heard(str(error)))
        self.page.goto(address, wait_until="commit")

    def _only_here(self, route: Any) -> None:
        if urlsplit(route.request.url).hostname in ("127.0.0.1", "localhost", None):
            route.continue_()
        else:
            self.strangers.append(route.request.url)
            route.abort()

    def _heard(self, text: str) -> None:
        if not any(known in text for known in ALLOWED):
            self.complaints.append(text)

    def wait_until_ready(self) -> App:
        """Every panel has shown a result, and nothing that the user waits for runs."""
        selectors = [f".mdx-panel-{name}.mdx-ready" for name in PANELS]
        try:
            for selector in selectors:
                self.page.locator(selector).wait_for(state="visible")
        except Exception as error:
            missing = [s for s in selectors if not self.page.locator(s).count()]
            raise AssertionError(f"not ready: {missing}; {self.says()}") from error
        self.wait_for(SETTLED)
        return self.stand_still()

    def stand_still(self) -> App:
        """Wait until the page stands still, before a gesture."""
        self.read("() => { window.__still = null; }")
        self.page.wait_for_function(STANDS_STILL)
        return self

    def wait_for(self, script: str, before: Any = None) -> Any:
        """Wait until a script gives something that is true, or differs from what it gave before; gives it back."""
        test = f"before => {{ const now = ({script})(); return (before === null ? Boolean(now) : now !== before) && [now]; }}"
        try:
            return self.page.wait_for_function(test, arg=before).json_value()[0]
        except Exception as error:
            raise AssertionError(f"{script} did not change from {before!r:.200}; {self.says()}") from error

    def holds(self, script: str, wanted: Any = True) -> None:
        """Wait until a script gives what is wanted: a page is drawn piece by piece, and what it shows meanwhile is not yet wrong."""
        try:
            self.page.wait_for_function(f"wanted => JSON.stringify(({script})()) === JSON.stringify(wanted)", arg=wanted)
        except Exception as error:
            raise AssertionError(f"{self.read(script)!r}, not {wanted!r}; {self.says()}") from error

    def says(self) -> str:
        """What the page shows and complains about, for a test that has waited in vain."""
        return f"the page says: {self.page.locator('body').inner_text()[:2500]}; {self.complaints}"

    def read(self, script: str) -> Any:
        return self.page.evaluate(f"({script})()")

    @property
    def count(self) -> int:
        return int(self.page.locator(".mdx-selected-count").inner_text())

    def drag(self, points: list[tuple[float, float]], place: str = ".mdx-panel-projection") -> None:
        """Press, move and release inside a plot with a lasso; points are shares of it from its lower left corner."""
        self.stand_still().wait_for(lasso_is_there(f"document.querySelector('{place} .bqplot')"))
        box = self.read(f"""() => {{ const box = document.querySelector('{place} .bqplot').getBoundingClientRect();
                                    const plot = document.querySelector('{place} .bqplot .plotarea_background').getBoundingClientRect();
                                    return plot.width ? [plot.left, plot.top, plot.width, plot.height] : [box.left, box.top, box.width, box.height]; }}""")
        spots = [(box[0] + x * box[2], box[1] + (1 - y) * box[3]) for x, y in points]
        mouse = self.page.mouse
        mouse.move(*spots[0])
        mouse.down()
        for spot in spots[1:]:
            mouse.move(*spot, steps=6)
        mouse.up()

    def click_in_plot(self, figure: str, x: float, y: float) -> None:
        """Click on the image that lies over a figure's plot; x and y are shares of the plot from its upper left corner.

        Waits until the figure, given as a selector, has its size and the image lies over all of the plot and under the mouse.
        """
        spot = self.stand_still().wait_for(f"""() => {{
            const figure = document.querySelector({figure!r}), plot = figure?.querySelector('.plotarea_background')?.getBoundingClientRect(), svg = figure?.querySelector('svg')?.getBoundingClientRect();
            if (!plot || plot.width < 50 || Math.abs(svg.width - figure.clientWidth) > 2 || Math.abs(svg.height - figure.clientHeight) > 2) return false;
            const at = [plot.left + {x} * plot.width, plot.top + {y} * plot.height], hit = document.elementFromPoint(...at), image = hit?.getBoundingClientRect();
            return hit?.tagName === 'image' && ['left', 'top', 'width', 'height'].every(k => Math.abs(image[k] - plot[k]) < 2) && at; }}""")
        self.page.mouse.click(*spot)

    def pixels(self) -> str:
        """What NGL has drawn, as text; read in the frame in which it was drawn."""
        return self.page.locator(".mdx-panel-structure canvas").first.screenshot().hex()

    def wait_for_other_pixels(self, before: str) -> None:
        """Wait until NGL has drawn something else: of this the page tells nothing."""
        end = time.monotonic() + PATIENCE_S
        while self.pixels() == before:
            assert time.monotonic() < end, "the structure is drawn as it was"


@pytest.fixture
def open_app(chromium: Any, served: str) -> Iterator[Callable[..., App]]:
    """``open_app(width, height)``: the demo in a fresh browser context."""
    opened: list[App] = []

    def make(width: int = 1440, height: int = 900) -> App:
        opened.append(App(chromium, served, width, height))
        return opened[-1]

    yield make
    for app in opened:
        app.context.close()


@pytest.fixture
def app(open_app: Callable[..., App]) -> App:
    return open_app().wait_until_ready()
