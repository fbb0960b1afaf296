"""What is wanted of the speed, what was found, and why it was missed where it was; kept in docs/performance.md so that one section can be measured anew."""
from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

MARK, MARK_END = "<!-- goal ", " -->"
WITHOUT_REASON = "These numbers show no reason."
TOPICS = {
    1: "the whole pipeline, a million frames of 30 features and 200 microstates",
    2: "covariances of frames and frames a lag time later, as TICA needs them",
    3: "TICA at ten lag times in one pass",
    4: "k-means, and the nearest centre of every frame",
    5: "reversible Markov models",
    6: "effective counts",
    7: "the first error bar of every timescale",
    8: "pathways of a reactive flux",
    9: "moving the lag time at a million frames and 200 microstates",
    10: "from a lasso to all panels, and from a click to coordinates",
    11: "opening a project a second time",
    12: "numerical libraries that were told to use many threads",
    13: "the import",
    14: "an epoch of VAMPnet training",
    15: "tasks on a dask cluster",
    16: "k-means again at a million frames and 200 microstates",
    17: "100 million frames of 50 features, from files to panels",
    18: "from the command to what a browser shows",
}


@dataclass(frozen=True)
class Goal:
    """A number that was wanted, and what was found.

    Parameters
    ----------
    number : int
        A key of `TOPICS`.
    what, wanted, found : str
        In words: what was measured and at which size.
    met : bool
    reason : str
        Why it was missed, from numbers that the same section shows; said only where it was missed.
    """

    number: int
    what: str
    wanted: str
    found: str
    met: bool
    reason: str = ""

    @property
    def verdict(self) -> str:
        return "met" if self.met else f"**missed**: {self.reason or WITHOUT_REASON}"

    def line(self) -> str:
        """A line of the list below a table."""
        return f"- Goal {self.number}, {self.what}: wanted {self.wanted}, found {self.found}, {self.verdict}"

    def comment(self) -> str:
        """The same for `read`, invisible on the page."""
        return MARK + json.dumps(asdict(self), ensure_ascii=False).replace(">", "\\u003e") + MARK_END


def at_least(number: int, what: str, found: float, wanted: float, unit: str = "", reason: str = "") -> Goal:
    """A goal that is met from a number upwards."""
    return Goal(number, what, f"at least {say(wanted)}{unit}", f"{say(found)}{unit}", bool(found >= wanted), reason)


def at_most(number: int, what: str, found: float, wanted: float, unit: str = "", reason: str = "") -> Goal:
    """A goal that is met from a number downwards."""
    return Goal(number, what, f"at most {say(wanted)}{unit}", f"{say(found)}{unit}", bool(found <= wanted), reason)


def say(value: float) -> str:
    """Three digits."""
    return f"{value:,.0f}" if 1000 <= abs(value) < 1e7 else f"{value:.3g}"


def read(text: str) -> list[Goal]:
    """The goals of a section, as `Goal.comment` wrote them."""
    parts = [part.partition(MARK_END)[0] for part in text.split(MARK)[1:]]
    return [Goal(**json.loads(part)) for part in parts]


def listed(goals: Sequence[Goal]) -> list[str]:
    """What stands below a table: a list for people, and comments for `read`."""
    return ["\n".join([*[goal.line() for goal in goals], *[goal.comment() for goal in goals]])] if goals else []


def overview(goals: Sequence[Goal]) -> str:
    """All goals in one table, by number; one that no section speaks of is not measured yet."""
    lines = ["## Goals", "", _said(goals), "", "| | goal | wanted | found | |", "|---|---|---|---|---|"]
    for number, topic in TOPICS.items():
        own = [goal for goal in goals if goal.number == number]
        lines += [_row(number, goal.what, goal.wanted, goal.found, goal.verdict) for goal in own] or [_row(number, topic, "", "", "not measured yet")]
    return "\n".join(lines)


def _said(goals: Sequence[Goal]) -> str:
    met = sum(goal.met for goal in goals)
    return (f"{met} of {len(goals)} numbers that were wanted are met. Ratios are processor times of a script, by mdtraj and deeptime as their documentation does it, over those of mdexplore. "
            "They were set from what had been measured on another machine, where the script may have been slower or faster.")


def _row(number: int, *cells: str) -> str:
    return "| " + " | ".join([str(number), *[cell.replace("|", "\\|") for cell in cells]]) + " |"
