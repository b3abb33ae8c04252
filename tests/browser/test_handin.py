"""The page of a hand-in in a browser, from disk and offline; `page` fails on console messages and requests."""

import contextlib
import re
import zipfile
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from ganlib.handin import archive
from ganlib.use import runs
from tests.handin import workspace
from tests.page.workspace import scored

NOTES = "# What I changed\n\n" + "A rate, with `lr_d` four times as large. " * 60
A4 = [595, 842]  # points


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked hand-ins of two runs; that of began64, with conditions, is the longest of all reports."""
    root = workspace.build(tmp_path_factory.mktemp("handin"))
    with contextlib.chdir(root):
        scored("began64")
        for name in ("dense64", "began64"):
            archive.write(runs.find(name), Path(f"{name}.zip"), notes=NOTES, with_photographs=False, since=None)
            zipfile.ZipFile(f"{name}.zip").extractall()
    return root


@pytest.mark.parametrize("name", ["dense64", "began64"])
@pytest.mark.parametrize(("scheme", "width"), [("light", 375), ("dark", 1440)])
def test_page_fits_a_phone_and_a_screen_and_axe_finds_no_violations(page: Page, folder: Path, name: str, scheme: str, width: int) -> None:
    page.emulate_media(color_scheme=scheme)
    page.goto((folder / name / "index.html").as_uri())
    page.set_viewport_size({"width": width, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") == width
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.locator("img").evaluate_all(
        "images => images.every(image => image.naturalWidth && getComputedStyle(image).opacity === '1')"
    )


@pytest.mark.parametrize("name", ["dense64", "began64"])
def test_page_prints_on_two_to_four_sheets_of_a4_in_light_colours(page: Page, folder: Path, name: str) -> None:
    page.emulate_media(color_scheme="dark")
    page.goto((folder / name / "index.html").as_uri())
    pdf = page.pdf(prefer_css_page_size=True, path=folder / f"{name}.pdf")
    assert 2 <= len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 4
    assert {tuple(round(float(edge)) for edge in box.split()[2:]) for box in re.findall(rb"/MediaBox\s*\[([^]]*)\]", pdf)} == {tuple(A4)}
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
