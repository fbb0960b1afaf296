"""Feature arrays and files, alone and along with structures."""
from __future__ import annotations

import numpy as np
import pytest

from mdexplore.base import store
from mdexplore.base.errors import UserError
from mdexplore.data.loading import load

RNG = np.random.default_rng(0)
TWO = [RNG.normal(size=(30, 3)), RNG.normal(size=(20, 3))]


def test_arrays_become_trajectories_without_structures():
    data = load(TWO, timestep_ns=0.1)
    assert (data.lengths, data.n_atoms, data.topology, data.has_structures) == ((30, 20), None, None, False)
    assert data.given_names == ("feature 0", "feature 1", "feature 2") and data.timestep_ns == 0.1
    np.testing.assert_array_equal(data.given[1], TWO[1])
    with pytest.raises(UserError, match="no structures"):
        data.frame(0, 0)


def test_a_stride_thins_arrays():
    np.testing.assert_array_equal(load(TWO, stride=4).given[0], TWO[0][::4])


def test_one_axis_is_one_column():
    assert load([TWO[0][:, 0]]).given[0].shape == (30, 1)


def test_given_arrays_are_read_only():
    with pytest.raises(ValueError, match="read-only"):
        load(TWO).given[0][0, 0] = 1


@pytest.mark.parametrize(("arrays", "words"), [
    ([np.zeros((5, 2)), np.zeros((5, 3))], "2.*3"), ([np.full((5, 2), np.nan)], "frame 0, column 0"), ([np.array([["a"], ["b"]])], "real numbers"),
    (np.zeros((3, 4, 5)), "not clear"), ([np.zeros((3, 4, 5))], "shape"), ([np.zeros((1, 2))], "One frame"),
])
def test_unfit_arrays_are_refused(arrays, words):
    with pytest.raises(UserError, match=words):
        load(arrays)


def test_numpy_files_are_features(tmp_path):
    for i, array in enumerate(TWO):
        np.save(tmp_path / f"f{i}.npy", array)
    data = load(str(tmp_path / "f*.npy"))
    assert data.names == ("f0.npy", "f1.npy") and data.lengths == (30, 20)
    np.savez(tmp_path / "all.npz", *TWO)
    assert load(tmp_path / "all.npz").lengths == (30, 20)


def test_colvar_files_bring_names_and_times(tmp_path):
    rows = "\n".join(f"{t * 2.0:.1f} {np.sin(t):.4f} {t * 0.1:.4f}" for t in range(25))
    (tmp_path / "COLVAR").write_text("#! FIELDS time phi psi\n#! SET min_phi -pi\n" + rows + "\n")
    data = load(tmp_path / "COLVAR")
    assert data.given_names == ("phi", "psi") and data.given[0].shape == (25, 2)
    assert data.timestep_ns == pytest.approx(0.002)


def test_pickled_arrays_are_never_opened(tmp_path):
    np.save(tmp_path / "evil.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(UserError, match="could not be read"):
        load(tmp_path / "evil.npy")


def test_features_go_with_structures_frame_by_frame(molecule):
    values = RNG.normal(size=(40, 2))
    data = load(molecule, features=values, stride=3)
    assert data.has_structures and data.given[0].shape == (14, 2) and data.n_frames == 14
    np.testing.assert_array_equal(data.given[0], values[::3])
    assert data.key != load(molecule, stride=3).key


@pytest.mark.parametrize(("features", "words"), [(np.zeros((39, 2)), "40 frames.*39 rows"), ([np.zeros((40, 2))] * 2, "1 trajectory and 2")])
def test_features_of_another_length_are_refused(features, words, molecule):
    with pytest.raises(UserError, match=words):
        load(molecule, features=features)


def test_the_keys_of_large_arrays_are_told_while_they_are_read(monkeypatch):
    monkeypatch.setattr(store, "_HASHED", 100)
    given, told = load(TWO).source_arrays, []
    assert not given.is_identified
    given.identify(lambda *said: told.append(said))
    assert given.keys == load(TWO).source_arrays.keys == [store.array_key(a) for a in TWO]
    assert told[-1] == (1200, 1200, "Reading what was given") and len(told) == 8 + 5
    assert [done for done, _, _ in told] == sorted(done for done, _, _ in told)
    given.identify(lambda *said: told.append(said))
    assert len(told) == 13
