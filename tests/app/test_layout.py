"""The root of the app: built headless, every class of the contract once, one palette, every icon drawn."""
from __future__ import annotations

import importlib.util
import re
from collections import Counter
from pathlib import Path

import pytest

import mdexplore
from mdexplore.app import icons, layout
from mdexplore.app.explorer import Explorer
from mdexplore.app.theme import PATH, stylesheet
from mdexplore.base.errors import UserError
from mdexplore.base.notices import Notice
from mdexplore.pictures import palette

PACKAGE = Path(mdexplore.__file__).parent
_spec = importlib.util.spec_from_file_location("mdx_panel_builders", Path(__file__).parents[1] / "panels" / "builders.py")
builders = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(builders)
NAMES = ("structure", "projection", "timescales", "chapman", "network", "trace", "settings", "notices")


@pytest.fixture
def explorer():
    return Explorer(builders.session())


def widgets(root):
    yield root
    for child in getattr(root, "children", ()):
        yield from widgets(child)


def texts(root):
    return "".join(w.value for w in widgets(root) if isinstance(getattr(w, "value", None), str) and "<style>" not in w.value)


def test_every_panel_of_the_contract_is_there_once(explorer):
    found = Counter(name for widget in widgets(explorer) for name in widget._dom_classes)
    assert {name: found[f"mdx-panel-{name}"] for name in NAMES} == dict.fromkeys(NAMES, 1)
    assert found["mdx-tool-lasso"] == 1


def test_every_panel_could_be_made(explorer):
    assert not [p.name for p in explorer.panels.values() if isinstance(p, layout.BrokenPanel)]


def test_a_panel_that_does_not_exist_is_answered_with_those_that_do(explorer):
    with pytest.raises(UserError, match="projection, structure"):
        explorer.panels["foo"]
    assert "foo" not in explorer.panels
    assert explorer.panels.get("foo") is None


def test_facts_of_the_contract_are_there_once(explorer):
    said = texts(explorer)
    assert said.count('class="mdx-selected-count">0<') == 1
    assert said.count('class="mdx-lagtime">100 ps<') == 1
    assert said.count("mdx-progress") == 1


def test_the_count_holds_digits_only(explorer):
    explorer.select(range(700))
    assert '<b class="mdx-selected-count">700</b>' in texts(explorer)


def test_a_panel_that_breaks_leaves_the_others_alone(monkeypatch):
    monkeypatch.setattr(layout, "GRID", (("projection", "mdexplore.panels.no_such", "Projection"), *layout.GRID[1:]))
    made = Explorer(builders.session())
    assert isinstance(made.panels["projection"], layout.BrokenPanel)
    assert "no_such" in texts(made.panels["projection"].widget)
    assert not isinstance(made.panels["network"], layout.BrokenPanel)


def test_undo_and_redo_are_off_while_there_is_nothing_to_take_back(explorer):
    undo, redo = (next(w for w in widgets(explorer) if name in w._dom_classes) for name in ("mdx-undo", "mdx-redo"))
    assert undo.disabled and redo.disabled
    explorer.select([1, 2])
    undo.click()
    assert undo.disabled and not redo.disabled and explorer.selection.n == 0


def fold(explorer, name):
    return next(w for w in widgets(explorer) if name in w._dom_classes)


def test_the_button_of_the_rail_says_at_each_width_what_it_does_next(explorer):
    wide, narrow = fold(explorer, "mdx-if-wide"), fold(explorer, "mdx-if-narrow")
    assert (wide.tooltip, narrow.tooltip) == ("Hide the settings", "Show the settings")
    wide.click()
    assert (wide.tooltip, narrow.tooltip) == ("Show the settings", "Show the settings")
    narrow.click()
    assert (wide.tooltip, narrow.tooltip) == ("Show the settings", "Hide the settings")
    wide.click()
    narrow.click()
    assert (wide.tooltip, narrow.tooltip) == ("Hide the settings", "Show the settings")


def test_warnings_are_counted_in_the_top_bar_and_a_click_opens_the_rail_where_they_stand(explorer):
    warned = next(w for w in widgets(explorer) if "mdx-warned" in w._dom_classes)
    assert "mdx-hidden" in warned._dom_classes
    explorer.session.notices = [Notice("warning", "one"), Notice("info", "two"), Notice("warning", "three")]
    assert (warned.description, "mdx-hidden" in warned._dom_classes) == ("2 warnings", False)
    explorer._root.add_class("mdx-rail-folded")
    for _ in range(2):   # once it is open it stays open
        warned.click()
        assert "mdx-rail-folded" not in explorer._root._dom_classes and "mdx-rail-opened" in explorer._root._dom_classes
    explorer.session.notices = [Notice("error", "four")]
    assert warned.description == "1 error" and "mdx-i-error" in warned._dom_classes and "mdx-i-warning" not in warned._dom_classes
    explorer.session.notices = []
    assert "mdx-hidden" in warned._dom_classes


def test_a_rail_that_is_folded_on_a_wide_page_is_not_opened_on_a_narrow_one(explorer):
    fold(explorer, "mdx-if-wide").click()
    assert "mdx-rail-folded" in explorer._root._dom_classes and "mdx-rail-opened" not in explorer._root._dom_classes


def test_names_of_the_users_are_escaped():
    session = builders.session()
    session.data.name = "<script>alert(1)</script>"
    assert "<script>" not in texts(Explorer(session))


def test_states_have_the_same_colours_in_the_page_and_in_images():
    css = PATH.read_text()
    for place, color in enumerate(palette.STATES):
        assert re.findall(rf"--mdx-s{place}: (#\w+)", css) == [color]
    assert re.findall(r"--mdx-outside: (#\w+)", css) == [palette.OUTSIDE]


def test_every_variable_that_is_used_is_defined():
    defined = set(re.findall(r"(--mdx-[\w-]+):", PATH.read_text()))
    source = PATH.read_text() + "".join(p.read_text() for p in PACKAGE.rglob("panels/*.py"))
    assert set(re.findall(r"var\((--mdx-[\w-]+)\)", source)) <= defined


def test_every_icon_that_is_used_is_drawn():
    source = "".join(p.read_text() for folder in ("panels", "app") for p in PACKAGE.glob(f"{folder}/*.py"))
    assert set(re.findall(r'\bicon\(\s*"([\w-]+)"', source)) <= set(icons.ICONS)


def test_nothing_is_loaded_from_elsewhere():
    assert not re.findall(r"(?:url\(|@import)\s*[\"']?https?:", stylesheet())


def test_braces_of_the_style_sheet_balance():
    assert stylesheet().count("{") == stylesheet().count("}")
