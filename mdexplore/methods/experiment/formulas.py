"""What a frame would give by a formula that a person wrote: numbers, lengths and angles of atoms, columns of files and features. Nothing of it is run as code."""
from __future__ import annotations

import ast
import operator
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mdexplore.base import limits
from mdexplore.base.errors import UserError
from mdexplore.base.words import listed
from mdexplore.methods.experiment.measuring import atoms_of, measure, torsion_of

if TYPE_CHECKING:
    from mdexplore.data.dataset import Dataset

MOST_PARTS = 300   # of a formula: numbers, names and signs
LARGEST = 1e300    # of whole numbers, which Python writes in any length, and floating point does not hold
SIGNS: dict[type, Callable[..., Any]] = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv, ast.Pow: operator.pow,
                                         ast.USub: operator.neg, ast.UAdd: operator.pos}
FUNCTIONS: dict[str, Callable[[Any], Any]] = {"cos": lambda x: np.cos(np.deg2rad(x)), "sin": lambda x: np.sin(np.deg2rad(x)), "sqrt": np.sqrt, "exp": np.exp, "log": np.log, "abs": np.abs}
ATOMS = {"distance": 2, "angle": 3, "torsion": 4}
TORSIONS = {"phi": "phi", "psi": "psi", "omega": "omega", "φ": "phi", "ψ": "psi", "ω": "omega", **{f"{word}{k}": f"chi{k}" for k in range(1, 6) for word in ("chi", "χ")}}
WAYS = "Write numbers, + - * / **, cos, sin, sqrt, exp, log and abs; phi(ALA2), psi(ALA2), torsion(4, 6, 8, 14) and angle(4, 6, 8) in degrees, distance(4, 10) in nm; and columns or features by their names in quotation marks."


def check_formula(text: str) -> None:
    """Refuse what is no formula, before anything is computed.

    Raises
    ------
    UserError
    """
    _read(text)


def names_in(text: str) -> tuple[str, ...]:
    """Columns and features that a formula names; raises `UserError` for what is no formula."""
    return tuple(dict.fromkeys(_name(node) for node in _names(_read(text))))


def by_formula(text: str, data: Dataset | None, named: Mapping[str, Sequence[np.ndarray]]) -> tuple[np.ndarray, ...]:
    """Values of a formula in each frame.

    Parameters
    ----------
    text : str
        Such as ``4.2 + 0.35 * cos(phi(ALA2) - 60) + 0.1 * "cos psi ALA2"``. Angles are in degrees, also those that cos and sin take, distances in nm.
    data : Dataset or None
        Where structures are.
    named : mapping of str to sequence of ndarray, shape (n_frames_i,)
        Columns and features.

    Returns
    -------
    tuple of ndarray, shape (n_frames_i,)

    Raises
    ------
    UserError
        For what is no formula, names that nothing has, and formulas that are the same number in every frame.
    """
    tree = _read(text)
    found: dict[str, Sequence[np.ndarray]] = {}
    wanted: dict[str, tuple[int, ...]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _function(node) not in FUNCTIONS:
            wanted[ast.dump(node)] = _atoms(node, data)
    for node in _names(tree):
        name = _name(node)
        if name not in named:
            raise UserError(f"{text}: nothing is called {name!r}.", f"There are {listed(list(named)[:12])}." if named else "There are no columns and features.", "Write a name in quotation marks as it stands in the lists.")
        found[ast.dump(node)] = named[name]
    if wanted:
        found |= dict(zip(wanted, measure(data, list(wanted.values()))))
    if not found:
        raise UserError(f"{text} is the same in every frame.", do=WAYS)
    lengths = {tuple(len(v) for v in values) for values in found.values()}
    if len(lengths) > 1:
        raise UserError(f"{text} has parts for different frames.", do="Give files with one value for each frame, counted after stride.")
    with np.errstate(all="ignore"):   # whoever takes the values looks whether they are numbers
        return tuple(np.asarray(_value(tree, {key: np.asarray(values[i], float) for key, values in found.items()})) for i in range(len(lengths.pop())))


def _read(text: str) -> ast.expr:
    limits.check("text", len(text), "A formula")
    try:
        with warnings.catch_warnings():   # Python speaks on the terminal of "1if x"
            warnings.simplefilter("ignore")
            tree = ast.parse(text.strip(), mode="eval").body if "\\" not in text else None
    except (SyntaxError, ValueError, MemoryError, RecursionError):   # brackets that do not close, null bytes, thousands of brackets
        tree = None
    if tree is None or sum(1 for _ in ast.walk(tree)) > MOST_PARTS:
        raise UserError(f"{text[:80]!r} is no formula.", do=WAYS)
    for node in ast.walk(tree):   # before a message has to write it
        if isinstance(node, ast.Constant) and isinstance(node.value, int) and node.value > LARGEST:
            raise UserError("A number of the formula is too large.", do=WAYS)
    _check(tree, text)
    return tree


def _check(node: ast.expr, text: str) -> None:
    """Refuse all that is not in `WAYS`."""
    if isinstance(node, ast.BinOp) and type(node.op) in SIGNS:
        _check(node.left, text)
        _check(node.right, text)
    elif isinstance(node, ast.UnaryOp) and type(node.op) in SIGNS:
        _check(node.operand, text)
    elif isinstance(node, ast.Call) and not node.keywords and (name := _function(node)):
        if name in FUNCTIONS and len(node.args) == 1:
            _check(node.args[0], text)
        elif name in FUNCTIONS or len(node.args) != ATOMS.get(name, 1) or not all(_is_label(a) for a in node.args):
            raise UserError(f"{text}: {ast.unparse(node)} cannot be computed.", do=WAYS)
    elif not _is_label(node):
        raise UserError(f"{text}: {ast.unparse(node)[:60]} has no meaning in a formula.", do=WAYS)


def _is_label(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) or (isinstance(node, ast.Constant) and type(node.value) in (int, float, str))


def _function(node: ast.Call) -> str:
    """Name of a function that is known; empty for others."""
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    return name if name in FUNCTIONS or name in ATOMS or name in TORSIONS else ""


def _names(tree: ast.expr) -> list[ast.expr]:
    """Names of columns and features: those that are not of functions, and not what a length or an angle is asked of."""
    if isinstance(tree, ast.Call):
        return _names(tree.args[0]) if _function(tree) in FUNCTIONS else []
    if isinstance(tree, ast.Name) or (isinstance(tree, ast.Constant) and isinstance(tree.value, str)):
        return [tree]
    return [name for part in ast.iter_child_nodes(tree) if isinstance(part, ast.expr) for name in _names(part)]


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else str(getattr(node, "value", ""))


def _atoms(node: ast.Call, data: Dataset | None) -> tuple[int, ...]:
    name = _function(node)
    words = [_name(a) for a in node.args]
    return torsion_of(data, TORSIONS[name], words[0]) if name in TORSIONS else atoms_of(data, words)


def _value(node: ast.expr, known: Mapping[str, np.ndarray]) -> Any:
    if (key := ast.dump(node)) in known:
        return known[key]
    if isinstance(node, ast.BinOp):
        return SIGNS[type(node.op)](_value(node.left, known), _value(node.right, known))
    if isinstance(node, ast.UnaryOp):
        return SIGNS[type(node.op)](_value(node.operand, known))
    if isinstance(node, ast.Call):
        return FUNCTIONS[_function(node)](_value(node.args[0], known))
    return np.float64(node.value)   # type: ignore[attr-defined]  # numbers alone are left
