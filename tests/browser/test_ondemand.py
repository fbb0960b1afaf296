"""Panels that are opened from the rail: a real click opens them, the others make room, and what they say follows the page."""
from __future__ import annotations

OVERFLOWING = """() => [...document.querySelectorAll('.mdx-panels > .mdx-panel, .mdx-drawer > .mdx-panel')].filter(p => p.scrollWidth > p.clientWidth + 1 || p.scrollHeight > p.clientHeight + 1)
                        .map(p => p.className).join()"""
SUMMARY = "() => document.querySelector('.mdx-asked-sum')?.textContent ?? ''"
COVERED = "() => document.querySelector('.mdx-drawer').getBoundingClientRect().right > document.querySelector('.mdx-panels').getBoundingClientRect().left + 1"


def opened(app, title):
    app.page.locator(".mdx-openers button", has_text=title).click()
    panel = app.page.locator(f".mdx-panel-{title.lower()}")
    panel.wait_for(state="visible")
    return panel


def test_observables_are_computed_on_demand_and_follow_the_lag_time(app):
    panel = opened(app, "Observables")
    first = app.wait_for(SUMMARY, "")
    assert first.startswith("IC 1 mean")
    assert "is lost within 20 ps" in first
    panel.locator(".mdx-asked:not(.mdx-unanswered)").wait_for()
    app.holds(COVERED, False)
    app.holds(OVERFLOWING, "")
    app.holds("() => document.querySelector('.mdx-rail').scrollHeight <= document.querySelector('.mdx-rail').clientHeight")
    panel.locator(".bqplot").first.locator("path.dot").last.hover()
    app.wait_for("() => document.querySelector('.mdx-asked-told').textContent.includes(' ns: ')")
    field = app.page.locator(".mdx-sec-kinetics input[type=text]").first
    field.fill("0.1 ns")
    field.press("Enter")
    assert "is lost within 100 ps" in app.wait_for(SUMMARY, first)
    panel.locator(".mdx-i-close").click()
    panel.wait_for(state="hidden")
    assert app.complaints == []


def test_a_measured_coupling_moves_the_model_and_its_frames_are_selected(app):
    panel = opened(app, "Experiment")
    line = panel.locator(".mdx-ex-add")
    line.locator("input:visible").nth(0).fill("6.4")
    line.locator("input:visible").nth(1).fill("0.02")
    line.locator("input:visible").nth(1).press("Tab")
    line.locator(".mdx-i-plus").click()
    panel.locator(".mdx-ex-carry").wait_for(state="visible")
    assert "³J(HN,HA) ALA2" in panel.locator(".mdx-ex-row").inner_text()
    app.holds("() => document.querySelectorAll('.mdx-ex-state').length", 3)
    app.holds(OVERFLOWING, "")
    panel.locator(".mdx-ex-carry button").click()
    assert int(app.wait_for("() => document.querySelector('.mdx-selected-count').textContent", "0")) > 0
    network = "() => document.querySelector('.mdx-panel-network .bqplot svg').innerHTML"
    before = app.read(network)
    panel.locator(".mdx-solid").click()
    app.wait_for("() => document.querySelector('.mdx-ex-result .mdx-solid').textContent === 'It is the current model'")
    app.wait_for(network, before)
    assert app.complaints == []


def test_starts_are_listed_with_reasons_shown_selected_and_follow_the_lag_time(app):
    panel = opened(app, "Sampling")
    row = panel.locator(".mdx-item:visible")
    row.first.wait_for()
    app.holds("() => document.querySelectorAll('.mdx-panel-sampling .mdx-item:not(.mdx-hidden)').length", 10)
    app.holds(COVERED, False)
    app.holds(OVERFLOWING, "")
    app.holds("() => document.querySelector('.mdx-rail').scrollHeight <= document.querySelector('.mdx-rail').clientHeight")
    chosen = row.nth(2).locator("b").inner_text()
    row.nth(2).locator(".mdx-item-go").click()
    app.holds(f"() => document.querySelector('.mdx-panel-structure .mdx-cap').textContent.includes({chosen!r})")
    app.holds("() => [...document.querySelectorAll('.mdx-panel-sampling .mdx-item')].findIndex(row => row.classList.contains('mdx-active'))", 2)
    panel.get_by_role("button", name="Select all").click()
    app.holds("() => document.querySelector('.mdx-selected-count').textContent", "10")
    summary = "() => document.querySelector('.mdx-starts-sum')?.textContent ?? ''"
    first = app.wait_for(summary, "")
    field = app.page.locator(".mdx-sec-kinetics input[type=text]").first
    field.fill("0.1 ns")
    field.press("Enter")
    app.wait_for(summary, first)
    panel.locator("select").first.select_option(label="what was seen least")
    app.wait_for("() => document.querySelector('.mdx-panel-sampling .mdx-item p').textContent.includes('only. That is')")
    assert app.complaints == []


def test_generated_frames_stand_beside_real_ones_with_scores_over_the_structure(app):
    panel = opened(app, "Generation")
    row = panel.locator(".mdx-item:visible")
    row.first.wait_for()
    assert panel.inner_text().count("its own nearest") == 1
    app.holds(COVERED, False)
    app.holds(OVERFLOWING, "")
    app.holds("() => document.querySelector('.mdx-rail').scrollHeight <= document.querySelector('.mdx-rail').clientHeight")
    panel.locator("select").first.select_option(label="by the energy (Boltzmann)")
    app.wait_for("() => document.querySelector('.mdx-panel-generation .mdx-note').textContent.includes('energy')")
    panel.locator("select").first.select_option(label="new structures, by a flow")
    panel.get_by_role("button", name="Generate").click()
    app.wait_for("() => document.querySelector('.mdx-panel-generation .mdx-item p').textContent.includes('Bonds off by')")
    app.holds(OVERFLOWING, "")
    app.drag([(0.35, 0.3), (0.35, 0.7), (0.6, 0.7), (0.6, 0.3), (0.35, 0.3)], ".mdx-latent")
    held = app.wait_for("() => document.querySelector('.mdx-held').textContent.match(/In the loop: (\\d+) of 1000 generated structures.*; (\\d+) of 1500 real frames, now selected/)?.slice(1).map(Number)")
    assert min(held) > 30
    app.holds("() => document.querySelector('.mdx-selected-count').textContent", str(held[1]))
    app.holds("() => document.querySelectorAll('.mdx-panel-generation .mdx-item:not(.mdx-hidden)').length", 30)
    app.holds(OVERFLOWING, "")
    panel.get_by_role("button", name="First list").click()
    app.holds("() => document.querySelectorAll('.mdx-panel-generation .mdx-item:not(.mdx-hidden)').length", 10)
    chosen = row.nth(1).locator("b").inner_text()
    row.nth(1).locator(".mdx-item-go").click()
    app.holds(f"() => ['generated structure laid over it', {chosen!r}].every(text => document.querySelector('.mdx-panel-structure .mdx-cap').textContent.includes(text))")
    panel.get_by_role("button", name="Select the real frames").click()
    assert 0 < int(app.wait_for("() => document.querySelector('.mdx-selected-count').textContent", str(held[1]))) <= 10
    assert app.complaints == []


def test_a_window_is_added_where_it_is_wanted_and_a_slider_changes_the_potential(app):
    panel = opened(app, "Ensembles")
    panel.locator(".mdx-asked:not(.mdx-unanswered)").wait_for()
    weakest = "() => [...document.querySelectorAll('.mdx-en-cell + .mdx-en-number + .mdx-en-gap')].map(mark => mark.previousElementSibling.textContent)"
    dots = "() => document.querySelectorAll('.mdx-en-outcome:not(.mdx-en-away) path.dot').length"
    app.holds(weakest, [".02", ".02"])
    app.holds(dots, 7)
    app.holds(COVERED, False)
    app.holds(OVERFLOWING, "")
    app.holds("() => document.querySelector('.mdx-rail').scrollHeight <= document.querySelector('.mdx-rail').clientHeight")
    panel.get_by_role("button", name="Add a window at 0.55").click()
    app.holds(dots, 8)
    app.holds(f"() => Math.min(...({weakest})().map(Number)) > 0.1")
    panel.locator(".mdx-en-outcome:not(.mdx-en-away) path.dot").nth(5).hover()
    app.wait_for("() => [...document.querySelectorAll('.mdx-en-outcome .mdx-note')].some(note => note.textContent.includes('window 6 (at 0.55)'))")
    panel.locator("select").first.select_option(label="another potential, same paths")
    said = "() => document.querySelector('.mdx-en-said')?.textContent ?? ''"
    app.holds(f"() => ({said})().includes('100 % of the paths count')")
    at_rest = app.read(said)
    panel.locator(".mdx-along .noUi-handle").focus()
    app.page.keyboard.press("ArrowRight")
    assert "exact" in app.wait_for(said, at_rest)
    app.holds("() => document.querySelector('.mdx-en-strength').textContent.trim()", "+6 %")
    app.page.keyboard.press("Home")
    app.holds("() => document.querySelector('.mdx-en-strength').textContent.trim()", "−60 %")
    app.holds(OVERFLOWING, "")
    assert app.complaints == []


def test_a_coordinate_marks_atoms_of_its_features_and_is_gone_along_frame_by_frame(app):
    app.page.locator(".mdx-panel-projection .mdx-tool-coordinate").click()
    panel = app.page.locator(".mdx-panel-coordinate")
    panel.locator(".mdx-asked:not(.mdx-unanswered)").wait_for()
    app.holds(COVERED, False)
    app.holds(OVERFLOWING, "")
    app.holds("() => document.querySelector('.mdx-rail').scrollHeight <= document.querySelector('.mdx-rail').clientHeight")
    before = app.pixels()
    row = panel.locator(".mdx-loadings rect.bar").nth(4)   # what feels the mouse lies over the four bars
    row.hover(force=True)
    app.wait_for_other_pixels(before)
    said = "() => document.querySelector('.mdx-along + .mdx-note').textContent"
    first = app.read(said)
    panel.locator(".mdx-along .noUi-handle").focus()
    app.page.keyboard.press("Home")
    assert "Step 1 of 40" in app.wait_for(said, first)
    shown = "() => document.querySelector('.mdx-panel-structure .mdx-cap').textContent"
    at_first = app.read(shown)
    panel.locator(".mdx-along .mdx-i-play").click()
    app.wait_for(shown, at_first)
    app.holds(f"() => ({said})().includes('Step 40 of 40')")
    panel.locator(".mdx-i-play").wait_for()
    panel.locator(".mdx-i-close").click()
    panel.wait_for(state="hidden")
    assert app.complaints == []


def test_another_panel_is_opened_in_its_place_while_the_rail_is_folded(open_app):
    app = open_app(1280, 800).wait_until_ready()
    app.page.locator(".mdx-panel-projection .mdx-tool-coordinate").click()
    app.page.locator(".mdx-panel-coordinate").wait_for(state="visible")
    assert app.read("() => getComputedStyle(document.querySelector('.mdx-rail')).visibility") == "hidden"
    app.page.locator(".mdx-switch select").select_option(label="Sampling")
    app.page.locator(".mdx-panel-sampling .mdx-item:visible").first.wait_for()
    app.holds("() => [...document.querySelectorAll('.mdx-drawer > .mdx-panel')].filter(panel => panel.offsetWidth).map(panel => panel.classList.contains('mdx-panel-sampling'))", [True])
    app.holds(COVERED, False)
    app.holds(OVERFLOWING, "")
    assert app.complaints == []


def test_health_is_seen_whole_where_the_rail_scrolls_anyway_and_at_a_click_elsewhere(open_app):
    cut = "() => { const list = document.querySelector('.mdx-notices'); return list.scrollHeight > list.clientHeight + 1 }"
    app = open_app(1280, 800).wait_until_ready()
    app.page.locator(".mdx-warned").click()
    app.holds(cut, False)
    app.page.set_viewport_size({"width": 1440, "height": 900})
    app.holds(cut, True)
    app.page.locator(".mdx-all-or-some").click()
    app.holds(cut, False)


def test_numbers_below_zero_have_a_minus_on_the_axes_too(app):
    ticks = "() => [...document.querySelectorAll('.mdx-panels .axis .tick text')].map(tick => tick.textContent).filter(text => /^[-\u2212]\\d/.test(text))"
    found = app.wait_for(f"() => {{ const found = ({ticks})(); return found.length > 0 && found }}")
    assert all(text.startswith("\u2212") for text in found)
