"""Keys say what is stale and what is shared."""
import pytest

import mdexplore as mdx
from mdexplore.base.errors import UserError
from mdexplore.base.units import TimeUnit
from mdexplore.methods.recipe import PARENTS, STEPS, Recipe

UNIT = TimeUnit(0.02)


def changed(before, after):
    return {step for step in STEPS if before.key(step, "data", UNIT) != after.key(step, "data", UNIT)}


def test_equal_recipes_have_equal_keys():
    assert changed(Recipe.of(), Recipe.of()) == set()
    assert changed(Recipe.of(lagtime=5), Recipe.of(lagtime="0.1 ns")) == set()


def test_the_lag_dial_leaves_all_fits_alone():
    after = Recipe.of().change(kinetics=mdx.settings.MSM(lagtime=5))
    assert changed(Recipe.of(), after) == {"timescales", "kinetics", "coarse", "chapman", "bootstrap", "posterior"}


def test_a_new_projection_makes_all_that_follows_stale():
    after = Recipe.of().change(projection=mdx.settings.TICA(dim=3))
    assert changed(Recipe.of(), after) == set(STEPS) - {"features"}


def test_the_number_of_states_changes_only_the_coarse_steps():
    assert changed(Recipe.of(), Recipe.of(n_states=4)) == {"coarse", "chapman"}


def test_the_studys_lag_time_is_inherited_where_settings_give_none():
    recipe = Recipe.of(projection=mdx.settings.TICA(lagtime=3), lagtime="0.2 ns")
    assert recipe.lag_of("projection", UNIT) == 3 and recipe.lag_of("kinetics", UNIT) == 10


def test_settings_in_the_wrong_slot_are_refused():
    with pytest.raises(UserError, match="projection"):
        Recipe.of(clustering=mdx.settings.TICA())
    with pytest.raises(UserError, match="No feature"):
        Recipe.of(features=[])
    with pytest.raises(UserError):
        Recipe.of(lagtime=0.5)
    with pytest.raises(UserError, match="cannot fill"):
        Recipe.of(projection=42)


def test_every_step_needs_only_steps_before_it():
    for step, parents in PARENTS.items():
        assert all(STEPS.index(p) < STEPS.index(step) for p in parents)
