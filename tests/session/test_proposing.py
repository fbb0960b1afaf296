"""Proposed starts, with reasons, as structures."""
from __future__ import annotations

import csv

import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.base.errors import UserError
from mdexplore.session.proposing import save_starts


@pytest.fixture(scope="module")
def study():
    data = mdx.example("alanine-dipeptide")
    return mdx.Study(mdx.load(data.frames([[0, i] for i in range(600)])), projection="identity", clustering=mdx.settings.KMeans(n_clusters=15), lagtime=1, n_states=2)


@pytest.mark.parametrize("policy", ["least-counts", "uncertainty"])
def test_starts_lie_in_their_microstates_and_say_why(study, policy):
    found = study.propose(6, policy)
    micro = study.result("clustering").dtrajs
    assert [micro[t][f] for t, f in found.frames] == found.microstates.tolist()
    assert len({tuple(f) for f in found.frames.tolist()}) == 6
    assert all(f"microstate {s}" in why for s, why in zip(found.microstates, found.reasons))


def test_the_least_seen_microstate_comes_first(study):
    seen = np.bincount(np.concatenate(study.result("clustering").dtrajs))
    assert study.propose(1, "least-counts").microstates[0] == np.argmin(seen)


def test_a_selection_is_kept_to(study):
    mask = np.zeros(600, bool)
    mask[100:120] = True
    for policy in ("selection", "least-counts", "uncertainty"):
        assert all(100 <= f < 120 for _, f in study.propose(4, policy, frames=mask).frames)
    assert study.propose(4, "uncertainty", target="population 2").target == "population 2"


def test_structures_are_written_with_their_reasons(study, tmp_path):
    found = study.propose(3)
    written = save_starts(study, found, tmp_path / "starts.pdb")
    assert {p.name for p in written} == {"starts.pdb", "starts.csv"}
    rows = list(csv.DictReader((tmp_path / "starts.csv").open()))
    assert [row["reason"] for row in rows] == list(found.reasons) and [int(row["frame"]) for row in rows] == found.frames[:, 1].tolist()


@pytest.mark.parametrize("wrong", [dict(policy="magic"), dict(n=0), dict(policy="selection"), dict(frames=np.zeros(600, bool)), dict(target="x")])
def test_wrong_use_is_said(study, wrong):
    with pytest.raises(UserError):
        study.propose(**wrong)


@pytest.fixture(scope="module")
def biased(tmp_path_factory):
    """Walks along six places, two of them with a bias that holds them at the end where the others hardly come."""
    random, folder, places = np.random.default_rng(5), tmp_path_factory.mktemp("bias"), np.arange(6)
    bias, paths = np.stack([np.zeros(6), 1.5 * (5 - places)], axis=1), []
    for window in (0, 0, 0, 1, 1):
        energy, at, path = 0.8 * places + bias[:, window], 0 if window == 0 else 4, []
        for _ in range(800):
            to = at + random.choice([-1, 1])
            if 0 <= to <= 5 and random.random() < np.exp(energy[at] - energy[to]):
                at = to
            path.append(at)
        np.save(folder / f"b{len(paths)}.npy", bias[path])
        paths.append(np.array(path))
    return mdx.Study([p[:, None].astype(float) for p in paths], features="identity", projection="identity", clustering=mdx.settings.KMeans(n_clusters=6),
                     kinetics=mdx.settings.Tram(bias=str(folder / "b*.npy"), windows=[0, 0, 0, 1, 1], n_samples=0), lagtime=1, n_states=2)


def test_errors_of_tram_are_not_laid_to_rows_of_counts(biased):
    with pytest.raises(UserError, match="TRAM") as refused:
        biased.propose(3, "uncertainty")
    assert "least-counts" in refused.value.do


def test_frames_under_a_bias_are_not_counted_as_seen(biased):
    micro, n_free = np.concatenate(biased.result("clustering").dtrajs), 3 * 800
    free, every = (np.bincount(m, minlength=6) for m in (micro[:n_free], micro))
    assert np.argmin(free) != np.argmin(every)
    found = biased.propose(1, "least-counts")
    assert found.microstates[0] == np.argmin(free) and found.scores[0] == free.min()
    assert found.reasons[0].endswith("without bias")


def test_a_microstate_that_only_biased_frames_reach_can_be_started_from(biased):
    among = np.arange(biased.data.n_frames) >= 3 * 800
    assert (biased.propose(3, "least-counts", frames=among).frames[:, 0] >= 3).all()
