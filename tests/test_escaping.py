"""Whatever a user has named goes through `escape` before it stands in markup: every place that makes markup is read, and what cannot be followed fails."""
from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "mdexplore"
FILES = sorted(path for layer in ("panels", "app", "figures") for path in (ROOT / layer).rglob("*.py"))
TAG = re.compile(r"<[a-zA-Z/!]")
MAKERS = {"HTML", "HTMLMath", "Markdown", "Javascript", "Latex", "SVG", "publish_display_data"}   # of ipywidgets and IPython
ESCAPING = {"escape", "float", "number", "count_of", "len", "sum", "int", "round"}
NUMBER = re.compile(r".*[defgn%]")
# What is safe for a reason that cannot be seen in the code that uses it.
TRUSTED = {
    "stylesheet()",                 # a file of the package
    "state_css(place)",             # a colour out of a list
    "notice.level", "n.level",      # one of three words, checked by the type
    "self.title", "self.word",      # constants of a class of ours
    "self._button.model_id",        # hexadecimal, made by ipywidgets
    "next(_ids)",                   # a counter
    "key.colors",                   # of a colour table
    "made.dim",                     # a count
    "base64.b64encode(buffer.getvalue()).decode()",
}


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


class Reader:
    """Decides whether an expression can hold text of a user's that was not escaped."""

    def __init__(self, tree: ast.Module) -> None:
        all_functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        self.functions: dict[str, list[ast.FunctionDef]] = {}
        for function in all_functions:
            self.functions.setdefault(function.name, []).append(function)
        self.constants = {target.id for node in tree.body if isinstance(node, (ast.Assign, ast.AnnAssign))
                          for target in (node.targets if isinstance(node, ast.Assign) else [node.target]) if isinstance(target, ast.Name)}
        self.home = {id(child): function for function in all_functions for child in ast.walk(function)}
        self.tree = tree
        self._open: set[int] = set()   # functions that are being judged, which may call themselves
        self._asked: set[tuple[str, str]] = set()

    def is_safe(self, node: ast.expr) -> bool:
        if ast.unparse(node) in TRUSTED or isinstance(node, (ast.Constant, ast.Compare)):
            return True
        if isinstance(node, ast.JoinedStr):
            return all(self.is_safe(part) for part in node.values)
        if isinstance(node, ast.FormattedValue):
            spec = node.format_spec.values[-1] if isinstance(node.format_spec, ast.JoinedStr) and node.format_spec.values else None
            return (isinstance(spec, ast.Constant) and NUMBER.fullmatch(spec.value) is not None) or self.is_safe(node.value)
        if isinstance(node, ast.IfExp):
            return self.is_safe(node.body) and self.is_safe(node.orelse)
        if isinstance(node, ast.BinOp):
            return isinstance(node.op, (ast.Mult, ast.Sub, ast.Div, ast.FloorDiv)) or (self.is_safe(node.left) and self.is_safe(node.right))
        if isinstance(node, ast.BoolOp):
            return all(self.is_safe(value) for value in node.values)
        if isinstance(node, (ast.GeneratorExp, ast.ListComp)):
            return self.is_safe(node.elt)
        if isinstance(node, (ast.List, ast.Tuple)):
            return all(self.is_safe(part) for part in node.elts)
        if isinstance(node, ast.Call):
            return self._is_safe_call(node)
        if isinstance(node, ast.Subscript):
            return isinstance(node.value, ast.Name) and self._is_safe_name(node.value)
        if isinstance(node, ast.Attribute):
            return node.attr == "n" or node.attr.startswith("n_")   # counts, all over the package
        return isinstance(node, ast.Name) and self._is_safe_name(node)

    def _is_safe_call(self, node: ast.Call) -> bool:
        function = node.func
        name = function.id if isinstance(function, ast.Name) else function.attr if isinstance(function, ast.Attribute) else ""
        if name in ESCAPING or ast.unparse(function).endswith("unit.say"):   # a number and the name of a unit
            return True
        if name in ("str", "min", "max"):
            return all(self.is_safe(argument) for argument in node.args)
        if isinstance(function, ast.Attribute) and name in ("join", "format", "replace") and self.is_safe(function.value):
            return all(self.is_safe(argument) for argument in (*node.args, *(k.value for k in node.keywords)))
        if isinstance(function, ast.Attribute) and ast.unparse(function.value) != "self":
            return False
        made = self.functions.get(name, [])   # several classes may have a method of that name
        return bool(made) and all(self._gives_what_is_safe(one) for one in made)

    def _gives_what_is_safe(self, function: ast.FunctionDef) -> bool:
        if id(function) in self._open:
            return True
        self._open.add(id(function))
        try:
            returns = [child.value for child in ast.walk(function) if isinstance(child, ast.Return) and child.value is not None]
            return bool(returns) and all(self.is_safe(value) for value in returns)
        finally:
            self._open.discard(id(function))

    def _is_safe_name(self, node: ast.Name) -> bool:
        """A constant of the module, a number by its annotation, or a local that only ever takes what is safe."""
        if node.id in self.constants and node.id.lstrip("_").isupper():
            return True
        home = self.home.get(id(node))
        if home is None:
            return False
        for argument in (*home.args.args, *home.args.kwonlyargs):
            if argument.arg == node.id:
                is_number = argument.annotation is not None and ast.unparse(argument.annotation) in ("int", "float", "int | None", "bool")
                return is_number or self._is_always_given_safe(home, argument.arg)
        values: list[ast.expr] = []
        for child in ast.walk(home):
            if isinstance(child, (ast.Assign, ast.AugAssign, ast.AnnAssign)) and child.value is not None:
                for target in child.targets if isinstance(child, ast.Assign) else [child.target]:
                    values += _bound(target, child.value, node.id)
            elif isinstance(child, (ast.For, ast.comprehension)):
                values += _looped(child.target, child.iter, node.id)
        return bool(values) and all(self.is_safe(value) for value in values)


    def _is_always_given_safe(self, function: ast.FunctionDef, argument: str) -> bool:
        """A private function, which its module calls with safe values only."""
        if not function.name.startswith("_") or (function.name, argument) in self._asked:
            return False
        names = [a.arg for a in function.args.args]
        place = names.index(argument) - (names[0] == "self") if argument in names else None
        calls = [node for node in ast.walk(self.tree) if isinstance(node, ast.Call) and ast.unparse(node.func).removeprefix("self.") == function.name]
        given = [next((k.value for k in call.keywords if k.arg == argument), None) or (call.args[place] if place is not None and place < len(call.args) else None) for call in calls]
        self._asked.add((function.name, argument))
        try:
            return bool(calls) and all(value is not None and self.is_safe(value) for value in given)
        finally:
            self._asked.discard((function.name, argument))


def _bound(target: ast.expr, value: ast.expr, name: str) -> list[ast.expr]:
    if isinstance(target, ast.Name):
        return [value] if target.id == name else []
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        return [found for t, v in zip(target.elts, value.elts) for found in _bound(t, v, name)]
    return [target] if name in {n.id for n in ast.walk(target) if isinstance(n, ast.Name)} else []   # unpacked from something: not followed


def _looped(target: ast.expr, values: ast.expr, name: str) -> list[ast.expr]:
    if isinstance(values, (ast.Tuple, ast.List)):
        return [found for value in values.elts for found in _bound(target, value, name)]
    return [values] if name in {n.id for n in ast.walk(target) if isinstance(n, ast.Name)} else []


def markup_in(tree: ast.Module) -> list[ast.expr]:
    """Every expression that makes markup, or hands text to a widget that shows markup."""
    html = {ast.unparse(target) for node in ast.walk(tree) if isinstance(node, ast.Assign) and _is_markup(node.value) for target in node.targets}
    html |= {ast.unparse(t) for node in ast.walk(tree) if isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple) and isinstance(node.targets[0], ast.Tuple)
             for t, v in zip(node.targets[0].elts, node.value.elts) if _is_markup(v)}
    found: list[ast.expr] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr) and TAG.search("".join(v.value for v in node.values if isinstance(v, ast.Constant))):
            found.append(node)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("markup", "set_text", "_set") and node.args:
            found.append(node.args[0 if node.func.id == "markup" else 1])
        elif isinstance(node, ast.Assign):
            found += [node.value for target in node.targets if isinstance(target, ast.Attribute) and target.attr == "value" and ast.unparse(target.value) in html]
    return found


def _is_markup(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and (node.func.id == "markup" or (node.func.id == "classed" and bool(node.args) and _is_markup(node.args[0])))


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=name_of)
def test_only_one_place_makes_html_widgets(path):
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
        if name in MAKERS:
            found.append(node)
    inside = {"panels/parts.py": 2, "app/layout.py": 1, "app/serve/kernel.py": 1}.get(name_of(path), 0)   # `markup` and its annotation; an annotation; a broken installation
    assert len(found) <= inside, [f"line {node.lineno}: {ast.unparse(node)}" for node in found]


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_nothing_stands_in_markup_that_was_not_escaped(path):
    tree = ast.parse(path.read_text())
    reader = Reader(tree)
    allowed = EXCEPTIONS.get(name_of(path), set())
    wrong = [f"line {node.lineno}: {ast.unparse(node)[:150]}" for node in markup_in(tree) if not reader.is_safe(node) and reader.home.get(id(node), node) is not None
             and getattr(reader.home.get(id(node)), "name", "") not in allowed]
    assert not wrong, "escape() is missing, or cannot be followed here:\n" + "\n".join(wrong)


# Functions whose markup is for no page, or is tested by what it gives.
EXCEPTIONS = {
    "panels/parts.py": {"markup"},
    "panels/forms.py": {"set_text", "show"},   # who calls `set_text` is read; `show` fills fields, not markup
    "app/explorer.py": {"__repr__"},
    "app/icons.py": {"css"},
}


@pytest.mark.parametrize(("code", "is_found"), [
    ("markup(f'<b>{name}</b>')", True), ("markup(f'<b>{escape(name)}</b>')", False), ("x = f'<i>{data.name}</i>'", True), ("markup('<b>' + data.name)", True),
    ("markup('<br>'.join(names))", True), ("markup('<br>'.join(escape(n) for n in names))", False), ("markup(f'<b>{n:.2f}</b>')", False), ("markup(text)", True),
    ("self._a = markup('')\n    self._a.value = data.name", True), ("word = escape(name)\n    markup(f'<b>{word}</b>')", False),
    ("word = name\n    markup(f'<b>{word}</b>')", True), ("markup(f'<b>{name!r}</b>')", True), ("markup('<b>%s</b>' % name)", True), ("markup('<b>{}</b>'.format(name))", True),
])
def test_reader_tells_what_is_escaped_from_what_is_not(code, is_found):
    tree = ast.parse(f"def f(self, name, names, data, text):\n    {code}\n")
    reader = Reader(tree)
    assert any(not reader.is_safe(node) for node in markup_in(tree)) == is_found


def test_there_is_one_helper_that_escapes():
    found = [name_of(path) for path in sorted(ROOT.rglob("*.py")) for node in ast.walk(ast.parse(path.read_text()))
             if isinstance(node, ast.Attribute) and ast.unparse(node) in ("html.escape", "xml.sax.saxutils.escape", "markupsafe.escape")]
    assert found == ["base/escaping.py"]
