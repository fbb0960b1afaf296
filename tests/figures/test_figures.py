"""Every figure draws, says its units, and gives back the axes it was given."""
from __future__ import annotations

import io
import re

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure

import mdexplore as mdx
from mdexplore.pictures.blending import blend
from mdexplore.pictures.palette import state_rgb

FIGURES = ["projection", "timescales", "chapman_kolmogorov", "network", "trace", "loadings"]


def texts(ax):
    """All words of a figure."""
    return " ".join(t.get_text() for t in ax.figure.findobj(mpl.text.Text))


def drawn(ax):
    """The picture as SVG, in which text stays text."""
    buffer = io.StringIO()
    ax.figure.savefig(buffer, format="svg")
    return buffer.getvalue()


def draw(name, study, **options):
    if name == "projection" and study.result("projection").dim == 1:
        options["y"] = 0
    return getattr(mdx.figures, name)(study, **options)


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_draws_with_and_without_a_time_step(alanine, frames_only, name):
    for study in (alanine, frames_only):
        assert "<svg" in drawn(draw(name, study))


@pytest.mark.parametrize("name", FIGURES)
def test_axes_go_in_and_come_out(alanine, name):
    given = Figure().add_subplot()
    assert draw(name, alanine, ax=given) is given
    assert draw(name, alanine).figure is not given.figure


@pytest.mark.parametrize("name, label", [("timescales", "lag time / ns"), ("timescales", "timescale / ns"), ("trace", "time / ns"), ("chapman_kolmogorov", "time / ns"),
                                         ("projection", "free energy / kT"), ("projection", "IC 1"), ("loadings", "correlation with IC 1")])
def test_axes_carry_their_unit(alanine, name, label):
    assert label in texts(draw(name, alanine))


@pytest.mark.parametrize("name", ["timescales", "trace", "chapman_kolmogorov"])
def test_times_are_in_frames_where_the_time_step_is_unknown(frames_only, name):
    words = texts(draw(name, frames_only))
    assert "frames" in words and " ns" not in words


@pytest.mark.parametrize("color", ["free energy", "density", "states", "memberships"])
def test_a_projection_is_drawn_in_every_colour(alanine, color):
    assert "<svg" in drawn(mdx.figures.projection(alanine, 0, 1, color))


def test_memberships_are_those_of_the_microstates_in_each_bin(alanine):
    ax = mdx.figures.projection(alanine, color="memberships", bins=1)
    (image,) = ax.get_images()
    coarse, micro = alanine.metastable, np.concatenate(alanine.dtrajs)
    shares = np.append(coarse.memberships, np.zeros((1, coarse.n_states)), axis=0)[micro].mean(axis=0)
    whole = np.append(shares, max(1 - shares.sum(), 0))[None]
    expected = blend(whole, np.concatenate([state_rgb(coarse.colors), [[190, 190, 190]]]))[0] / 255
    assert np.allclose(image.get_array()[0, 0, :3], expected, atol=1e-6) and image.get_array()[0, 0, 3] == 1


def test_the_network_says_populations_and_passage_times_or_rates(alanine):
    words = texts(mdx.figures.network(alanine))
    assert f"{100 * alanine.metastable.populations[0]:.1f} %" in words and "ns" in words
    assert re.search(r"1 / [\d.]+ ns\n\[", texts(mdx.figures.network(alanine, rates=True)))


def test_timescales_say_which_interval_they_show(alanine):
    assert "delta method" in texts(mdx.figures.timescales(alanine))
    assert "bootstrap over trajectories" in texts(mdx.figures.timescales(alanine, bootstrap=True))


def test_one_pane_for_each_pair_of_states(alanine):
    assert len(mdx.figures.chapman_kolmogorov(alanine).child_axes) == alanine.metastable.n_states ** 2


def test_an_overview_holds_all_of_it(alanine, tmp_path):
    figure = mdx.figures.overview(alanine)
    figure.savefig(tmp_path / "overview.png")
    assert len(figure.axes) >= 6 and (tmp_path / "overview.png").stat().st_size > 20_000


def test_drawing_leaves_the_callers_style_alone(alanine):
    before = dict(mpl.rcParams)
    mdx.figures.timescales(alanine)
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize("ask", [lambda s: mdx.figures.projection(s, 0, 9), lambda s: mdx.figures.projection(s, -1, 0), lambda s: mdx.figures.projection(s, color="red"),
                                 lambda s: mdx.figures.trace(s, 99), lambda s: mdx.figures.trace(s, 0, 9), lambda s: mdx.figures.loadings(s, 9)])
def test_what_is_not_there_cannot_be_drawn(alanine, ask):
    with pytest.raises(mdx.errors.UserError):
        ask(alanine)


def test_there_are_no_other_figures():
    with pytest.raises(AttributeError, match="nothing"):
        mdx.figures.nothing  # noqa: B018


def test_the_legend_of_states_lies_beside_the_data(alanine):
    ax = mdx.figures.projection(alanine, color="states")
    ax.figure.draw_without_rendering()
    assert ax.get_legend().get_window_extent().x0 >= ax.get_window_extent().x1


def test_labels_of_four_states_lie_apart(alanine):
    ax = mdx.figures.network(alanine.change(n_states=4))
    ax.figure.draw_without_rendering()
    boxes = [t.get_window_extent() for t in ax.texts]
    assert not [(a, b) for k, a in enumerate(boxes) for b in boxes[:k] if a.overlaps(b)]


def test_tica_over_lag_times_is_drawn_with_the_lag_time_of_the_projection(alanine):
    study = alanine.change(projection=mdx.settings.TICA(lagtime="40 ps"))
    words = texts(mdx.figures.timescales(study, projection=True))
    assert "lag 40 ps" in words and "no error bars" in words and "timescale / ns" in words


def test_tica_over_lag_times_has_no_bootstrap(alanine):
    with pytest.raises(mdx.errors.UserError, match="no bootstrap"):
        mdx.figures.timescales(alanine, projection=True, bootstrap=True)
