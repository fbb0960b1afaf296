"""The augmented Markov model as the kinetics of a study."""
from __future__ import annotations

import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.base.errors import UserError
from mdexplore.methods.kinetics.augmented_msm import files_of


@pytest.fixture(scope="module")
def study():
    return mdx.Study(mdx.example("two-state", n_frames=4000, n_trajectories=3), projection="identity", clustering=mdx.settings.KMeans(n_clusters=8), lagtime=5, n_states=2)


@pytest.fixture
def files(study, tmp_path):
    for i, values in enumerate(study.features):
        np.savetxt(tmp_path / f"values-{i}.csv", (values[:, 0] > 0.5).astype(float), header="upper", comments="")
    (tmp_path / "measured.csv").write_text("name,measured,error\nupper,0.6,0\n")
    return tmp_path


def settings(files):
    return mdx.settings.AugmentedMSM(measured=str(files / "measured.csv"), frames=str(files / "values-*.csv"))


def test_without_measurements_it_is_the_plain_model(study):
    np.testing.assert_allclose(study.change(kinetics="augmented-msm").msm.transition_matrix, study.msm.transition_matrix, atol=1e-12)


def test_measured_averages_move_all_that_follows(study, files):
    found = study.change(kinetics=settings(files))
    assert sorted(found.metastable.populations) == pytest.approx([0.4, 0.6], abs=0.01)


def test_other_numbers_in_the_same_file_give_another_key(study, files):
    first = study.change(kinetics=settings(files)).key("kinetics")
    (files / "measured.csv").write_text("name,measured,error\nupper,0.5,0\n")
    assert study.change(kinetics=settings(files)).key("kinetics") != first


def test_what_needs_structures_is_refused(study, files):
    (files / "measured.csv").write_text("name,measured,error,kind,atoms\nx,1,1,noe,1 2\n")
    with pytest.raises(UserError, match="cannot be computed here"):
        study.change(kinetics=settings(files)).result("kinetics")
    with pytest.raises(UserError, match="no file"):
        mdx.settings.AugmentedMSM(measured=str(files / "measured.csv"), frames="missing.csv")


def test_a_pattern_gives_files_in_the_order_in_which_trajectories_are_loaded(tmp_path):
    for i in range(12):
        np.save(tmp_path / f"x{i}.npy", np.full((5, 1), float(i)))
    pattern = str(tmp_path / "x*.npy")
    assert files_of(pattern) == [str(tmp_path / f"x{i}.npy") for i in range(12)]
    assert [float(x[0, 0]) for x in mdx.Study(mdx.load(pattern)).features] == [float(np.load(f)[0, 0]) for f in files_of(pattern)]
