"""Figures of experiments, ensembles and adaptive sampling draw what they are given."""
from __future__ import annotations

import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.methods.experiment.observables import Observable


@pytest.fixture(scope="module")
def study():
    return mdx.Study(mdx.example("two-state", n_frames=2000, n_trajectories=4), projection="identity", clustering=mdx.settings.KMeans(n_clusters=6), lagtime=5, n_states=2)


def test_experiment_has_a_row_for_each_measurement(study):
    values = tuple(v[:, 0] for v in study.features)
    found = study.augment([Observable("a", values, 0.5, 0.05), Observable("b", values, 0.45, 0.05)])
    ax = mdx.figures.experiment(found)
    assert [t.get_text() for t in ax.get_yticklabels()] == ["a", "b"] and len(ax.get_legend().get_texts()) == 3
    assert len(mdx.figures.populations(found).patches) == 4


def test_windows_show_overlap_and_energies():
    random = np.random.default_rng(0)
    values = [random.normal(c, 1, 200) for c in (-0.5, 0.5)]
    found = mdx.ensembles.estimate_mbar(mdx.ensembles.ensembles(mdx.ensembles.umbrella(values, [-0.5, 0.5], 0.5)))
    assert mdx.figures.overlap(found).images[0].get_array().shape == (2, 2)
    assert len(mdx.figures.window_energies(found).lines[0].get_xdata()) == 2
    assert "kT" in mdx.figures.profile(found, values, bins=20).get_ylabel()
    energy = found.profile(values, 20)[1]
    assert len(mdx.figures.profile(found, values, bins=20, interval=(energy - 1, energy + 1)).collections) == 1


def test_proposals_are_numbered_on_the_projection(study):
    ax = mdx.figures.proposals(study, study.propose(3))
    assert {"1", "2", "3"} <= {t.get_text() for t in ax.texts}


def test_rounds_have_a_line_for_each_policy():
    made = [mdx.sampling.Rounds(p, np.array([10, 20]), np.array([np.nan, 1.1 + k / 10]), 1.0, np.zeros((2, 1, 1))) for p in ("random", "uncertainty") for k in range(4)]
    assert [t.get_text() for t in mdx.figures.rounds(made).get_legend().get_texts()] == ["random", "uncertainty"]


def test_exact_timescales_stand_beside_the_estimates(study):
    ax = mdx.figures.timescales(study)
    assert any(line.get_label() == "exact" and line.get_ydata()[0] == pytest.approx(study.data.exact.timescales[0]) for line in ax.lines)
