"""The app of a served page is drawn by our extension, whenever its kernel answers; the output of a cell would be given up now and then."""
from __future__ import annotations

import json
import re
from pathlib import Path

from jupyter_core.paths import jupyter_path

from mdexplore.app.serve.kernel import ROOT
from mdexplore.app.serve.server import SHARE

EXTENSION = SHARE / "voila" / "labextensions" / "mdexplore-page"
MANAGER = "@jupyter-widgets/jupyterlab-manager"


def test_the_page_draws_the_model_of_the_kernel_and_holds_no_output_of_a_cell():
    template = (SHARE / "voila" / "templates" / "mdexplore" / "index.html.j2").read_text()
    assert '<div id="mdx-root" data-model="{{ resources.instant | e }}"></div>' in template
    assert ROOT == "mdexplore-page"
    load = json.loads((EXTENSION / "package.json").read_text())["jupyterlab"]["_build"]["load"]
    assert "restored.connect(draw)" in (EXTENSION / load).read_text()


def test_the_renderer_of_jupyterlab_widgets_still_gives_up_a_model_that_comes_in_its_last_tenth_of_a_second():
    """When this fails, try the output of a cell again: the extension may no longer be needed."""
    folder = next(path for path in (Path(p) / MANAGER / "static" for p in jupyter_path("labextensions")) if path.is_dir())
    scripts = [path.read_text() for path in folder.glob("*.js")]
    loop = re.compile(r"for\(;Date\.now\(\)-\w+<2e3;\)\{if\(void 0!==\(\w+=this\._models\[\w+\]\)\)return \w+;await new Promise\(\w+=>setTimeout\(\w+,100\)\)\}throw")
    assert any(loop.search(script) for script in scripts)
