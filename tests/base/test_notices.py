"""Notices as a list: a list for programs, and short on the screen."""
from __future__ import annotations

from mdexplore.base.notices import Notice, NoticeList


def many():
    return NoticeList([Notice("info", f"Note {k}.", "Read it.") for k in range(5)] + [Notice("warning", "A warning."), Notice("error", "An error. " + "word " * 60)])


def test_it_is_printed_short_with_the_worst_first():
    said = str(many()).splitlines()
    assert said[0] == "1 error, 1 warning, 5 notes"
    assert said[1].startswith("  error: An error. word") and said[1].endswith(" …") and said[2] == "  warning: A warning."
    assert said[-1] == "  … 3 more: all by .lines()" and len(said) == 6 and max(map(len, said)) <= 102


def test_lines_and_iteration_have_all_in_full():
    lines = many().lines()
    assert len(lines) == len(list(many())) == 7 and lines[0] == f"error: {many()[-1]}"
    assert lines[2:] == [f"info: Note {k}. Read it." for k in range(5)]


def test_few_are_printed_without_a_rest_and_none_as_words():
    assert str(NoticeList([Notice("warning", "One.")])) == "1 warning\n  warning: One."
    assert str(NoticeList()) == "nothing to report"


def test_it_is_a_list():
    assert NoticeList([Notice("info", "a")]) == [Notice("info", "a")]
