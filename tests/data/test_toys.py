"""Model systems show the timescales that are known for them."""
from __future__ import annotations

import numpy as np
import pytest

from mdexplore.base.errors import UserError
from mdexplore.data import chains, toys
from mdexplore.data.examples import example, examples


def test_two_state_chain_has_its_populations_and_stays():
    chain = toys.two_state(p_leave=(0.01, 0.02), n_frames=200_000, seed=1)
    assert chain.shape == (200_000,) and set(np.unique(chain)) == {0, 1}
    assert np.mean(chain == 0) == pytest.approx(2 / 3, abs=0.03)
    leaves = np.mean(chain[1:][chain[:-1] == 1] == 0)
    assert leaves == pytest.approx(0.02, rel=0.1)
    assert chains.two_state_timescale((0.01, 0.02)) == pytest.approx(-1 / np.log(0.97), rel=1e-12)


def test_two_state_chain_begins_in_either_state():
    starts = [toys.two_state((0.01, 0.02), 2, seed)[0] for seed in range(300)]
    assert np.mean(starts) == pytest.approx(1 / 3, abs=0.1)


def test_autoregressive_process_forgets_as_it_should():
    x = toys.ar1(0.98, 400_000, 1)
    assert x.var() == pytest.approx(1, abs=0.06)
    assert np.corrcoef(x[:-50], x[50:])[0, 1] == pytest.approx(0.98**50, abs=0.03)


def test_birth_death_chain_has_its_populations():
    q, p = [0, .2, .3], [.1, .2, 0]
    chain = toys.birth_death(q, p, 200_000, 1)
    np.testing.assert_allclose(np.bincount(chain) / len(chain), chains.birth_death_populations(q, p), atol=0.02)
    matrix = chains.birth_death_matrix(q, p)
    np.testing.assert_allclose(chains.birth_death_populations(q, p) @ matrix, chains.birth_death_populations(q, p), atol=1e-12)


@pytest.mark.parametrize("wrong", [lambda: toys.two_state((0, 0.1)), lambda: toys.ar1(1.0), lambda: toys.birth_death([.1, 0], [0, 0]), lambda: example("none"),
                                   lambda: example("prinz", n_frames=1), lambda: example("penta-alanine", n_frames=5)])
def test_impossible_systems_are_refused(wrong):
    with pytest.raises(UserError):
        wrong()


@pytest.mark.parametrize("name", list(toys.SYSTEMS))
def test_every_system_is_made_and_carries_exact_answers(name):
    data = example(name, n_frames=200, n_trajectories=2)
    assert data.lengths == (200, 200) and data.name == name and data.timestep_ns is None
    assert data.exact.timescales == tuple(sorted(data.exact.timescales, reverse=True))
    assert not data.exact.populations or sum(data.exact.populations) == pytest.approx(1, abs=1e-3)
    assert example(name, n_frames=200, n_trajectories=2).key == data.key
    assert type(data).from_spec(data.spec()).exact == data.exact


def test_prinz_trajectories_relax_as_the_generator_says():
    from deeptime.markov import TransitionCountEstimator
    from deeptime.markov.msm import MaximumLikelihoodMSM

    data = example("prinz", n_trajectories=4)
    edges = np.linspace(-1.1, 1.1, 80)
    dtrajs = [np.digitize(x[:, 0], edges) for x in data.given]
    counts = TransitionCountEstimator(20, "sliding").fit_fetch(dtrajs).submodel_largest()
    assert MaximumLikelihoodMSM().fit_fetch(counts).timescales(k=1)[0] == pytest.approx(data.exact.timescales[0], rel=0.15)
    wells = np.digitize(np.concatenate(data.given)[:, 0], [-0.5, 0.0, 0.47])
    np.testing.assert_allclose(np.bincount(wells) / len(wells), data.exact.populations, atol=0.06)


def test_the_bundled_molecules_open_offline():
    data = example("alanine-dipeptide")
    assert (data.n_trajectories, data.n_frames, data.n_atoms, data.timestep_ns) == (16, 64_000, 22, 0.02)
    assert data.name == "alanine dipeptide" and not data.report.notices
    data = example("penta-alanine")
    assert (data.n_trajectories, data.n_frames, data.n_atoms, data.timestep_ns) == (16, 23_632, 62, 0.02)
    assert {"alanine-dipeptide", "penta-alanine", "prinz"} <= set(examples())
