"""Numbers as people write them."""
import pytest

from mdexplore.base.errors import UserError
from mdexplore.base.typed import count_in, number_in


@pytest.mark.parametrize(("text", "number"), [(" 6,4 ", 6.4), ("1,5", 1.5), ("0,125", 0.125), ("-12,3456", -12.3456), ("1234,567", 1234.567), ("1e-3", 0.001), ("1234", 1234.0)])
def test_numbers_are_read_as_people_write_them(text, number):
    assert number_in(text, "Measured") == number


@pytest.mark.parametrize("text", ["1,234", "-12,500", "+999,000"])
def test_a_comma_that_may_group_thousands_is_asked_back(text):
    with pytest.raises(UserError, match="two ways") as refused:
        number_in(text, "Measured")
    assert text.replace(",", "") in refused.value.do and text.replace(",", ".") in refused.value.do


@pytest.mark.parametrize("text", ["x", "", "1,234,567", "1.234,5", "6 Hz", "1_000", "1_0,5"])
def test_what_is_no_number_is_refused_by_name(text):
    with pytest.raises(UserError, match=f"Measured: '{text}' is not a number"):
        number_in(text, "Measured")


@pytest.mark.parametrize("text", ["0", "", "-3", "1.5", "²", "many", "9" * 5000])
def test_what_counts_nothing_is_refused_by_name(text, monkeypatch):
    monkeypatch.setenv("MDEXPLORE_LIMITS", "text=0")
    with pytest.raises(UserError, match="no number of starts"):
        count_in(text, "starts", "starts")


def test_a_count_is_held_to_its_limit():
    assert count_in(" 12 ", "starts", "starts") == 12
    with pytest.raises(UserError, match="'starts'"):
        count_in("101", "starts", "starts")


def test_a_number_that_was_copied_from_the_page_is_read_with_its_minus_sign():
    assert number_in("−0.55", "Centres") == -0.55
