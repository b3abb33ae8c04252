"""A copy of the checkout in a folder of its own, where DVC runs the whole pipeline at a tiny scale."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock
from ruamel.yaml import YAML

from tests.conftest import ROOT

TINY = {"width": 0.04, "max_steps": 3, "sample_every": 2}
IDENTITY = ("-c", "user.name=tests", "-c", "user.email=tests@localhost")


def environment() -> dict[str, str]:
    """Ours, with this interpreter's commands first, and with a checkpoint after every step."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "GANLIB_CHECKPOINT_STEPS": "1"}


@dataclass(frozen=True)
class Checkout:
    """A checkout and its command line."""

    folder: Path

    def run(self, *command: str, fails: bool = False) -> str:
        """Run a command as a user would, with stdout and stderr as one text; its exit status must be as expected."""
        done = subprocess.run(command, cwd=self.folder, env=environment(), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert (done.returncode != 0) == fails, done.stdout
        return done.stdout

    def dvc(self, *arguments: str, fails: bool = False) -> str:
        """Run dvc with `arguments`."""
        return self.run("dvc", *arguments, fails=fails)

    def await_queue(self, successes: int) -> None:
        """Wait until DVC's queue has nothing left to do; so many of its experiments must have come to a good end."""
        for _ in range(300):
            status = self.dvc("queue", "status")
            if "Queued" not in status and "Running" not in status:
                break
            time.sleep(1)
        assert status.count("Success") == successes, status

    def yaml(self, path: str) -> dict:
        """A YAML or JSON file of the checkout."""
        return YAML(typ="safe").load(self.folder / path)

    @property
    def reports(self) -> list[str]:
        """The names of all image reports."""
        return list(self.yaml("params.yaml")["reports"])

    def files(self, folder: str) -> dict[str, bytes]:
        """Every file below `folder`, with what it holds."""
        below = self.folder / folder
        return {str(path.relative_to(below)): path.read_bytes() for path in sorted(below.rglob("*")) if path.is_file()}

    def trained(self, report: str) -> dict[str, bytes]:
        """Every file that the training of a report leaves."""
        folders = [f"data/{kind}/{report}" for kind in ("runs", "nets", "progress")]
        return {f"{folder}/{name}": content for folder in folders for name, content in self.files(folder).items()}

    def change(self, change: Callable[[dict], None]) -> None:
        """Let `change` edit the values of params.yaml."""
        yaml = YAML()
        values = yaml.load(self.folder / "params.yaml")
        change(values)
        yaml.dump(values, self.folder / "params.yaml")

    def copy(self, folder: Path) -> "Checkout":
        """Another checkout in the same state, outputs and cache included."""
        shutil.copytree(self.folder, folder, symlinks=True)
        return Checkout(folder)

    def clone(self, folder: Path) -> "Checkout":
        """What git gives to somebody else: no outputs, no cache."""
        self.run("git", "clone", "-q", *IDENTITY, str(self.folder), str(folder))
        return Checkout(folder)


def tiny(folder: Path, *, locks: bool = False) -> Checkout:
    """A repository of what stands in the working tree, set to 160 drawn faces and three steps a report; nothing has run in it yet.

    It begins without what DVC has recorded of earlier runs, or with it (`locks`), as a clone does.
    """
    checkout = Checkout(folder)
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in listed.splitlines():
        if (ROOT / name).is_file() and (locks or Path(name).name != "dvc.lock"):
            (checkout.folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, checkout.folder / name)
    checkout.change(_shrink)
    for arguments in ("init -q", "config user.name tests", "config user.email tests@localhost", "add -A", "commit -qm start"):
        checkout.run("git", *arguments.split())
    return checkout


def _shrink(params: dict) -> None:
    for name in ("toons", "celeba_preview"):
        params["datasets"][name].update(images=160, samples=8)
    for report in (*params["reports"].values(), *params["baselines"].values()):
        report["preview"].update({key: value for key, value in TINY.items() if key != "width" or key in report} | {"batch_size": 16})
    params["curve"]["steps"] = 100


def _once(tmp_path_factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Checkout:
    """The checkout `name`, made by the first test process that asks for it and shared by those beside it."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with FileLock(shared / f"{name}.lock"):
        if not (shared / f"{name}.made").exists():
            shutil.rmtree(shared / name, ignore_errors=True)
            make(shared / name / "ganlib")
            (shared / f"{name}.made").touch()
    return Checkout(shared / name / "ganlib")


@pytest.hookimpl(trylast=True)  # after the slow or the fast ones were taken out
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files that need the finished checkout last, but the first of them: while one process makes it, the other has tests to run."""
    need = list(dict.fromkeys(item.path for item in items if "finished" in getattr(item, "fixturenames", ())))
    items.sort(key=lambda item: item.path in need[1:])


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A tiny checkout in which nothing has run; read only."""
    return _once(tmp_path_factory, "fresh", tiny)


@pytest.fixture(scope="session")
def finished(fresh: Checkout, tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """The same after one `dvc repro`; read only."""

    def make(folder: Path) -> None:
        checkout = fresh.copy(folder)
        checkout.dvc("repro")
        checkout.run("git", "add", "-A")
        checkout.run("git", "commit", "-qm", "results")

    return _once(tmp_path_factory, "finished", make)


@pytest.fixture
def checkout(finished: Checkout, tmp_path: Path) -> Checkout:
    """A copy of the finished one that a test may change."""
    return finished.copy(tmp_path / "ganlib")
