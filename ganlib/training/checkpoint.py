"""Checkpoints: everything needed to resume an interrupted run, or to hand over the result of a finished one.

`<root>/<report>-<identity>/` holds the last two states as `<step>-<hash>.pt`, the run's files so far in `run/`, `nets/` and `progress/`,
and, once the run is complete, their hashes in `finished`. A process that uses it holds the lock `.<report>-<identity>.lock` beside it.
"""

import io
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Any, Self

import torch

from ganlib.core import tables
from ganlib.data.faces import Faces
from ganlib.models.report import Report
from ganlib.support import codehash, console, disk
from ganlib.support.files import replace_folder, replacing
from ganlib.support.locks import locked, locked_if_free
from ganlib.support.paths import Outputs
from ganlib.training.trainer import Trainer, nbytes

KEEP_STATES = 2
KEEP_RUNS = 20
CODE = Path(__file__).parents[2]  # the checkout whose code runs: DVC copies all of it for queued and --temp experiments
LENGTH = {"epochs", "max_steps"}
MACHINES = "machines.json"  # the machines that trained the run, which its outputs do not name


def identity(name: str, report: Report, faces: Faces, **settings: int) -> str:
    """Hash of all that determines a run except its length: resolved settings, data, the code that it imports, torch's version."""
    same = {
        "report": {name: report.model_dump(exclude=LENGTH)},
        "settings": settings,
        "data": faces.identity(report.condition_groups),
        "code": codehash.digest(code_of(name), CODE),
        "torch": torch.__version__.partition("+")[0],  # without the build for some hardware (+cpu, +cu130)
    }
    return blake2b(json.dumps(same, sort_keys=True).encode(), digest_size=8).hexdigest()


def code_of(name: str) -> list[Path]:
    """The code that training the report `name` runs."""
    return codehash.closure(["ganlib/training/loop.py", *codehash.report_files(name, CODE)], CODE)


def bytes_needed(trainer: Trainer) -> int:
    """Estimated size of a state: weights, Adam's two moments of each, and the EMA of G."""
    return 4 * sum(map(nbytes, trainer.modules.values()))


class Checkpoints:
    """The checkpoints of one run of `steps` steps, whose lock is held.

    `outputs` are the folders of its files so far, `timing` its times, and `finished` is True if it is complete and undamaged.
    """

    def __init__(self, folder: Path, steps: int) -> None:
        self.folder, self.steps = folder, steps
        self.outputs = Outputs.below(folder)
        self.timing = folder / "timing.csv"
        marker = folder / "finished"
        intact = marker.exists() and marker.read_text(encoding="utf-8") == self._manifest()
        if marker.exists() and not intact:
            console.log(f"warning: the result in {folder} is incomplete or damaged; training again")
            for path in (*_states(folder), self.timing):
                path.unlink(missing_ok=True)
        self.finished = intact and _progress(folder) == steps
        if not self.finished:
            for stray in (marker, *folder.glob(".*.partial*")):
                stray.unlink(missing_ok=True)
            for output in self.outputs:
                output.mkdir(exist_ok=True)
        os.utime(folder)

    @classmethod
    @contextmanager
    def open(cls, root: Path, name: str, identity: str, steps: int) -> Iterator[Self]:
        """Open and lock the checkpoints of a run of `steps` steps, waiting for any process that holds them; prune old runs first.

        An interrupted run is resumed, and a shorter one is continued. A longer one is left alone: this run gets a folder of its length.
        """
        folder = root / f"{name}-{identity}"
        folder.mkdir(parents=True, exist_ok=True)
        prune(root, KEEP_RUNS, exclude=folder)
        with locked(folder, "another process is training this run"):
            folder.mkdir(exist_ok=True)  # it may have been pruned before the lock was held
            if _progress(folder) <= steps:
                yield cls(folder, steps)
                return
        with cls.open(root, f"{name}-{steps}", identity, steps) as shorter:
            yield shorter

    def load(self) -> dict[str, Any] | None:
        """The newest state whose hash is right, with tensors on the CPU; None if there is none.

        Removes the files of that step and later ones from the outputs, since they are about to be written again.
        """
        state = next(filter(None, map(_read, reversed(_states(self.folder)))), None)
        reached = state["step"] if state else 0
        for path in self._files():
            if not (path.stem.isdecimal() and int(path.stem) < reached):
                path.unlink()
        return state

    def save(self, state: dict[str, Any]) -> None:
        """Save the state, which has a `step`, and delete all but the last KEEP_STATES."""
        buffer = io.BytesIO()
        torch.save(state, buffer)
        with replacing(self.folder / f"{state['step']:09d}-{_hash(buffer.getbuffer())}.pt") as target:
            target.write_bytes(buffer.getbuffer())
        for old in _states(self.folder)[:-KEEP_STATES]:
            old.unlink()

    def record_machine(self, machine: dict[str, Any]) -> None:
        """Append `machine` to MACHINES, unless it is there; a run without checkpoints starts a new file."""
        path = self.folder / MACHINES
        before = tables.read_json(path) if path.exists() and _progress(self.folder) else []
        tables.write_json([*(other for other in before if other != machine), machine], path)

    def bytes_held(self) -> int:
        """Size of the folder."""
        return sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())

    @property
    def last(self) -> str:
        """Where the last state is, for messages."""
        states = _states(self.folder)
        return f"the last good checkpoint is {states[-1]}" if states else "there is no checkpoint yet"

    def finish(self) -> None:
        """Mark the run as complete."""
        with replacing(self.folder / "finished") as target:
            target.write_text(self._manifest(), encoding="utf-8")

    def copy_to(self, outputs: Outputs) -> None:
        """Replace the folders of `outputs` with copies of the run's files."""
        with disk.writing(outputs.run.parent, sum(path.stat().st_size for path in self._files())):
            for written, output in zip(self.outputs, outputs, strict=True):
                replace_folder(written, output)

    def _files(self) -> list[Path]:
        return sorted(path for output in self.outputs for path in output.rglob("*") if path.is_file())

    def _manifest(self) -> str:
        """A line for each of the run's files: hash and path."""
        files = [path for path in (*self._files(), self.timing) if path.exists()]
        return "".join(f"{_hash(path.read_bytes())} {path.relative_to(self.folder).as_posix()}\n" for path in files)


def prune(root: Path, keep: int, exclude: Path | None = None) -> None:
    """Delete all but the `keep` most recently used runs, finished ones first, and never one that is locked or `exclude`."""
    used = []
    for lock in root.glob(".*.lock"):
        folder = root / lock.name.removeprefix(".").removesuffix(".lock")
        try:  # another process may prune at the same time
            used.append((not (folder / "finished").exists(), folder.stat().st_mtime, folder))
        except FileNotFoundError:
            continue
    oldest_first = [folder for _, _, folder in sorted(used) if folder != exclude]
    for folder in oldest_first[: max(0, len(oldest_first) - keep)]:
        with locked_if_free(folder) as free:
            if free:
                shutil.rmtree(folder, ignore_errors=True)


def _states(folder: Path) -> list[Path]:
    """Oldest first."""
    return sorted(folder.glob("[0-9]*.pt"))


def _progress(folder: Path) -> int:
    return max((int(path.stem.split("-")[0]) for path in _states(folder)), default=0)


def _hash(content: bytes | memoryview) -> str:
    return blake2b(content, digest_size=8).hexdigest()


def _read(path: Path) -> dict[str, Any] | None:
    content = path.read_bytes()
    if _hash(content) == path.stem.split("-")[1]:
        state: dict[str, Any] = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
        return state
    console.log(f"warning: {path} is damaged; resuming from the checkpoint before it")
    path.unlink()
    return None
