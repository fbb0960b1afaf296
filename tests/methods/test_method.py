"""Settings are checked when they are made, and methods are found by name."""
import copy
import pickle

import pytest

import mdexplore as mdx
from mdexplore.base.errors import UserError
from mdexplore.methods import method
from mdexplore.methods.recipe import Recipe


def test_settings_are_checked_when_they_are_made():
    assert mdx.settings.TICA(lagtime=20, dim=3).dim == 3
    for wrong in (dict(dim=0), dict(dim=2.5), dict(dim="3"), dict(lagtime=0.5), dict(dim=True)):
        with pytest.raises(UserError):
            mdx.settings.TICA(**wrong)


def test_replacing_an_unknown_setting_names_those_there_are():
    with pytest.raises(UserError, match="lagtime"):
        mdx.settings.TICA().replace(lag=3)


@pytest.mark.parametrize("write", [lambda: mdx.settings.KMeans(n_cluster=5), lambda: mdx.settings.KMeans().replace(n_cluster=5)])
def test_a_misspelt_setting_names_the_one_that_was_meant(write):
    with pytest.raises(UserError, match=r"KMeans has no setting 'n_cluster'\. Did you mean 'n_clusters'\? Its settings are: n_clusters") as said:
        write()
    assert isinstance(said.value, TypeError)


def test_misspelt_names_elsewhere_name_what_was_meant():
    for write, wanted in ((lambda: mdx.available("projections"), "projection"), (lambda: method.find("projection", "kernel_edmd"), "kernel-edmd"),
                          (lambda: Recipe.of().change(cluster="kmeans"), "clustering")):
        with pytest.raises(UserError, match=f"Did you mean '{wanted}'"):
            write()
    with pytest.raises(AttributeError, match="Did you mean 'KMeans'"):
        mdx.settings.__getattr__("Kmeans")


def test_settings_are_copied_and_pickled_as_others_are():
    made = mdx.settings.KMeans(n_clusters=7)
    assert pickle.loads(pickle.dumps(made)) == copy.deepcopy(made) == made.replace() == made


@pytest.mark.parametrize("slot", method.SLOTS)
def test_every_method_has_defaults_and_survives_json(slot):
    for name, found in method.methods(slot).items():
        settings = found.settings()
        assert method.from_json(settings.to_json()) == settings, name
        assert found.title and (found.source or slot == "features" or name == "identity")


def test_a_setting_of_a_file_that_there_is_not_is_no_misspelling_of_the_users():
    with pytest.raises(TypeError) as said:
        method.from_json({"slot": "projection", "method": "tica", "dims": 3})
    assert not isinstance(said.value, UserError)


def test_what_is_available_is_said():
    assert mdx.available("projection")["tica"] == ""
    with pytest.raises(UserError, match="slots"):
        mdx.available("colour")


def test_an_unknown_method_names_the_known_ones():
    with pytest.raises(UserError, match="tica"):
        method.find("projection", "tikka")
