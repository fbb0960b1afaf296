"""What will not fit into memory is said before it is tried."""
from __future__ import annotations

import dataclasses
import tracemalloc

import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.base import room
from mdexplore.base.errors import UserError
from mdexplore.session import sizes

MB = 1_000_000


class AllCoordinates:
    def transform(self, frames):
        return frames.xyz.reshape(len(frames.xyz), -1)


@pytest.fixture
def little_room(monkeypatch):
    """A machine with 100 MB left, where any size is worth a look."""
    monkeypatch.setattr(room, "free_bytes", lambda: 100 * MB)


def with_clusters(k):
    """A study that has its microstates, with so many of them."""
    study = mdx.Study([np.zeros((k, 1), np.float32)], projection="identity", lagtime=1, n_states=2)
    made = mdx.Study([np.arange(100.0)[:, None]], projection="identity", clustering=mdx.settings.KMeans(n_clusters=5)).result("clustering")
    study.keep("clustering", dataclasses.replace(made, centers=np.zeros((k, 1)), dtrajs=(np.arange(k, dtype=np.int32),)))
    return study


@pytest.mark.parametrize("step", ["timescales", "kinetics"])
def test_a_model_of_too_many_microstates_is_not_tried(step, little_room):
    with pytest.raises(UserError, match=r"model of 3000 microstates will not fit .* 100 MB are free\. Choose fewer microstates"):
        with_clusters(3000).result(step)


def test_a_posterior_of_too_many_samples_is_not_tried(little_room):
    study = with_clusters(300).change(kinetics=mdx.settings.BayesianMSM(n_samples=5000, lagtime=1))
    with pytest.raises(UserError, match=r"posterior of 5000 samples for 300 microstates will not fit .*10\.8 GB"):
        study.result("kinetics")


def test_a_projection_of_too_many_features_is_not_tried(little_room):
    study = mdx.Study([np.zeros((50, 4000), np.float32)], lagtime=1)
    with pytest.raises(UserError, match="projection of 4000 features and 50 frames will not fit"):
        study.result("projection")


S = mdx.settings
TOO_LARGE = [(S.KernelEDMD(n_landmarks=3000), "2000 functions of 30 features"), (S.KernelCCA(n_landmarks=1500), "1500 functions"), (S.KVAD(n_functions=1000, n_landmarks=1000), "2000 functions"),
         (S.EDMD(basis="powers", degree=4), "3000 functions"), (S.VAMP(degree=3), "3000 functions"), (S.EDMD(n_functions=2000), "2000 functions")]


@pytest.mark.parametrize(("projection", "said"), TOO_LARGE)
def test_too_many_functions_of_features_are_not_tried(projection, said, little_room):
    study = mdx.Study([np.zeros((2000, 30), np.float32)], projection=projection, lagtime=1)
    with pytest.raises(UserError, match=f"projection of {said}.* will not fit .*Choose fewer functions, landmarks or features"):
        study.result("projection")


@pytest.mark.parametrize("projection", [S.VAMPNet(), S.SRV(), S.TVAE(), S.GenerativeMSM(), S.ReversibleDeepMSM()])
def test_a_network_of_too_many_frames_is_not_trained(projection, little_room):
    study = mdx.Study([np.zeros((30_000, 300), np.float32)], projection=projection, lagtime=1)
    with pytest.raises(UserError, match=r"network on 300 features and 30000 frames will not fit .*Lower max pairs"):
        study.result("projection")


@pytest.mark.parametrize("kinetics", [S.HMM(n_states=3), S.BayesianHMM(n_states=3)])
def test_a_hidden_model_of_too_many_microstates_is_not_tried(kinetics, little_room):
    with pytest.raises(UserError, match=r"hidden Markov model of 3000 frames in 3000 microstates will not fit"):
        with_clusters(3000).change(kinetics=kinetics).result("kinetics")


@pytest.mark.parametrize("step", ["timescales", "kinetics", "chapman"])
def test_tram_of_too_many_bias_energies_is_not_tried(step, monkeypatch, tmp_path):
    np.save(tmp_path / "b.npy", np.zeros((3000, 500)))
    study = with_clusters(3000).change(kinetics=mdx.settings.Tram(bias=str(tmp_path / "b.npy"), lagtime=1, windows=[0], n_samples=0))
    assert sizes._SIZES[step](study)[0] == pytest.approx(11 * 8 * 3000 * 500 + 19 * 500 * 8 * 3000**2)
    monkeypatch.setattr(room, "free_bytes", lambda: 100 * MB)
    with pytest.raises(UserError, match=r"TRAM of 3000 frames in 500 windows and 3000 microstates will not fit .* Load every n-th frame"):
        sizes.check_room(study, step)


def test_tram_without_files_is_left_to_say_so_itself(little_room):
    with pytest.raises(UserError, match="No bias energies are given"):
        with_clusters(3).change(kinetics=mdx.settings.Tram(lagtime=1)).result("kinetics")


def test_a_clustering_with_too_large_a_sample_is_not_tried(little_room):
    study = mdx.Study([np.random.default_rng(0).normal(size=(300_000, 20)).astype(np.float32)], projection="identity", clustering=mdx.settings.KMeans(n_clusters=5000), lagtime=1)
    with pytest.raises(UserError, match="clustering of 300000 frames into 5000 microstates will not fit"):
        study.result("clustering")


def test_features_of_own_making_that_are_kept_in_memory_are_not_tried(monkeypatch, alanine):
    monkeypatch.setattr(room, "free_bytes", lambda: 10 * MB)
    monkeypatch.setattr(room, "LITTLE", 0)
    with pytest.raises(UserError, match="Measuring 66 features of 64000 frames will not fit"):
        mdx.Study(alanine, features=AllCoordinates()).result("features")


def test_structures_fetched_at_once_are_counted_first(monkeypatch, alanine):
    monkeypatch.setattr(room, "free_bytes", lambda: 10 * MB)
    with pytest.raises(UserError, match="64000 structures will not fit"):
        alanine.frames(np.array([(t, f) for t, n in enumerate(alanine.lengths) for f in range(n)]))


def peak_of(study, step):
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        study.result(step)
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


def test_the_estimate_for_a_model_is_about_what_it_takes():
    steps = np.random.default_rng(0).integers(-2, 3, size=60_000).cumsum() % 600
    study = mdx.Study([np.cos(2 * np.pi * steps / 600 + np.arange(2)[:, None]).T.astype(np.float32)], projection="identity",
                      clustering=mdx.settings.KMeans(n_clusters=500, max_iter=2), lagtime=1, n_states=2)
    study.result("clustering")
    estimated = sizes._SIZES["timescales"](study)[0]
    assert 0.4 < peak_of(study, "timescales") / estimated < 1.1


def test_the_estimate_for_bias_energies_is_about_what_they_take(tmp_path):
    random, n, bias = np.random.default_rng(0), 20_000, np.linspace(0, 1, 5)[:, None] * np.linspace(0, 1, 8)
    paths = [random.integers(0, 5, n) for _ in range(8)]
    for i, path in enumerate(paths):
        np.save(tmp_path / f"b{i}.npy", bias[path])
    study = mdx.Study([p[:, None].astype(float) for p in paths], projection="identity", clustering=mdx.settings.KMeans(n_clusters=5), lagtime=1, n_states=2,
                      kinetics=mdx.settings.Tram(bias=str(tmp_path / "b*.npy"), n_samples=0))
    study.result("clustering")
    estimated = sizes._SIZES["kinetics"](study)[0]
    assert 0.5 < peak_of(study, "kinetics") / estimated < 1.2


def test_the_estimate_for_a_projection_is_about_what_it_takes():
    mdx.Study([np.random.default_rng(1).normal(size=(300, 4)).astype(np.float32)], lagtime=1).result("projection")   # what is imported does not count
    study = mdx.Study([np.random.default_rng(0).normal(size=(3000, 400)).astype(np.float32)], lagtime=1)
    study.result("features")
    estimated = sizes._SIZES["projection"](study)[0]
    assert 0.4 < peak_of(study, "projection") / estimated < 1.1


@pytest.mark.parametrize("projection", [S.KernelEDMD(n_landmarks=400, bandwidth=0.5), S.KVAD(n_functions=200, n_landmarks=300, bandwidth=0.5), S.VAMP(degree=2), S.EDMD(n_functions=400)])
def test_the_estimate_for_functions_of_features_is_about_what_they_take(projection):
    mdx.Study([np.random.default_rng(1).normal(size=(300, 4)).astype(np.float32)], projection=S.KVAD(n_functions=10), lagtime=1).result("projection")   # what is imported does not count
    study = mdx.Study([np.random.default_rng(0).normal(size=(9000, 25)).astype(np.float32)], projection=projection, lagtime=1)
    study.result("features")
    estimated = sizes._SIZES["projection"](study)[0]
    assert 0.4 < peak_of(study, "projection") / estimated < 1.2
