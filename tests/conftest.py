"""Fixtures shared by several test files."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from ganlib.support import checks

# Tests interrupt runs. A shell may start background jobs with these signals ignored, and child processes inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
# Waiting OpenMP threads sleep instead of spinning: two tests at a time share two cores.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

ROOT = Path(__file__).parent.parent
IMPORTABLE = {**os.environ, "PYTHONPATH": str(ROOT)}  # the environment of a process that imports ganlib from any folder


def text(path: Path) -> str:
    """The contents of a text file."""
    return path.read_text(encoding="utf-8")


def python(*arguments: str, cwd: Path = ROOT, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run Python in another process, where ganlib can be imported from any folder."""
    return subprocess.run([sys.executable, *arguments], cwd=cwd, env={**IMPORTABLE, **variables}, capture_output=True, text=True)


def edited(source: Path, target: Path, changes: Mapping[str, object]) -> Path:
    """Writes a copy of a YAML file with some keys (dotted names) set to other values, or deleted if the value is `...`."""
    values = checks.read(source)
    for key, value in changes.items():
        *blocks, last = key.split(".")
        place = values
        for block in blocks:
            place = place.setdefault(block, {})
        if value is ...:
            del place[last]
        else:
            place[last] = value
    YAML(typ="safe").dump(values, target)
    return target


@pytest.fixture
def changed_params(tmp_path: Path) -> Callable[[dict[str, object]], Path]:
    """Writes a copy of params.yaml with some keys changed, as `edited` does."""
    return lambda changes: edited(ROOT / "params.yaml", tmp_path / "params.yaml", changes)


@pytest.fixture(scope="session")
def celeba_folder() -> Path:
    """Photographs in CelebA's layout."""
    if "GANLIB_CELEBA" not in os.environ:
        pytest.skip("set GANLIB_CELEBA to a folder in CelebA's layout")
    return Path(os.environ["GANLIB_CELEBA"]).resolve()
