"""Pages in a real browser, without a network."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

BROWSERS = ("chromium-headless-shell", "chromium", "google-chrome", "chromium-browser")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The system's headless Chromium, shared by all tests of a process."""
    path = os.environ.get("GANLIB_BROWSER") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        reason = "no Chromium on this machine: apt-get install chromium-headless-shell, or name one in GANLIB_BROWSER"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)  # in CI, skipped tests would look like passed ones
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"] if os.geteuid() == 0 else [])
        yield browser
        browser.close()


@pytest.fixture
def problems() -> list[str]:
    """Console errors and warnings of `page`, and its requests for anything but local files; must be empty at the end of a test."""
    return []


@pytest.fixture
def page(chromium: Browser, problems: list[str]) -> Iterator[Page]:
    """An empty page in a new offline context; its test fails if there are `problems` at the end."""
    context = chromium.new_context(offline=True)
    page = context.new_page()
    page.on("console", lambda message: problems.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", lambda request: None if request.url.startswith(("file:", "data:", "blob:")) else problems.append(request.url))
    yield page
    context.close()
    assert problems == []
