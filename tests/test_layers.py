"""The layers: a module imports only from its own layer and those below it; heavy libraries are imported where they are used."""
from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "mdexplore"
LAYERS = ["base", "data", "methods", "session", "pictures", "figures", "panels", "app"]
BESIDE = {("figures", "panels"), ("panels", "figures")}
TOP = {"__init__": 99, "cli": 99, "__main__": 99, "settings": 2}
HEAVY = {"deeptime", "torch", "mdtraj", "matplotlib", "nglview", "voila", "MDAnalysis", "dask", "faiss", "numba"}
WIDGETS = {"ipywidgets", "bqplot", "nglview"}
FILES = sorted(ROOT.rglob("*.py"))


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def rank(parts: tuple[str, ...]) -> int:
    return LAYERS.index(parts[0]) if parts[0] in LAYERS else TOP.get(parts[0].removesuffix(".py"), 99)


def imported(tree: ast.AST) -> set[str]:
    """Full names of all modules that are imported anywhere in a file."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def at_import(tree: ast.Module) -> set[str]:
    """Top-level packages that are imported when the module is, not merely for type checking."""
    found: set[str] = set()
    todo: list[ast.stmt] = list(tree.body)
    while todo:
        node = todo.pop()
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            found |= {name.split(".")[0] for name in imported(node)}
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        elif isinstance(node, (ast.If, ast.Try, ast.With, ast.ClassDef)):
            todo += [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt)]
    return found


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_module_imports_only_from_its_layer_and_below(path):
    parts = path.relative_to(ROOT).parts
    mine = rank(parts)
    for name in imported(ast.parse(path.read_text())):
        if not name.startswith("mdexplore.") or name.split(".")[1] not in LAYERS:
            continue
        other = name.split(".")[1]
        if (parts[0], other) in BESIDE:
            pytest.fail(f"{name_of(path)} imports {name}: figures and panels stand beside each other")
        assert LAYERS.index(other) <= mine, f"{name_of(path)} imports {name} from a layer above"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_heavy_libraries_are_imported_inside_functions(path):
    loaded = at_import(ast.parse(path.read_text())) & HEAVY
    # The warm process and the one module that wraps nglview exist to import these.
    allowed = {"panels/nglview.py": {"nglview"}}.get(name_of(path), set())
    if name_of(path).startswith("app/serve"):
        allowed = {"voila"}
    assert loaded <= allowed, f"{name_of(path)} imports {loaded - allowed} when it is imported"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_no_widget_below_the_panels(path):
    if rank(path.relative_to(ROOT).parts) < LAYERS.index("panels"):
        names = {n.split(".")[0] for n in imported(ast.parse(path.read_text()))}
        assert not names & WIDGETS, f"{name_of(path)} knows {names & WIDGETS}"


def test_importing_mdexplore_brings_in_nothing_heavy():
    code = f"import sys, mdexplore; print(*sorted({HEAVY | WIDGETS!r} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == ""


def test_loading_files_and_asking_for_a_study_bring_in_neither_deeptime_nor_torch(tmp_path):
    import mdtraj as md
    import numpy as np

    topology = md.Topology()
    residue = topology.add_residue("GLY", topology.add_chain())
    for k in range(4):
        topology.add_atom(f"C{k}", md.element.carbon, residue)
    walk = md.Trajectory(np.random.default_rng(0).normal(size=(50, 4, 3)), topology)
    walk.save(str(tmp_path / "run.xtc"))
    walk[0].save(str(tmp_path / "protein.pdb"))
    code = """
import sys
import mdexplore as mdx
for place in (mdx.load, mdx.load("run.xtc", top="protein.pdb"), mdx.Study(mdx.load("run.xtc", top="protein.pdb"), projection="vampnet", lagtime=2), mdx.example("alanine-dipeptide")):
    print(*sorted({"deeptime", "torch"} & {name.split(".")[0] for name in sys.modules}))
"""
    assert subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True).stdout.split() == []


def test_selectors_and_nglview_have_one_importer_each():
    importers = {"nglview": [], "bqplot.interacts": []}
    for path in FILES:
        names = imported(ast.parse(path.read_text()))
        for module, found in importers.items():
            if any(n == module or n.startswith(module + ".") for n in names):
                found.append(name_of(path))
    assert importers["nglview"] == ["panels/nglview.py"]
    assert importers["bqplot.interacts"] in ([], ["panels/lasso.py"])
