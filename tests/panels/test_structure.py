import asyncio
import dataclasses
from collections import Counter

import mdtraj as md
import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.panels import frontend
from mdexplore.panels.player import Player
from mdexplore.panels.structure import COPIES, COPY, Structure
from mdexplore.pictures.palette import state_hex
from mdexplore.session.session import Session
from tests.panels import builders


def molecules(lengths=(30, 20)):
    topology = md.Topology()
    chain = topology.add_chain()
    for _ in range(2):
        residue = topology.add_residue("ALA", chain)
        for name in ("N", "CA", "C", "O"):
            topology.add_atom(name, md.element.get_by_symbol(name[0]), residue)
    rng = np.random.default_rng(0)
    base = rng.normal(size=(8, 3))
    return [md.Trajectory(base + 0.05 * rng.normal(size=(n, 8, 3)), topology, time=20.0 * np.arange(n)) for n in lengths]


@pytest.fixture
def session():
    return Session(mdx.Study(mdx.load(molecules(), timestep_ns=0.02)), jobs=builders.NoJobs(), start=False)


@pytest.fixture
def panel(session):
    return Structure(session)


def sent(panel):
    """The positions that were sent last, Angstrom."""
    return panel._viewer._one


def test_a_frame_is_shown_before_any_result(panel, session):
    assert "mdx-ready" in panel.widget._dom_classes
    assert "trajectory 0, frame 0, 0 ns" in panel._caption.value
    assert sent(panel) == pytest.approx(10 * session.data.coordinates(0, 0), abs=1e-3)


def test_the_current_frame_is_drawn_and_named(panel, session):
    session.show_frame(1, 7)
    assert "trajectory 1, frame 7, 0.14 ns" in panel._caption.value
    centered = 10 * session.data.coordinates(1, 7)
    distances = [np.linalg.norm(x[:, None] - x[None], axis=-1) for x in (sent(panel), centered)]
    assert distances[0] == pytest.approx(distances[1], abs=1e-3)


def test_frames_do_not_jump(panel, session):
    shifted = panel._reference + 40
    session.data.coordinates = lambda trajectory, frame: shifted / 10
    session.show_frame(0, 3)
    assert sent(panel) == pytest.approx(panel._reference, abs=1e-3)


def test_without_a_selection_steps_go_through_the_trajectory_and_wrap(panel, session):
    panel._step(1)
    assert session.current == (0, 1)
    panel._step(-1)
    panel._step(-1)
    assert session.current == (0, 29)


def test_with_a_selection_steps_go_through_it(panel, session):
    session.select([4, 9, 33], source="trace", how="range")
    session.show_frame(0, 9)
    panel._step(1)
    assert session.current == (1, 3)
    panel._step(1)
    assert session.current == (0, 4)
    session.show_frame(0, 6)
    panel._step(1)
    assert session.current == (0, 9)


def test_superposing_shows_representatives_of_the_selection_and_says_how_many(panel, session):
    session.select(np.arange(30), source="trace", how="range")
    panel._stack.click()
    assert panel._viewer._many.shape == (COPIES, 8, 3)
    assert "24 frames of the selection superposed" in panel._caption.value
    session.select([1, 2], source="trace", how="range")
    assert "2 frames of the selection superposed" in panel._caption.value
    assert panel._viewer._many.shape == (COPIES, 8, 3)
    panel._stack.click()
    assert "superposed" not in panel._caption.value


def test_as_many_representatives_are_superposed_as_were_asked_for(panel, session):
    session.select(np.arange(50), source="test", how="all")
    assert "mdx-hidden" in panel._count._dom_classes
    panel._stack.click()
    assert "mdx-hidden" not in panel._count._dom_classes
    for count in (5, 10, 50):
        calls = copies_drawn(panel)
        panel._count.value = count
        assert f"{count} frames of the selection superposed" in panel._caption.value
        assert [k["sele"].count(":") for name, k in calls if name == "addRepresentation" and k["component_index"] == 1] == [count]
    assert panel._viewer._many.shape == (COPIES, 8, 3)
    panel._stack.click()
    assert "mdx-hidden" in panel._count._dom_classes


def test_a_number_of_copies_out_of_a_file_lays_nothing_over(panel):
    panel.restore({"count": 5})
    assert panel._viewer._many is None


def test_the_state_is_named_when_states_are_there(panel, session):
    made = builders.results((30, 20), outside=5)
    session.results = {"coarse": made["coarse"]}
    assert "state 1" in panel._caption.value
    session.show_frame(1, 19)
    assert "outside the model" in panel._caption.value


def test_representations_and_colours_can_be_chosen(panel):
    before = len(panel._viewer.widget._ngl_msg_archive)
    panel._style.value = "ball + stick"
    panel._color.value = "state"
    added = panel._viewer.widget._ngl_msg_archive[before:]
    assert [m["args"][0] for m in added if m["methodName"] == "addRepresentation"] == ["ball+stick", "ball+stick"]


def test_moving_does_not_let_the_archive_of_calls_grow(panel, session):
    before = len(panel._viewer.widget._ngl_msg_archive)
    panel._color.value = "state"
    after_choice = len(panel._viewer.widget._ngl_msg_archive)
    for frame in range(20):
        session.show_frame(0, frame)
    assert len(panel._viewer.widget._ngl_msg_archive) == after_choice > before


def test_data_without_structures_says_why_the_view_is_empty():
    panel = Structure(builders.session())
    assert "feature" in panel.body.children[0].value
    panel.session.show_frame(0, 3)
    assert "mdx-hidden" in panel._strip_box._dom_classes


def test_playing_moves_the_session_and_waits_for_the_page(panel, session):
    async def play():
        panel._player._pause = 0.0
        panel._play.click()
        seen = [session.current]
        for _ in range(3):
            async with asyncio.timeout(60):
                while session.current in seen:
                    await asyncio.sleep(0)
            seen.append(session.current)
            for _ in range(20):
                await asyncio.sleep(0)
            assert session.current == seen[-1], "the page has not drawn it yet"
            panel._player.drawn()
        assert "mdx-i-pause" in panel._play._dom_classes
        panel._play.click()
        await asyncio.sleep(0)
        return seen

    seen = asyncio.run(play())
    assert len(set(seen)) == 4
    assert not panel._player.is_playing
    assert "mdx-i-play" in panel._play._dom_classes


def test_play_ends_when_nobody_looks():
    ended = []
    player = Player(lambda: True, ended.append, patience_s=0.01)

    async def play():
        player.start()
        while player.is_playing:
            await asyncio.sleep(0.005)

    asyncio.run(play())
    assert ended == [None]


def test_play_hands_on_what_went_wrong():
    ended = []
    wrong = ValueError("unreadable")

    def step():
        raise wrong

    async def play():
        Player(step, ended.append).start()
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    asyncio.run(play())
    assert ended == [wrong]


def test_playing_without_an_event_loop_is_refused(panel):
    panel._play.click()
    assert "event loop" in panel._strip.value
    assert "mdx-hidden" not in panel._strip_box._dom_classes


def test_installed_front_end_is_the_one_that_is_asked_for():
    assert frontend.asked_version() == frontend.installed_version()


def test_another_front_end_is_asked_for_by_its_installed_version(monkeypatch):
    monkeypatch.setattr(frontend, "asked_version", lambda: "4.0")
    monkeypatch.setattr(frontend, "installed_version", lambda: "3.1.5")
    monkeypatch.delitem(frontend.sys.modules, frontend.MODULE, raising=False)
    frontend.agree()
    assert frontend.sys.modules[frontend.MODULE].__frontend_version__ == "3.1.5"
    monkeypatch.delitem(frontend.sys.modules, frontend.MODULE)


def test_a_missing_front_end_says_what_to_install(monkeypatch):
    monkeypatch.setattr(frontend, "installed_version", lambda: None)
    with pytest.raises(mdx.errors.UserError, match="pip install"):
        frontend.agree()


def with_states(session, states):
    """The session as if the model had given these states, a list of one array a trajectory."""
    points = [np.column_stack([s, s]).astype(np.float32) for s in states]
    made = builders.results(tuple(len(s) for s in states))
    session.results = {"projection": dataclasses.replace(made["projection"], values=tuple(points)),
                       "coarse": dataclasses.replace(made["coarse"], assignments=tuple(np.asarray(s, np.int16) for s in states))}


def copies_drawn(panel):
    """Colour and chains of the representations of the copies, as they were sent last."""
    calls = []
    panel._viewer.widget._remote_call = lambda name, **rest: calls.append((name, rest["kwargs"]))
    return calls


def test_copies_have_the_colours_of_their_states_where_colours_are_states(panel, session):
    with_states(session, [np.repeat([0, 1], 15), np.full(20, 1)])
    calls = copies_drawn(panel)
    panel._color.value = "state"
    session.select(np.arange(50), source="test", how="all")
    panel._toggle_stack()
    drawn = {k["color"]: k["sele"].count(":") for name, k in calls if name == "addRepresentation" and k["component_index"] == 1}
    expected = Counter(state_hex(int(session.states[n])) for n in panel._laid)
    assert set(drawn) == {state_hex(0), state_hex(1)}
    assert drawn == dict(expected)


def test_copies_are_grey_beside_a_molecule_in_the_colours_of_its_elements(panel, session):
    with_states(session, [np.repeat([0, 1], 15), np.full(20, 1)])
    calls = copies_drawn(panel)
    session.select(np.arange(50), source="test", how="all")
    panel._toggle_stack()
    assert [k["color"] for name, k in calls if name == "addRepresentation" and k["component_index"] == 1] == [COPY]
    calls.clear()
    panel._color.value = "state"
    assert {k["color"] for name, k in calls if name == "addRepresentation" and k["component_index"] == 1} == {state_hex(0), state_hex(1)}


def test_frames_that_are_loaded_otherwise_are_drawn_anew(monkeypatch):
    frames = mdx.example("alanine-dipeptide").frames([(0, f) for f in range(20)])
    frames.unitcell_lengths, frames.unitcell_angles = np.full((20, 3), 3.0), np.full((20, 3), 90.0)
    frames.xyz[:, 10:] += np.float32([3.0, 0, 0])
    session = Session(mdx.Study(mdx.load(frames), lagtime=1), jobs=builders.NoJobs(), start=False)
    panel, shown = Structure(session), []
    monkeypatch.setattr(panel._viewer, "show", shown.append)
    session.configure("data", make_whole=True)
    assert len(shown) == 1 and np.ptp(shown[0][:, 0]) < 15 < np.ptp(10 * frames.xyz[0][:, 0])


def test_a_structure_that_belongs_to_a_frame_is_laid_over_it_and_goes_with_it(panel, session):
    turned = session.data.coordinates(1, 7) @ np.array([[0, 1, 0], [-1, 0, 0], [0, 0, 1.0]]) + 3
    session.show_frame(1, 7, beside=turned)
    np.testing.assert_allclose(panel._viewer._many[0], sent(panel)[panel._copy_atoms], atol=1e-3)
    assert panel._viewer._copies_shown and "generated structure laid over it" in panel._caption.value
    session.show_frame(1, 8)
    assert not panel._viewer._copies_shown and "laid over" not in panel._caption.value


def test_another_structure_at_the_same_frame_takes_its_place(panel, session):
    session.show_frame(1, 7, beside=session.data.coordinates(1, 7))
    other = session.data.coordinates(1, 7) * np.array([1.0, 1.0, 1.3])
    session.show_frame(1, 7, beside=other)
    assert np.ptp(panel._viewer._many[0], axis=0).max() != pytest.approx(np.ptp(sent(panel)[panel._copy_atoms], axis=0).max(), rel=1e-3)
    session.show_frame(1, 7)
    assert not panel._viewer._copies_shown


def test_a_structure_laid_over_and_representatives_take_turns(panel, session):
    session.select(np.arange(20), source="test", how="twenty")
    panel._stack.click()
    session.show_frame(1, 7, beside=session.data.coordinates(1, 7))
    assert not panel._is_stacked and panel._viewer._copies_shown
    panel._stack.click()
    assert panel._is_stacked and session.beside is None and "superposed" in panel._caption.value and "laid over" not in panel._caption.value


def calls_of(panel):
    calls = []
    panel._viewer.widget._remote_call = lambda name, **rest: calls.append((name, rest.get("args"), rest["kwargs"]))
    return calls


def test_atoms_are_marked_over_the_molecule_and_unmarked(panel, session):
    calls = calls_of(panel)
    session.lit = ((), (), (), (2,), (0, 5))
    assert [(name, args, k["sele"]) for name, args, k in calls] == [("addRepresentation", ["spacefill"], s) for s in ("none", "none", "none", "@2", "@0,5")]
    calls.clear()
    session.lit = ()
    assert [(name, args, k["repr_index"]) for name, args, k in calls] == [("setSelection", ["none"], panel._viewer._n_layers + k) for k in range(5)]


def test_marked_atoms_stay_marked_in_another_representation(panel, session):
    session.lit = ((), (), (), (), (3,))
    calls = calls_of(panel)
    panel._style.value = "line"
    assert calls[0][0] == "removeAllRepresentations" and calls[-1][2]["sele"] == "@3"


def test_where_nothing_was_ever_marked_nothing_is_sent(panel, session):
    calls = calls_of(panel)
    session.lit = ((),) * 5
    session.lit = ()
    assert calls == []


def test_frames_that_the_page_has_drawn_are_counted(panel, session):
    panel._viewer._told(None, {"type": "mdx-drawn"}, [])
    assert session.drawn == 1


def test_a_play_that_is_stopped_before_it_has_begun_ends():
    ended = []
    player = Player(lambda: True, ended.append)

    async def play():
        player.start()
        player.stop()
        for _ in range(5):
            await asyncio.sleep(0)

    asyncio.run(play())
    assert ended == [None] and not player.is_playing
