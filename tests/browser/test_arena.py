"""The method arena with a real mouse: two methods are judged, a click on a row takes it, and the frames on which the two disagree are selected."""
from __future__ import annotations

from tests.browser.test_app import drawn, text

ROWS = "() => [...document.querySelectorAll('.mdx-arena-row')].filter(r => r.offsetHeight)"
SCORES = f"() => ({ROWS})().map(r => r.querySelector('.mdx-arena-score').textContent.trim()).join('|')"
SPREADS = f"() => ({ROWS})().filter(r => r.querySelector('.mdx-ap-spread')?.getBoundingClientRect().width > 0 && r.querySelectorAll('.mdx-ap-dot').length === 5).length"
CURRENT = f"() => ({ROWS})().filter(r => r.classList.contains('mdx-current')).map(r => r.querySelector('.mdx-arena-name').textContent.trim()).join('|')"


def judge(app, projection, judged_by):
    """Choose a projection and what it is judged by in the form of the arena, and have it judged."""
    menus = app.page.locator(".mdx-arena .mdx-method select")
    menus.nth(0).select_option(value=projection)
    menus.nth(1).select_option(value=judged_by)
    app.page.locator(".mdx-arena .mdx-solid").click()


def judged(n):
    return f"() => {{ const found = ({SCORES})().split('|'); return found.length === {n} && found.every(s => /^\\d\\.\\d+ ± \\d/.test(s)) && found.join('|'); }}"


def test_two_methods_are_judged_taken_and_compared(app):
    app.page.locator(".mdx-panel-arena .mdx-sechead button").click()
    app.page.locator(".mdx-arena .mdx-solid").wait_for()
    judge(app, "TICA", "coordinates")
    judge(app, "Features as they are", "k-means")
    scores = app.wait_for(judged(2))
    best, worse = (float(s.split(" ")[0]) for s in scores.split("|"))
    assert 1 < worse < best < 5
    app.holds(SPREADS, 2)
    app.holds(CURRENT, "TICA")

    before = app.read(drawn("projection"))
    app.page.locator(".mdx-arena-name", has_text="Features as they are + k-means").click()
    assert app.wait_for(CURRENT, "TICA") == "Features as they are + k-means"
    app.wait_for(drawn("projection"), before)
    app.wait_until_ready()

    app.page.get_by_text("Select where they disagree").click()
    count = int(app.wait_for(text(".mdx-selected-count"), "0"))
    assert 0 < count < 64_000
    share = f"{100 * count / 64_000:.2g} % of the frames"
    app.holds(f"() => [...document.querySelectorAll('.mdx-arena .mdx-note')].at(-1).textContent.includes('{share}')")
    app.page.locator(".mdx-undo").click()
    assert app.wait_for(text(".mdx-selected-count"), str(count)) == "0"
    assert app.complaints == []

