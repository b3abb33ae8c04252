"""A checkout with painted results, and its page."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from ganlib.page import verdicts
from tests.page import workspace


@pytest.fixture(scope="session")
def painted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout in which everything was trained and scored; read only."""
    folder = tmp_path_factory.mktemp("painted")
    workspace.paint(folder)
    return folder


@pytest.fixture
def results(painted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it that a test may change, and in which it runs."""
    monkeypatch.chdir(shutil.copytree(painted, tmp_path / "ganlib"))
    return tmp_path / "ganlib"


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same before anything has run."""
    workspace.bare(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def judged(results: Path) -> Callable[..., Path]:
    """The same with a claim that has a verdict, with changes, and one that has none."""

    def write(**changes: object) -> Path:
        (results / verdicts.FILE).write_text(json.dumps([workspace.claim(changes), workspace.UNTESTED]), encoding="utf-8")
        return results

    return write
