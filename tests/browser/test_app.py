"""The app in Chromium with a real mouse: everything in sight, one gesture shown everywhere, nothing from elsewhere."""
from __future__ import annotations

import re
import time

SCROLLS = "() => [document.documentElement.scrollWidth, document.documentElement.scrollHeight].join()"
OVERFLOWING = """() => [...document.querySelectorAll('.mdx-panels > .mdx-panel')].filter(p => p.scrollWidth > p.clientWidth + 1 || p.scrollHeight > p.clientHeight + 1)
                        .map(p => p.className).join()"""
# Titles that do not fit, buttons and captions whose text is cut.
CUT = """() => [...document.querySelectorAll('.mdx-panels .mdx-title .widget-html-content b, .mdx-mend, .mdx-cap .widget-html-content')].filter(e => {
           const box = e.getBoundingClientRect(), held = e.closest('.mdx-title, .mdx-mend, .mdx-cap').getBoundingClientRect();
           return box.width && (box.right > held.right + 1 || e.scrollWidth > e.clientWidth + 1 && e.tagName === 'BUTTON');
         }).map(e => e.textContent).join()"""
LABELS_CUT = """() => { const body = document.querySelector('.mdx-panel-network .mdx-body').getBoundingClientRect();
                        return [...document.querySelectorAll('.mdx-panel-network .bqplot > svg text')].filter(t => t.textContent.trim()).filter(t => {
                          const box = t.getBoundingClientRect();
                          return box.width && (box.top < body.top || box.bottom > body.bottom || box.left < body.left || box.right > body.right);
                        }).map(t => t.textContent).join(); }"""
DRAWN = "name => [...document.querySelectorAll(`.mdx-panel-${name} .bqplot svg`)].map(svg => svg.innerHTML).join()"
CONTRACT = ("structure", "projection", "timescales", "chapman", "network", "trace", "settings", "notices")


def drawn(name):
    return f"() => ({DRAWN})('{name}')"


def text(selector):
    return f"() => document.querySelector('{selector}').textContent"


def round_state_3(app):
    app.drag([(0.75, 0.1), (0.97, 0.05), (0.97, 0.9), (0.75, 0.9), (0.72, 0.5)])
    return int(app.wait_for(text(".mdx-selected-count"), "0"))


def test_everything_is_in_sight_at_1440_by_900_and_nothing_comes_from_elsewhere(app):
    for name in CONTRACT:
        found = app.page.locator(f".mdx-panel-{name}")
        assert found.count() == 1
        assert found.is_visible()
    for part in (".mdx-brand", ".mdx-tool-lasso", ".mdx-lagtime", ".mdx-selected-count", ".mdx-progress", ".mdx-panel-chapman .mdx-title", ".mdx-panel-network select"):
        assert app.page.locator(part).first.is_visible(), part
    app.holds(SCROLLS, "1440,900")
    app.holds(OVERFLOWING, "")
    app.holds(CUT, "")
    app.holds("() => document.querySelector('.mdx-rail').scrollHeight <= document.querySelector('.mdx-rail').clientHeight")
    assert app.count == 0
    app.holds(text(".mdx-lagtime"), "20 ps")
    assert app.strangers == []
    assert app.complaints == []


def test_a_lasso_is_shown_by_every_panel_and_taken_back_by_undo(app):
    before = {name: app.read(drawn(name)) for name in ("network", "trace", "projection")}
    structure = app.pixels()
    assert "mdx-active" in app.page.locator(".mdx-tool-lasso").get_attribute("class")
    count = round_state_3(app)
    assert 1000 < count < 4000
    for name, was in before.items():
        app.wait_for(drawn(name), was)
    app.page.wait_for_function("() => /state 3/.test(document.querySelector('.mdx-panel-structure .mdx-cap').textContent)")
    app.wait_for_other_pixels(structure)
    app.page.locator(".mdx-undo").click()
    app.holds(text(".mdx-selected-count"), "0")
    app.page.locator(".mdx-redo").click()
    app.holds(text(".mdx-selected-count"), str(count))
    assert app.complaints == []


def test_a_click_on_a_state_selects_the_frames_that_the_rail_counts(app):
    row = app.page.locator(".mdx-chip-row").nth(2)
    wanted = "".join(c for c in row.inner_text().split("state 3")[-1] if c.isdigit())
    row.locator("button").first.click()
    app.holds(text(".mdx-selected-count"), wanted)


def test_a_click_on_a_node_of_the_network_selects_its_state(app):
    row = app.page.locator(".mdx-chip-row").nth(2)
    wanted = "".join(c for c in row.inner_text().split("state 3")[-1] if c.isdigit())
    app.page.locator(".mdx-panel-network path.dot").last.click()
    app.holds(text(".mdx-selected-count"), wanted)


def test_the_mouse_over_a_node_of_the_network_tells_its_interval(app):
    caption = text(".mdx-panel-network .mdx-cap")
    before = app.read(caption)
    app.page.locator(".mdx-panel-network path.dot").last.hover()
    assert re.fullmatch(r"state 3: 2\.\d %\s\[0\.\d+, \d\.\d\]", app.wait_for(caption, before).strip())
    app.page.locator(".mdx-panel-network path.dot").nth(-3).hover()
    app.wait_for(f"() => ({caption})().startsWith('state 1: ')")


def test_no_label_of_the_network_is_cut_in_a_low_page(open_app):
    app = open_app(900, 600).wait_until_ready()
    body = app.page.locator(".mdx-panel-network .mdx-body")
    for width, height in ((900, 600), (1366, 650), (1920, 1080)):
        before = body.bounding_box()["height"] if (width, height) != (900, 600) else None
        app.page.set_viewport_size({"width": width, "height": height})
        app.wait_for("() => document.querySelector('.mdx-panel-network .mdx-body').clientHeight", before)
        app.wait_for("""() => { const body = document.querySelector('.mdx-panel-network .mdx-body'), svg = body.querySelector('.bqplot > svg').getBoundingClientRect();
                                return Math.abs(svg.height - body.clientHeight) < 2 && Math.abs(svg.width - body.clientWidth) < 2; }""")
        app.wait_for(f"() => !({LABELS_CUT})()")


def test_grey_that_a_selection_makes_is_said_and_cleared_beside_the_colours(app):
    app.page.locator(".mdx-panel-network path.dot").last.click()
    app.wait_for(text(".mdx-selected-count"), "0")
    app.page.locator(".mdx-panel-projection .mdx-axes select").nth(2).select_option(label="time")
    app.page.locator(".mdx-key-grey").wait_for(state="visible")
    app.page.locator(".mdx-key .mdx-link").click()
    app.page.locator(".mdx-key-grey").wait_for(state="hidden")
    app.holds(text(".mdx-selected-count"), "0")


def test_the_key_of_a_full_torus_stands_above_the_plot(app):
    menus = app.page.locator(".mdx-panel-projection .mdx-axes select")
    for menu, letter in ((menus.nth(0), "φ"), (menus.nth(1), "ψ")):
        menu.select_option(index=[text.startswith(letter) for text in menu.locator("option").all_inner_texts()].index(True))
    menus.nth(2).select_option(label="free energy")
    # The figure follows its cell in an animation frame of its own: wait for it.
    app.wait_for("""() => { const plot = document.querySelector('.mdx-panel-projection .plotarea_background'), key = document.querySelector('.mdx-corner-above');
                            return plot && key && key.textContent.includes('F / kT') && key.getBoundingClientRect().bottom <= plot.getBoundingClientRect().top; }""")
    app.holds(OVERFLOWING, "")


def test_the_offer_of_a_kept_session_is_in_sight_and_brings_it_back(app):
    app.page.locator(".mdx-panel-network path.dot").last.click()
    selected = app.wait_for(text(".mdx-selected-count"), "0")
    # Pages before this one kept theirs: wait for what was kept after the click.
    app.wait_for(f"() => Number(document.querySelector('.mdx-saved')?.dataset.when) > {time.time()}")
    app.page.reload()
    offer = app.page.locator(".mdx-restore")
    offer.wait_for()
    box = offer.bounding_box()
    assert 0 <= box["x"] <= 1440 - box["width"] and 0 <= box["y"] <= 900 - box["height"]
    assert app.read(text(".mdx-selected-count")) == "0"
    offer.click()
    app.holds(text(".mdx-selected-count"), selected)


def test_a_lag_in_the_form_moves_lag_network_and_test(app):
    before = {name: app.read(drawn(name)) for name in ("network", "chapman", "timescales")}
    field = app.page.locator(".mdx-sec-kinetics input[type=text]").first
    field.fill("0.1 ns")
    field.press("Enter")
    app.wait_for("() => document.querySelector('.mdx-lagtime').textContent === '100 ps'")
    for name, was in before.items():
        app.wait_for(drawn(name), was)
    assert app.complaints == []


def test_another_number_of_states_is_drawn_without_a_complaint(app):
    rows = "() => [...document.querySelectorAll('.mdx-chip-row')].filter(row => row.offsetHeight).length"
    pies = "() => document.querySelectorAll('.mdx-panel-network .pie').length"
    app.holds(rows, 3)
    for wanted in (5, 2, 3):
        field = app.page.locator(".mdx-sec-kinetics input[type=text]").nth(1)
        field.fill(str(wanted))
        field.press("Enter")
        app.holds(rows, wanted)
        app.holds(pies, wanted)
        app.wait_until_ready()
    assert app.complaints == []


def test_a_click_on_the_timescales_sets_the_lag(app):
    before = app.read(drawn("chapman"))
    app.click_in_plot(".mdx-panel-timescales .bqplot", 0.3, 0.3)
    app.holds(text(".mdx-lagtime"), "80 ps")
    app.wait_for(drawn("chapman"), before)
    assert app.complaints == []


def test_a_wrong_lag_is_said_in_the_form(app):
    field = app.page.locator(".mdx-sec-kinetics input[type=text]").first
    field.fill("900 ns")
    field.press("Enter")
    said = app.page.locator(".mdx-sec-kinetics .mdx-form-error")
    said.wait_for(state="visible")
    assert "too long" in said.inner_text()
    app.wait_for("() => document.querySelector('.mdx-lagtime').textContent === '20 ps'")


def test_theme_rail_help_and_save_open_and_close(app):
    surface = "() => getComputedStyle(document.querySelector('.mdx-panel-projection')).backgroundColor"
    light = app.read(surface)
    app.page.locator(".mdx-theme").click()
    app.wait_for(surface, light)
    width = "() => document.querySelector('.mdx-panel-projection').clientWidth"
    narrow = app.read(width)
    app.page.locator(".mdx-fold").click()
    assert app.wait_for(width, narrow) > narrow
    app.page.locator(".mdx-fold button[title='Show the settings'] >> visible=true").wait_for()
    app.page.locator(".mdx-i-help").click()
    app.page.locator(".mdx-help").wait_for(state="visible")
    app.page.keyboard.press("Escape")
    app.page.locator(".mdx-help").wait_for(state="hidden")
    app.page.locator(".mdx-save").click()
    app.page.locator(".mdx-pop").wait_for(state="visible")
    app.page.locator(".mdx-pop .mdx-quiet-button").first.click()
    app.wait_for("() => /Select frames first/.test(document.querySelector('.mdx-pop').textContent)")
    app.page.locator(".mdx-pop .mdx-i-close").click()
    app.page.locator(".mdx-pop").wait_for(state="hidden")
    app.page.locator(".mdx-save").click()
    app.page.locator(".mdx-pop").wait_for(state="visible")
    app.page.keyboard.press("Escape")
    app.page.locator(".mdx-pop").wait_for(state="hidden")


def test_at_1280_by_800_the_panels_make_room_for_the_rail(open_app):
    app = open_app(1280, 800).wait_until_ready()
    rail = app.page.locator(".mdx-rail")
    rail.wait_for(state="hidden")
    app.holds(SCROLLS, "1280,800")
    app.holds(OVERFLOWING, "")
    app.page.locator(".mdx-fold").click()
    rail.wait_for(state="visible")
    app.wait_for("() => document.querySelector('.mdx-panels').getBoundingClientRect().left >= document.querySelector('.mdx-rail').getBoundingClientRect().right")
    app.holds(OVERFLOWING, "")
    app.holds(CUT, "")
    # What was opened here leaves a wide page as it is, and what is folded there stays shut here.
    app.page.set_viewport_size({"width": 1440, "height": 900})
    app.page.locator(".mdx-if-wide").click()
    rail.wait_for(state="hidden")
    app.page.set_viewport_size({"width": 1280, "height": 800})
    rail.wait_for(state="visible")
    app.page.locator(".mdx-fold button[title='Hide the settings'] >> visible=true").wait_for()
    app.page.locator(".mdx-fold").click()
    rail.wait_for(state="hidden")
    app.page.locator(".mdx-fold button[title='Show the settings'] >> visible=true").wait_for()
    # The count of warnings in the top bar opens it at Health, which stands below what it shows.
    app.page.locator(".mdx-warned").click()
    rail.wait_for(state="visible")
    app.holds("""() => { const [health, rail] = ['.mdx-rail .mdx-panel-notices', '.mdx-rail'].map(s => document.querySelector(s).getBoundingClientRect());
                         return health.bottom <= rail.bottom + 1 && health.top >= rail.top; }""")


def test_the_caption_of_the_structure_is_never_drawn_over(app):
    app.holds("""() => { const edge = s => document.querySelector('.mdx-panel-structure ' + s).getBoundingClientRect();
                         return edge('canvas').bottom <= edge('.mdx-cap').top + 1; }""")


def test_the_hint_on_how_to_choose_a_flux_is_read_in_full(app):
    app.page.locator(".mdx-panel-network .mdx-i-flux").click()
    app.wait_for("() => /click its source/.test(document.querySelector('.mdx-panel-network .mdx-title').textContent)")
    title = ".mdx-panel-network .mdx-title .widget-html-content"
    app.holds(f"() => document.querySelector('{title}').scrollWidth <= document.querySelector('{title}').clientWidth")
    app.page.locator(".mdx-panel-network select").wait_for(state="hidden")


def test_axes_tell_their_numbers_apart_after_an_angle_was_shown(app):
    ticks = "() => [...document.querySelectorAll('.mdx-panel-projection .axis')].map(a => [...a.querySelectorAll('.tick text')].map(t => t.textContent).join()).join(';')"
    before = app.read(ticks)
    menu = app.page.locator(".mdx-panel-projection .mdx-axes select").nth(1)
    first = menu.evaluate("m => m.value")
    menu.select_option(index=[text.startswith("φ") for text in menu.locator("option").all_inner_texts()].index(True))
    app.wait_for(f"() => ({ticks})().includes('180')")
    menu.select_option(value=first)
    app.wait_for(f"() => !({ticks})().includes('180')")
    app.holds(ticks, before)
