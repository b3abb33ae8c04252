"""`ganlib page`: shows everything trained so far; mistakes are one line."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from ganlib.cli import main
from ganlib.support.errors import UserError
from tests.page import workspace


def page(*arguments: str) -> str:
    done = CliRunner().invoke(main.app, ["page", *arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_page_is_written_to_output_and_its_address_printed(checkout):
    workspace.trained("dense64")
    assert (checkout / "mine.html").as_uri() in page("-o", "mine.html")
    assert (checkout / "page.html").as_uri() in page()
    assert (checkout / "mine.html").read_bytes() == (checkout / "page.html").read_bytes()


def test_trained_baselines_are_on_the_page(checkout):
    workspace.trained("wgan64")
    page()
    assert "ganlib repro baselines/dvc.yaml:baseline@wgan64" in Path("page.html").read_text(encoding="utf-8")


def test_exports_are_linked_relative_to_the_page(checkout):
    workspace.trained("dense64")
    page()
    assert "faces.html" not in Path("page.html").read_text(encoding="utf-8")
    (checkout / "exports" / "dense64").mkdir(parents=True)
    (checkout / "exports" / "dense64" / "faces.html").touch()
    (checkout / "docs").mkdir(exist_ok=True)
    page("-o", "docs/page.html")
    assert '<a href="../exports/dense64/faces.html">draw faces in the browser</a>' in Path("docs/page.html").read_text(encoding="utf-8")
    assert "walk.webp" not in Path("docs/page.html").read_text(encoding="utf-8")


def test_curve_demo_alone_makes_a_page(checkout):
    workspace.curve()
    page()
    assert "mean D(real) is 0.510" in Path("page.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), r"nothing has been trained in .* yet: run `dvc repro`"),
        (("-o", "studies"), "-o: studies is a folder; name a file, such as page.html"),
        (("-o", "nowhere/page.html"), "-o: nowhere/page.html is not in an existing folder; name a file, such as page.html"),
        (("--experiments",), r"`dvc exp show` failed: .*not inside of a DVC repository"),
    ],
)
def test_mistake_is_one_line(checkout, arguments, words):
    if "--experiments" in arguments:
        workspace.trained("dense64")
    with pytest.raises(UserError, match=words):
        page(*arguments)
    assert not Path("page.html").exists()


def test_folder_without_settings_is_one_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=r"params\.yaml: not found"):
        page()
