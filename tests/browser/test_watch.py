"""The page of `ganlib watch` in a browser: it refreshes itself and leaves the reader where he is."""

import contextlib
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from ganlib.page import verdicts, watch
from ganlib.support.locks import locked
from tests.page import workspace

TOP = "document.querySelector('{}').getBoundingClientRect().top"


@pytest.fixture(scope="module")
def painted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("watched")
    workspace.paint(folder)
    (folder / verdicts.FILE).write_text(json.dumps({"claims": [workspace.claim({})]}), encoding="utf-8")
    return folder


@pytest.fixture
def start(painted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Path]]:
    """Starts a training in a checkout with results, the working directory."""
    monkeypatch.chdir(shutil.copytree(painted, tmp_path / "ganlib"))
    with contextlib.ExitStack() as stack:

        def begin(report: str, **options: object) -> Path:
            folder = workspace.training(report, **options)
            stack.enter_context(locked(folder, "this test is training it"))
            return folder

        yield begin


@pytest.fixture
def server(start: Callable[..., Path]) -> Iterator[watch.Server]:
    server = watch.Server(0)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def page(chromium: Browser, server: watch.Server) -> Iterator[Page]:
    """The page in its own window; the test fails on a request to another server or an error in the console."""
    problems: list[str] = []
    page = chromium.new_page()
    page.on("console", lambda message: problems.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", lambda request: None if request.url.startswith((server.address, "data:")) else problems.append(request.url))
    page.emulate_media(reduced_motion="reduce")  # or the browser scrolls for a while
    page.goto(server.address)
    yield page
    page.close()
    assert problems == []


def test_running_training_is_followed_and_keeps_place_focus_and_unchanged_pictures(page: Page, start: Callable[..., Path]):
    start("dcgan64", until=10)
    page.wait_for_function("document.querySelector('#running progress')?.value === 10")
    page.locator("#dense64").scroll_into_view_if_needed()
    start("began64", until=20)  # the section above becomes longer
    before = page.evaluate(TOP.format("#dense64"))
    page.wait_for_function("document.querySelectorAll('#running article').length === 2")
    assert page.evaluate(TOP.format("#dense64")) == pytest.approx(before, abs=1)

    chart = page.locator("#running article:has-text('began64') .chart").first
    chart.focus()
    workspace.training("began64", until=30)
    page.wait_for_function("document.querySelector('#running').textContent.includes('Fakes after 30 steps.')")
    assert chart.evaluate("chart => chart === document.activeElement")
    page.keyboard.press("Home")
    assert "step 10" in chart.inner_text()
    assert page.locator("#live").inner_text() == "Live"


def test_new_results_appear_and_tabs_and_sliders_of_the_others_stay(page: Page, start: Callable[..., Path]):
    page.locator("#began64-reals-tab").click()
    slider = page.locator("#dcgan56 .pictures input")
    slider.focus()
    page.keyboard.press("Home")
    before = page.evaluate(TOP.format("#dcgan56"))
    workspace.trained("wgan64")
    workspace.scored("dense64", kid=0.5)
    shutil.rmtree("data/runs/dcgan112")
    page.wait_for_function("document.querySelector('#wgan64') && !document.querySelector('#dcgan112')")
    assert "0.500" in page.locator("#dense64").inner_text()
    assert page.evaluate(TOP.format("#dcgan56")) == pytest.approx(before, abs=1)
    assert page.locator("#began64-reals").is_visible()
    assert slider.evaluate("slider => slider.value === '0' && slider === document.activeElement")
    page.locator("#wgan64-reals-tab").click()  # what is new responds
    assert page.locator("#wgan64-reals").is_visible()
    assert page.locator("#learning figcaption b").all_inner_texts() == ["dcgan64", "dense64", "began64", "dcgan56", "vae64", "wgan64"]
    assert page.locator("#learning figure:last-child .quarter img").count() == len(workspace.STEPS)
    assert page.locator("nav a[href='#wgan64']").count() == 1

    newest, first = (f"data/progress/vae64/samples/{step:06d}.png" for step in (workspace.STEPS[-1], workspace.STEPS[0]))
    before = page.locator("#learning figure:nth-child(5) .quarter img.on").get_attribute("src")
    shutil.copy(first, newest)  # trained again
    page.wait_for_function("before => document.querySelector('#vae64-samples img.on').src !== before", arg=before)
    assert page.locator("#learning figure:nth-child(5) .quarter img.on").get_attribute("src") != before


def test_end_of_the_command_is_shown(chromium: Browser, server: watch.Server):
    page = chromium.new_page()  # its console reports the refused connection
    page.goto(server.address)
    server.shutdown()
    server.server_close()
    page.wait_for_function("document.getElementById('live').textContent === 'Ended'")
    page.close()


@pytest.mark.parametrize(("scheme", "width"), [("light", 375), ("dark", 1440)])
def test_running_trainings_fit_every_width_and_axe_finds_no_violations(page: Page, start: Callable[..., Path], scheme: str, width: int):
    start("dcgan64")
    start("began64", seed=3, lr_g=0.5)
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.set_viewport_size({"width": width, "height": 900})
    page.reload()
    assert page.evaluate("document.documentElement.scrollWidth") == width
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
