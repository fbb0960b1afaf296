"""Counts and lists in words."""
import pytest

from mdexplore.base.words import count_of, in_percent, listed, minus


@pytest.mark.parametrize("n, said", [(0, "no frames"), (1, "1 frame"), (2, "2 frames")])
def test_a_count_agrees_with_its_noun(n, said):
    assert count_of(n, "frame") == said


def test_an_irregular_plural_and_a_verb_are_given():
    assert count_of(1, "process is", "processes are") == "1 process is" and count_of(16, "trajectory", "trajectories") == "16 trajectories"


@pytest.mark.parametrize("words, said", [([], ""), ([1], "1"), ([1, 2], "1 and 2"), (["a", "b", "c"], "a, b and c")])
def test_a_list_ends_with_and(words, said):
    assert listed(words) == said


@pytest.mark.parametrize("share, said", [(0.00062, "0.062 %"), (0.021, "2.1 %"), (0.56, "56 %"), (0.9994, "99.9 %"), (1.0, "100 %")])
def test_a_share_is_never_a_power_of_ten(share, said):
    assert in_percent(share) == said


@pytest.mark.parametrize("text, said", [("-0.5 to 2", "−0.5 to 2"), ("[-1, -.5]", "[−1, −.5]"), ("0-5 and 1e-7", "0-5 and 1e-7"), ("--top ALA-5 a/-1.xtc", "--top ALA-5 a/-1.xtc"), ("-0.1 ± 0.2 kT", "−0.1 ± 0.2 kT")])
def test_a_number_below_zero_has_a_minus_and_not_a_hyphen(text, said):
    assert minus(text) == said
