"""The panel of ensembles: its forms ask for what they say, answers are drawn and linked, the slider follows the hand, and all of it can be kept."""
from __future__ import annotations

import asyncio
from dataclasses import replace

import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.base.errors import UserError
from mdexplore.methods.ensembles.gaps import Gap
from mdexplore.methods.kinetics import tram
from mdexplore.methods.kinetics.tram import Tram
from mdexplore.panels.ensembles import CHANGE, WINDOWS, EnsemblesPanel
from mdexplore.panels.windows_view import TAKEN, USE
from mdexplore.session.change_jobs import ChangeWanted
from mdexplore.session.ensemble_jobs import FILES, WindowsWanted
from mdexplore.session.ensemble_systems import TILTED
from tests.panels import builders
from tests.pictures.test_ensembles import changed, windows
from tests.session.running import opened, settled


@pytest.fixture
def session():
    made = builders.session()
    made.asked = []
    made.work.submit = lambda name, task, *args, **options: made.asked.append((task, args, options["done"], options["failed"])) if name == "ensembles" else None
    return made


@pytest.fixture
def panel(session):
    made = EnsemblesPanel(session)
    made.open()
    return made


def wanted(session):
    task, args, *_ = session.asked[-1]
    return args[1] if task.endswith("run_windows") else args[0]


def tell(session, answer):
    """Answer, and what follows from the answer, too."""
    n = len(session.asked)
    session.asked[-1][2](answer)
    if len(session.asked) > n:
        session.asked[-1][2](answer)


def test_values_come_first_and_bars_follow(session, panel):
    nothing = np.full(3, np.nan)
    session.asked[-1][2](windows(lower=nothing, upper=nothing))
    assert wanted(session) == WindowsWanted(TILTED, has_bars=True) and len(panel.windows.dots.y) == 3 and panel.windows._bars.x.size == 0
    assert {"mdx-en-known"} <= set(panel.windows.outcome._dom_classes) and "with 95 %" not in panel.windows._told.value
    session.asked[-1][2](windows())
    assert panel.windows._bars.x.shape == (3, 2) and "with 95 % bars" in panel.windows._told.value and len(session.asked) == 2
    panel.show()
    assert len(session.asked) == 2
    panel.windows.stiffness.value = "9"
    assert not wanted(session).has_bars and "mdx-en-known" not in panel.windows.outcome._dom_classes


def hidden(widget):
    return "mdx-hidden" in widget._dom_classes


def of_files():
    """An answer that is linked to the frames of `builders.session`: its three trajectories are of windows 1, 2 and 2."""
    frames = (np.zeros(400, np.int16), np.ones(300, np.int16), np.ones(50, np.int16))
    return windows(centers=None, stiffness=None, exact=None, start=(1, 7), windows=frames)


def test_a_closed_panel_asks_nothing_and_an_opened_one_shows_a_model_system(session):
    panel = EnsemblesPanel(session)
    assert session.asked == [] and panel.view() == {}
    panel.open()
    assert wanted(session) == WindowsWanted(TILTED) and len(session.asked) == 1


def test_each_source_shows_its_own_fields(session, panel):
    assert hidden(panel.windows.files) and not hidden(panel.windows.centers)
    panel.source.value = FILES
    assert not hidden(panel.windows.files) and not hidden(panel.windows.kT) and hidden(panel.windows.centers)
    assert panel._wrong.widget.value == "" and not hidden(panel.windows.missing)   # nothing is wrong yet
    assert "mdx-en-away" in panel.windows.outcome._dom_classes
    panel.source.value = TILTED
    assert hidden(panel.windows.missing) and "mdx-en-away" not in panel.windows.outcome._dom_classes


def test_fields_of_files_become_a_question(session, panel, tmp_path):
    np.save(tmp_path / "b.npy", np.zeros((3, 1)))
    panel.source.value = FILES
    panel.windows.files.value = str(tmp_path / "b*.npy")
    panel.windows.kT.value = "2.494"
    panel.windows.windows.value = "1"
    panel.method.value = "TRAM"
    found = wanted(session)
    assert (found.source, found.estimator, found.kT, found.windows) == (FILES, "TRAM", 2.494, (0,)) and found.files[0][0] == str(tmp_path / "b.npy")


def test_a_number_that_cannot_be_read_is_said(panel):
    panel.windows.stiffness.value = "stiff"
    assert "not a number" in panel._wrong.widget.value and "mdx-failed" in panel._content._dom_classes


def test_an_answer_is_drawn_with_numbers_bars_and_the_weakest_link(session, panel):
    tell(session, windows(0.02))
    view = panel.windows
    assert view.map.value.count("mdx-en-cell") == 7 and view.map.value.count("mdx-en-gap") == 2 and ">.80<" in view.map.value
    np.testing.assert_array_equal(view.dots.y, [1, 2, 3])
    assert view._bars.x.shape == (3, 2) and view._exact.x.shape == (3, 2)
    assert "2.0 % overlap" in view.gap.value and view.add.description == "Add a window at 0.5" and hidden(view.start)
    assert view.centers.placeholder == "automatic: 3, −1 to 1"


def test_a_button_adds_the_window_that_is_wanted(session, panel):
    tell(session, windows(0.02))
    panel.windows.add.click()
    assert panel.windows.centers.value == "-1 0 0.5 1" and wanted(session).centers == (-1.0, 0.0, 0.5, 1.0)


def test_windows_that_do_not_overlap_are_said_over_the_map(session, panel):
    nothing = np.full(3, np.nan)
    tell(session, windows(0.0, free_energies=nothing, lower=nothing, upper=nothing, trouble=UserError("The ensembles do not <b>overlap</b>.")))
    assert "do not &lt;b&gt;overlap" in panel.windows._warned.widget.value and "mdx-en-none" in panel.windows.outcome._dom_classes
    assert "they share nothing" in panel.windows.gap.value and panel.windows.map.value.count("mdx-en-gap") == 2


def test_names_out_of_files_are_escaped(session, panel):
    tell(session, replace(of_files(), names=("<i>a</i>", "b", "c"), gap=Gap(0, 1, 0.2)))
    assert "&lt;i&gt;a" in panel.windows.gap.value and "<i>" not in panel.windows.map.value


def test_a_click_on_a_window_selects_its_frames(session, panel):
    tell(session, of_files())
    panel.windows.dots._handle_custom_msg({"event": "element_click", "data": {"index": 1}}, [])
    assert session.selection.n == 350 and session.selection.how == "frames of window 2"


@pytest.mark.parametrize("data", [{}, {"index": "one"}, {"index": None}, {"index": 1.5}, {"index": 99}, {"index": -1}])
@pytest.mark.parametrize("event", ["element_click", "hover"])
def test_messages_that_name_no_window_do_nothing(session, panel, event, data):
    tell(session, of_files())
    before = panel.windows._told.value
    panel.windows.dots._handle_custom_msg({"event": event, "data": data}, [])
    assert session.selection.n == 0 and panel.windows._told.value == before


def test_a_wanted_window_between_centres_of_many_digits_stays_between_them(session, panel):
    tell(session, windows(0.02, centers=(0.0, 1000000.1, 1000000.2)))
    panel.windows.add.click()
    assert panel.windows.centers.value == "0 1000000.1 1000000.15 1000000.2"


def test_windows_of_other_trajectories_say_why_they_cannot_be_selected(session, panel):
    tell(session, windows())
    panel.windows.dots._handle_custom_msg({"event": "element_click", "data": {"index": 1}}, [])
    assert session.selection.n == 0 and "not among the loaded trajectories" in panel._strip.value


def test_the_frame_to_start_from_is_shown(session, panel):
    tell(session, of_files())
    assert not hidden(panel.windows.start) and hidden(panel.windows.add)
    panel.windows.start.click()
    assert session.current == (1, 7)


def test_another_potential_is_asked_once_and_the_slider_needs_no_worker(session, panel):
    panel.of.value = CHANGE
    assert wanted(session) == ChangeWanted("prinz", "scale") and "mdx-en-away" in panel.windows.outcome._dom_classes
    tell(session, changed())
    assert all(1 < len(getattr(panel.changing, f"_{name}_axis").tick_values) <= 5 for name in ("place", "energy", "x", "y"))
    before = len(session.asked)
    assert "unchanged" in panel.changing.head.value and hidden(panel.changing._warned.widget)
    panel.changing.slider.value = 14
    assert "+24 %" in panel.changing.head.value and "62 % of the paths count" in panel.changing.said.value
    np.testing.assert_allclose(panel.changing.known.y, [50 * np.exp(0.48)])
    assert panel.changing.changed.y.max() > panel.changing._plain.y.max()
    panel.changing.slider.value = 20
    assert "to be trusted" in panel.changing._warned.widget.value and len(session.asked) == before


def test_another_change_or_lag_time_asks_anew(session, panel):
    panel.of.value = CHANGE
    panel.change.value = "tilt"
    panel.changing.lagtime.value = "3"
    assert wanted(session) == ChangeWanted("prinz", "tilt", 3)
    panel.changing.lagtime.value = "0"
    assert "whole number of frames" in panel._wrong.widget.value


def test_going_back_shows_what_was_there(session, panel):
    tell(session, windows())
    panel.of.value = CHANGE
    tell(session, changed())
    before = len(session.asked)
    panel.of.value = WINDOWS
    assert len(session.asked) == before and "mdx-en-away" in panel.changing.outcome._dom_classes and "mdx-en-away" not in panel.windows.outcome._dom_classes


def test_settings_are_kept_and_taken_up(session, panel):
    panel.method.value, panel.windows.centers.value, panel.windows.kT.value = "TRAM", "0 1", "2.5"
    panel.of.value, panel.change.value, panel.changing.lagtime.value, panel.changing.slider.value = CHANGE, "tilt", "4", 3
    kept = panel.view()
    other = EnsemblesPanel(session)
    other.restore(kept)
    assert other.view() == kept   # also before it is opened
    other.open()
    assert other.view() == kept and wanted(session) == ChangeWanted("prinz", "tilt", 4)


@pytest.mark.parametrize("strange", [{"centers": 5, "strength": "x"}, {"centers": "1" * 5000, "strength": 99}, {"source": "no such system", "strength": True}])
def test_what_cannot_be_taken_up_is_passed_over(session, strange):
    panel = EnsemblesPanel(session)
    panel.restore(strange)
    panel.open()
    assert panel.windows.centers.value == "" and panel.changing.slider.value == 10 and panel.source.value == TILTED


def test_tram_of_files_becomes_the_model_of_the_page_and_other_settings_are_another_model(tmp_path, monkeypatch):
    random = np.random.default_rng(1)
    chains = [np.cumsum(random.random(300) < 0.1) % 2 for _ in range(4)]
    for i, states in enumerate(chains):
        np.save(tmp_path / f"b{i}.npy", np.stack([np.zeros(300), 0.3 * states], axis=1))
    study = mdx.Study([s[:, None] + 0.0 for s in chains], projection="identity", clustering=mdx.settings.KMeans(n_clusters=2), lagtime=1, n_states=2)

    async def used():
        async with opened(study) as session:
            await settled(session)
            panel = EnsemblesPanel(session)
            panel.open()
            view = panel.windows
            panel.source.value, view.windows.value, view.files.value = FILES, "1 1 2 2", str(tmp_path / "b*.npy")
            await settled(session)
            assert hidden(view.take)   # MBAR is no model
            panel.method.value = "TRAM"
            await settled(session)
            assert not hidden(view.take) and (view.take.description, view.take.disabled) == (USE, False)
            with monkeypatch.context() as here:   # what a worker has read is not read again while the page waits
                here.setattr(tram, "read_ensembles", None)
                view.take.click()
            await settled(session)
            filled = session.study.recipe.kinetics
            assert isinstance(filled, Tram) and filled.windows == "0 0 1 1" and session.results["kinetics"].title == "TRAM"
            assert (view.take.description, view.take.disabled) == (TAKEN, True)
            session.configure("kinetics", windows="0 1 0 1")
            await settled(session)
            assert not session.errors and (view.take.description, view.take.disabled) == (USE, False)
            np.save(tmp_path / "b0.npy", np.load(tmp_path / "b0.npy") * 2)
            session.configure("kinetics", kT=1.5)   # the same names, other numbers than in the panel
            session.configure("kinetics", windows="0 0 1 1", kT=1.0)
            await settled(session)
            assert (view.take.description, view.take.disabled) == (TAKEN, True)   # the panel has read them anew, too
    asyncio.run(used())
