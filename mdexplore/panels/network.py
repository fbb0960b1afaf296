"""The state network: populations, passage times and rates, the selection's share of each state, and reactive flux between chosen ends."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import bqplot as bq
import numpy as np

from mdexplore.panels.panel import Panel
from mdexplore.panels.parts import (
    ACCENT,
    EDGE,
    INK,
    INK2,
    INK3,
    SURFACE,
    choice,
    escape,
    figure,
    icon,
    linear,
    markup,
    press,
    set_class,
)
from mdexplore.pictures.framing import frame
from mdexplore.pictures.labelling import LINE
from mdexplore.pictures.network import (
    HEIGHT,
    WIDTH,
    Edge,
    NetworkPicture,
    Node,
    Quantity,
    network_picture,
    selected_shares,
)
from mdexplore.pictures.palette import soft_css, state_css
from mdexplore.pictures.runs import even

QUANTITIES: dict[str, Quantity] = {"mean first passage": "time", "rate": "rate"}
NODE_INK = "var(--mdx-node-ink)"
FAINT = 0.6      # opacity of what rests on few passages
HIT_AREA, HITS = 260, (0.3, 0.4, 0.5, 0.6, 0.7)   # discs along each edge, wide enough for a mouse


class Network(Panel):
    """Metastable states and what goes between them."""

    name, title = "network", "State network"
    needs = ("coarse",)
    wants = ("clustering", "kinetics", "flux")
    wakes = ("ends",)

    def build(self) -> tuple[Sequence[Any], Sequence[Any]]:
        self._picture: NetworkPicture | None = None
        self._pending: int | None = None     # the source, while the sink has yet to be chosen
        self._is_choosing = False
        self._said = ""
        self._quantity = choice(list(QUANTITIES), tip="What the edges say")
        self._layout = icon("layout", "Place states by layout, not as on the projection")
        self._flux = icon("flux", "Reactive flux: click the source, then the sink")
        self._quantity.observe(self.gesture(lambda _: self._again()), "value")
        self._layout.on_click(self.gesture(lambda _: self._toggle_layout()))
        self._flux.on_click(self.gesture(lambda _: self._toggle_flux()))
        self._is_on_projection = True
        self._caption = markup("", "mdx-cap")
        return [self._quantity, self._layout, self._flux], [self._make_figure(), self._caption]

    def _make_figure(self) -> bq.Figure:
        self._x, self._y = linear(min=0.0, max=WIDTH), linear(min=0.0, max=HEIGHT)
        scales = {"x": self._x, "y": self._y}
        self._on: dict[str, Any] = {"scales": scales, "apply_clip": False}   # texts stand in the margins
        self._heads = bq.Lines(x=[], y=[], **self._on, fill="inside", close_path=True, fill_colors=[EDGE], colors=[EDGE], stroke_width=0)
        self._ring = bq.Scatter(x=[], y=[], **self._on, colors=["transparent"], stroke=ACCENT, stroke_width=2.5, default_size=100)
        self._nodes = bq.Scatter(x=[], y=[], scales={**scales, "size": linear(min=0.0, max=1.0)}, apply_clip=False, stroke=SURFACE, default_size=100)
        self._hits = bq.Scatter(x=[], y=[], **self._on, default_opacities=[0], colors=["transparent"], stroke="transparent", default_size=HIT_AREA)
        text = {**self._on, "align": "middle"}
        self._numbers = bq.Label(x=[], y=[], text=[], font_weight="bold", default_size=14, **text)
        # Marks are taken up again by the next picture, and those it has no use for hidden: to make them takes longest.
        self._kept: dict[str, list[Any]] = {"lines": [], "populations": [], "intervals": []}
        self._pies: list[bq.Pie] = []
        self._populations: list[bq.Label] = []
        self._intervals: list[bq.Label] = []
        self._labels = bq.Label(x=[], y=[], text=[], font_weight="normal", default_size=11, colors=[INK2], **text)
        self._nodes.on_element_click(self.gesture(lambda _, event: self._click_node(int(event["data"]["index"]))))
        self._nodes.on_hover(self.gesture(lambda _, event: self._tell_node(int(event["data"]["index"]))))
        self._hits.on_element_click(self.gesture(lambda _, event: self._tell_edge(int(event["data"]["index"]) // len(HITS))))
        self._hits.on_hover(self.gesture(lambda _, event: self._tell_edge(int(event["data"]["index"]) // len(HITS))))
        self._figure = figure([], margin=(4, 4, 4, 4))
        return self._figure

    # -- drawing ----------------------------------------------------------------------------------------------------------------------

    def draw(self) -> None:
        results = self.session.results
        coarse, ends = results["coarse"], self.session.ends
        if ends is not None:
            self._is_choosing, self._pending = False, None
        if self._pending is not None and self._pending >= coarse.n_states:
            self._pending = None
        picture = network_picture(coarse, results.get("clustering"), results.get("kinetics"), quantity=QUANTITIES[self._quantity.value],
                                  on_projection=self._is_on_projection, flux=results.get("flux") if ends is not None else None, ends=ends)
        press(self._flux, self._is_choosing or ends is not None)
        press(self._layout, not self._is_on_projection)
        is_flux = self._is_choosing or ends is not None    # edges then say shares of the flux
        set_class(self._quantity, "mdx-hidden", is_flux)
        self._say_mode(picture)
        self._say_unit(picture.unit)
        if picture == self._picture:
            return
        self._picture, self._said = picture, ""
        self._draw_frame(picture)
        self._caption.value = escape(picture.caption)
        gone = self._pies
        self._draw_nodes(picture)
        self._draw_edges(picture.edges)
        for pie in gone:
            pie.close()
        self._ring_source()

    def _draw_frame(self, picture: NetworkPicture) -> None:
        around = frame(picture, (WIDTH, HEIGHT))
        for scale, low, high in ((self._x, around.x0, around.x1), (self._y, around.y0, around.y1)):
            with scale.hold_sync():
                scale.min, scale.max = low, high
        margin = {"top": around.top, "right": around.right, "bottom": around.bottom, "left": around.left}
        if self._figure.fig_margin != margin:
            self._figure.fig_margin = margin

    def _draw_nodes(self, picture: NetworkPicture) -> None:
        x, y = np.array([n.x for n in picture.nodes]), np.array([n.y for n in picture.nodes])
        areas = np.pi * np.array([n.radius for n in picture.nodes]) ** 2
        colors = [state_css(n.color) for n in picture.nodes]
        # The size scale runs from 0 to the largest area, so that a disc's area in pixels is what the picture says.
        self._nodes.scales["size"].max = float(areas.max())
        with self._nodes.hold_sync():
            self._nodes.default_size, self._nodes.colors = round(float(areas.max())), colors
            self._nodes.x, self._nodes.y, self._nodes.size = x, y, areas
        self._pies = [self._pie(n) for n in picture.nodes]
        _write(self._numbers, x, y, [n.number for n in picture.nodes])
        # Discs keep their size in pixels when the cell shrinks, so the text keeps its distance in pixels, too.
        with_interval = [n for n in picture.nodes if n.small]
        self._populations = self._enough("populations", len(picture.nodes), self._population)
        self._intervals = self._enough("intervals", len(with_interval), self._interval)
        for n, label in zip(picture.nodes, self._populations):
            _write_beside(label, n, n.text, -LINE / 2 if n.small else 0)
        for n, label in zip(with_interval, self._intervals):
            _write_beside(label, n, n.small, LINE / 2)

    def _enough(self, kind: str, n: int, make: Callable[[], Any]) -> list[Any]:
        """The first n marks of a kind, where there are too few with new ones; the others are hidden."""
        kept = self._kept[kind]
        kept.extend(make() for _ in range(n - len(kept)))
        for k, mark in enumerate(kept):
            mark.visible = k < n
        return kept[:n]

    def _pie(self, node: Node) -> bq.Pie:
        """A new one each time: in bqplot 0.12.45 the radius of one that is drawn cannot be changed."""
        return bq.Pie(sizes=[0.0, 1.0], x=node.x, y=node.y, **self._on, radius=node.radius, colors=[state_css(node.color), soft_css(node.color)], stroke="transparent",
                      display_labels="none", sort=False)

    def _population(self) -> bq.Label:
        return bq.Label(**self._on, align="middle", font_weight="bold", default_size=12, colors=[INK])

    def _interval(self) -> bq.Label:
        return bq.Label(**self._on, align="middle", font_weight="normal", default_size=10, colors=[INK3])

    def _line(self) -> bq.Lines:
        return bq.Lines(x=[], y=[], **self._on, colors=[EDGE])

    def _draw_edges(self, edges: Sequence[Edge]) -> None:
        lines = self._enough("lines", len(edges), self._line)
        for e, line in zip(edges, lines):
            with line.hold_sync():
                line.x, line.y = np.array([p[0] for p in e.curve]), np.array([p[1] for p in e.curve])
                line.stroke_width, line.line_style, line.opacities = e.width, "dashed" if e.is_uncertain else "solid", [FAINT if e.is_uncertain else 1.0]
        xs, ys = even([e.head for e in edges])
        with self._heads.hold_sync():
            self._heads.x, self._heads.y = xs, ys
            self._heads.fill_colors = self._heads.colors = [EDGE] * max(len(edges), 1)
            self._heads.fill_opacities = [FAINT if e.is_uncertain else 1.0 for e in edges] or [1.0]
        shown = [e for e in edges if e.label]
        _write(self._labels, np.array([e.label_x for e in shown]), np.array([e.label_y for e in shown]), [e.label for e in shown])
        spots = np.array([e.curve[int(s * (len(e.curve) - 1))] for e in edges for s in HITS]).reshape(-1, 2)
        with self._hits.hold_sync():
            self._hits.x, self._hits.y = spots[:, 0], spots[:, 1]
        # Nodes lie over the hit discs: a click where both are means the node.
        kept = self._kept
        self._figure.marks = [*kept["lines"], self._heads, self._labels, self._hits, *self._pies, self._ring, self._nodes, self._numbers, *kept["populations"], *kept["intervals"]]

    def show_selection(self) -> None:
        """Fill each node by the share of its frames that is selected."""
        if self._picture is None:
            return
        selection, n = self.session.selection, len(self._picture.nodes)
        states = self.session.states
        is_shaded = selection.n > 0 and states is not None
        shares = selected_shares(states, selection.mask, n) if selection.n > 0 and states is not None else (0.0,) * n
        for pie, share in zip(self._pies, shares):
            pie.sizes = [share, 1.0 - share]
        # The discs still take the clicks while the pies below them are seen.
        self._nodes.opacities = [0.0 if is_shaded else 1.0] * n
        # White on a pale disc could not be read.
        self._numbers.colors = [INK if is_shaded and share < 0.6 else NODE_INK for share in shares]

    def _say_mode(self, picture: NetworkPicture) -> None:
        if self._is_choosing:
            self.say("flux: click its source" if self._pending is None else f"flux from state {self._pending + 1}: click its sink")
        elif self.session.ends is not None and "flux" not in self.session.results:
            self.say("computing the flux …")
        else:
            self.say(picture.subtitle)

    def _say_unit(self, unit: str) -> None:
        """Write the unit that all edges share once, behind what they say."""
        set_class(self._quantity, "mdx-with-unit", bool(unit))
        power = {"time": unit, "rate": f"{unit}⁻¹"}
        options = tuple((f"{name} / {power[kind]}" if unit else name, name) for name, kind in QUANTITIES.items())
        if tuple(self._quantity.options) != options:
            chosen = self._quantity.value
            self._quantity.options = options
            self._quantity.value = chosen

    def _ring_source(self) -> None:
        node = None if self._pending is None or self._picture is None else self._picture.nodes[self._pending]
        with self._ring.hold_sync():
            self._ring.x, self._ring.y = ([], []) if node is None else ([node.x], [node.y])
            if node is not None:
                self._ring.default_size = round(np.pi * (node.radius + 4) ** 2)

    # -- gestures ---------------------------------------------------------------------------------------------------------------------

    def _click_node(self, state: int) -> None:
        if self._picture is None or not 0 <= state < len(self._picture.nodes):
            return
        if not self._is_choosing:
            self.session.select_state(state, source="network")
        elif self._pending is None:
            self._pending = state
            self._again()
        elif self._pending != state:
            source, self._pending, self._is_choosing = self._pending, None, False
            self._ring_source()
            self.session.choose_ends([source], [state])

    def _tell_edge(self, number: int) -> None:
        if self._picture is None or not 0 <= number < len(self._picture.edges):
            return
        self._tell(self._picture.edges[number].says)

    def _tell_node(self, state: int) -> None:
        if self._picture is not None and 0 <= state < len(self._picture.nodes):
            self._tell(self._picture.nodes[state].says)

    def _tell(self, says: str) -> None:
        if says != self._said:
            self._said = says
            self._caption.value = escape(says)

    def _toggle_layout(self) -> None:
        self._is_on_projection = not self._is_on_projection
        self._again()

    def _toggle_flux(self) -> None:
        if self._is_choosing or self.session.ends is not None:
            self._is_choosing, self._pending = False, None
            if self.session.ends is not None:
                self.session.choose_ends(None)
        else:
            self._is_choosing = len(self._picture.nodes) > 1 if self._picture is not None else False
            if not self._is_choosing:
                self._caption.value = escape("flux needs two states")
        self._again()

    def _again(self) -> None:
        if self.is_ready:
            with self.drawing():
                self.draw()
                self._ring_source()
                self.show_selection()


def _write_beside(label: bq.Label, node: Node, text: str, down: float) -> None:
    with label.hold_sync():
        label.x, label.y, label.text = [node.x], [node.y], [text]
        label.x_offset, label.y_offset = round(node.text_x - node.x), round(node.y - node.text_y + down)


def _write(label: bq.Label, x: np.ndarray, y: np.ndarray, text: Sequence[str]) -> None:
    with label.hold_sync():
        label.x, label.y, label.text = x, y, list(text)
