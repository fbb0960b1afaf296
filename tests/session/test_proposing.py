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
