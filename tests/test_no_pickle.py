"""No file that mdexplore reads can run code: nothing in the package unpickles."""
from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "mdexplore"
RUNS_CODE = {"pickle", "_pickle", "cPickle", "cloudpickle", "dill", "joblib", "shelve", "marshal", "jsonpickle", "pandas.io.pickle", "yaml"}
# What a program and the worker processes it has started say to each other.
PIPES = ("base/work/messages.py", "base/work/run.py", "base/work/worker.py")


def offences(source: str) -> list[str]:
    """What in a module could run code out of a file, each with its line."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [f"line {node.lineno}: import {a.name}" for a in node.names if a.name in RUNS_CODE or a.name.split(".")[0] in RUNS_CODE]
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in RUNS_CODE:
            found.append(f"line {node.lineno}: from {node.module}")
        elif isinstance(node, ast.Call):
            found += [f"line {node.lineno}: {said}" for said in (_imported(node), _allows_pickle(node), _loads_weights(node), _evaluates(node)) if said]
    return found


def _name(function: ast.expr) -> str:
    return ast.unparse(function)


def _imported(call: ast.Call) -> str:
    names = [a.value for a in call.args[:1] if isinstance(a, ast.Constant) and isinstance(a.value, str)]
    return f"imports {names[0]}" if names and _name(call.func).endswith(("import_module", "__import__")) and names[0].split(".")[0] in RUNS_CODE else ""


def _allows_pickle(call: ast.Call) -> str:
    given = next((k.value for k in call.keywords if k.arg == "allow_pickle"), None)
    is_off = given is None or (isinstance(given, ast.Constant) and given.value is False)
    must_say = _name(call.func) in ("np.load", "numpy.load", "np.save", "numpy.save") and given is None
    return "" if is_off and not must_say else f"{_name(call.func)} without allow_pickle=False"


def _loads_weights(call: ast.Call) -> str:
    if not _name(call.func).endswith("torch.load"):
        return ""
    given = next((k.value for k in call.keywords if k.arg == "weights_only"), None)
    return "" if isinstance(given, ast.Constant) and given.value is True else "torch.load without weights_only=True"


def _evaluates(call: ast.Call) -> str:
    return f"{call.func.id}()" if isinstance(call.func, ast.Name) and call.func.id in ("eval", "exec") else ""


@pytest.mark.parametrize("source", [
    "import pickle", "import joblib.numpy_pickle", "from cloudpickle import loads", "import dill as d", "import shelve, marshal", "def f():\n    import pickle", "importlib.import_module('pickle')",
    "np.load(p, allow_pickle=True)", "numpy.load(p, mmap_mode='r')", "np.save(p, a)", "torch.load(p)", "torch.load(p, weights_only=False)", "eval('1')", "np.load(p, allow_pickle=maybe)",
])
def test_what_could_run_code_is_found(source):
    assert offences(source)


@pytest.mark.parametrize("source", ["np.load(p, allow_pickle=False)", "torch.load(p, weights_only=True)", "import json", "json.load(f)", "ast.literal_eval(text)"])
def test_what_cannot_is_let_through(source):
    assert offences(source) == []


def test_no_module_of_the_package_runs_code_out_of_a_file():
    found = [f"{path.relative_to(PACKAGE)} {said}" for path in sorted(PACKAGE.rglob("*.py")) for said in offences(path.read_text(encoding="utf-8"))]
    assert [said for said in found if not said.startswith(PIPES)] == []


def test_worker_processes_pickle_into_pipes_and_never_into_files():
    for name in PIPES:
        tree = ast.parse((PACKAGE / name).read_text(encoding="utf-8"))
        used = {_name(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute) and _name(node).startswith("pickle.")}
        assert not used & {"pickle.load", "pickle.dump", "pickle.Pickler", "pickle.Unpickler"}
