"""The report stands alone, says the numbers, and shows hostile names as text."""
from __future__ import annotations

import re
from html.parser import HTMLParser

import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.base.errors import UserError


class Links(HTMLParser):
    """Everything a page would load, and every tag in it."""

    def __init__(self):
        super().__init__()
        self.links, self.tags = [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in ("src", "href", "srcset", "data", "action", "background", "poster")]


@pytest.fixture(scope="module")
def page(alanine, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "new" / "report.html"
    assert mdx.figures.write_report(alanine, path) == path
    return path.read_text(encoding="utf-8")


def test_the_page_loads_nothing_from_anywhere(page):
    parser = Links()
    parser.feed(page)
    assert parser.links and all(link.startswith("data:image/") for link in parser.links)
    assert not {"script", "link", "iframe", "object", "base"} & set(parser.tags)
    assert not re.search(r"url\(|@import", page.split("<body>")[0])


def test_the_page_says_the_numbers(page, alanine):
    unit, coarse = alanine.data.unit, alanine.metastable
    for k in range(coarse.n_states):
        assert f"{100 * coarse.populations[k]:.2f} %" in page
    kinetics = alanine.result("kinetics")
    assert unit.say(kinetics.timescales[0]) in page and unit.say(kinetics.timescales[1]) in page
    assert unit.say(coarse.mfpt[0, 1]) in page and "64\u2009000 frames" in page
    assert "bootstrap over trajectories" in page and "real first passages" in page


def test_the_page_says_of_its_tests_what_the_results_say(page, alanine):
    assert alanine.score().say() in page
    verdict = alanine.chapman_kolmogorov.verdict
    assert f"<p>{verdict[0].upper()}{verdict[1:]}.</p>" in page


def test_passage_times_are_followed_by_the_events_they_rest_on(page, alanine):
    coarse = alanine.metastable
    cells = re.findall(r"<td>(\d+) → (\d+)</td>.*?<td>(\d+)( \(few\))?</td></tr>", page)
    assert len(cells) == coarse.n_states * (coarse.n_states - 1)
    for i, j, seen, few in cells:
        assert int(seen) == coarse.journeys[int(i) - 1, int(j) - 1]
        assert bool(few) == coarse.few_passages[int(i) - 1, int(j) - 1]
    assert ("are an extrapolation" in page or "is an extrapolation" in page) == coarse.few_passages.any()


def test_the_page_has_every_figure_and_every_notice(page, alanine):
    assert page.count("data:image/svg+xml;base64,") >= 8
    assert all(f'class="{n.level}"' in page for n in alanine.health)


def test_the_page_says_settings_and_versions(page):
    from importlib.metadata import version

    assert version("deeptime") in page and "&quot;seed&quot;: 0" in page and "tica" in page


def test_the_title_says_what_was_simulated_for_how_long(page, alanine):
    assert f"<title>{alanine.data.name}: 16 trajectories, 1.28 µs</title>" in page
    assert "ACE-ALA-NME" in page


def test_one_trajectory_is_one(tmp_path):
    study = mdx.Study(mdx.example("two-state", n_frames=3000, n_trajectories=1), lagtime=2)
    page = mdx.figures.write_report(study, tmp_path / "r.html").read_text(encoding="utf-8")
    assert ": 1 trajectory</title>" in page and "1 trajectories" not in page
    assert "bootstrap over blocks" in page and "bootstrap over trajectories" not in page


def test_timescales_end_where_the_model_cannot_tell(alanine, page):
    kinetics = alanine.result("kinetics")
    assert kinetics.n_resolved == 2
    assert ">t3<" in page and ">t4<" not in page
    assert f"The next process, {alanine.data.unit.say(kinetics.timescales[2])}, is faster than the lag time of 20 ps" in page


def test_warnings_read_as_warnings_without_colour(page, alanine):
    assert page.count("<b>May mislead.</b>") == sum(n.level == "warning" for n in alanine.health) > 0


def test_rates_are_per_time_not_divided_by_it(page):
    assert "rate per ns" in page and "rate / ns" not in page


def test_hostile_names_are_text(tmp_path):
    bad = '<script>alert("x")</script>'
    random = np.random.default_rng(0)
    folder = tmp_path / "in"
    folder.mkdir()
    files = []
    for k in range(3):
        files.append(folder / f"a<img src=x onerror=alert({k})>.npy")
        np.save(files[-1], np.cumsum(random.normal(size=(300, 2)), 0) % 5)
    data = mdx.load(files)
    data.name = bad
    made = mdx.Study(data, lagtime=2)
    text = mdx.figures.write_report(made, tmp_path / "r.html", title=bad).read_text(encoding="utf-8")
    parser = Links()
    parser.feed(text)
    assert "script" not in parser.tags and "x" not in parser.links
    assert "&lt;script&gt;" in text and "&lt;img src=x" in text


def test_names_that_are_no_valid_text_can_be_written(frames_only, tmp_path):
    mdx.figures.write_report(frames_only, tmp_path / "r.html", title="bad \udcff name").read_bytes().decode("utf-8")


def test_an_earlier_page_survives_a_failed_write(frames_only, tmp_path, monkeypatch):
    (tmp_path / "r.html").write_text("earlier")
    monkeypatch.setattr("os.replace", lambda *a: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(UserError, match="No space left"):
        mdx.figures.write_report(frames_only, tmp_path / "r.html")
    assert (tmp_path / "r.html").read_text() == "earlier"
    assert [p.name for p in tmp_path.iterdir()] == ["r.html"]


def test_a_place_that_cannot_be_written_is_said(frames_only, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be written"):
        mdx.figures.write_report(frames_only, tmp_path / "file" / "r.html")
