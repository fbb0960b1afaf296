"""The script of the README runs as it is written, on the bundled files."""
from __future__ import annotations

import re
from pathlib import Path

import mdexplore as mdx

README = Path(__file__).parents[1] / "README.md"


def test_the_script_of_the_readme_runs_on_the_bundled_files(tmp_path, monkeypatch):
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    script = next(block for block in blocks if "mdx.Study(" in block)
    data = mdx.example("alanine-dipeptide")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(mdx, "load", lambda *args, **options: data)
    exec(script, {"mdx": mdx})
    assert (tmp_path / "study.mdx").exists() and any((tmp_path / "structures").iterdir())
