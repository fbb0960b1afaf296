"""A live server keeps to its limits and its token, and says so on the page."""
from __future__ import annotations

import sys
from typing import Any

import pytest

from scripts.demo_server import serving

watched = pytest.mark.skipif(sys.platform != "linux", reason="the watch looks into /proc")


def opened(chromium: Any, address: str) -> Any:
    page = chromium.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.set_default_timeout(90_000)
    page.goto(address, wait_until="commit")
    return page


@watched
def test_a_session_beyond_its_memory_is_ended_and_the_page_says_why(chromium):
    with serving("demo", "--limit", "memory-mb=60") as address:
        page = opened(chromium, address)
        page.wait_for_selector(".mdx-lost-kernel")
        assert "it may use 60 MB of memory" in page.locator(".mdx-lost-kernel").inner_text()
        page.context.close()


@watched
def test_a_session_near_or_beyond_its_computing_time_says_so(chromium):
    with serving("demo", "--limit", "cpu-s=1") as address:   # less than drawing the page takes
        page = opened(chromium, address)
        page.wait_for_function("() => /of its 1 s of computing time|computing time of this session .1 s. is used up/.test(document.querySelector('.mdx-limit, .mdx-lost')?.textContent)")
        page.context.close()


def test_a_browser_without_the_token_is_let_in_when_it_is_typed(chromium):
    with serving("demo", "--base-url", "/class/") as address:
        base, _, token = address.partition("?token=")
        opened(chromium, address).wait_for_selector(".mdx-app, .mdx-failed")   # the server itself is there, not its early listener
        page = opened(chromium, base)
        page.locator("input[name=password]").fill(token)
        page.keyboard.press("Enter")
        page.wait_for_selector(".mdx-app, .mdx-failed")
        assert page.locator(".mdx-failed").count() == 0 and page.url == base
        page.context.close()
