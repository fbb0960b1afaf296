"""Errors and notices can always be shown."""
from mdexplore.base.errors import UserError
from mdexplore.base.notices import Notice


def test_an_error_says_what_why_and_what_to_do():
    error = UserError("A lag time of 50 ns is too long.", "The longest trajectory has 20 ns.", "Choose one below 20 ns.")
    assert str(error) == "A lag time of 50 ns is too long. The longest trajectory has 20 ns. Choose one below 20 ns."


def test_odd_file_names_do_not_break_the_message():
    name = b"run\xff.xtc".decode("utf-8", "surrogateescape")
    for text in (str(UserError(f"{name} is missing.")), str(Notice("warning", name))):
        text.encode("utf-8")
