"""What a page would lose is kept and found again; what cannot be used is not offered."""
from __future__ import annotations

import os
import time

import numpy as np
import pytest
from running import NoJobs

import mdexplore as mdx
from mdexplore.methods.coarse import numbering
from mdexplore.methods.experiment.observables import Observable
from mdexplore.session import autosave
from mdexplore.session.experiment import augmented_study
from mdexplore.session.session import Session


@pytest.fixture
def study(cache):
    walk = np.random.default_rng(0).normal(size=(2, 300, 3)).cumsum(axis=1)
    return mdx.Study(list(walk), lagtime=5)


def session_of(study):
    return Session(study, jobs=NoJobs(), start=False)


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


def test_an_augmented_model_in_use_is_kept(wells):
    study = wells.change(kinetics="msm")
    values = [(v[:, 0] > 0).astype(float) for v in study.features]
    session = session_of(augmented_study(study, study.augment([Observable("right", tuple(values), 0.5, 0.01)])))
    assert autosave.keep(session) is not None
    again = session_of(wells)
    autosave.restore(again, autosave.find(again.data))
    assert again.study.key("coarse") == session.study.key("coarse")
    np.testing.assert_array_equal(again.study.result("kinetics").transition_matrix, session.study.result("kinetics").transition_matrix)


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


def with_states(session, order):
    """The session with its states as a worker gives them, numbered like this."""
    study = session.study
    found = {step: study.result(step) for step in ("features", "projection", "clustering", "kinetics")}
    found["coarse"] = numbering.renumbered(numbering.by_rank(study.result("coarse")), order)
    session.fits._arrived(found, {step: study.key(step) for step in found})
    return session


@pytest.fixture
def wells(cache):
    return mdx.Study(mdx.example("prinz", n_frames=3000, n_trajectories=3), lagtime=2, clustering=mdx.settings.KMeans(n_clusters=20), n_states=3)


def test_ends_of_a_flux_are_the_same_states_again_however_they_are_numbered(wells):
    session = session_of(wells)
    session.configure("coarse", n_states=4)
    with_states(session, [3, 0, 2, 1])
    session.choose_ends([0], [1, 2])   # by rank 3, and 0 and 2
    autosave.keep(session)
    again = with_states(session_of(wells), [0, 1, 2])
    autosave.restore(again, autosave.find(again.data))
    assert again.ends is None   # the states that are shown are those of before
    autosave.keep(again)
    assert autosave.find(again.data).view.ends == ((3,), (0, 2))   # what is waited for is not lost
    with_states(again, [1, 3, 0, 2])
    assert again.ends == ((1,), (2, 3))


def test_a_session_without_a_flux_ends_the_one_that_is_shown(wells):
    autosave.keep(with_states(session_of(wells), [0, 1, 2]))
    again = with_states(session_of(wells), [0, 1, 2])
    again.choose_ends([0], [1])
    autosave.restore(again, autosave.find(again.data))
    assert again.ends is None


def test_ends_of_states_that_are_going_are_not_kept_as_those_to_come(wells):
    session = with_states(session_of(wells), [0, 1, 2])
    session.choose_ends([0], [1])
    session.configure("coarse", n_states=4)
    autosave.keep(session)
    assert autosave.find(session.data).view.ends is None


@pytest.fixture
def peptide(cache, tmp_path):
    """A peptide in a box, in a file."""
    frames = mdx.example("alanine-dipeptide").frames([(0, f) for f in range(60)])
    frames.unitcell_lengths, frames.unitcell_angles = np.full((60, 3), 3.0), np.full((60, 3), 90.0)
    frames[:1].save_pdb(str(tmp_path / "top.pdb"))
    frames.save_xtc(str(tmp_path / "run.xtc"))
    return lambda **options: mdx.load(tmp_path / "run.xtc", top=tmp_path / "top.pdb", **options)


def test_molecules_that_were_made_whole_are_found_again_and_one_undo_takes_all_back(peptide):
    session = session_of(mdx.Study(peptide(), lagtime=2))
    session.configure("data", make_whole=True)
    session.configure("clustering", n_clusters=9)
    autosave.keep(session)
    again = session_of(mdx.Study(peptide(), lagtime=2))
    autosave.restore(again, autosave.find(again.data))
    assert again.data.is_made_whole and again.study.recipe == session.study.recipe and again.study.key("clustering") == session.study.key("clustering")
    again.undo()
    assert not again.data.is_made_whole and again.study.recipe != session.study.recipe and not again.can_undo


def test_data_loaded_whole_are_the_same_data(peptide):
    whole = peptide(make_whole=True)
    assert whole.key != peptide().key and whole.key_as_stored == peptide().key
    autosave.keep(session_of(mdx.Study(whole, lagtime=2)))
    assert autosave.find(peptide()).is_made_whole
