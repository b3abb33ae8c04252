"""What several test files share."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from ruamel.yaml import YAML

# Tests interrupt runs. A shell starts background jobs with these two ignored, and what is ignored stays so in every process below.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
# Threads that wait for one another sleep: two tests at a time on two cores would otherwise take the core from the one waited for.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

ROOT = Path(__file__).parent.parent


@pytest.fixture
def changed_params(tmp_path: Path) -> Callable[..., Path]:
    """A copy of params.yaml with some keys, given as dotted names, set to other values."""

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
    """Real photographs in CelebA's layout."""
    if "GANLIB_CELEBA" not in os.environ:
        pytest.skip("GANLIB_CELEBA names no folder with CelebA's files")
    return Path(os.environ["GANLIB_CELEBA"]).resolve()
