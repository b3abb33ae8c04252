"""A checkout with painted results, and its page."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from ganlib.page import verdicts
from ganlib.support.locks import locked
from tests.page import workspace


@pytest.fixture(scope="session")
def painted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout in which everything was trained and scored; read only."""
    folder = tmp_path_factory.mktemp("painted")
    workspace.paint(folder)
    return folder


@pytest.fixture
def results(painted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy that a test may change; the working directory."""
    monkeypatch.chdir(shutil.copytree(painted, tmp_path / "ganlib"))
    return tmp_path / "ganlib"


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout in which nothing has run; the working directory."""
    workspace.bare(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def judged(checkout: Path) -> Callable[..., Path]:
    """Writes one claim with a verdict, with changes to its result, and one without; returns the checkout."""

    def write(**changes: object) -> Path:
        (checkout / verdicts.FILE).write_text(json.dumps({"claims": [workspace.claim(changes), workspace.UNTESTED]}), encoding="utf-8")
        return checkout

    workspace.trained("dense64")
    return write


@pytest.fixture
def started(checkout: Path) -> Iterator[Callable[..., Path]]:
    """Does what a training does that runs until the end of the test; see `workspace.training`."""
    with ExitStack() as stack:

        def start(report: str, **options: object) -> Path:
            folder = workspace.training(report, **options)
            stack.enter_context(locked(folder, "this test is training it"))
            return folder

        yield start
