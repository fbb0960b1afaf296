"""The small parts: what is shared by all widgets of a page stays as it is."""
import ipywidgets as w
import pytest

from mdexplore.panels import parts


def test_widgets_share_layout_and_style_and_have_their_classes_from_the_start():
    first, second = parts.icon("lasso", "Lasso"), parts.icon("box", "Box", "mdx-more")
    assert first.layout is second.layout and first.style is second.style
    assert second._dom_classes == ("mdx-icon", "mdx-i-box", "mdx-more")


def test_nobody_can_write_to_what_all_share():
    button = parts.icon("lasso", "Lasso")
    with pytest.raises(ValueError, match="shared Layout"):
        button.layout.display = "none"
    button.layout.unobserve_all()
    button.layout.display = None
    parts._plain.clear()


def test_a_layout_of_ones_own_can_be_written_to():
    own = parts.make(w.Button, layout=w.Layout())
    own.layout.display = "none"
    assert parts.icon("lasso", "Lasso").layout.display is None


def test_classes_are_added_once():
    assert parts.classed(parts.icon("lasso", "Lasso"), "mdx-icon", "new")._dom_classes == ("mdx-icon", "mdx-i-lasso", "new")
