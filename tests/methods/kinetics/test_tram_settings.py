"""Settings of TRAM: what is kept of files, which windows are refused, and that pages count windows from 1."""
from __future__ import annotations

import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.base.errors import UserError
from mdexplore.base.units import TimeUnit
from mdexplore.methods.kinetics.augmented_msm import files_of
from mdexplore.methods.kinetics.tram import models_of
from mdexplore.panels.forms import Form, renumbered
from mdexplore.session.changes import filled
from mdexplore.session.saved import recipe_from, recipe_json

Tram, AugmentedMSM = mdx.settings.Tram, mdx.settings.AugmentedMSM
RANDOM = np.random.default_rng(1)
STATES = [np.cumsum(RANDOM.random(200) < 0.1) % 2 for _ in range(4)]


@pytest.fixture
def folder(tmp_path):
    """Files of two windows, the first without bias: b holds energies, c those of another bias, w windows of frames."""
    for i, states in enumerate(STATES):
        for name, k in (("b", 0.3), ("c", 0.6)):
            np.save(tmp_path / f"{name}{i}.npy", np.stack([np.zeros(200), k * states], axis=1))
        np.save(tmp_path / f"w{i}.npy", np.full((200, 1), float(i // 2)))
    return tmp_path


@pytest.fixture
def settings(folder):
    return Tram(bias=str(folder / "b*.npy"), windows=[0, 0, 1, 1], n_samples=0)


def slowest(settings):
    found = mdx.Study([s[:, None].astype(float) for s in STATES], projection="identity", clustering=mdx.settings.KMeans(n_clusters=2), kinetics=settings, lagtime=1, n_states=2)
    return found.result("kinetics").timescales[0]


@pytest.mark.parametrize("change", ["bias", "windows", "kT"])
@pytest.mark.parametrize("way", ["replace", "configure"])
def test_changed_settings_are_those_of_the_files_that_they_name(folder, settings, change, way):
    value = {"bias": str(folder / "c*.npy"), "windows": "0 1 0 1", "kT": 2.0}[change]
    recipe = mdx.Study([np.zeros((5, 1))], kinetics=settings).recipe
    found = settings.replace(**{change: value}) if way == "replace" else filled(recipe, "kinetics", {change: value})["kinetics"]
    assert found.content != settings.content
    assert np.isfinite(slowest(found))
    models_of(found.estimator_name, STATES, 2)   # at other lag times


def test_files_that_change_afterwards_are_refused_whatever_else_is_set(folder, settings):
    saved = recipe_json(mdx.Study([np.zeros((5, 1))], kinetics=settings.replace(lagtime=2)).recipe, lambda array: "")
    np.save(folder / "b0.npy", np.zeros((200, 2)))
    for again in (settings.replace(lagtime=3), recipe_from(saved, lambda name: np.zeros(0)).kinetics):
        assert again.content == settings.content
        with pytest.raises(UserError, match="have changed"):
            models_of(again.estimator_name, STATES, 2)
    assert Tram(bias=settings.bias, windows=settings.windows).content != settings.content


def test_settings_without_files_hold_nothing(settings):
    assert settings.replace(bias="", windows="").content == "" == Tram().content


def test_measurements_are_read_again_where_other_files_are_named_and_refused_where_they_have_changed(folder):
    for name, values in (("one", "0.6"), ("two", "0.4")):
        (folder / f"{name}.csv").write_text(f"name,measured,error\nfeature 0,{values},0\n")
    for i, states in enumerate(STATES):
        np.save(folder / f"x{i}.npy", states[:, None].astype(float))
    first = AugmentedMSM(measured=str(folder / "one.csv"), frames=str(folder / "x*.npy"))
    other = first.replace(measured=str(folder / "two.csv"))
    assert other == AugmentedMSM(measured=other.measured, frames=other.frames) != first and first.replace(lagtime=2).content == first.content
    assert np.isfinite(slowest(other))
    (folder / "one.csv").write_text("name,measured,error\nfeature 0,0.7,0\n")
    with pytest.raises(UserError, match="have changed"):
        slowest(first)


@pytest.mark.parametrize("windows", [[1.7] * 4, [-1, 0, 0, 0], [np.nan] * 4, [[0, 0], [1]], [[0, 1], [1, 0]], [np.zeros(200), np.ones(100)], ["w0.npy"], [True] * 4, [], [10**9]])
def test_lists_that_are_no_windows_are_refused(windows):
    with pytest.raises(UserError, match="one whole number for each trajectory"):
        Tram(windows=windows)


@pytest.mark.parametrize("windows", [[0, 0, 1, 1], (0, 0, 1, 1), np.array([0.0, 0.0, 1.0, 1.0]), np.array([0, 0, 1, 1], np.int8), "0, 0 1 1"])
def test_numbers_of_windows_may_come_in_any_list(folder, settings, windows):
    assert [w[0] for w in settings.replace(windows=windows).ensembles().windows] == [0, 0, 1, 1]
    assert Tram(windows=None).windows == "" and Tram(windows=0).windows == "0"


def test_a_thousand_trajectories_of_different_windows_are_not_too_many():
    assert Tram(windows=list(range(1000))).windows.endswith("998 999")
    with pytest.raises(UserError, match="'list' is 20000"):
        Tram(windows=list(range(9000)))


@pytest.mark.parametrize("wrong", [1.9, -0.5, 2.0**32])
def test_files_of_windows_hold_whole_numbers(folder, settings, wrong):
    window = np.zeros((200, 1))
    window[7] = wrong
    np.save(folder / "w2.npy", window)
    with pytest.raises(UserError, match=r"windows of trajectory 2 holds"):
        settings.replace(windows=str(folder / "w*.npy"))


def test_a_form_counts_windows_from_1_and_gives_them_back_from_0(folder, settings):
    form = Form(Tram, TimeUnit())
    form.show(settings)
    assert form.fields["windows"].widget.value == "1 1 2 2" and "content" not in form.fields
    form.fields["windows"].widget.value = "1 2, 1 2"
    assert form.read()["windows"] == "0 1 0 1"
    form.show(settings.replace(windows=str(folder / "w*.npy")))
    assert form.read()["windows"] == str(folder / "w*.npy")
    form.fields["windows"].widget.value = "0 0 1 1"
    with pytest.raises(UserError, match="counted from 1"):
        form.read()


def test_numbers_of_impossible_length_are_no_numbers():
    assert renumbered("9" * 5000, 1, "Windows") == "9" * 5000


def test_files_may_be_a_list_of_names(tmp_path):
    for i in range(3):
        np.save(tmp_path / f"bias-{i}.npy", np.zeros((4, 2)))
    files = [tmp_path / "bias-2.npy", tmp_path / "bias-0.npy", tmp_path / "bias-1.npy"]
    settings = mdx.settings.Tram(bias=files, windows=[0, 1, 1])
    assert settings.bias == ", ".join(map(str, files))
    assert files_of(settings.bias) == list(map(str, files)), "in the order given"


def test_what_is_no_name_of_files_is_refused_with_what_it_should_be():
    with pytest.raises(UserError, match="bias must be a text") as refused:
        mdx.settings.Tram(bias=[np.zeros((50, 2))])
    assert "a pattern such as bias-*.npy" in refused.value.do and len(refused.value.what) < 120
