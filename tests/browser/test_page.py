"""The page of results in a browser, from disk and offline; `page` fails on console messages and requests."""

import contextlib
import json
from pathlib import Path

import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from ganlib import params
from ganlib.core import tables
from ganlib.page import checkout, verdicts
from tests.conftest import ROOT
from tests.page import workspace
from tests.page.workspace import STEPS


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of painted results with a claim of each kind and those of the repository, in their checkout."""
    folder = tmp_path_factory.mktemp("page")
    workspace.paint(folder)
    claims = [workspace.claim({}), workspace.UNTESTED, *tables.read_json(ROOT / verdicts.FILE)["claims"]]
    (folder / verdicts.FILE).write_text(json.dumps({"claims": claims}), encoding="utf-8")
    with contextlib.chdir(folder):
        checkout.write(Path("index.html"), experiments=False)
    return folder / "index.html"


@pytest.mark.parametrize(("scheme", "extreme"), [("light", 375), ("dark", 1920)])
def test_page_fits_every_width_and_axe_finds_no_violations_at_the_extreme_ones(page: Page, file: Path, scheme: str, extreme: int):
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.goto(file.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true })")
    for width in (768, 1440, extreme):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") == width
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_first_screen_has_a_face_and_a_score_of_every_report(page: Page, file: Path):
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(file.as_uri())
    visible = "nodes => nodes.map(node => node.getBoundingClientRect()).filter(box => box.bottom <= innerHeight && box.width > 80).length"
    reports = len(params.load().reports)
    assert page.locator("#learning .quarter").evaluate_all(visible) == reports
    assert page.locator("#learning .outcome:has-text('KID 0.200')").evaluate_all(visible) == reports
    assert page.locator("h1").inner_text().startswith("Lowest KID: ")
    assert "written " in page.locator("#results").inner_text()


@pytest.mark.parametrize(("width", "most"), [(1440, 11_000), (375, 14_850)])
def test_length_is_half_of_what_it_was_on_a_screen_and_a_third_on_a_phone(page: Page, file: Path, width: int, most: int):
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(file.as_uri())
    assert page.evaluate("document.documentElement.scrollHeight") < most
    assert page.locator("#dcgan64 .chart").first.is_visible() == (width == 1440)


def test_navigation_fits_a_phone_and_leads_to_every_report_by_keyboard(page: Page, file: Path):
    page.set_viewport_size({"width": 375, "height": 812})
    page.emulate_media(reduced_motion="reduce")
    page.goto(file.as_uri())
    ends = page.locator(".bar nav > *:visible").evaluate_all("links => links.map(link => link.getBoundingClientRect().right)")
    assert max(ends) <= page.locator("#theme").evaluate("button => button.getBoundingClientRect().left")
    heights = page.locator(".bar nav > *:visible").evaluate_all("links => links.map(link => link.getBoundingClientRect().height)")
    assert min(heights) >= 44
    summary = page.locator(".menu summary")
    summary.focus()
    page.keyboard.press("Enter")
    links = page.locator(".menu a")
    assert links.all_text_contents() == [*params.load().reports, "curve"]
    assert links.first.is_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('.menu a[aria-current]')?.textContent === 'dcgan64'")
    assert page.evaluate("document.querySelector('#dcgan64').getBoundingClientRect().top") < 100
    assert not links.first.is_visible()
    assert summary.get_attribute("aria-current") == "true"
    summary.press("Enter")
    page.keyboard.press("Escape")
    assert not links.first.is_visible()


def test_verdict_opens_by_keyboard_and_from_its_report(page: Page, file: Path):
    page.goto(file.as_uri())
    sentence = page.get_by_text("Its own rates score a KID lower by 0.2.")
    assert not sentence.is_visible()
    page.locator(".claim summary").first.press("Enter")
    assert sentence.is_visible()
    folded = page.locator("#verdicts .long .claim[id] summary").first
    assert not folded.is_visible()  # verdicts that are not significant, in a long list
    page.goto(f"{file.as_uri()}#{page.locator('#verdicts .long .claim[id]').first.get_attribute('id')}")
    assert folded.is_visible()
    assert page.locator("#dcgan64 .links a").first.get_attribute("href") == "#claim-rates"
    assert page.locator(".claim[id]").first.get_attribute("id") == "claim-rates"


def test_axe_would_find_low_contrast_and_a_picture_without_alternative_text(page: Page):
    body = "<h1>x</h1><p style='color:#aaa;background:#fff'>pale</p><img src='data:,'>"
    page.set_content(f"<html lang=en><title>x</title><main>{body}</main>")
    assert {violation["id"] for violation in Axe().run(page).response["violations"]} >= {"color-contrast", "image-alt"}


def test_slider_shows_every_report_at_the_same_share_of_its_training(page: Page, file: Path):
    page.goto(file.as_uri())
    reports = list(params.load().reports)
    steps = page.locator("#learning .quarter img.on")
    assert steps.evaluate_all("images => images.map(image => +image.dataset.step)") == [STEPS[-1]] * len(reports)
    page.locator("#together").focus()
    page.keyboard.press("Home")
    assert steps.evaluate_all("images => images.map(image => +image.dataset.step)") == [STEPS[0]] * len(reports)
    assert page.locator("#learning .at").all_inner_texts() == [f"step {STEPS[0]}"] * len(reports)
    assert page.locator("#together").get_attribute("aria-valuetext") == "0% of training"


def test_play_runs_to_the_end_and_stops(page: Page, file: Path):
    page.goto(file.as_uri())
    page.clock.install()
    page.locator("#play").click()
    assert page.locator("#play").inner_text() == "Pause"
    assert int(page.locator("#together").input_value()) < 100
    page.clock.run_for(10_000)
    assert page.locator("#together").input_value() == "100"
    assert page.locator("#play").inner_text() == "Play"


def test_tabs_follow_the_arrow_keys(page: Page, file: Path):
    page.goto(file.as_uri())
    tabs = page.locator("#began64 [role=tab]")
    tabs.nth(0).focus()
    for place, kind in enumerate(("samples", "reals", "closest", "reconstructions", "samples")):
        assert tabs.nth(place % 4).get_attribute("aria-selected") == "true"
        panels = page.locator("#began64 [role=tabpanel]").all()
        assert [panel.get_attribute("id") for panel in panels if panel.is_visible()] == [f"began64-{kind}"]
        page.keyboard.press("ArrowRight")


def test_legend_follows_the_pointer_and_the_arrow_keys(page: Page, file: Path):
    page.goto(file.as_uri())
    chart = page.locator("#dcgan64 .chart").first
    legend = chart.locator(".legend")
    assert legend.inner_text().split() == ["D", "0.75", "G", "0.6"]
    chart.locator("svg").hover(position={"x": 50, "y": 40})
    assert legend.inner_text().split() == ["D", "0.25", "G", "0.2", "step", "10"]
    page.mouse.move(0, 0)
    chart.focus()
    page.keyboard.press("ArrowLeft")
    assert legend.inner_text().split() == ["D", "0.5", "G", "0.4", "step", "20"]
    chart.evaluate("figure => figure.blur()")
    assert "step" not in legend.inner_text()


def test_recorded_curves_move_with_their_slider(page: Page, file: Path):
    page.goto(file.as_uri())
    line = page.locator(".drawing .drawn").first
    last = line.get_attribute("points")
    page.locator("#moments").focus()
    page.keyboard.press("Home")
    first = line.get_attribute("points")
    assert len({point.split(",")[1] for point in first.split()}) == 1
    assert float(last.split()[0].split(",")[1]) < float(first.split()[0].split(",")[1])  # 2 lies above 1
    page.keyboard.press("End")
    assert line.get_attribute("points") == last


def test_csv_is_that_of_the_log(page: Page, file: Path):
    page.goto(file.as_uri())
    page.locator("#dcgan64 summary:has-text('Settings')").click()
    with page.expect_download() as download:
        page.locator("[data-csv='dcgan64/log']").click()
    assert download.value.suggested_filename == "dcgan64-log.csv"
    files = (download.value.path(), file.parent / "data/progress/dcgan64/log.csv")
    got, log = (pd.read_csv(path) for path in files)
    pd.testing.assert_frame_equal(got, log, check_dtype=False, check_exact=True)


def test_theme_cycles_through_auto_light_and_dark(page: Page, file: Path):
    page.emulate_media(color_scheme="dark")
    page.goto(file.as_uri())
    seen = []
    for _ in range(4):
        seen.append((page.locator("#theme").inner_text(), page.evaluate("getComputedStyle(document.body).backgroundColor")))
        page.locator("#theme").click()
    dark, light = seen[0][1], seen[1][1]
    assert seen == [("Auto", dark), ("Light", light), ("Dark", dark), ("Auto", dark)]
    assert dark != light


def test_command_is_selected_if_the_clipboard_is_not_accessible(page: Page, file: Path):
    page.goto(file.as_uri())
    page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: {writeText: () => Promise.reject(new Error())}})")
    page.locator("#dcgan64 summary:has-text('Settings')").click()
    page.locator("#dcgan64 [data-copy]").click()
    page.wait_for_function("document.querySelector('#dcgan64 [data-copy]').textContent === 'Selected'")
    assert page.evaluate("getSelection().toString()").strip() == "dvc repro evaluate@dcgan64"


def test_every_panel_is_printed_and_no_control(page: Page, file: Path):
    page.goto(file.as_uri())
    page.emulate_media(media="print")
    assert all(panel.is_visible() for panel in page.locator("#began64 [role=tabpanel]").all())
    assert not any(button.is_visible() for button in page.locator("button").all())


def test_console_errors_and_requests_of_a_page_are_noticed(page: Page, problems: list[str]):
    page.set_content("<script>console.warn('a warning'); fetch('https://example.org/').catch(() => {}); undefined.field</script>")
    page.wait_for_function("() => true")
    assert {"a warning", "https://example.org/"} <= set(problems)
    assert any("undefined" in problem for problem in problems)
    problems.clear()
