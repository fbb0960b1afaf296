"""Many events, few drawings."""
from __future__ import annotations

import asyncio

import pytest

from mdexplore.panels.later import Burst
from mdexplore.panels.trace import TracePanel
from tests.panels import builders


async def answered(burst):
    while burst.is_waiting:
        await asyncio.sleep(0.001)


def test_a_burst_is_answered_at_once_and_once_more_at_its_end():
    calls, answers = [], []
    burst = Burst(lambda: answers.append(len(calls)), quiet_s=0.5, patience_s=1000)   # no machine rests so long between two calls

    async def body():
        for i in range(200):
            calls.append(i)
            burst.call()
            await asyncio.sleep(0)
        await answered(burst)

    asyncio.run(body())
    assert answers == [1, 200]


def test_a_call_after_a_rest_is_answered_at_once():
    answers = []
    burst = Burst(lambda: answers.append(1), quiet_s=0.0)

    async def body():
        burst.call()
        await asyncio.sleep(0.001)
        burst.call()
        assert len(answers) == 2 and not burst.is_waiting

    asyncio.run(body())


def test_a_burst_without_end_is_answered_now_and_then():
    answers = []
    burst = Burst(lambda: answers.append(1), quiet_s=1000, patience_s=0.01)

    async def body():
        async with asyncio.timeout(60):
            while len(answers) < 4:
                burst.call()
                await asyncio.sleep(0)

    asyncio.run(body())


def test_calls_that_are_queued_come_before_the_answer_however_late_it_is():
    answers, calls = [], []
    burst = Burst(lambda: answers.append(len(calls)), quiet_s=-1, patience_s=1000)   # its time is over at once

    async def body():
        burst._ended = float("inf")
        for i in range(50):
            calls.append(i)
            burst.call()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        await answered(burst)

    asyncio.run(body())
    assert answers == [50]


def test_without_an_event_loop_every_call_is_answered():
    answers = []
    burst = Burst(lambda: answers.append(1))
    burst.call()
    burst.call()
    assert len(answers) == 2


@pytest.fixture
def panel():
    return TracePanel(builders.session())


def test_two_hundred_selections_in_a_burst_draw_a_panel_once_and_the_last_is_shown(panel, monkeypatch):
    session, drawn, burst = panel.session, {"show_selection": [], "show_current": []}, panel._selected
    burst._quiet, burst._patience, burst._ended = -1, 1000, float("inf")   # on a machine so slow that time is always over
    for method, seen in drawn.items():
        show = getattr(panel, method)
        monkeypatch.setattr(panel, method, lambda show=show, seen=seen: (show(), seen.append((session.selection, session.current))))

    async def body():
        for i in range(200):
            session.select([i], source="test", how="one frame")
            await asyncio.sleep(0)
        while panel.is_behind:
            await asyncio.sleep(0.001)

    asyncio.run(body())
    for seen in drawn.values():
        assert seen == [(session.selection, session.current)]


def test_a_frame_that_is_shown_by_itself_is_drawn_at_once(panel):
    async def body():
        for frame in (3, 4, 5):
            panel.session.show_frame(0, frame)
            assert panel.now.x[0] == pytest.approx(frame * panel.session.unit.scale)

    asyncio.run(body())
