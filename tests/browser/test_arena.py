"""The method arena with a real mouse: two methods are judged, a click on a row takes it, and the frames on which the two disagree are selected."""
from __future__ import annotations

from tests.browser.conftest import lasso_is_there
from tests.browser.test_app import drawn, text

ROWS = "() => [...document.querySelectorAll('.mdx-arena-row')].filter(r => r.offsetHeight)"
SIDES = ".mdx-panel-comparing .mdx-side"
SCORES = f"() => ({ROWS})().map(r => r.querySelector('.mdx-arena-score').textContent.trim()).join('|')"
SPREADS = f"() => ({ROWS})().filter(r => r.querySelector('.mdx-ap-spread')?.getBoundingClientRect().width > 0 && r.querySelectorAll('.mdx-ap-dot').length === 5).length"
CURRENT = f"() => ({ROWS})().filter(r => r.classList.contains('mdx-current')).map(r => r.querySelector('.mdx-arena-name').textContent.trim()).join('|')"


def judge(app, projection, judged_by, features="current"):
    """Choose features, a projection and what it is judged by in the form of the arena, and have it judged."""
    menus = app.page.locator(".mdx-arena .mdx-method select")
    menus.nth(0).select_option(label=features)
    menus.nth(1).select_option(label=projection)
    menus.nth(2).select_option(label=judged_by)
    app.page.locator(".mdx-arena .mdx-solid").click()


def judged(n):
    return f"() => {{ const found = ({SCORES})().split('|'); return found.length === {n} && found.every((s, k) => /^\\d\\.\\d+ ± \\d/.test(s) && !(parseFloat(s) > parseFloat(found[k - 1]))) && found.join('|'); }}"


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
    app.holds(CURRENT, "Features as they are + k-means")
    app.wait_for(drawn("projection"), before)
    app.wait_until_ready()

    app.page.get_by_text("Select where they disagree").click()
    count = int(app.wait_for(text(".mdx-selected-count"), "0"))
    assert 0 < count < 64_000
    share = f"{100 * count / 64_000:.2g} % of the frames"
    app.holds(f"() => [...document.querySelectorAll('.mdx-arena .mdx-note')].at(-1).textContent.includes('{share}')")
    app.page.locator(".mdx-undo").click()
    app.holds(text(".mdx-selected-count"), "0")
    assert app.complaints == []


def loop(app, place):
    """Draw a loop round the whole of one of the two maps."""
    app.stand_still().wait_for(lasso_is_there(f"document.querySelectorAll('{SIDES}')[{place}]?.querySelector('.bqplot')"))
    box = app.read(f"() => {{ const box = document.querySelectorAll('{SIDES}')[{place}].querySelector('.plotarea_background').getBoundingClientRect(); return [box.left, box.top, box.width, box.height]; }}")
    spots = [(box[0] + x * box[2], box[1] + y * box[3]) for x, y in ((0.02, 0.02), (0.55, 0.02), (0.55, 0.5), (0.02, 0.5))]
    app.page.mouse.move(*spots[0])
    app.page.mouse.down()
    for spot in (*spots[1:], spots[0]):
        app.page.mouse.move(*spot, steps=6)
    app.page.mouse.up()


def test_two_sets_of_features_stand_side_by_side_with_one_selection(app):
    app.holds("() => document.querySelector('.mdx-rail').scrollHeight <= document.querySelector('.mdx-rail').clientHeight")
    app.page.locator(".mdx-panel-arena .mdx-sechead button").click()
    app.page.locator(".mdx-arena .mdx-solid").wait_for()
    judge(app, "TICA", "coordinates")
    judge(app, "TICA", "coordinates", "Positions")
    app.wait_for(judged(2))
    app.page.get_by_text("Show side by side").click()
    app.holds("() => document.querySelectorAll('.mdx-side-states em').length", 3)
    app.holds(f"() => [...document.querySelectorAll('{SIDES} select')].map(s => s.selectedOptions[0].textContent.replaceAll('\u00a0', ' ')).join('|')", "TICA|Positions + TICA")
    app.holds(f"() => [...document.querySelectorAll('{SIDES} image')].filter(i => i.getBoundingClientRect().width > 100 && i.getBoundingClientRect().height > 100).length", 2)
    app.holds("() => document.querySelector('.mdx-drawer').getBoundingClientRect().right > document.querySelector('.mdx-panels').getBoundingClientRect().left + 1", False)

    app.page.set_viewport_size({"width": 1280, "height": 800})   # beside the rail the widest drawer leaves the others least
    app.page.locator("button.mdx-if-narrow").click()
    app.page.locator(".mdx-sec-kinetics .mdx-stepped input").wait_for(state="visible")
    app.holds("() => [...document.querySelectorAll('.mdx-panels .mdx-title .widget-html-content')].filter(t => t.querySelector('b').offsetWidth > t.clientWidth).length", 0)
    app.holds("""() => { const field = document.querySelector('.mdx-sec-kinetics .mdx-stepped input'), style = getComputedStyle(field);
                         return field.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight) >= 16; }""")   # two digits
    app.page.locator("button.mdx-if-narrow").click()
    app.page.set_viewport_size({"width": 1440, "height": 900})

    plain, projection = app.read(f"() => [...document.querySelectorAll('{SIDES} image')].map(i => i.getAttribute('href'))"), app.read(drawn("projection"))
    loop(app, 1)
    count = int(app.wait_for(text(".mdx-selected-count"), "0"))
    assert 0 < count < 64_000
    app.wait_for(f"() => [...document.querySelectorAll('{SIDES} image')].every((i, k) => i.getAttribute('href') !== {plain}[k])")
    app.wait_for(drawn("projection"), projection)

    app.page.locator(".mdx-panel-comparing .mdx-tool-point").click()
    app.holds(f"() => document.querySelectorAll('{SIDES} .lassoselector').length", 0)
    app.click_in_plot(f"{SIDES} .bqplot", 0.92, 0.45)
    app.holds(text(".mdx-selected-count"), app.read("() => document.querySelectorAll('.mdx-side-states em + span')[2].textContent.replace(/\\D/g, '')"))
    app.page.locator(".mdx-panel-comparing .mdx-shut").click()
    app.holds("() => document.querySelector('.mdx-drawer').classList.contains('mdx-hidden')")
    assert app.complaints == []


def test_microstates_colour_the_projection(app):
    before = app.read(drawn("projection"))
    app.page.locator(".mdx-coloring select").select_option(label="microstates")
    app.wait_for(drawn("projection"), before)
    app.holds("() => document.querySelector('.mdx-panel-projection .mdx-key').textContent.includes('200 microstates')")
    assert app.complaints == []


def test_memberships_blend_in_the_projection_and_follow_the_number_of_states(app):
    before = app.read(drawn("projection"))
    app.page.locator(".mdx-coloring select").select_option(label="memberships")
    app.wait_for(drawn("projection"), before)
    app.holds("() => document.querySelector('.mdx-panel-projection .mdx-key').textContent.includes('mixed by membership')")
    before = app.read(drawn("projection"))
    app.page.locator(".mdx-sec-kinetics .mdx-step").nth(1).click()
    app.holds("() => document.querySelector('.mdx-sec-kinetics .mdx-stepped input').value", "4")
    states = "() => [...document.querySelectorAll('.mdx-chips .mdx-chip')].filter(chip => chip.offsetParent).length"
    app.holds(states, 4)
    app.wait_for(drawn("projection"), before)
    app.page.locator(".mdx-sec-kinetics .mdx-stepped .mdx-link").click()
    app.holds(states, 3)
    app.holds("() => document.querySelector('.mdx-rail').scrollHeight <= document.querySelector('.mdx-rail').clientHeight")
    assert app.complaints == []


def test_a_sweep_of_the_number_of_microstates_is_drawn_and_a_click_takes_a_number(app):
    app.page.locator(".mdx-panel-arena .mdx-sechead button").click()
    app.page.get_by_role("button", name="Sweep microstates").click()
    app.wait_for(judged(5))
    app.holds("() => document.querySelectorAll('.mdx-sweep-plot path.dot').length", 5)
    app.holds("() => document.querySelector('.mdx-sweep .mdx-note').textContent.includes('enough')")
    app.holds("() => { const plot = document.querySelector('.mdx-sweep-plot'), svg = plot.querySelector('svg').getBoundingClientRect(); return Math.abs(svg.width - plot.clientWidth) < 3 && Math.abs(svg.height - plot.clientHeight) < 3; }")
    before = app.read(drawn("projection"))
    app.page.locator(".mdx-sweep-plot path.dot").nth(1).click()
    app.holds("() => document.querySelector('.mdx-sec-states input').value", "50")
    app.holds(CURRENT, "50 microstates: TICA + k-means")
    app.wait_for(drawn("projection"), before)
    assert app.complaints == []
