"""What was wanted is judged, said below its table, and gathered in the head of the page."""
from __future__ import annotations

import importlib
import inspect
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
from benchmarks import __main__ as command
from benchmarks import compare
from benchmarks.goals import TOPICS, Goal, at_least, at_most, overview, read
from benchmarks.timing import Table, Times


def found(script, ours, limit=None):
    def times(seconds):
        return Times(seconds, seconds, (seconds, seconds))

    pair = compare.Pair("a thing", len, len, compare.Agreement, goal=4, number=2)
    return compare.Found(pair, times(script), times(ours), None if limit is None else times(limit), (1.0, 2.0), compare.Agreement("same"))


def section(*goals):
    return str(Table("A", ("a",), [("b",)], ["Said."], list(goals)))


def test_a_goal_is_met_at_its_border():
    assert at_least(2, "a", 4.0, 4).met and not at_least(2, "a", 3.99, 4).met
    assert at_most(2, "a", 4.0, 4).met and not at_most(2, "a", 4.01, 4).met


def test_a_number_that_is_none_misses():
    assert not at_most(2, "a", float("nan"), 4).met and not at_least(2, "a", float("nan"), 4).met


def test_a_reason_is_said_only_where_a_goal_was_missed():
    assert "slow" in at_least(2, "a", 3, 4, reason="slow").line() and "slow" not in at_least(2, "a", 5, 4, reason="slow").line()


def test_a_missed_goal_without_a_reason_says_so():
    assert "no reason" in at_least(2, "a", 3, 4).line()


def test_goals_come_back_from_a_section_as_they_were():
    goals = [at_least(2, "frames -> bars --> \"all\" | é", 3, 4, " ms", "a <!-- b -->"), at_most(9, "b", 1e-14, 1e-12)]
    assert read(section(*goals)) == goals


def test_a_table_without_goals_has_none():
    assert read(section()) == []


def test_the_overview_has_every_goal_and_says_what_was_not_measured():
    text = overview([at_least(2, "width | depth", 3, 4, reason="Too wide.")])
    assert "| 2 | width \\| depth | at least 4 | 3 | **missed**: Too wide. |" in text
    assert text.count("not measured yet") == len(TOPICS) - 1 and text.startswith("## Goals")


def test_the_head_follows_a_section_that_is_measured_anew(tmp_path):
    page = tmp_path / "performance.md"
    command.write({"live": section(at_most(9, "dial", 7654, 100)), "lasso": section(at_most(10, "loop", 50, 100))}, page)
    assert "1 of 2 numbers" in page.read_text()
    command.write({"live": section(at_most(9, "dial", 80, 100))}, page)
    text = page.read_text()
    assert "2 of 2 numbers" in text and "7,654" not in text and text.index("| 9 | dial") < text.index("| 10 | loop") < text.index("benchmark live")


def test_a_ratio_that_is_missed_is_laid_beside_the_limit():
    goal, = compare.judged(found(6.0, 2.0, 1.0))
    assert not goal.met and goal.reason == "the limit alone is 6.0 times as fast as the script, so the goal takes 67 % of the limit's speed; 50 % is reached."


def test_a_ratio_without_a_limit_has_no_reason():
    goal, = compare.judged(found(6.0, 2.0))
    assert isinstance(goal, Goal) and not goal.met and goal.reason == ""


def test_a_missed_ratio_is_marked_in_its_row():
    assert "4, missed" in compare.row(found(6.0, 2.0)) and "4" in compare.row(found(8.0, 2.0))


def test_only_growth_and_scale_take_the_number_of_frames_of_the_command():
    takes = [name for name in command.NAMES if "frames" in inspect.signature(importlib.import_module(f"benchmarks.{name}").run).parameters]
    assert takes == ["growth", "scale"]
