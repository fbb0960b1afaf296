"""Pictures of windows and of changed potentials: what is drawn, what is said, and when a number is not to be trusted."""
from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mdexplore.base.errors import UserError
from mdexplore.base.notices import Notice
from mdexplore.methods.ensembles.changes import ChangedTimescales
from mdexplore.methods.ensembles.gaps import Gap
from mdexplore.pictures.ensembles import change_picture, strength_picture, windows_picture
from mdexplore.session.ensemble_jobs import WindowsFound


def windows(link=0.2, **changes):
    overlap = np.array([[0.8, 0.2, 0.0], [0.2, 0.6, link], [0.0, link, 0.8]])
    made = WindowsFound("MBAR", ("-1", "0", "1"), np.array([100, 100, 100]), overlap, Gap(1, 2, link), np.array([1.0, 2.0, 3.0]), np.array([0.5, 1.5, 2.5]), np.array([1.5, 2.5, 3.5]),
                        np.array([1.1, 2.1, 3.1]), centers=(-1.0, 0.0, 1.0), stiffness=20.0, effective_share=0.4)
    return replace(made, **changes)


def changed():
    x = np.linspace(-0.6, 0.6, 21)
    exact = 50 * np.exp(2 * x)
    values, shares = exact * 1.1, 1 - np.abs(x) * 1.6
    values[0] = np.nan
    energies = np.array([(1 + s) * 3 * (np.linspace(-1.5, 1.5, 40) ** 2 - 1) ** 2 for s in x])
    return ChangedTimescales("scale", x, values, values * 0.8, values * 1.2, shares, exact, np.linspace(-1.5, 1.5, 40), energies, 5, 1000, 40)


def test_cells_bars_and_exact_values_are_drawn():
    picture = windows_picture(windows())
    assert [(c.row, c.column, c.text) for c in picture.cells if c.row == 0] == [(0, 0, ".80"), (0, 1, ".20")]
    assert picture.energies == ((1.0, 1.0), (2.0, 2.0), (3.0, 3.0)) and picture.bars[2] == (3.0, 2.5, 3.5) and picture.exact[0] == (1.0, 1.1)
    assert picture.y_range[0] < 0.5 and picture.y_range[1] > 3.5
    assert picture.tells[1] == "window 2 (at 0): 2 kT [1.5, 2.5], exact 2.1; 100 frames"
    assert "40 % of the frames count without bias" in picture.said


def test_the_weakest_link_is_marked_on_both_sides():
    assert [(c.row, c.column) for c in windows_picture(windows(0.0)).cells if c.is_gap] == [(1, 2), (2, 1)]


@pytest.mark.parametrize(("link", "text"), [(0.2, "All windows are linked. The weakest link, window 2 (at 0) and window 3 (at 1), has 20 % overlap"), (0.02, "this weakest link has 2.0 % overlap"),
                                            (0.0, "they share nothing, and no other chain")])
def test_where_a_window_is_wanted_is_said(link, text):
    picture = windows_picture(windows(link))
    assert text in picture.gap_text and picture.center == 0.5


@pytest.mark.parametrize(("pair", "wanted"), [((100.2, 100.8), 100.5), ((1000.1, 1000.2), 1000.15), ((-0.4, 0.7334), 0.167), ((2.0, 2.0 + 1e-15), None)])
def test_a_wanted_window_is_told_in_few_digits_but_lies_in_its_gap(pair, wanted):
    center = windows_picture(windows(centers=(0.0, *pair))).center
    assert center == wanted if wanted is not None else pair[0] <= center <= pair[1]


def test_windows_of_files_have_names_and_no_place_for_another():
    picture = windows_picture(windows(centers=None, names=("a", "window 2", "c"), exact=None))
    assert picture.center is None and picture.exact == () and "window 2 and window 3 (c)" in picture.gap_text


def test_without_free_energies_the_reason_is_said_and_the_map_remains():
    nothing = np.full(3, np.nan)
    picture = windows_picture(windows(0.0, free_energies=nothing, lower=nothing, upper=nothing, trouble=UserError("They do not overlap.", do="Add windows."), notices=(Notice("info", "By the way."),)))
    assert picture.energies == picture.exact == picture.bars == () and len(picture.cells) == 7
    assert picture.warnings == ("They do not overlap. Add windows.", "By the way.") and picture.said == ""


def test_many_windows_have_no_numbers_in_their_cells():
    n = 20
    many = windows(names=tuple(map(str, range(n))), counts=np.ones(n, int), overlap=np.eye(n), gap=Gap(0, 1, 0.0), free_energies=np.zeros(n), lower=np.zeros(n), upper=np.zeros(n), exact=None, centers=None)
    assert {c.text for c in windows_picture(many).cells} == {""}


def test_the_curve_leaves_out_what_has_no_number_and_greys_what_is_not_to_be_trusted():
    picture = change_picture(changed())
    assert len(picture.line) == 20 and len(picture.exact) == 21 and picture.x_range == (-60.0, 60.0)
    assert picture.lost == ((-60.0, pytest.approx(-51.0)), (pytest.approx(51.0), 60.0))
    assert all(picture.y_range[0] <= y <= picture.y_range[1] for _, y in (*picture.line, *picture.band, *picture.exact))
    assert "1000 walks of 40 frames" in picture.made_of and "lag time 5 frames" in picture.made_of


@pytest.mark.parametrize("top", [70.0, 130.0, 900.0, 40_000.0])
def test_ticks_are_round_and_too_few_to_run_together(top):
    found = changed()
    found = replace(found, exact=np.geomspace(60, top, 21), values=np.full(21, np.nan), axis=np.linspace(-1.93, 2.27, 40))
    for made in (found, replace(found, kind="tilt", strengths=np.linspace(-6, 6, 21))):
        picture = change_picture(made)
        for ticks, (low, high) in ((picture.x_ticks, picture.x_range), (picture.y_ticks, picture.y_range), (picture.place_ticks, picture.place_range), (picture.energy_ticks, picture.energy_range)):
            assert 2 <= len(ticks) <= 5 and low <= min(ticks) < max(ticks) <= high
            assert all(t == float(f"{t:.2g}") for t in ticks)


def test_a_strength_tells_value_interval_exact_value_and_share():
    found = changed()
    here = strength_picture(found, 12, change_picture(found).y_range)
    assert here.head == "+12 %" and here.said == "t₂ = 69.9 frames [56, 84]; exact 63.6. 81 % of the paths count." and here.warning == ""
    assert here.known == ((pytest.approx(12.0), pytest.approx(63.56, abs=0.01)),) and here.point[0][1] > here.known[0][1]
    assert strength_picture(found, 10, (1, 1000)).head == "unchanged"


def test_a_collapsed_share_is_said():
    found = changed()
    lost = strength_picture(found, 0, change_picture(found).y_range)
    assert lost.point == () and lost.bar == () and "t₂ cannot be told" in lost.said and "Only 4.0 % of the paths count" in lost.warning
    assert "to be trusted" in strength_picture(found, 20, (1, 1000)).warning


def test_a_tilt_is_told_in_kt():
    found = replace(changed(), kind="tilt", strengths=np.linspace(-6, 6, 21))
    assert strength_picture(found, 0, (1, 1000)).head == "−6.0 kT" and change_picture(found).x_range == (-6.0, 6.0)
