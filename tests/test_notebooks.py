"""Every notebook of the repository runs from top to bottom, and none carries its outputs."""
from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
HAS_ITS_MODELS = "application/vnd.jupyter.widget-view+json"


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request):
    return nbformat.read(request.param, as_version=4)


def test_a_notebook_is_kept_without_outputs(notebook):
    nbformat.validate(notebook)
    assert all(cell.outputs == [] and cell.execution_count is None for cell in notebook.cells if cell.cell_type == "code")


def test_a_notebook_runs_and_shows_its_panels_and_figures(notebook, tmp_path):
    nbclient = pytest.importorskip("nbclient", reason="pip install 'mdexplore[test]'")
    run = nbformat.from_dict(notebook)
    nbclient.NotebookClient(run, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = [output for cell in run.cells if cell.cell_type == "code" for output in cell.outputs]
    assert [output for output in outputs if output.output_type == "stream" and output.name == "stderr"] == []
    shows_panels = any("mdx.explore(" in cell.source or "mdexplore.app.page" in cell.source for cell in notebook.cells if cell.cell_type == "code")
    assert sum(HAS_ITS_MODELS in output.get("data", {}) for output in outputs) == shows_panels
    figures = [output.data for output in outputs if "<Figure" in output.get("data", {}).get("text/plain", "")]
    assert all("image/png" in data for data in figures)
    assert not [output.text for output in outputs if output.output_type == "stream" and " nan" in output.text]
