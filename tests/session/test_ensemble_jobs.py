"""What a worker answers about windows: exact numbers on model systems, files of known energies, and what is said where windows do not overlap."""
from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.base.errors import UserError
from mdexplore.methods.ensembles.inputs import umbrella
from mdexplore.methods.method import ignore
from mdexplore.session.ensemble_jobs import (
    FILES,
    MOST_WINDOWS,
    WindowsWanted,
    files_wanted,
    fills,
    model_wanted,
    run_windows,
    system_wanted,
)
from mdexplore.session.ensemble_systems import TILTED, system, systems

CENTERS, STIFF = [-1.0, 0.0, 1.0], 3.0


@pytest.fixture(scope="module")
def windows():
    """A coordinate sampled without memory in a flat potential: each window is a Gaussian."""
    random = np.random.default_rng(3)
    return [c + random.standard_normal(400) / np.sqrt(STIFF) for c in np.repeat(CENTERS, 2)]


@pytest.fixture(scope="module")
def study(windows):
    return mdx.Study([x[:, None] for x in windows], projection="identity", clustering=mdx.settings.KMeans(n_clusters=12), lagtime=2)


@pytest.fixture
def files(windows, tmp_path):
    for k, energies in enumerate(umbrella(windows, CENTERS, STIFF)):
        np.save(tmp_path / f"bias-{k}.npy", 2.494 * energies)
    return str(tmp_path / "bias-*.npy")


def ask(study, wanted):
    return run_windows(study.spec(), replace(wanted, has_bars=True), progress=ignore)


def test_without_bars_the_values_are_the_same(study):
    wanted = system_wanted(TILTED, "MBAR", "", "")
    found = run_windows(study.spec(), wanted, progress=ignore)
    assert np.isnan(found.lower).all() and np.isnan(found.upper).all()
    np.testing.assert_array_equal(found.free_energies, ask(study, wanted).free_energies)


@pytest.mark.parametrize("estimator", ["MBAR", "TRAM"])
def test_a_model_system_meets_its_exact_free_energies_within_its_bars(study, estimator):
    found = ask(study, system_wanted(TILTED, estimator, "", ""))
    assert found.title == estimator and (found.lower < found.free_energies).all() and (found.free_energies < found.upper).all()
    assert ((found.lower <= found.exact) & (found.exact <= found.upper)).mean() > 0.8
    assert (found.gap.one, found.gap.other) == (4, 5) and found.gap.overlap < 0.03


def test_the_window_that_is_wanted_closes_the_gap(study):
    found = ask(study, system_wanted(TILTED, "MBAR", "", ""))
    middle = (found.centers[4] + found.centers[5]) / 2
    again = ask(study, system_wanted(TILTED, "MBAR", " ".join(map(str, (*found.centers, middle))), ""))
    assert again.gap.overlap > 0.1 and len(again.names) == 8


def test_a_stiffness_of_0_is_refused_and_not_taken_for_an_empty_field(study):
    with pytest.raises(UserError, match="A stiffness of 0 kT cannot be simulated"):
        run_windows(study.spec(), system_wanted(TILTED, "MBAR", "", "0"), progress=ignore)


def test_windows_that_do_not_overlap_are_drawn_and_said(study):
    found = ask(study, system_wanted(TILTED, "MBAR", "-1.4 -1.2 1.2 1.4", "60"))
    assert "do not overlap" in str(found.trouble) and np.isnan(found.free_energies).all()
    assert (found.gap.one, found.gap.other) == (1, 2) and found.overlap[0, 1] > 0.1 > found.overlap[1, 2]


def test_files_in_kj_per_mol_give_the_free_energies_of_windows_in_a_flat_potential(study, files):
    found = ask(study, files_wanted("MBAR", files, "2.494", "1 1 2 2 3 3"))
    np.testing.assert_allclose(found.free_energies - found.free_energies.mean(), 0, atol=0.25)
    assert (found.upper - found.lower < 2.0).all() and found.counts.tolist() == [800] * 3


def test_files_of_the_loaded_trajectories_are_linked_to_frames(study, files, windows):
    found = ask(study, files_wanted("MBAR", files, "2.494", "1 1 2 2 3 3"))
    assert [w[0] for w in found.windows] == [0, 0, 1, 1, 2, 2]
    trajectory, frame = found.start
    middle = (CENTERS[found.gap.one] + CENTERS[found.gap.other]) / 2
    assert windows[trajectory][frame] == pytest.approx(middle, abs=0.05)


def test_tram_takes_the_microstates_and_the_lag_time_of_the_study(study, files):
    found = ask(study, files_wanted("TRAM", files, "2.494", "1 1 2 2 3 3"))
    assert found.title == "TRAM" and found.timescale is None
    np.testing.assert_allclose(found.free_energies - found.free_energies.mean(), 0, atol=0.25)


def test_files_of_other_trajectories_go_without_links_and_tram_says_why_not(study, files, tmp_path):
    (tmp_path / "bias-5.npy").unlink()
    found = ask(study, files_wanted("MBAR", files, "2.494", "1 1 2 2 3"))
    assert found.windows is None and found.start is None and "not linked" in found.notices[-1].text
    with pytest.raises(UserError, match="5 trajectories and 2000 frames"):
        ask(study, files_wanted("TRAM", files, "2.494", "1 1 2 2 3"))


def test_windows_with_few_trajectories_get_bars_of_their_pieces_and_say_so(study, files):
    found = ask(study, files_wanted("MBAR", files, "2.494", "1 1 2 2 3 3"))
    assert np.isfinite(found.upper).all() and "pieces for the bars, 5 a window" in found.notices[0].text


def test_a_window_without_bias_tells_its_timescale(tmp_path):
    random = np.random.default_rng(1)
    chains = [np.cumsum(random.random(1500) < 0.05) % 2 for _ in range(4)]
    study = mdx.Study([c[:, None] + 0.0 for c in chains], projection="identity", clustering=mdx.settings.KMeans(n_clusters=2), lagtime=1)
    for k, c in enumerate(chains):
        np.save(tmp_path / f"b{k}.npy", np.stack([np.zeros(1500), 0.3 * c], axis=1))
    found = ask(study, files_wanted("TRAM", str(tmp_path / "b*.npy"), "1", "1 1 2 2"))
    assert found.timescale == pytest.approx(-1 / np.log(0.9), rel=0.2)


def test_settings_fill_the_kinetics_with_an_answer_where_energies_and_windows_are_the_same(tmp_path):
    random = np.random.default_rng(1)
    chains = [np.cumsum(random.random(300) < 0.1) % 2 for _ in range(2)]
    study = mdx.Study([c[:, None] + 0.0 for c in chains], projection="identity", clustering=mdx.settings.KMeans(n_clusters=2), lagtime=1)
    for k, c in enumerate(chains):
        np.save(tmp_path / f"b{k}.npy", np.stack([np.zeros(300), 0.3 * c], axis=1))
    before = mdx.settings.Tram(bias=str(tmp_path / "b*.npy"))
    wanted = files_wanted("TRAM", before.bias, "1", "")
    found = run_windows(study.spec(), wanted, progress=ignore)
    assert fills(before, found) and fills(mdx.settings.Tram(bias=f"{tmp_path}/b0.npy, {tmp_path}/b1.npy", windows=[0, 1]), found)
    assert not fills(before.replace(kT=2.0), found) and not fills(before, replace(found, is_model=False, held="")) and not fills("msm", found)
    np.save(tmp_path / "b1.npy", np.zeros((300, 2)))
    again = run_windows(study.spec(), files_wanted("TRAM", before.bias, "1", ""), progress=ignore)
    assert not fills(before, again) and fills(model_wanted(wanted, before.bias, again), again) and model_wanted(wanted, before.bias, found) == before


@pytest.mark.parametrize(("files", "kT", "windows", "text"), [("", "1", "", "No bias energies"), ("a.npy", "x", "", "kT"), ("a.npy", "1", "0", "counted from 1"), ("a.npy", "1", "1 2", "There are 1")])
def test_a_form_for_files_that_cannot_be_read_is_refused(files, kT, windows, text):
    with pytest.raises(UserError, match=text):
        files_wanted("MBAR", files, kT, windows)


def test_files_outside_the_data_root_are_refused(monkeypatch, tmp_path):
    monkeypatch.setenv("MDEXPLORE_DATA_ROOT", str(tmp_path / "data"))
    with pytest.raises(UserError, match="outside the data folder"):
        files_wanted("MBAR", str(tmp_path / "secret.npy"), "1", "")


def test_centres_are_sorted_and_limited():
    assert system_wanted(TILTED, "MBAR", "1 -1; 0,5 1", "20") == WindowsWanted(TILTED, "MBAR", centers=(-1.0, 0.5, 1.0), stiffness=20.0)
    assert system_wanted(TILTED, "MBAR", "-1.5, 0,5 , 1", "").centers == (-1.5, 0.5, 1.0)
    with pytest.raises(UserError, match="too many"):
        system_wanted(TILTED, "MBAR", " ".join(map(str, range(MOST_WINDOWS + 1))), "")
    with pytest.raises(UserError, match="not a number"):
        system_wanted(TILTED, "MBAR", "a b", "")


def test_the_system_of_the_data_comes_first():
    own = systems(mdx.example("prinz"))
    assert own[0] == ("prinz, as loaded", "prinz") and [name for _, name in own].count("prinz") == 1
    assert systems(mdx.load([np.zeros((10, 1))]))[0][1] == TILTED
    assert FILES not in [name for _, name in own]


def test_both_sides_of_the_tilted_well_differ_as_is_known():
    _, modes = system(TILTED)
    right = modes.density[modes.axes[0] > 0].sum()
    assert -np.log(right / (1 - right)) == pytest.approx(1.286, abs=0.01)
    with pytest.raises(UserError, match="no model system"):
        system("nowhere")
