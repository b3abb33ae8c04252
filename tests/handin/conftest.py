"""A checkout with trained runs."""

import shutil
from pathlib import Path

import pytest

from tests.handin import workspace


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """See `workspace.build`; read only."""
    return workspace.build(tmp_path_factory.mktemp("handin"))


@pytest.fixture
def checkout(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy that a test may change; the working directory."""
    monkeypatch.chdir(shutil.copytree(built, tmp_path / "ganlib"))
    return tmp_path / "ganlib"
