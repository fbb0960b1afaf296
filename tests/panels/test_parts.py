"""The small parts: what is shared by all widgets of a page stays as it is."""
import bqplot as bq
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


def test_a_mark_takes_curves_of_any_length_and_leaves_out_empty_ones():
    mark = bq.Lines(x=[], y=[])
    parts.fill(mark, [((0.0, 1.0), (2.0, 3.0)), (), ((4.0, 5.0), (6.0, 7.0), (8.0, 9.0))])
    assert mark.x.tolist() == [[0, 2, 2], [4, 6, 8]] and mark.y.tolist() == [[1, 3, 3], [5, 7, 9]]
    parts.fill(mark, [()])
    assert mark.x.shape == mark.y.shape == (0,)


def test_an_axis_writes_numbers_below_zero_with_a_minus_wherever_it_is_moved():
    scale = parts.linear(min=0.0, max=2.0)
    axis = parts.axis(scale)
    assert not axis.tick_labels
    scale.min = -2.0
    assert axis.tick_labels["-1.5"] == "−1.5" and "0.5" not in axis.tick_labels
    axis.tick_values = [-1.25, 0.0]
    assert axis.tick_labels["-1.25"] == "−1.25"
