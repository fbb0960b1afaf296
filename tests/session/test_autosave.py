"""What a page would lose is kept and found again; what cannot be used is not offered."""
from __future__ import annotations

import os
import time
from types import MappingProxyType

import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.session import autosave
from mdexplore.session.session import Session


@pytest.fixture
def study(cache):
    walk = np.random.default_rng(0).normal(size=(2, 300, 3)).cumsum(axis=1)
    return mdx.Study(list(walk), lagtime=5)


def session_of(study):
    return Session(study, jobs=NoJobs(), start=False)


class NoJobs:
    """Takes requests and does nothing."""

    states = MappingProxyType({})

    def observe(self, *args): ...

    def submit(self, *args, **options): ...

    def cancel(self, name): ...


def used(study):
    session = session_of(study)
    session.select(np.arange(10, 20), source="test", how="ten frames")
    session.add_group("<b>mine</b>")
    session.configure("clustering", n_clusters=37)
    session.configure("study", lagtime=7)
    session.show_frame(1, 33)
    return session


def test_settings_selection_groups_and_frame_come_back(study):
    session = used(study)
    when = autosave.keep(session)
    again = session_of(study)
    kept = autosave.find(again.data)
    assert kept.when == when
    autosave.restore(again, kept)
    assert again.study.recipe == session.study.recipe
    assert np.array_equal(again.selection.mask, session.selection.mask)
    assert [(g.name, g.selection.n) for g in again.groups] == [("<b>mine</b>", 10)]
    assert again.current == (1, 33)


def test_nothing_is_found_for_other_data_or_another_visitor(study, monkeypatch):
    autosave.keep(used(study))
    other = mdx.Study([np.zeros((50, 2)) + np.arange(50)[:, None]])
    assert autosave.find(other.data) is None
    monkeypatch.setenv(autosave.VISITOR, "somebody else")
    assert autosave.find(study.data) is None


def test_file_is_private_and_damage_is_no_offer(study):
    autosave.keep(used(study))
    path = autosave.place(study.data)
    assert path.stat().st_mode & 0o077 == 0
    content = path.read_bytes()
    for broken in (content[:100], b"", content[:-30] + bytes(30), b"PK" + content[2:200]):
        path.write_bytes(broken)
        assert autosave.find(study.data) is None


def test_study_with_an_object_of_the_users_is_not_kept(study):
    from deeptime.decomposition import TICA

    session = session_of(study.change(projection=TICA(lagtime=5, dim=2)))
    assert autosave.keep(session) is None


def test_full_disk_is_no_reason_to_stop(study, monkeypatch):
    def full(*args, **options):
        raise mdx.errors.UserError("No space.")

    monkeypatch.setattr(autosave, "write_whole", full)
    assert autosave.keep(used(study)) is None


def test_data_root_does_not_keep_sessions_from_being_kept(study, tmp_path, monkeypatch):
    (tmp_path / "root").mkdir()
    monkeypatch.setenv("MDEXPLORE_DATA_ROOT", str(tmp_path / "root"))
    assert autosave.keep(used(study)) is not None
    assert autosave.find(study.data) is not None


def test_sessions_of_weeks_ago_are_forgotten(study):
    autosave.keep(used(study))
    old = autosave.place(study.data).with_name("old.mdx")
    old.touch()
    os.utime(old, (time.time() - 2 * autosave.KEPT_S,) * 2)
    autosave.keep(used(study))
    assert not old.exists()
