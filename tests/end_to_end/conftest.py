"""A copy of the checkout, in which DVC runs the pipeline at a tiny scale."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock
from ruamel.yaml import YAML

from ganlib.page.epilogue import KEEP
from tests.conftest import ROOT, text

TINY = {"width": 0.04, "max_steps": 3, "sample_every": 2}
FINISHED = ("dcgan64", "dense64")
IDENTITY = ("-c", "user.name=tests", "-c", "user.email=tests@localhost")


def environment() -> dict[str, str]:
    """Ours, with this interpreter's commands first, and with a checkpoint after every step."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "GANLIB_CHECKPOINT_STEPS": "1"}


def await_true(done: Callable[[], bool], seconds: float, log: Path | None = None) -> None:
    """Wait until `done()`; after `seconds` fail with the log."""
    start = time.monotonic()
    while not done():
        assert time.monotonic() - start < seconds, text(log) if log else ""
        time.sleep(0.1)


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

    def await_checkpoint(self, running: Callable[[], bool], log: Path) -> None:
        """Wait for a new checkpoint of dense64, of step 10 or later, while the training is `running`."""
        pattern = ".checkpoints/dense64-*/0*.pt"
        before = set(self.folder.glob(pattern))
        while not any(int(path.name[:9]) >= 10 for path in set(self.folder.glob(pattern)) - before):
            assert running(), text(log)
            time.sleep(0.02)

    def await_queue(self, successes: int) -> None:
        """Wait until DVC's queue is empty; `successes` of its experiments must have succeeded."""
        await_true(lambda: not re.search("Queued|Running", self.dvc("queue", "status")), 600)
        status = self.dvc("queue", "status")
        assert status.count("Success") == successes, status

    def yaml(self, path: str) -> dict:
        """A YAML or JSON file of the checkout."""
        return YAML(typ="safe").load(self.folder / path)

    @property
    def reports(self) -> list[str]:
        """The names of all image reports."""
        return list(self.yaml("params.yaml")["reports"])

    def files(self, folder: str) -> dict[str, bytes]:
        """The contents of every file below `folder`."""
        below = self.folder / folder
        return {str(path.relative_to(below)): path.read_bytes() for path in sorted(below.rglob("*")) if path.is_file()}

    def trained(self, report: str) -> dict[str, bytes]:
        """Every file that the training of a report leaves."""
        folders = [f"data/{kind}/{report}" for kind in ("runs", "nets", "progress")]
        return {f"{folder}/{name}": content for folder in folders for name, content in self.files(folder).items()}

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace `old`, which must occur, by `new` in a file."""
        content = text(self.folder / path)
        assert old in content
        (self.folder / path).write_text(content.replace(old, new), encoding="utf-8")

    def commit(self, message: str) -> None:
        """Commit everything."""
        self.run("git", "add", "-A")
        self.run("git", "commit", "-qm", message)

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
        """A Git clone: no outputs, no cache."""
        self.run("git", "clone", "-q", *IDENTITY, str(self.folder), str(folder))
        return Checkout(folder)


def tiny(folder: Path) -> Checkout:
    """A repository with the files of the working tree, set to 120 drawn faces and three steps per report, in which nothing has run."""
    checkout = Checkout(folder)
    for name in Checkout(ROOT).run("git", "ls-files", "-co", "--exclude-standard").splitlines():
        if (ROOT / name).is_file():
            (checkout.folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, checkout.folder / name)
    checkout.change(_shrink)
    for arguments in ("init -q", "config user.name tests", "config user.email tests@localhost"):
        checkout.run("git", *arguments.split())
    checkout.commit("start")
    return checkout


def _shrink(params: dict) -> None:
    for name in ("toons", "celeba_preview"):
        params["datasets"][name].update(images=120, samples=8)
    for report in (*params["reports"].values(), *params["baselines"].values()):
        report["preview"].update({key: value for key, value in TINY.items() if key != "width" or key in report} | {"batch_size": 16})
    params["curve"]["steps"] = 100


def _once(tmp_path_factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Checkout:
    """The checkout `name`, which the first test process that needs it makes for all."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with FileLock(shared / f"{name}.lock"):
        if not (shared / f"{name}.made").exists():
            shutil.rmtree(shared / name, ignore_errors=True)
            make(shared / name / "ganlib")
            (shared / f"{name}.made").touch()
    return Checkout(shared / name / "ganlib")


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    """Mark the tests in which DVC runs as slow.

    After deselection, put the files that need the finished checkout last, except the first: while one process makes it, the others run
    the rest.
    """
    for item in items:
        if "fresh" in getattr(item, "fixturenames", ()):
            item.add_marker("slow")
    yield
    need = list(dict.fromkeys(item.path for item in items if "finished" in getattr(item, "fixturenames", ())))
    items.sort(key=lambda item: item.path in need[1:])


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A tiny checkout in which nothing has run; read only."""
    return _once(tmp_path_factory, "fresh", tiny)


@pytest.fixture(scope="session")
def finished(fresh: Checkout, tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """The same with two reports of one crop, after one `dvc repro`; read only. test_clone.py runs all reports."""

    def keep(params: dict) -> None:
        for name in set(params["reports"]) - set(FINISHED):
            del params["reports"][name]
        for name in set(params["crops"]) - {report["crop"] for report in params["reports"].values()}:
            del params["crops"][name]

    def make(folder: Path) -> None:
        checkout = fresh.copy(folder)
        checkout.change(keep)
        checkout.commit("two reports")
        checkout.dvc("repro")
        checkout.run("bash", "-c", KEEP)

    return _once(tmp_path_factory, "finished", make)


@pytest.fixture
def checkout(finished: Checkout, tmp_path: Path) -> Checkout:
    """A copy of the finished one that a test may change."""
    return finished.copy(tmp_path / "ganlib")
