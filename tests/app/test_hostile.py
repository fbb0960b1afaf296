"""A short form of the attack on a page: wrong types, absurd sizes and paths that lead out, sent to the widgets of a real kernel."""
from __future__ import annotations

import ast
import asyncio
import sys
from pathlib import Path

import pytest

import mdexplore
from benchmarks.trust.hostile_messages import MOST_MB, Fenced, attack

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


def test_hostile_messages_crash_nothing_and_open_nothing_outside_the_root(tmp_path):
    with Fenced(tmp_path) as server:
        answered, most_mb, wrong = asyncio.run(attack(server.url, 60, server.places, seed=1))
    assert (answered, wrong) == (60, "")
    assert server.breaches() == [] and server.left_outside() == []
    assert most_mb < MOST_MB


def _names(path):
    for node in ast.walk(ast.parse(path.read_text())):
        yield node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else getattr(node, "name", "")


def test_no_widget_takes_a_file_and_no_handler_takes_a_body():
    home = Path(mdexplore.__file__).parent
    assert [path for path in home.rglob("*.py") if "FileUpload" in set(_names(path))] == []
    handlers = [path for path in (home / "app" / "serve").glob("*.py") if {"post", "patch", "delete"} & {node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)}]
    assert handlers == []
