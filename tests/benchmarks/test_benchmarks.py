"""Every comparison runs at a small size, finds equal results, and can be written; nothing here looks at a time."""
from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))
from benchmarks import __main__ as command
from benchmarks import clusters, files, growth, models, moments, pipeline, reopen, scale, tasks


def differences(table, column=-1):
    """Numbers such as 3e-14 in the cells that say how far results agree."""
    return [float(number) for row in table.rows for number in re.findall(r"\d(?:\.\d+)?e[-+]\d+", row[column])]


def test_covariances_agree_with_those_of_deeptime(cache):
    table, = moments.run(20_000, (5,), 30_000)
    assert len(differences(table)) == 4 and max(differences(table)) < 1e-9


def test_clusters_agree_with_those_of_deeptime(cache):
    table, = clusters.run(20_000, (10,), 2)
    assert all(float(row[-1].split()[0]) > 99.98 for row in table.rows if "labels" in row[-1])


def test_models_agree_with_those_of_deeptime(cache):
    table, = models.run(20_000, (10,), (2000, 5), 5, 2)
    assert max(differences(table)) < 1e-8


def test_the_whole_pipeline_finds_the_timescale_of_the_script(cache):
    table, = pipeline.run(((40_000, 20),), rounds=1)
    assert abs(float(table.rows[0][-1].rstrip(" %"))) < 20   # other centres, the same motion


def test_features_of_several_files_are_those_of_the_script(cache):
    table, = files.run(2, 500, 1)
    assert "last bit: yes" in table.notes[0] and float(table.notes[0].rstrip(".").split()[-1]) < 1e-5


def test_growth_is_drawn(cache, tmp_path):
    tables = growth.run(10_000, str(tmp_path), (10,), str(tmp_path / "speed.png"))
    assert [len(table.rows) for table in tables] == [6, 2]
    assert (tmp_path / "speed.png").stat().st_size > 10_000 and not list(tmp_path.glob("mdexplore-*"))


def test_a_project_opened_again_is_the_same(cache):
    table, = reopen.run(30, 60, 0, rounds=1)
    assert table.rows[0][-1] == "equal"


def test_tasks_on_a_cluster_give_the_same_covariances(cache, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    table, = tasks.run(1, 2000, 2, 1)
    assert differences(table)[-1] < 1e-12


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_frames_on_disk_go_through_to_the_panels(cache, tmp_path, monkeypatch):
    monkeypatch.chdir(Path(__file__).parents[2])
    table, = scale.run(20_000, str(tmp_path))
    assert [row[0] for row in table.rows] == [*scale.STEPS, "all"]


def test_a_written_page_keeps_what_was_not_measured_again(tmp_path):
    page = tmp_path / "performance.md"
    command.write({"live": "## A\n\nold", "lasso": "## B\n\nkept"}, page)
    command.write({"live": "## A\n\nnew"}, page)
    text = page.read_text()
    assert "new" in text and "old" not in text and text.index("new") < text.index("kept") and text.startswith("# Speed")
