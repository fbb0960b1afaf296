"""Markup in the names of files, residues, atoms, features and groups, and in what is typed, is shown as it is written: none of it runs."""
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import mdtraj as md
import numpy as np
import pytest

from scripts.demo_server import serving
from tests.browser.conftest import lasso_is_there

RUN = "window.__ran=(window.__ran||0)+1"
# Without a slash where it can be a part of a file name.
PAYLOADS = (
    f"<img src=x onerror={RUN}>", f"<svg onload={RUN}>", f"<script>{RUN}</script>", f'"><img src=x onerror={RUN}>', f"'><svg onload={RUN}>", f"<body onload={RUN}>",
    f"<details open ontoggle={RUN}>", f"<input autofocus onfocus={RUN}>", f"<video><source onerror={RUN}>", f"<iframe srcdoc='<script>parent.{RUN}</script>'>",
    f"<a href=javascript:{RUN}>x</a>", f"<math><mtext><img src=x onerror={RUN}>", f"<img src=x onerror={RUN}//", f"&lt;img src=x onerror={RUN}&gt;", f"\\u003cimg src=x onerror={RUN}\\u003e",
    f"</style><img src=x onerror={RUN}>", f"</textarea><img src=x onerror={RUN}>", f"--><img src=x onerror={RUN}>", f'" onmouseover="{RUN}" x="', f"<style>@keyframes x{{}}</style><b style=animation-name:x onanimationstart={RUN}>",
)


def as_name(payload: str) -> str:
    return payload.replace("/", "∕").replace("\\", "﹨")[:180]   # what looks like a slash, where none can be


@pytest.fixture(scope="module")
def structures(tmp_path_factory) -> Iterator[str]:
    """Trajectories with a payload for a name, of a molecule whose residues and atoms are named by payloads."""
    folder, rng = tmp_path_factory.mktemp("payloads"), np.random.default_rng(0)
    topology = md.Topology()
    chain = topology.add_chain()
    for k, payload in enumerate(PAYLOADS):
        residue = topology.add_residue(payload if k % 2 else "ALA", chain)
        for name in ("N", "CA", "C") if k % 2 == 0 else ("CA", payload):
            topology.add_atom(name, md.element.carbon, residue)
    xyz = np.arange(topology.n_atoms)[None, :, None] * 0.15 + np.cumsum(rng.normal(0, 0.01, (60, topology.n_atoms, 3)), axis=0)
    for payload in PAYLOADS:
        md.Trajectory(xyz.astype(np.float32), topology, time=np.arange(60.0)).save_hdf5(str(folder / f"{as_name(payload)}.h5"))
        xyz = xyz + rng.normal(0, 0.01, xyz.shape)
    with serving("app", *map(str, sorted(folder.glob("*.h5")))) as address:
        yield address


@pytest.fixture(scope="module")
def features(tmp_path_factory) -> Iterator[str]:
    """Features named by payloads."""
    folder, rng = tmp_path_factory.mktemp("columns"), np.random.default_rng(0)
    # A table's columns are parted by blanks; between the attributes of an element a slash does as well.
    names = [payload.replace(" ", "/") for payload in PAYLOADS]
    table = rng.normal(size=(400, len(names))).cumsum(axis=0)
    for number in range(2):
        np.savetxt(folder / f"{as_name(PAYLOADS[number])}.dat", np.c_[np.arange(400.0), table], header="#! FIELDS time " + " ".join(names), comments="")
    with serving("app", *map(str, sorted(folder.iterdir()))) as address:
        yield address


def open_page(chromium: Any, address: str) -> Any:
    page = chromium.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.set_default_timeout(90_000)
    page.goto(address, wait_until="commit")
    page.wait_for_selector(".mdx-panel-projection.mdx-ready, .mdx-failed")
    assert page.locator(".mdx-failed").count() == 0, page.locator(".mdx-failed").inner_text()
    return page


def ran(page: Any) -> int:
    """How often a payload ran, after the pointer has been everywhere."""
    for selector in (".mdx-panel-projection", ".mdx-panel-structure", ".mdx-rail", ".mdx-top"):
        page.locator(selector).first.hover()
    page.wait_for_timeout(300)   # handlers of pictures that fail to load come late
    return page.evaluate("() => window.__ran || 0")


def test_payload_would_run_if_it_were_not_escaped(chromium, structures):
    page = open_page(chromium, structures)
    page.evaluate("html => { const div = document.createElement('div'); div.innerHTML = html; document.body.append(div); }", PAYLOADS[0])
    page.wait_for_function("() => window.__ran === 1")
    page.context.close()


def test_names_of_files_residues_and_atoms_do_not_run(chromium, structures):
    page = open_page(chromium, structures)
    for button in page.locator(".mdx-i-more").all():
        if button.is_visible():
            button.click()
    for part in (".mdx-panel-structure", ".mdx-panel-trace", ".mdx-panel-notices"):
        page.locator(part).first.click()
    assert ran(page) == 0
    assert page.locator("[onerror], [onload]:not([src^='data:image/gif']), iframe[srcdoc]").count() == 0
    page.context.close()


def test_what_is_typed_does_not_run(chromium, structures):
    page = open_page(chromium, structures)
    page.locator(".mdx-save").click()
    for payload in PAYLOADS:
        field = page.locator(".mdx-sec-kinetics input[type=text]").first
        field.fill(payload)
        field.press("Enter")
    page.locator(".mdx-sec-kinetics .mdx-form-error").wait_for(state="visible")
    for payload in PAYLOADS[:6]:
        path = page.locator(".mdx-pop input").nth(1)
        path.fill(payload)
        page.locator(".mdx-pop .mdx-quiet-button").nth(1).click()
    page.locator(".mdx-said").first.wait_for(state="visible")
    assert ran(page) == 0
    page.context.close()


def test_names_of_groups_do_not_run(chromium, structures):
    page = open_page(chromium, structures)
    page.wait_for_function(lasso_is_there("document.querySelector('.mdx-panel-projection .bqplot')"))
    box = page.locator(".mdx-panel-projection .plotarea_background").bounding_box()
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    page.mouse.down()
    for x, y in ((0.98, 0.02), (0.98, 0.98), (0.02, 0.98), (0.02, 0.05)):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=6)
    page.mouse.up()
    page.wait_for_function("() => document.querySelector('.mdx-selected-count').textContent !== '0'")
    for payload in PAYLOADS:
        page.locator(".mdx-panel-groups input").fill(payload)
        page.locator(".mdx-panel-groups .mdx-adder button").click()
        page.wait_for_function("() => document.querySelector('.mdx-panel-groups input').value === ''")
    page.wait_for_function("n => document.querySelectorAll('.mdx-named').length === n", arg=len(PAYLOADS))
    page.locator(".mdx-named").last.click()
    assert ran(page) == 0
    page.context.close()


def test_names_of_features_do_not_run(chromium, features):
    page = open_page(chromium, features)
    for menu in page.locator(".mdx-panel-projection select, .mdx-panel-trace select").all():
        options = menu.locator("option").all_inner_texts()
        for option in options[:4]:
            if menu.is_visible():
                menu.select_option(label=option)
    assert ran(page) == 0
    page.context.close()
