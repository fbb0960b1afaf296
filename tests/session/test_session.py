"""A session: results arrive in order, the latest request wins, and the page never stands still."""
from __future__ import annotations

import asyncio
import importlib.util
import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest
from running import PATIENCE_S, opened, settled, until

import mdexplore as mdx
from mdexplore.base.errors import UserError
from mdexplore.methods.coarse.numbering import follow, renumbered
from mdexplore.session.session import Session

MODEL = ("timescales", "kinetics", "coarse", "chapman")


def run(body):
    """A test body under an event loop of its own."""
    return asyncio.run(body())


def quiet(study):
    """A session that computes nothing by itself."""
    return Session(study, start=False)


@pytest.fixture
def still(chain):
    session = quiet(mdx.Study(chain, lagtime=2))
    yield session
    session.close()


def workers(session):
    return [w.pid for w in session.work._workers]


def is_gone(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


# -- results ------------------------------------------------------------------------------------------------------------------------------


def test_results_arrive_in_order_and_the_model_in_one_piece(chain, cache):
    async def body():
        order = []
        async with opened(mdx.Study(chain, lagtime=2)) as session:
            session.observe(lambda c: order.append(set(c.new) - set(c.old or {})), "results")
            await until(session, lambda: {"chapman", "bootstrap", "score"} <= set(session.results))
            assert [s for s in order if s][:4] == [{"features"}, {"projection"}, {"clustering"}, set(MODEL)]
            assert set(session.results) == {"features", "projection", "clustering", *MODEL, "bootstrap", "score"}
            assert session.stale == frozenset() and session.errors == {}
            await settled(session)
            return {step: session.results[step] for step in MODEL}, session.lagtime

    found, lagtime = run(body)
    study = mdx.Study(chain, lagtime=2)
    assert lagtime == 2
    np.testing.assert_array_equal(found["timescales"].values, study.result("timescales").values)
    np.testing.assert_array_equal(found["coarse"].mfpt, study.metastable.mfpt)


def test_a_second_session_finds_everything_on_disk(chain):
    mdx.Study(chain, lagtime=2).metastable  # noqa: B018

    async def body():
        async with opened(mdx.Study(chain, lagtime=2)) as session:
            await until(session, lambda: "chapman" in session.results)
            assert not {"projection", "clustering", "timescales"} & set(session.jobs), "nothing is fitted again"

    run(body)


def test_twenty_quick_lag_changes_end_with_the_right_result_and_colours_stay(wells):
    async def body():
        async with opened(mdx.Study(wells, lagtime=2)) as session:
            await until(session, lambda: "chapman" in session.results)
            before, seen = session.results["coarse"], []
            session.observe(lambda c: seen.append(session.lagtime), "results")
            for lag in range(2, 22):
                session.configure("kinetics", lagtime=lag)
                await asyncio.sleep(0)
            await until(session, lambda: session.lagtime == 21 and not {"kinetics", "coarse", "chapman", "timescales"} & session.stale)
            await settled(session)
            after = session.results
            assert session.lagtime == 21 and after["chapman"].lagtimes[0] == 21 and 21 in after["timescales"].lagtimes
            assert sorted(set(seen)) == sorted(set(seen), key=seen.index), "never an older result after a newer one"
            return before, after["coarse"], session.study

    before, after, study = run(body)
    np.testing.assert_array_equal(after.populations, study.metastable.populations)
    old, new = np.concatenate(before.assignments), np.concatenate(after.assignments)
    for state in range(after.n_states):
        most = np.bincount(old[(new == state) & (old >= 0)], minlength=before.n_states)
        if most.max() > 0.8 * most.sum() and after.n_states == before.n_states:
            assert after.colors[state] == before.colors[int(most.argmax())]


def test_a_change_marks_what_is_shown_as_stale_until_the_new_result_is_there(chain):
    async def body():
        async with opened(mdx.Study(chain, lagtime=2)) as session:
            await until(session, lambda: "chapman" in session.results)
            session.configure("clustering", n_clusters=23)
            assert {"clustering", *MODEL} <= session.stale and "projection" not in session.stale
            assert "coarse" in session.results, "the last drawing stays"
            await until(session, lambda: session.results["clustering"].n_clusters == 23 and not session.stale & set(MODEL))

    run(body)


def test_going_back_to_earlier_settings_shows_their_result_again(chain):
    async def body():
        async with opened(mdx.Study(chain, lagtime=2)) as session:
            await until(session, lambda: "chapman" in session.results)
            session.configure("kinetics", lagtime=9)
            await until(session, lambda: session.lagtime == 9)
            session.undo()
            await until(session, lambda: session.lagtime == 2 and not session.stale & set(MODEL))
            session.redo()
            await until(session, lambda: session.lagtime == 9 and not session.stale & set(MODEL))
            assert session.results["chapman"].lagtimes[0] == 9

    run(body)


def test_ends_and_flux_follow_the_states(wells):
    async def body():
        async with opened(mdx.Study(wells, lagtime=2, n_states=4)) as session:
            await until(session, lambda: "chapman" in session.results)
            session.choose_ends([0], [3])
            await until(session, lambda: "flux" in session.results)
            first = session.results["flux"]
            assert first.rate == pytest.approx(session.study.flux([0], [3]).rate)
            session.configure("kinetics", lagtime=4)
            await until(session, lambda: session.lagtime == 4 and session.results.get("flux") is not first)
            assert session.results["flux"].rate == pytest.approx(session.study.flux([0], [3]).rate)
            session.configure("coarse", n_states=2)
            await until(session, lambda: session.results["coarse"].n_states == 2)
            await until(session, lambda: session.ends is None and "flux" not in session.results)
            session.choose_ends([0], [1])
            await until(session, lambda: "flux" in session.results)
            session.choose_ends(None)
            assert session.ends is None and "flux" not in session.results

    run(body)


def test_a_flux_that_lost_an_end_is_over_and_comes_back_with_undo(wells):
    async def body():
        async with opened(mdx.Study(wells, lagtime=2, n_states=4)) as session:
            await until(session, lambda: "chapman" in session.results)
            session.choose_ends([0], [3])
            await until(session, lambda: "flux" in session.results)
            rate = session.results["flux"].rate
            session.configure("coarse", n_states=2)
            await until(session, lambda: session.results["coarse"].n_states == 2)
            assert session.ends is None and "flux" not in session.results
            said = [n.text for n in session.notices]
            assert any("flux from state 1 to 4 is no longer shown" in text for text in said) and any("went from 4 to 2" in text for text in said)
            session.undo()
            await until(session, lambda: session.results["coarse"].n_states == 4 and "flux" in session.results)
            assert session.ends == ((0,), (3,)) and session.results["flux"].rate == pytest.approx(rate)
            assert not any("no longer shown" in n.text for n in session.notices)

    run(body)


def test_a_flux_follows_states_that_are_renumbered(wells):
    async def body():
        async with opened(mdx.Study(wells, lagtime=2, n_states=4)) as session:
            await until(session, lambda: "chapman" in session.results)
            ends = [session.states == 3, session.states == 2]
            session.choose_ends([3], [2])
            session.configure("coarse", n_states=3)   # two others become one, and there is no number 3 any more
            await until(session, lambda: session.results["coarse"].n_states == 3 and "flux" in session.results)
            assert session.ends is not None and session.ends != ((3,), (2,))
            for frames, (state,) in zip(ends, session.ends):
                now = session.states == state
                assert (frames & now).sum() > 0.9 * (frames | now).sum()

    run(body)


def test_states_are_numbered_alike_in_every_panel_and_in_python(wells):
    async def body():
        async with opened(mdx.Study(wells, lagtime=2, n_states=3)) as session:
            await until(session, lambda: "chapman" in session.results)
            swapped = renumbered(session.results["coarse"], [2, 0, 1])
            session.study.keep("coarse", swapped)   # as if an earlier lag time had led to these numbers
            session.configure("kinetics", lagtime=3)
            await until(session, lambda: session.lagtime == 3 and not session.stale & set(MODEL))
            shown, study = session.results, session.study
            assert follow(swapped, shown["coarse"]) == {0: 0, 1: 1, 2: 2} and shown["coarse"].order == (2, 0, 1)
            np.testing.assert_array_equal(study.metastable.populations, shown["coarse"].populations)
            fresh = mdx.Study(wells, lagtime=2, n_states=3).change(kinetics=mdx.settings.MSM(lagtime=3))
            places = np.ix_(range(len(shown["chapman"].lagtimes)), (2, 0, 1), (2, 0, 1))
            np.testing.assert_allclose(shown["chapman"].predicted, fresh.chapman_kolmogorov.predicted[places])
            session.choose_ends([0], [1])
            await until(session, lambda: "flux" in session.results)
            assert session.results["flux"].rate == pytest.approx(fresh.flux(2, 0).rate) == study.flux(0, 1).rate
            assert session.results["flux"].pathways == study.flux(0, 1).pathways

    run(body)


def test_what_is_under_way_is_not_asked_for_again(chain, cache):
    async def body():
        async with opened(mdx.Study(chain, lagtime=2), start=False) as session:
            session.refresh()
            first = session.jobs["features"].generation
            session.refresh()
            assert session.jobs["features"].generation == first
            await until(session, lambda: "clustering" in session.results)
            first = session.jobs["model"].generation
            session.refresh()
            assert session.jobs["model"].generation == first
            session.configure("kinetics", lagtime=3)
            await until(session, lambda: session.lagtime == 3)
            assert session.jobs["model"].generation > first

    run(body)


def test_what_the_results_say_together_arrives_as_notices(chain):
    async def body():
        async with opened(mdx.Study(chain, lagtime=2)) as session:
            await until(session, lambda: {"chapman", "bootstrap", "score"} <= set(session.results))
            await settled(session)
            return session.notices, session.study

    notices, study = run(body)
    assert {n.text for n in notices} >= {n.text for n in study.health}


# -- failure and cancel ---------------------------------------------------------------------------------------------------------------------


def test_a_step_that_cannot_be_done_is_an_error_and_a_notice_and_can_be_mended(chain):
    async def body():
        async with opened(mdx.Study(chain, lagtime=2)) as session:
            await until(session, lambda: "chapman" in session.results)
            shown = session.results["coarse"]
            session.configure("kinetics", lagtime=2999)
            await until(session, lambda: session.errors)
            assert any(n.level == "error" for n in session.notices)
            assert session.results["coarse"] is shown, "the last good result stays"
            session.configure("kinetics", lagtime=3)
            await until(session, lambda: session.lagtime == 3 and not session.errors)
            assert not any(n.level == "error" for n in session.notices)

    run(body)


def test_a_failed_step_is_not_tried_again_by_itself_and_retry_tries_it(chain, monkeypatch, cache, tmp_path):
    async def body():
        async with opened(mdx.Study(chain, lagtime=2), start=False) as session:
            tries, submit = [], session.work.submit

            def failing(name, task, *args, **options):
                tries.append(name)
                if name == "projection" and tries.count("projection") == 1:
                    return submit(name, "session_tasks:fail_once", str(tmp_path / "tried"), **options)
                return submit(name, task, *args, **options)

            session.work.submit = failing
            session.refresh()
            await until(session, lambda: "projection" in session.errors)
            session.refresh()
            await settled(session)
            assert tries.count("projection") == 1 and "The disk is full" in str(session.errors["projection"])
            session.retry("projection")
            assert session.errors == {}
            await until(session, lambda: "chapman" in session.results)

    run(body)


def hanging(session, step, marker):
    """From now on the worker of a step hangs, once; the file `marker` then holds its process id."""
    submit = session.work.submit

    def first(name, task, *args, **options):
        if name != step:
            return submit(name, task, *args, **options)
        session.work.submit = submit
        return submit(name, "session_tasks:hang", str(marker), **options)

    session.work.submit = first


async def pid_in(marker):
    async with asyncio.timeout(PATIENCE_S):
        while not (marker.exists() and marker.read_text()):
            await asyncio.sleep(0.01)
    return int(marker.read_text())


def test_cancel_ends_the_worker_at_once_and_leaves_what_was_shown(chain, tmp_path, cache):
    async def body():
        async with opened(mdx.Study(chain, lagtime=2), start=False) as session:
            hanging(session, "clustering", tmp_path / "pid")
            session.refresh()
            pid = await pid_in(tmp_path / "pid")
            session.cancel("clustering")
            assert session.jobs["clustering"].phase == "cancelled"
            async with asyncio.timeout(PATIENCE_S):
                while not is_gone(pid):
                    await asyncio.sleep(0.005)
            await settled(session)
            assert "clustering" not in session.results and "projection" in session.results
            assert "stopped" in str(session.errors["clustering"])   # what offers to retry
            session.retry("clustering")
            await until(session, lambda: "chapman" in session.results)

    run(body)


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="networks need the deep extra")
def test_a_training_that_is_stopped_gives_the_best_network_so_far(chain, cache):
    async def body():
        network = mdx.settings.VAMPNet(dim=2, width=4, epochs=10_000, patience=1000)
        async with opened(mdx.Study(chain, projection=network, lagtime=2)) as session:
            await until(session, lambda: "projection" in session.jobs and "Epoch" in session.jobs["projection"].text)
            session.cancel("projection")
            await until(session, lambda: "projection" in session.results)
            assert any("stopped after" in n.text for n in session.results["projection"].notices) and "projection" not in session.errors

    run(body)


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="networks need the deep extra")
def test_a_network_shows_itself_while_it_is_trained_and_no_longer(chain, cache):
    async def body():
        network = mdx.settings.VAMPNet(dim=2, output="fuzzy states", width=4, epochs=10_000, patience=1000)
        async with opened(mdx.Study(chain, projection=network, lagtime=2)) as session:
            await until(session, lambda: "projection" in session.previews)
            shown = session.previews["projection"]
            assert shown.n_states == 2 and 1 <= shown.epoch < shown.epochs == 10_000 and len(shown.frames) == len(shown.states)
            session.cancel("projection")
            session.cancel("projection")   # the second time is meant: without a result
            assert session.previews == {} and "projection" in session.errors
            session.retry("projection")
            await until(session, lambda: "projection" in session.previews)
            session.cancel("projection")
            await until(session, lambda: "projection" in session.results and session.previews == {})

    run(body)


def test_a_killed_worker_is_an_error_and_retry_works(chain, tmp_path, cache):
    async def body():
        async with opened(mdx.Study(chain, lagtime=2), start=False) as session:
            hanging(session, "clustering", tmp_path / "pid")
            session.refresh()
            os.kill(await pid_in(tmp_path / "pid"), signal.SIGKILL)
            await until(session, lambda: "clustering" in session.errors)
            assert any(n.level == "error" and n.where == "clustering" for n in session.notices)
            session.retry("clustering")
            await until(session, lambda: "chapman" in session.results and not session.errors)

    run(body)


def test_close_leaves_no_worker_behind(chain, tmp_path, cache):
    async def body():
        async with opened(mdx.Study(chain, lagtime=2), start=False) as session:
            hanging(session, "projection", tmp_path / "pid")
            session.refresh()
            pid = await pid_in(tmp_path / "pid")
            session.close()
            async with asyncio.timeout(PATIENCE_S):
                while not is_gone(pid):
                    await asyncio.sleep(0.005)

    run(body)


class LoopWork:
    """The longest turn of the event loop in processor time of its thread: what other programs do at that moment does not count."""

    longest = 0.0

    async def watch(self):
        last = time.thread_time()
        while True:
            await asyncio.sleep(0.001)
            now = time.thread_time()
            self.longest, last = max(self.longest, now - last), now


def test_the_loop_is_never_held_for_long_during_fits_of_a_million_frames(cache):
    random = np.random.default_rng(1)
    data = mdx.load([random.normal(size=(100_000, 10)).astype(np.float32).cumsum(0) % 7 for _ in range(10)])
    work = LoopWork()

    async def body():
        async with opened(mdx.Study(data, lagtime=10), start=False) as session:
            data.spec()   # arrays in memory are written once, so that workers find them
            watch = asyncio.create_task(work.watch())
            session.refresh()
            await until(session, lambda: "chapman" in session.results)
            for lag in (20, 21, 50):
                session.configure("kinetics", lagtime=lag)
                await asyncio.sleep(0)
            await until(session, lambda: session.lagtime == 50 and not {"coarse", "chapman"} & session.stale)
            watch.cancel()

    run(body)
    assert work.longest < yardstick(data)


def yardstick(data):
    """Processor time that one pass through all frames takes here and now, such as every fit makes many: no turn of the loop may come near it."""
    began = time.thread_time()
    np.sort(np.concatenate(data.given), axis=0)
    return time.thread_time() - began


# -- selection ----------------------------------------------------------------------------------------------------------------------------


def test_selecting_combines_and_can_be_undone(still):
    still.select([1, 2, 3], source="test", how="three")
    still.select([3, 4], source="test", how="two", mode="add")
    assert still.selection.numbers.tolist() == [1, 2, 3, 4] and still.selection.how == "two"
    still.select([2, 9], source="test", how="", mode="remove")
    still.select([1, 3, 7], source="test", how="", mode="intersect")
    assert still.selection.numbers.tolist() == [1, 3]
    for want in ([1, 3, 4], [1, 2, 3, 4], [1, 2, 3], []):
        assert still.can_undo
        still.undo()
        assert still.selection.numbers.tolist() == want
    assert not still.can_undo
    for _ in range(4):
        still.redo()
    assert still.selection.numbers.tolist() == [1, 3] and not still.can_redo
    still.undo()
    still.select([5], source="test", how="")
    assert not still.can_redo, "a new deed ends what could be redone"


def test_a_selection_takes_masks_numbers_pairs_and_nothing(still):
    mask = np.zeros(still.data.n_frames, bool)
    mask[[0, 3001]] = True
    for frames in (mask, np.array([0, 3001]), still.data.index.pairs(np.array([0, 3001]))):
        still.select(frames, source="test", how="")
        assert still.selection.numbers.tolist() == [0, 3001]
    still.select(None, source="test", how="nothing")
    assert still.selection.n == 0


@pytest.mark.parametrize("frames", [[9000], [-1], np.ones(5, bool)])
def test_frames_that_do_not_exist_are_refused_and_change_nothing(still, frames):
    still.select([4], source="test", how="")
    with pytest.raises(UserError):
        still.select(frames, source="test", how="")
    with pytest.raises(UserError):
        still.select([1], source="test", how="", mode="xor")
    assert still.selection.numbers.tolist() == [4]
    still.undo()
    assert not still.can_undo


def test_the_current_frame_follows_the_selection_and_stays_in_it(still):
    still.show_frame(1, 5)
    still.select(np.arange(100, 200), source="test", how="")
    assert still.current[0] == 0 and 100 <= still.current[1] < 200
    inside = still.current
    still.select(np.arange(50, 250), source="test", how="")
    assert still.current == inside, "a frame that belongs to the selection stays"


@pytest.mark.parametrize("frame", [(3, 0), (-1, 0), (0, 3000), (0, -1)])
def test_a_frame_that_does_not_exist_cannot_be_shown(still, frame):
    with pytest.raises(UserError, match="There is no frame"):
        still.show_frame(*frame)
    assert still.current == (0, 0)


def test_groups_keep_frames_under_a_name_with_a_colour_of_their_own(still):
    with pytest.raises(UserError, match="nothing to keep"):
        still.add_group("a")
    for name, frames in (("a", [1, 2]), ("b", [3])):
        still.select(frames, source="test", how="")
        still.add_group(name)
    assert [(g.name, g.color, g.selection.numbers.tolist()) for g in still.groups] == [("a", 0, [1, 2]), ("b", 1, [3])]
    still.remove_group("a")
    still.select([7], source="test", how="")
    still.add_group("c")
    still.add_group("b")
    assert {g.name: (g.color, g.selection.numbers.tolist()) for g in still.groups} == {"c": (0, [7]), "b": (1, [7])}


def test_a_frame_is_named_with_its_time(alanine, still):
    session = quiet(mdx.Study(alanine, lagtime="0.1 ns"))
    try:
        assert session.say_frame(3, 812).startswith("trajectory 3, frame 812, 16.2")
        assert still.say_frame(1, 7) == "trajectory 1, frame 7"
    finally:
        session.close()


def test_undo_is_bounded_in_bytes(still, monkeypatch):
    monkeypatch.setattr("mdexplore.session.history.LIMIT_BYTES", 10 * still.selection.nbytes)
    for n in range(50):
        still.select([n], source="test", how="")
    undone = 0
    while still.can_undo:
        still.undo()
        undone += 1
    assert 9 <= undone <= 11


# -- settings -----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("slot, changes", [("data", {}), ("data", {"make_whole": 1}), ("data", {"stride": 2}), ("data", {"make_whole": True}),
    ("kinetics", dict(lagtime=0.5)), ("kinetics", dict(lagtime=-1)), ("kinetics", dict(lagtime=0)), ("kinetics", dict(lagtime=3000)), ("kinetics", dict(lagtime="1 parsec")),
    ("kinetics", dict(lagtime="1 ns")), ("kinetics", dict(colour="red")), ("coarse", dict(n_states=0)), ("coarse", dict(n_states="two")), ("coarse", dict(n_states=2.5)),
    ("clustering", dict(n_clusters=-3)), ("clustering", dict(method="none")), ("projection", dict(dim=0)), ("projection", dict(method="kmeans")),
    ("features", dict(features=["none"])), ("features", dict(features=[])), ("study", dict(colour=1)), ("nowhere", dict(a=1)),
])
def test_wrong_settings_are_refused_and_change_nothing(still, slot, changes):
    study = still.study
    with pytest.raises(UserError):
        still.configure(slot, **changes)
    assert still.study is study and not still.can_undo and still.jobs == {}


def test_settings_that_change_nothing_are_no_step_back(still):
    still.configure("kinetics", lagtime=2)
    assert not still.can_undo


def test_another_method_fills_a_slot_with_its_own_settings(chain):
    async def body():
        async with opened(mdx.Study(chain, lagtime=2)) as session:
            session.configure("kinetics", method="bayesian-msm", n_samples=10)
            await until(session, lambda: "kinetics" in session.results and session.results["kinetics"].samples is not None)
            assert len(session.results["kinetics"].samples) == 10

    run(body)


# -- what is shown belongs together ----------------------------------------------------------------------------------------------------------


def test_new_microstates_are_shown_with_the_model_that_speaks_of_them(chain):
    async def body():
        async with opened(mdx.Study(chain, lagtime=2)) as session:
            await until(session, lambda: "chapman" in session.results)
            seen = []

            def look(change):
                results = session.results
                seen.append(len(results["clustering"].centers) == results["kinetics"].n_clusters == len(results["coarse"].microstates))

            session.observe(look, "results")
            session.configure("clustering", n_clusters=9)
            await until(session, lambda: session.results["kinetics"].n_clusters <= 9)
            session.undo()
            await until(session, lambda: session.results["kinetics"].n_clusters > 9)
            assert all(seen)

    run(body)


def test_a_flux_goes_with_the_choice_of_its_ends(chain):
    async def body():
        async with opened(mdx.Study(chain, lagtime=2, n_states=2)) as session:
            await until(session, lambda: "chapman" in session.results)
            session.choose_ends([0], [1])
            session.choose_ends(None)
            await settled(session)
            assert "flux" not in session.results
            session.choose_ends([0], [1])
            await until(session, lambda: "flux" in session.results)
            session.configure("clustering", n_clusters=9)
            assert "flux" not in session.results
            await until(session, lambda: "flux" in session.results)
            assert len(session.results["flux"].committor) == session.results["kinetics"].n_clusters

    run(body)


def test_a_model_without_states_is_still_a_model(chain):
    async def body():
        async with opened(mdx.Study(chain, lagtime=2, clustering=mdx.settings.KMeans(n_clusters=2), n_states=5)) as session:
            await until(session, lambda: "coarse" in session.errors)
            assert "kinetics" in session.results and "timescales" in session.results and "kinetics" not in session.errors

    run(body)


# -- the same frames loaded otherwise -----------------------------------------------------------------------------------------------------


@pytest.fixture
def across_the_box(tmp_path):
    """A peptide that lies across its box in most frames; distances through the box are right only where it is whole."""
    frames = mdx.example("alanine-dipeptide").frames([(0, f) for f in range(400)])
    frames.unitcell_lengths, frames.unitcell_angles = np.full((400, 3), 3.0), np.full((400, 3), 90.0)
    frames.xyz[50:, 10:] += np.float32([3.0, 0, 0])
    frames[:1].save_pdb(str(tmp_path / "top.pdb"))
    frames.save_xtc(str(tmp_path / "run.xtc"))
    return mdx.load(tmp_path / "run.xtc", top=tmp_path / "top.pdb")


def test_the_button_beside_broken_molecules_makes_them_whole_and_undo_takes_it_back(across_the_box, cache):
    async def body():
        study = mdx.Study(across_the_box, features=mdx.settings.Distances(between="heavy", minimum_image=False), lagtime=2)
        async with opened(study) as session:
            await until(session, lambda: "chapman" in session.results)
            session.select(np.arange(10), source="test", how="some")
            before = session.results["features"]
            mend = next(n.mend for n in session.notices if n.mend is not None and n.mend.slot == "data")
            session.configure(mend.slot, **mend.changes)
            assert {"features", "projection", "kinetics"} <= session.stale
            await until(session, lambda: not session.stale and not session.errors)
            await settled(session)
            whole = np.concatenate(session.results["features"].values)
            assert whole.max() < 1.5 < np.concatenate(before.values).max()
            assert session.data.is_made_whole and session.data.report.is_examined and session.selection.n == 10
            assert not any("broken" in n.text for n in session.notices)
            session.undo()
            await until(session, lambda: not session.stale)
            assert not session.data.is_made_whole and session.results["features"].values[0].max() > 1.5

    run(body)
