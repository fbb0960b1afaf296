"""The only module that knows nglview: one molecule, and copies of it laid over each other."""
from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mdexplore.panels.frontend import agree
from mdexplore.panels.parts import classed
from mdexplore.pictures.pdbtext import CHAINS, pdb_text
from mdexplore.pictures.structure import LEVELS, Layer

if TYPE_CHECKING:
    import mdtraj as md

# Sent once. The page itself keeps NGL as large as its cell, and tells when a frame has been drawn: `requestAnimationFrame` stands still in a hidden tab.
_AT_HOME = """(function(view) {
  if (view.mdxAtHome) return;
  view.mdxAtHome = true;
  var fitted = false;
  var fit = function() {
    var box = view.el.getBoundingClientRect();
    if (box.width < 10 || box.height < 10) return;
    var inner = view.stage.viewer.container.style;
    inner.width = '100%'; inner.height = '100%';
    view.stage.handleResize();
    if (fitted || !view.stage.compList.length) return;
    fitted = true;
    if (view.mdxCamera) view.stage.viewerControls.orient(view.mdxCamera);
    else view.stage.compList[0].autoView();
  };
  new ResizeObserver(fit).observe(view.el);
  fit();
  var show = view.handleBinarySingle;
  view.handleBinarySingle = function(message) {
    show.call(view, message);
    requestAnimationFrame(function() { view.send({type: 'mdx-drawn'}); });
  };
})(this)"""


class Viewer:
    """A molecule in NGL.

    Parameters
    ----------
    topology : mdtraj.Topology
    first : ndarray, shape (n_atoms, 3)
        Positions at the start, Angstrom.
    copy_atoms : ndarray of int
        Atoms that a copy shows.

    Raises
    ------
    UserError
        If nglview cannot draw in this environment.

    Attributes
    ----------
    widget : nglview.NGLWidget
    """

    def __init__(self, topology: md.Topology, first: np.ndarray, copy_atoms: np.ndarray) -> None:
        agree()
        nglview = _imported()

        self._topology, self._copy_atoms = topology, copy_atoms
        self._one = np.asarray(first, np.float32)
        self._many: np.ndarray | None = None
        self._n_layers, self._copies_shown = 0, False
        self._marked: tuple[tuple[int, ...], ...] | None = None   # None until atoms are first marked
        self._copy_colors: tuple[str, ...] = ()
        self._drawn: list[Callable[[], None]] = []
        self._camera: list[float] = []   # one that the page has not taken up yet
        # Without a representation of its own NGL stays blank until `center`.
        self.widget = classed(nglview.NGLWidget(default_representation=False), "mdx-ngl")
        self.widget.add_trajectory(_source(pdb_text(topology, [self._one]), lambda: self._one), default_representation=False)
        self.widget.parameters = {"backgroundColor": "white", "clipNear": 0, "clipDist": 0, "fogNear": 100, "fogFar": 100, "sampleLevel": 0, "hoverTimeout": -1}
        self.widget._js(_AT_HOME, fire_embed=True)
        self.widget.observe(self._component_came, "n_components")
        self.widget.on_msg(self._told)

    def show(self, positions: np.ndarray) -> None:
        """Move the molecule; shape (n_atoms, 3), Angstrom."""
        self._one = np.asarray(positions, np.float32)
        self.widget.set_coordinates({0: self._one.ravel()})

    def represent(self, layers: Sequence[Layer], color: str) -> None:
        """Draw the molecule by these layers, in one of NGL's colour schemes or a colour ``"#rrggbb"``."""
        self.widget._remote_call("removeAllRepresentations", target="compList", kwargs={"component_index": 0})
        for layer in layers:
            self.widget._remote_call("addRepresentation", target="compList", args=[layer.kind],
                                     kwargs={"component_index": 0, "sele": layer.selection, "color": color, **layer.parameters})
        self._n_layers = len(layers)
        self._add_marks()

    def recolor(self, color: str) -> None:
        """Another colour for the same layers; not kept in nglview's archive of calls, which is sent anew at each entry."""
        for number in range(self._n_layers):
            self.widget._remote_call("setParameters", target="Representation", kwargs={"component_index": 0, "repr_index": number, "color": color}, fire_once=True)

    def mark(self, levels: Sequence[Sequence[int]]) -> None:
        """Mark atoms with translucent spheres over whatever represents the molecule, by levels from faint to strong; nothing takes the marks away."""
        wanted = tuple(tuple(atoms) for atoms in levels) or ((),) * len(LEVELS)
        is_first = self._marked is None
        if wanted == self._marked or (is_first and not any(wanted)):
            return
        self._marked = wanted
        if is_first:
            self._add_marks()
        else:
            self._send_marks()

    def center(self) -> None:
        """Bring the whole molecule into view."""
        self.widget.center(component=0)

    @property
    def camera(self) -> list[float]:
        """Where one looks from: a matrix of 16 numbers, row by row as NGL has them; empty before the page has drawn."""
        return list(self._camera or self.widget._camera_orientation)

    def look_from(self, camera: Sequence[float]) -> None:
        """Look from where `camera` said; what is no such matrix is passed over."""
        matrix = np.asarray(camera, float)
        if matrix.shape != (16,) or not np.isfinite(matrix).all() or np.abs(matrix).max() > 1e6 or abs(np.linalg.det(matrix.reshape(4, 4))) < 1e-9:
            return
        self._camera = matrix.tolist()
        # Until the page has drawn the molecule, NGL would bring all of it into view.
        self.widget._js(f"this.mdxCamera = {self._camera};")
        self.widget._set_camera_orientation(self._camera)

    def show_copies(self, positions: np.ndarray, colors: Sequence[str], is_bold: bool = False) -> None:
        """Lay copies over the molecule: one component, one chain letter a copy; always the same number of them.

        Parameters
        ----------
        positions : ndarray, shape (n_copies, n_copy_atoms, 3)
            Angstrom.
        colors : sequence of str
            ``"#rrggbb"`` of the copies that are drawn; those after them stay unseen.
        is_bold : bool
            As sticks beside the molecule, not as a crowd of lines.
        """
        is_first, many = self._many is None, np.asarray(positions, np.float32)
        self._many = many
        if is_first:
            text = pdb_text(self._topology, _apart(many), self._copy_atoms)
            self.widget.add_trajectory(_source(text, lambda: self._many), default_representation=False)
        else:
            self.widget.set_coordinates({1: many.ravel()})
        self.recolor_copies(colors, is_bold)
        self._set_copies_visible(True)

    def recolor_copies(self, colors: Sequence[str], is_bold: bool = False) -> None:
        """Other colours for the copies, one representation a colour; nothing is sent where they have not changed."""
        wanted = (*colors, *(["bold"] if is_bold else []))
        if self._many is None or wanted == self._copy_colors:
            return
        is_first, self._copy_colors = not self._copy_colors, wanted
        if not is_first:
            self.widget._remote_call("removeAllRepresentations", target="compList", kwargs={"component_index": 1}, fire_once=True)
        names = {self._topology.atom(int(i)).name for i in self._copy_atoms}
        kind, options = ("tube", {"radius": 0.2}) if names <= {"CA", "P"} else ("line", {"linewidth": 2, "multipleBond": "off"})
        if is_bold and kind == "line":
            kind, options = "licorice", {"radius": 0.1, "multipleBond": "off"}
        for color in dict.fromkeys(colors):
            chains = " or ".join(f":{CHAINS[k % len(CHAINS)]}" for k, c in enumerate(colors) if c == color)
            self.widget._remote_call("addRepresentation", target="compList", args=[kind], fire_once=not is_first,
                                     kwargs={"component_index": 1, "sele": chains, "color": color, "opacity": 1.0 if is_bold else 0.6, **options})

    def hide_copies(self) -> None:
        """Show the molecule alone."""
        if self._many is not None:
            self._set_copies_visible(False)

    def on_drawn(self, callback: Callable[[], None]) -> None:
        """Call back when the page has drawn a frame."""
        self._drawn.append(callback)

    def _set_copies_visible(self, is_visible: bool) -> None:
        if is_visible != self._copies_shown:
            self._copies_shown = is_visible
            self.widget._remote_call("setVisibility", target="compList", args=[is_visible], kwargs={"component_index": 1}, fire_once=True)

    def _add_marks(self) -> None:
        for color, atoms in zip(LEVELS, self._marked or ()):
            self.widget._remote_call("addRepresentation", target="compList", args=["spacefill"],
                                     kwargs={"component_index": 0, "sele": _atoms(atoms), "color": color, "radiusScale": 0.45, "opacity": 0.65})

    def _send_marks(self) -> None:
        for number, atoms in enumerate(self._marked or ()):
            self.widget._remote_call("setSelection", target="Representation", args=[_atoms(atoms)], kwargs={"component_index": 0, "repr_index": self._n_layers + number}, fire_once=True)

    def _component_came(self, change: Any) -> None:
        # Frames that were sent while the page was still loading the molecule are lost.
        if change["new"] >= 1:
            self.widget.set_coordinates({0: self._one.ravel()})
            self._send_marks()
            if self._camera:
                self.widget._set_camera_orientation(self._camera)
                self._camera = []
        if change["new"] >= 2 and self._many is not None:
            self.widget.set_coordinates({1: self._many.ravel()})

    def _told(self, _: Any, content: Any, buffers: Any) -> None:
        if isinstance(content, dict) and content.get("type") == "mdx-drawn":
            for callback in self._drawn:
                callback()


def _atoms(numbers: Sequence[int]) -> str:
    """Atoms as NGL selects them, counted from 0."""
    return "@" + ",".join(map(str, numbers)) if numbers else "none"


def _apart(copies: np.ndarray) -> list[np.ndarray]:
    """Copies side by side: bonds are guessed from the first positions, and copies that lie over each other would be bound to each other."""
    reach = min(float(np.ptp(copies.reshape(-1, 3), axis=0).max()) + 10.0, 9000.0 / len(copies))
    corner = copies.reshape(-1, 3).min(0)
    return [copy - corner + np.array([k * reach, 0.0, 0.0]) for k, copy in enumerate(copies)]


def _imported() -> Any:
    from IPython.utils.capture import capture_output

    # It warns of pkg_resources, which no user of ours can change, and puts an empty widget of its own into the cell that imports it first.
    with warnings.catch_warnings(), capture_output(stdout=False, stderr=False):
        warnings.simplefilter("ignore")
        import nglview
    return nglview


def _source(text: str, positions: Callable[[], np.ndarray | None]) -> Any:
    """What nglview calls a trajectory: text once, positions again and again."""
    nglview = _imported()
    structure, trajectory = nglview.Structure, nglview.Trajectory

    class Source(structure, trajectory):   # type: ignore[misc, valid-type]
        def __init__(self) -> None:
            structure.__init__(self)   # sets the kind of file, "pdb", and no parameters
            trajectory.__init__(self)

        # More than one frame would let nglview's own player wind back to its frame 0.
        n_frames = 1

        def get_structure_string(self) -> str:
            return text

        def get_coordinates(self, index: int) -> np.ndarray:
            return np.asarray(positions()).reshape(-1, 3)

    return Source()
