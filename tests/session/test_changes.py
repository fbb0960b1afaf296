"""What a change of settings makes of a slot."""
import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.base.errors import UserError
from mdexplore.data.frames import FrameIndex
from mdexplore.methods.recipe import Recipe
from mdexplore.session.changes import filled
from mdexplore.session.selection import nearest_to_middle

RECIPE = Recipe.of(features=None, projection="tica", clustering="kmeans", kinetics="msm", lagtime=None, n_states=None, seed=0)


def test_a_setting_changes_and_the_others_stay():
    assert filled(RECIPE, "clustering", {"n_clusters": 7}) == {"clustering": RECIPE.clustering.replace(n_clusters=7)}


def test_another_method_fills_the_slot_before_its_settings_change():
    assert filled(RECIPE, "projection", {"method": "vamp", "dim": 2}) == {"projection": mdx.settings.VAMP(dim=2)}


@pytest.mark.parametrize(("slot", "said"), [("colour", "no slot 'colour'"), ("kinetics", "given as an object")])
def test_what_cannot_be_changed_is_said(slot, said):
    class Odd:
        title = "An object"
    recipe = RECIPE.change(kinetics=RECIPE.kinetics)
    object.__setattr__(recipe, "kinetics", Odd())
    with pytest.raises(UserError, match=said):
        filled(recipe, slot, {"lagtime": 3})


def test_the_frame_in_the_middle_is_the_one_nearest_to_the_mean():
    class Line:
        dim, values = 1, (np.arange(6.0)[:, None], np.array([[2.4]]))
    index = FrameIndex((6, 1))
    assert nearest_to_middle(Line(), index, np.array([0, 4, 5, 6])) == 6   # the mean is 2.85
    assert nearest_to_middle(None, index, np.array([0, 4, 5])) == 4
