"""Every comparison runs at a small size, finds equal results, and can be written; nothing here looks at a time."""
from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))
from benchmarks import __main__ as command
from benchmarks import (
    clusters,
    files,
    frames,
    growth,
    lasso,
    live,
    models,
    moments,
    pipeline,
    reopen,
    scale,
    startup,
    tasks,
    vampnet,
)


def differences(table, column=-1):
    """Numbers such as 3e-14 in the cells that say how far results agree."""
    return [float(number) for row in table.rows for number in re.findall(r"\d(?:\.\d+)?e[-+]\d+", row[column])]


def test_covariances_agree_with_those_of_deeptime(cache):
    table, = moments.run(20_000, (5,), 30_000)
    assert len(differences(table)) == 3 and max(differences(table)) < 1e-9


def test_clusters_agree_with_those_of_deeptime(cache):
    table, = clusters.run(20_000, (10,), 2)
    assert all(float(row[-1].split()[0]) > 99.98 for row in table.rows if "labels" in row[-1])


def numbers(table):
    """Of the goals that a table speaks of."""
    return [goal.number for goal in table.goals]


def test_models_agree_with_those_of_deeptime(cache):
    table, = models.run(20_000, (10,), (2000, 5), 5, 2, 5)
    assert max(differences(table)) < 1e-8


def test_the_whole_pipeline_finds_the_timescale_of_the_script(cache):
    table, = pipeline.run(((40_000, 20),), rounds=1)
    assert numbers(table) == [1, 1]
    assert abs(float(table.rows[0][-1].rstrip(" %"))) < 20   # other centres, the same motion


def test_features_of_several_files_are_those_of_the_script(cache):
    table, = files.run(2, 500, 1)
    assert "last bit: yes" in table.notes[0] and float(table.notes[0].rstrip(".").split()[-1]) < 1e-5


def test_growth_is_drawn(cache, tmp_path):
    tables = growth.run(10_000, str(tmp_path), (10,), str(tmp_path / "speed.png"))
    assert [len(table.rows) for table in tables] == [12, 9]
    assert all(cell for table in tables for row in table.rows for cell in row)
    assert (tmp_path / "speed.png").stat().st_size > 10_000 and not list(tmp_path.glob("mdexplore-*"))


def test_panels_follow_the_lag_dial(cache):
    table, = live.run(20_000, 20, 1)
    assert [row[0] for row in table.rows if not row[0].startswith(" ")] == ["models", "pictures of all panels", "all together", "k-means again"]
    assert numbers(table) == [9, 9, 16]


def test_a_lasso_reaches_all_panels(cache):
    table, = lasso.run(5000)
    assert table.rows[0][0] == "lasso to all panels" and numbers(table) == [10]


def test_single_frames_of_every_format_are_read(cache):
    table, = frames.run(30, 4)
    assert len(table.rows) == 2 * len(frames.FORMATS) and numbers(table) == [10] * len(frames.FORMATS)


def test_the_import_leaves_large_packages_out(cache):
    table, = startup.run(1, browser=False)
    assert table.goals[-1].met and table.goals[-1].found == "none"


def test_networks_of_both_reach_the_same_score(cache):
    pytest.importorskip("torch")
    table, = vampnet.run(3000, 1, 1)
    assert table.goals[-1].met


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
    assert [row[0].partition(",")[0] for row in table.rows] == [*scale.STEPS, "all"]
    assert "Found done: features, projection;" in table.notes[0] and table.goals[-1].met


def test_a_written_page_keeps_what_was_not_measured_again(tmp_path):
    page = tmp_path / "performance.md"
    command.write({"live": "## A\n\nfirst numbers", "lasso": "## B\n\nkept numbers"}, page)
    command.write({"live": "## A\n\nsecond numbers"}, page)
    text = page.read_text()
    assert "second numbers" in text and "first numbers" not in text and text.index("second numbers") < text.index("kept numbers") and text.startswith("# Speed")
