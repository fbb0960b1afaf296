"""Titles for files."""
from __future__ import annotations

import pytest

from mdexplore.data.sources import common_name


@pytest.mark.parametrize(("names", "title"), [
    (["ala2-00.xtc", "ala2-09.xtc"], "ala2"),
    (["ala2-00.xtc", "ala2-15.xtc"], "ala2"),
    (["run1.dcd", "run2.dcd", "run10.dcd"], "run"),
    (["run10.dcd", "run11.dcd"], "run"),
    (["ala-1.dcd", "ala-2.dcd"], "ala"),
    (["1abc_a.xtc", "1abc_b.xtc"], "1abc"),
    (["villin.xtc"], "villin"),
    (["1.xtc", "2.xtc"], "1"),
])
def test_the_title_is_what_names_share_without_their_running_number(names, title):
    assert common_name(names) == title
