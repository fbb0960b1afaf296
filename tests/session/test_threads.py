"""What people call keeps the numerical libraries to one thread while it computes, and gives them back; each test looks inside."""
from __future__ import annotations

import importlib

import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.base.errors import UserError
from mdexplore.data.potentials import POTENTIALS

ALLOWED = 2   # threads, whatever machine this is


def in_use():
    from threadpoolctl import threadpool_info

    return {library["filepath"]: library["num_threads"] for library in threadpool_info()}


class Inside:
    """Threads that were in use whenever a function that is watched was called."""

    def __init__(self, monkeypatch):
        self.monkeypatch, self.seen = monkeypatch, []

    def look(self, *args, **kwargs):
        self.seen.append(max(in_use().values()))

    def watch(self, place, name):
        function = getattr(place, name)

        def watched(*args, **kwargs):
            self.look()
            return function(*args, **kwargs)

        self.monkeypatch.setattr(place, name, watched)


@pytest.fixture
def inside(monkeypatch):
    """Lets the libraries that are loaded use two threads; afterwards, only one was used inside and two are allowed again."""
    import scipy.linalg  # noqa: F401
    from threadpoolctl import threadpool_limits

    found = Inside(monkeypatch)
    with threadpool_limits(limits=ALLOWED):
        before = in_use()
        assert ALLOWED in before.values()
        yield found
        assert found.seen and set(found.seen) == {1}
        after = in_use()
        assert {path: after[path] for path in before} == before


@pytest.fixture(scope="module")
def study(chain):
    made = mdx.Study(chain, lagtime=5, clustering=mdx.settings.KMeans(n_clusters=20))
    made.chapman_kolmogorov  # noqa: B018  (what the calls below rest on is computed before they are watched)
    return made


def test_a_score(inside, study):
    from mdexplore.methods.checks import score

    inside.watch(score, "fit_tica")
    study.score(folds=3)


def test_a_flux(inside, study):
    from mdexplore.methods.kinetics import flux

    inside.watch(flux, "markov_state_model")
    inside.watch(flux, "_rate")
    study.flux(0, 1)


def test_a_projection_at_several_lag_times(inside, study):
    from mdexplore.methods.checks import tica_lagtimes

    inside.watch(tica_lagtimes, "fit_tica")
    study.tica_timescales([1, 5])


def test_health_and_models(inside, study):
    from mdexplore.methods.kinetics import model
    from mdexplore.session import health

    inside.watch(health, "of_results")
    inside.watch(model, "deeptime_model")
    assert study.health is not None
    study.model("kinetics")


def test_proposals(inside, study):
    from mdexplore.methods.sampling import proposals

    inside.watch(proposals, "row_variances")
    study.propose(3)


def test_measurements(inside, study):
    from mdexplore.methods.experiment import estimate

    inside.watch(estimate, "augmented_model")
    frames = [np.asarray(x[:, 0], float) for x in study.features]
    study.augment([mdx.experiment.Observable("x", frames, float(np.mean(frames[0])), 0.1)])


def test_ensembles(inside):
    from mdexplore.methods.ensembles import estimate

    inside.watch(estimate, "mbar")
    inside.watch(estimate, "solve_ensembles")
    rng = np.random.default_rng(0)
    values = [rng.standard_normal(500) + shift for shift in (0.0, 0.5)]
    data = mdx.ensembles.ensembles(mdx.ensembles.umbrella(values, [0.0, 0.5], 1.0), [0, 1])
    mdx.ensembles.estimate_mbar(data)
    mdx.ensembles.estimate_tram(data, [np.digitize(v, [-0.5, 0.25, 1.0]) for v in values], 1)


def test_paths_under_another_potential(inside):
    from mdexplore.methods.ensembles import girsanov

    inside.watch(girsanov, "reversible_mle")
    steps = np.random.default_rng(0).integers(0, 3, 400)
    mdx.ensembles.other_potential([steps], [np.zeros(400)], [np.zeros(400)], 1)


def test_rounds_of_adaptive_sampling(inside):
    def simulate(starts, n_frames, seed):
        inside.look()
        return starts[:, None] + 0.1 * np.random.default_rng(seed).standard_normal((len(starts), n_frames, 1))

    mdx.sampling.adaptive_rounds(POTENTIALS["prinz"], "least-counts", simulate, np.zeros(1), n_rounds=1, n_walkers=2, n_frames=20, exact=10.0)


def test_rounds_of_rave(inside):
    from mdexplore.methods.sampling import rave

    inside.watch(rave, "bottleneck")
    mdx.sampling.rave_rounds(POTENTIALS["prinz"], np.zeros(1), n_rounds=1, n_walkers=10, n_frames=300)


def test_exact_answers(inside):
    from mdexplore.data import generator

    inside.watch(generator, "_solve")
    generator.exact_modes(lambda x: x[:, 0] ** 2, [(-2.0, 2.0)])


def test_a_boltzmann_generator(inside):
    pytest.importorskip("torch", reason="flows need the deep extra")
    from mdexplore.methods.generation.boltzmann import Boltzmann

    def energy(x):
        inside.look()
        return (x**2).sum(dim=1) / 2

    few = Boltzmann(couplings=2, width=4, layers=1, likelihood_steps=3, energy_steps=3, n_generated=100)
    mdx.generation.boltzmann_generator(energy, np.random.default_rng(0).standard_normal((60, 2)), settings=few)


def test_checks_of_generated_structures(inside, alanine):
    from mdexplore.methods.generation import checks

    inside.watch(checks, "_closest")
    real = alanine.frames(np.stack([np.zeros(20, int), np.arange(20)], axis=1))
    mdx.generation.check_structures(real.xyz[:2], real.xyz, real.topology)


def test_generated_frames_of_a_study(inside, study):
    from mdexplore.session import generated_frames

    inside.watch(generated_frames, "landed")
    assert len(mdx.generation.generate(study, "landing", 3, state=0).frames) == 3


def test_frames_of_a_model_that_makes_none_are_refused_in_the_guard(inside, study):
    from mdexplore.methods.generation import making

    inside.watch(making, "_generator")
    with pytest.raises(UserError, match="makes no frames"):
        mdx.generation.make_frames(study.result("projection"), 0, 1)


def test_figures(inside, study):
    inside.watch(importlib.import_module("mdexplore.figures.timescales"), "_lowest")
    mdx.figures.timescales(study)
