"""A copy of the checkout in a folder of its own, where DVC runs the whole pipeline at a tiny scale."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.conftest import ROOT

TINY = {"width": 0.04, "max_steps": 3, "sample_every": 2}


@dataclass(frozen=True)
class Checkout:
    """A checkout and its command line."""

    folder: Path

    def run(self, *command: str, fails: bool = False) -> str:
        """Run a command as a user would, with stdout and stderr as one text; its exit status must be as expected."""
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            command, cwd=self.folder, env={**os.environ, "PATH": path}, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        assert (done.returncode != 0) == fails, done.stdout
        return done.stdout

    def dvc(self, *arguments: str, fails: bool = False) -> str:
        """Run dvc with `arguments`."""
        return self.run("dvc", *arguments, fails=fails)

    def yaml(self, path: str) -> dict:
        """A YAML or JSON file of the checkout."""
        return YAML(typ="safe").load(self.folder / path)

    def files(self, folder: str) -> dict[str, bytes]:
        """Every file below `folder`, with what it holds."""
        below = self.folder / folder
        return {str(path.relative_to(below)): path.read_bytes() for path in sorted(below.rglob("*")) if path.is_file()}

    def copy(self, folder: Path) -> "Checkout":
        """Another checkout in the same state, outputs and cache included."""
        shutil.copytree(self.folder, folder, symlinks=True)
        return Checkout(folder)


def tiny(folder: Path) -> Checkout:
    """A clone of what stands in the working tree, set to 160 drawn faces and three steps a report; nothing has run in it yet."""
    checkout = Checkout(folder)
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in listed.splitlines():
        if (ROOT / name).is_file() and name != "dvc.lock":
            (checkout.folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, checkout.folder / name)
    yaml = YAML()
    values = yaml.load(ROOT / "params.yaml")
    for name in ("toons", "celeba_preview"):
        values["datasets"][name].update(images=160, samples=8, searched=12)
    for name, report in values["reports"].items():
        report["preview"].update({key: value for key, value in TINY.items() if key != "width" or name != "dense64"})
        report["batch_size"] = 16
    values["curve"]["steps"] = 100
    values["checkpoint_every"] = 1
    yaml.dump(values, checkout.folder / "params.yaml")
    for arguments in ("init -q", "config user.name tests", "config user.email tests@localhost", "add -A", "commit -qm start"):
        checkout.run("git", *arguments.split())
    return checkout


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A tiny checkout in which nothing has run; read only."""
    return tiny(tmp_path_factory.mktemp("fresh") / "ganlib")


@pytest.fixture(scope="session")
def finished(fresh: Checkout, tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """The same after one `dvc repro`; read only."""
    checkout = fresh.copy(tmp_path_factory.mktemp("finished") / "ganlib")
    checkout.dvc("repro")
    checkout.run("git", "add", "-A")
    checkout.run("git", "commit", "-qm", "results")
    return checkout


@pytest.fixture
def checkout(finished: Checkout, tmp_path: Path) -> Checkout:
    """A copy of the finished one that a test may change."""
    return finished.copy(tmp_path / "ganlib")
