"""The served page in a real browser: nothing is asked of another host, and what goes wrong is seen."""
from __future__ import annotations

import importlib.util
import json
import os
import signal
from pathlib import Path
from urllib.parse import urlsplit

import pytest

playwright = pytest.importorskip("playwright.sync_api")
_spec = importlib.util.spec_from_file_location("mdx_serving", Path(__file__).with_name("serving.py"))
serving = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(serving)

pytestmark = pytest.mark.browser
PATIENCE_MS = 90_000
CHROMIUM = next((path for path in ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome") if os.path.exists(path)), None)


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=["--headless=new", "--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader",
                                                                          "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def stand_in(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stand-in")
    plot = "import bqplot\n    x = bqplot.LinearScale()\n    " \
           "panel = bqplot.Figure(marks=[bqplot.Lines(x=[0, 1], y=[0, 1], scales={'x': x, 'y': x})], axes=[bqplot.Axis(scale=x)])"
    (folder / "sitecustomize.py").write_text(serving.STAND_IN.replace('panel = ipywidgets.HTML(value="stand-in")', plot))
    return folder


@pytest.fixture
def running(stand_in, tmp_path):
    command = serving.Running(tmp_path, "demo", "--no-browser", stand_in=stand_in)
    yield command
    command.end()


@pytest.fixture
def page(browser):
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    yield context.new_page()
    context.close()


def _wait_for_app(page, running):
    page.goto(running.url)
    page.wait_for_selector(".mdx-app .mdx-panel svg .axis", timeout=PATIENCE_MS)


def _alive(page):
    return page.evaluate("""async () => {
        const {baseUrl, kernelId} = JSON.parse(document.getElementById("jupyter-config-data").textContent);
        return await (await fetch(baseUrl + "mdx/alive/" + kernelId)).text();
    }""")


def test_page_draws_and_asks_nothing_of_another_host(running, page):
    asked, said = [], []
    page.on("request", lambda request: asked.append(urlsplit(request.url)))
    page.on("console", lambda message: said.append(message.text))
    _wait_for_app(page, running)
    assert page.query_selector(".mdx-skeleton") is None
    assert page.query_selector(".mdx-failed") is None
    assert "token" not in page.url
    foreign = {url.netloc for url in asked if url.scheme in ("http", "https", "ws", "wss")} - {urlsplit(running.url).netloc}
    assert not foreign
    assert not [text for text in said if "not registered" in text or "Content Security Policy" in text]


def test_what_was_built_before_the_page_asked_answers_it(running, page):
    _wait_for_app(page, running)
    page.click(".stand-in")
    page.wait_for_selector(".stand-in:has-text('answered')", timeout=PATIENCE_MS)


def test_kernel_of_a_page_that_goes_ends_with_it(running, page):
    _wait_for_app(page, running)
    process = json.loads(_alive(page))["pid"]
    page.goto("about:blank")
    serving.until(lambda: process not in running.pids(), "the end of the kernel")


def test_page_says_that_its_kernel_has_ended(running, page):
    _wait_for_app(page, running)
    os.kill(json.loads(_alive(page))["pid"], signal.SIGKILL)
    page.wait_for_selector(".mdx-lost-kernel", timeout=PATIENCE_MS)


def test_page_says_that_the_server_is_gone(running, page):
    _wait_for_app(page, running)
    running.stop(signal.SIGKILL)
    page.wait_for_selector(".mdx-lost-server", timeout=PATIENCE_MS)


def test_page_that_fails_shows_it_instead_of_a_skeleton(page, tmp_path):
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "sitecustomize.py").write_text('import sys\nsys.modules["mdexplore.app.page"] = None\n')
    command = serving.Running(tmp_path, "demo", "--no-browser", stand_in=broken)
    try:
        page.goto(command.url)
        page.wait_for_selector(".mdx-failed", timeout=PATIENCE_MS)
        assert page.query_selector(".mdx-skeleton") is None
    finally:
        command.end()


@pytest.mark.parametrize(("example", "shown"), [("fails", ".mdx-failed"), ("dies", ".mdx-lost-kernel")])
def test_error_before_the_page_can_speak_is_shown(page, stand_in, tmp_path, example, shown):
    runner = tmp_path / "runner.py"   # the command line knows no examples that fail
    runner.write_text(f"from mdexplore.app.serve.launch import serve\nserve({{'kind': 'demo', 'example': '{example}'}}, browser=False)\n")
    command = serving.Running(tmp_path, stand_in=stand_in, program=(str(runner),))
    try:
        page.goto(command.url)
        page.wait_for_selector(shown, timeout=PATIENCE_MS)
    finally:
        command.end()


def test_page_whose_data_take_long_to_open_appears(page, tmp_path):
    """ipywidgets gives up a kernel that tells nothing of its widgets for four seconds."""
    slow = tmp_path / "slow"
    slow.mkdir()
    (slow / "sitecustomize.py").write_text(serving.STAND_IN.replace("def page():", "def page():\n    import time; time.sleep(5)"))
    command = serving.Running(tmp_path, "demo", "--no-browser", stand_in=slow)
    try:
        page.goto(command.url)
        page.wait_for_selector(".mdx-app .mdx-panel", timeout=PATIENCE_MS)
    finally:
        command.end()
