"""Settings are checked when they are made, and methods are found by name."""
import pytest

import mdexplore as mdx
from mdexplore.base.errors import UserError
from mdexplore.methods import method


def test_settings_are_checked_when_they_are_made():
    assert mdx.settings.TICA(lagtime=20, dim=3).dim == 3
    for wrong in (dict(dim=0), dict(dim=2.5), dict(dim="3"), dict(lagtime=0.5), dict(dim=True)):
        with pytest.raises(UserError):
            mdx.settings.TICA(**wrong)


def test_replacing_an_unknown_setting_names_those_there_are():
    with pytest.raises(UserError, match="lagtime"):
        mdx.settings.TICA().replace(lag=3)


@pytest.mark.parametrize("slot", method.SLOTS)
def test_every_method_has_defaults_and_survives_json(slot):
    for name, found in method.methods(slot).items():
        settings = found.settings()
        assert method.from_json(settings.to_json()) == settings, name
        assert found.title and (found.source or slot == "features" or name == "identity")


def test_what_is_available_is_said():
    assert mdx.available("projection")["tica"] == ""
    with pytest.raises(UserError, match="slots"):
        mdx.available("colour")


def test_an_unknown_method_names_the_known_ones():
    with pytest.raises(UserError, match="tica"):
        method.find("projection", "tikka")
