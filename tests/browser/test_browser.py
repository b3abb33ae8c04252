"""The browser of the other tests here: it runs scripts, and problems of a page are noticed."""

from pathlib import Path

from playwright.sync_api import Page


def open_page(page: Page, folder: Path, body: str) -> None:
    """Write a page with `body` into `folder` and go there."""
    path = folder / "page.html"
    path.write_text(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>a page</title><link rel="icon" href="data:,">{body}', encoding="utf-8"
    )
    page.goto(path.as_uri())


def test_page_opens_from_disk_and_runs_its_script(page: Page, tmp_path: Path) -> None:
    open_page(page, tmp_path, "<p id=sum></p><script>document.getElementById('sum').textContent = 20 + 22</script>")
    assert page.locator("#sum").text_content() == "42"


def test_console_errors_and_requests_are_collected(page: Page, problems: list[str], tmp_path: Path) -> None:
    open_page(page, tmp_path, "<script>console.warn('a warning'); fetch('https://example.org/').catch(() => {}); undefined.field</script>")
    page.wait_for_function("() => true")
    assert "a warning" in problems
    assert "https://example.org/" in problems
    assert any("undefined" in problem for problem in problems)
    problems.clear()
