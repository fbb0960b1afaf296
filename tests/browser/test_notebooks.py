"""The app as a cell of JupyterLab and of Notebook 7, and as Voila's page of the server that both run on: one server, one page for each."""
from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest


def beside(name):
    spec = importlib.util.spec_from_file_location(f"mdx_{name}", Path(__file__).with_name(f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


notebook_server, conftest = beside("notebook_server"), beside("conftest")
BOOKS = Path(__file__).parents[2] / "notebooks"
SHOW = 'import mdexplore as mdx\nexplorer = mdx.explore(mdx.example("alanine-dipeptide"))\nexplorer'
TELL = 'print("in Python:", explorer.selection.n)\nprint(sorted(path.name for path in explorer.selection.save("basin.pdb")))'
ALONE = 'explorer.panels["projection"].widget'
MORE = tuple("# a long notebook\n" * 40 for _ in range(4))
# Rows and columns of the panels, and whether all are large enough to read.
GRID = """() => { const panels = [...document.querySelectorAll('.mdx-panels > .mdx-panel')], many = what => new Set(panels.map(what)).size;
                  return [many(p => p.offsetTop), many(p => p.offsetLeft), panels.every(p => p.clientWidth > 480 && p.clientHeight > 300)]; }"""
IDLE = """() => { const light = document.querySelector('.jp-Notebook-ExecutionIndicator'); return light && light.dataset.status === 'idle' }"""
CELL = ".jp-Notebook .jp-CodeCell"
OUTPUT = f"{CELL}:has(.mdx-app) .jp-OutputArea-output"
# Of a page that has no JupyterLab around it: Notebook 7 asks for commands of a file browser.
NOTEBOOK_7 = ("Command 'filebrowser:open-path' not registered", "reading 'schema'")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    pytest.importorskip("jupyterlab", reason="pip install 'mdexplore[test]'")
    pytest.importorskip("notebook", reason="pip install 'mdexplore[test]'")
    folder = tmp_path_factory.mktemp("jupyter")
    with notebook_server.jupyter(folder) as running:
        yield running


@pytest.fixture
def open_page(chromium, server):
    opened = []

    def make(front_end, name, width=1440, height=1250):
        opened.append(conftest.App(chromium, server.page(front_end, name), width, height))
        return opened[-1]

    yield make
    for app in opened:
        app.context.close()


def run_cell(app, number):
    """Click into a cell, and Shift-Enter, as a user does."""
    app.page.locator(CELL).nth(number).locator(".cm-content").click()
    app.page.wait_for_function(IDLE)
    app.page.keyboard.press("Shift+Enter")


def printed(app, number):
    shown = app.page.locator(CELL).nth(number).locator(".jp-OutputArea-output pre")
    shown.first.wait_for()
    app.page.wait_for_function(IDLE)
    return shown.first.inner_text()


def unknown(app):
    """What the page complained about, but for what Notebook 7 says about itself."""
    return [text for text in app.complaints if not any(known in text for known in NOTEBOOK_7)]


@pytest.mark.parametrize("front_end", ["lab", "notebooks"])
def test_a_lasso_in_a_cell_is_the_selection_in_the_kernel(server, open_page, front_end):
    app = open_page(front_end, server.write(f"{front_end}.ipynb", SHOW, TELL, ALONE, *MORE))
    run_cell(app, 0)
    app.wait_until_ready()
    app.holds(GRID, [3, 2, True])
    app.holds(f"() => {{ const o = document.querySelector('{OUTPUT}'); return [o.scrollWidth <= o.clientWidth, document.querySelector('.mdx-app').offsetHeight]; }}", [True, 1040])

    before = app.pixels()
    app.drag([(0.75, 0.1), (0.97, 0.05), (0.97, 0.9), (0.75, 0.9), (0.72, 0.5)])
    count = int(app.wait_for("() => document.querySelector('.mdx-selected-count').textContent", "0"))
    assert 1000 < count < 4000
    app.page.wait_for_function("() => /state 3/.test(document.querySelector('.mdx-panel-structure .mdx-cap').textContent)")
    app.wait_for_other_pixels(before)

    run_cell(app, 1)
    assert printed(app, 1).splitlines() == [f"in Python: {count}", "['basin.csv', 'basin.pdb']"]
    assert sum(line.startswith("MODEL") for line in (server.folder / "basin.pdb").read_text().splitlines()) == count

    run_cell(app, 2)
    app.page.locator(".mdx-alone .mdx-panel-projection .bqplot svg .axis").first.wait_for()
    app.holds("() => { const panel = document.querySelector('.mdx-alone .mdx-panel-projection'); return [panel.offsetWidth, panel.offsetHeight]; }", [638, 398])
    assert app.strangers == []
    assert unknown(app) == []


def test_the_page_of_binder_shows_the_app(server, open_page):
    name = "app.ipynb"
    (server.folder / name).write_bytes((BOOKS / name).read_bytes())
    app = open_page("voila/render", name, 1440, 900).wait_until_ready()
    app.holds("() => [innerWidth, innerHeight, document.querySelector('.mdx-app').offsetWidth, document.querySelector('.mdx-app').offsetHeight]", [1440, 900, 1440, 900])
    assert app.strangers == []
    assert app.complaints == []
