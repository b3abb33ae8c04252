"""Fixtures shared by several test files."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from ruamel.yaml import YAML

# Tests interrupt runs. A shell may start background jobs with these signals ignored, and child processes inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
# Waiting OpenMP threads sleep instead of spinning: two tests at a time share two cores.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

ROOT = Path(__file__).parent.parent


@pytest.fixture
def changed_params(tmp_path: Path) -> Callable[..., Path]:
    """Writes a copy of params.yaml with some keys (dotted names) set to other values."""

    def change(changes: dict[str, object]) -> Path:
        yaml = YAML()
        values = yaml.load(ROOT / "params.yaml")
        for key, value in changes.items():
            *blocks, last = key.split(".")
            place = values
            for block in blocks:
                place = place[block]
            place[last] = value
        path = tmp_path / "params.yaml"
        yaml.dump(values, path)
        return path

    return change


@pytest.fixture(scope="session")
def celeba_folder() -> Path:
    """Photographs in CelebA's layout."""
    if "GANLIB_CELEBA" not in os.environ:
        pytest.skip("set GANLIB_CELEBA to a folder in CelebA's layout")
    return Path(os.environ["GANLIB_CELEBA"]).resolve()
