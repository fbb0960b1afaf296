"""The page keeps its session, says when, and offers it when it is opened again."""
from __future__ import annotations

import asyncio
import time
from types import MappingProxyType, SimpleNamespace

import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.app import kept
from mdexplore.app.kept import KeptSession, clock
from mdexplore.base.errors import UserError
from mdexplore.session import autosave
from mdexplore.session.session import Session


class NoJobs:
    """Takes requests and does nothing."""

    states = MappingProxyType({})

    def observe(self, *args): ...

    def submit(self, *args, **options): ...

    def cancel(self, name): ...


@pytest.fixture
def study(cache):
    return mdx.Study([np.random.default_rng(0).normal(size=(300, 2)).cumsum(axis=0)], lagtime=5)


def open_page(study):
    session = Session(study, jobs=NoJobs(), start=False)
    return session, KeptSession(session)


def is_offered(page):
    return "mdx-hidden" not in page._offer._dom_classes


def test_nothing_is_offered_and_nothing_said_at_first(study):
    _, page = open_page(study)
    assert not is_offered(page) and page._mark.value == ""


def test_change_is_kept_soon_and_the_page_says_when(study, monkeypatch):
    monkeypatch.setattr(kept, "DELAY_S", 0.0)

    async def use():
        session, page = open_page(study)
        for n in (5, 6, 7):
            session.select(np.arange(n), source="test", how="some")
        assert page._mark.value == ""   # not before the gesture is over
        while not page._mark.value:
            await asyncio.sleep(0)
        return page

    page = asyncio.run(use())
    assert page._mark.value == said(autosave.find(study.data).when)


def said(when):
    return f'<span class="mdx-saved" data-when="{when:.3f}">{clock(when)}</span>'


def test_page_that_is_opened_again_restores_what_was_kept(study):
    session, page = open_page(study)
    session.select(np.arange(7), source="test", how="seven")
    page.keep()
    taken = []
    again = Session(study, jobs=NoJobs(), start=False)
    page = KeptSession(again, restored=lambda view: taken.append(view) or ())
    assert is_offered(page) and clock(page.found.when) in page._text.value
    page._offer.children[1].click()
    assert again.selection.n == 7 and not is_offered(page) and taken == [page.found.view]


def test_panels_that_could_not_be_restored_are_named(study):
    session, page = open_page(study)
    session.select(np.arange(7), source="test", how="seven")
    page.keep()
    again = Session(study, jobs=NoJobs(), start=False)
    page = KeptSession(again, restored=lambda view: ("arena", "trace"))
    page._offer.children[1].click()
    assert again.selection.n == 7 and is_offered(page) and "arena and trace" in page._wrong.widget.value


def test_page_that_is_opened_again_says_when_it_was_kept(study):
    session, page = open_page(study)
    session.select(np.arange(7), source="test", how="seven")
    page.keep()
    _, again = open_page(study)
    assert again._mark.value == said(autosave.find(study.data).when)


def test_offer_can_be_declined(study):
    session, page = open_page(study)
    session.select(np.arange(7), source="test", how="seven")
    page.keep()
    again, page = open_page(study)
    page._offer.children[2].click()
    assert not is_offered(page) and again.selection.n == 0


def test_session_beyond_a_cap_that_was_lowered_is_not_offered(study, monkeypatch):
    session, page = open_page(study)
    session.configure("clustering", n_clusters=40)
    page.keep()
    _, page = open_page(study)
    assert is_offered(page)
    monkeypatch.setenv("MDEXPLORE_LIMITS", "clusters=10")
    _, page = open_page(study)
    assert not is_offered(page)


def test_what_can_no_longer_be_set_is_said_beside_the_offer(study, monkeypatch):
    session, page = open_page(study)
    session.select(np.arange(7), source="test", how="seven")
    page.keep()
    again, page = open_page(study)

    def refuse(session, found):
        raise UserError("<b>Gone.</b>", "It was taken away.", "Begin anew.")

    monkeypatch.setattr(autosave, "restore", refuse)
    page._offer.children[1].click()
    said = page._wrong.widget.value
    assert "&lt;b&gt;Gone." in said and "Begin anew." in said and is_offered(page) and again.selection.n == 0


def at(day, hour, minute):
    """Seconds since 1970 at a time of day in March."""
    return time.mktime((2025, 3, day, hour, minute, 0, 0, 0, -1))


@pytest.mark.parametrize(("then", "said"), [((14, 12, 5), "12:05"), ((14, 0, 0), "00:00"), ((13, 23, 59), "13 Mar, 23:59"), ((11, 12, 5), "11 Mar, 12:05")])
def test_time_of_another_day_names_the_day(monkeypatch, then, said):
    now = at(14, 12, 30)
    monkeypatch.setattr(kept, "time", SimpleNamespace(strftime=time.strftime, localtime=lambda when=now: time.localtime(when)))
    assert clock(at(*then)) == said


def test_measurements_are_kept_when_they_change(study, monkeypatch):
    from mdexplore.app.explorer import Explorer
    from mdexplore.session.experiment_jobs import Measurement, Measurements

    monkeypatch.setattr(kept, "DELAY_S", 0.0)

    async def use():
        explorer = Explorer(Session(study, jobs=NoJobs(), start=False))
        page = KeptSession(explorer.session, lambda: explorer.view().panels, explorer.restore)
        explorer.on_change(page.changed)
        explorer.drawer.toggle("experiment")
        explorer.panels["experiment"]._add(Measurement("shift", 8.2, 0.3))
        while not page._mark.value:
            await asyncio.sleep(0)

    asyncio.run(use())
    panels = autosave.find(study.data).view.panels
    assert panels["experiment"]["measurements"] == Measurements((Measurement("shift", 8.2, 0.3),)) and panels["drawer"] == {"open": "experiment"}
