"""Figures of experiments, ensembles and adaptive sampling draw what they are given."""
from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.base.errors import UserError
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


@pytest.fixture(scope="module")
def rounds_of_rave():
    well = mdx.sampling.Potential(lambda x: 4 * (x[:, 0] ** 2 - 1) ** 2 + 10 * x[:, 1] ** 2, ((-2, 2), (-1.5, 1.5)), frame=0.05, n_steps=10)
    return mdx.sampling.rave_rounds(well, np.array([-1.0, 0.0]), n_rounds=3, n_walkers=8, n_frames=150, lagtime=3)


def test_each_round_of_rave_has_its_bias_and_the_last_one_a_colour(rounds_of_rave):
    ax = mdx.figures.rave(rounds_of_rave)
    assert len(ax.lines) == 3 and [t.get_text() for t in ax.get_legend().get_texts()] == ["round 1", "round 3"]
    assert min(line.get_ydata().min() for line in ax.lines) == pytest.approx(rounds_of_rave.bias.min())
    assert len({line.get_color() for line in ax.lines}) == 3 and ax.lines[-1].get_color() == "#2a7fc4"


def test_the_coordinates_of_rave_are_arrows_in_one_sense(rounds_of_rave):
    turned = replace(rounds_of_rave, directions=rounds_of_rave.directions * np.array([[1], [-1], [1]]))
    tips = [[a.xy - np.asarray(a.xyann) for a in mdx.figures.rave(r, "coordinate").texts] for r in (rounds_of_rave, turned)]
    np.testing.assert_allclose(*tips)
    assert len(tips[0]) == 3 and all(tip @ tips[0][-1] >= 0 for tip in tips[0])


def test_a_plane_is_needed_for_arrows_and_another_figure_is_refused(rounds_of_rave):
    flat = replace(rounds_of_rave, directions=rounds_of_rave.directions[:, :1])
    for found, kind, text in ((flat, "coordinate", "1 dimension"), (rounds_of_rave, "depth", "no figure")):
        with pytest.raises(UserError, match=text):
            mdx.figures.rave(found, kind)


def other(timescale, share=0.5):
    return mdx.ensembles.OtherPotential(1, np.arange(2), np.eye(2), np.full(2, 0.5), np.array([timescale]), share)


def test_timescales_under_other_potentials_stand_beside_the_exact_ones():
    ax = mdx.figures.other_timescales([-1, 0, 1], [other(t) for t in (5, 10, 20)], [6, 11, 21])
    assert ax.lines[0].get_ydata().tolist() == [5, 10, 20] and ax.lines[1].get_ydata().tolist() == [6, 11, 21]
    assert ax.collections[0].get_offsets()[:, 1].tolist() == [5, 10, 20] and "frames" in ax.get_ylabel()


@pytest.mark.parametrize("arguments", [([], []), ([0, 1], [other(1)]), ([0], [other(1)], [1, 2])])
def test_changes_and_models_must_be_as_many(arguments):
    with pytest.raises(UserError, match="do not fit"):
        mdx.figures.other_timescales(*arguments)
