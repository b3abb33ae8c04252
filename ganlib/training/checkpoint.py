"""What a run needs to go on where it was cut off: its state every so often, and the files it has written so far.

`<root>/<report>-<identity>/` holds the last two states as `<step>-<hash>.pt`, the run's files so far in `run/`, `nets/` and `progress/`,
and `finished` once it ended well. A process that works on it holds the lock `.<report>-<identity>.lock` beside it.
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

from ganlib.data.faces import Faces
from ganlib.models.report import Report
from ganlib.support import codehash, progress
from ganlib.support.files import replace_folder, replacing
from ganlib.support.locks import locked, locked_if_free
from ganlib.support.paths import Outputs
from ganlib.training.trainer import Trainer

STATES = 2
FOLDERS = 20
CODE = Path(__file__).parents[2]  # the checkout whose code runs: DVC copies all of it for queued and --temp experiments
LENGTH = {"epochs", "max_steps"}


def identity(name: str, report: Report, faces: Faces, **settings: int) -> str:
    """What makes two runs the same but for their length: resolved settings, data, the code that the run uses, torch."""
    same = {
        "report": {name: report.model_dump(exclude=LENGTH)},
        "settings": settings,
        "data": faces.identity(report.condition_groups),
        "code": codehash.digest(code_of(name), CODE),
        "torch": torch.__version__.partition("+")[0],  # the build for one kind of hardware or another is no other torch
    }
    return blake2b(json.dumps(same, sort_keys=True).encode(), digest_size=8).hexdigest()


def code_of(name: str) -> list[Path]:
    """The code that training the report `name` runs."""
    return codehash.closure(["ganlib/training/loop.py", *codehash.report_files(name, CODE)], CODE)


def bytes_needed(trainer: Trainer) -> int:
    """About what a state takes: weights, Adam's two moments of each, and an average of G's."""
    return 4 * sum(tensor.nbytes for module in trainer.modules.values() for tensor in module.state_dict().values())


class Checkpoints:
    """The checkpoints of one run, whose lock is held; `outputs` are the folders of the files it has written so far."""

    def __init__(self, folder: Path, steps: int) -> None:
        self.folder = folder
        self.steps = steps
        self.outputs = Outputs.below(folder)
        self.timing = folder / "timing.csv"

    @classmethod
    @contextmanager
    def open(cls, root: Path, name: str, identity: str, steps: int) -> Iterator[Self]:
        """Those of a run of `steps` steps, once no other process works on them; folders that are too old are removed first.

        An unfinished run goes on, and so does one that was finished and is longer now. One that was finished at this length starts afresh,
        unless another process finished it while this one waited. A run shorter than what is there keeps apart from it.
        """
        folder = root / f"{name}-{identity}"
        folder.mkdir(parents=True, exist_ok=True)
        prune(root, FOLDERS, sparing=folder)
        with _locked(folder) as waited:
            if _progress(folder) <= steps:
                yield cls(folder, steps)._begun(afresh=not waited)
                return
        with cls.open(root, f"{name}-{steps}", identity, steps) as apart:
            yield apart

    def _begun(self, *, afresh: bool) -> Self:
        if (self.folder / "finished").exists() and _progress(self.folder) == self.steps and afresh:
            for path in (*_states(self.folder), self.timing):
                path.unlink(missing_ok=True)
        for left in (self.folder / "finished", *self.folder.glob(".*.partial*")):
            left.unlink(missing_ok=True)
        for output in self.outputs:
            output.mkdir(exist_ok=True)
        os.utime(self.folder)
        return self

    def load(self) -> dict[str, Any] | None:
        """The newest state whose hash is right, its tensors on the CPU; None where there is none.

        The outputs then hold nothing of that step or a later one: it is about to be written again.
        """
        state = next(filter(None, map(_read, reversed(_states(self.folder)))), None)
        reached = state["step"] if state else 0
        for path in (path for output in self.outputs for path in output.rglob("*")):
            if path.is_file() and not (path.stem.isdecimal() and int(path.stem) < reached):
                path.unlink()
        return state

    def save(self, state: dict[str, Any]) -> None:
        """Keep the state, which has a `step`, and the one before it."""
        buffer = io.BytesIO()
        torch.save(state, buffer)
        with replacing(self.folder / f"{state['step']:09d}-{_hash(buffer.getbuffer())}.pt") as target:
            target.write_bytes(buffer.getbuffer())
        for old in _states(self.folder)[:-STATES]:
            old.unlink()

    def bytes_held(self) -> int:
        """What the folder takes already."""
        return sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())

    @property
    def last(self) -> str:
        """Where the last state is, in words."""
        states = _states(self.folder)
        return f"the last good checkpoint is {states[-1]}" if states else "there is no checkpoint yet"

    def finish(self, outputs: Outputs) -> None:
        """Give `outputs` a copy of the run."""
        for written, output in zip(self.outputs, outputs, strict=True):
            replace_folder(written, output)
        with replacing(self.folder / "finished") as target:
            target.touch()


def prune(root: Path, keep: int, sparing: Path | None = None) -> None:
    """Remove all but the `keep` folders used last: finished runs first, never one that is `sparing` or locked."""
    used = []
    for lock in root.glob(".*.lock"):
        folder = root / lock.name.removeprefix(".").removesuffix(".lock")
        try:  # another process that prunes may have been faster
            used.append((not (folder / "finished").exists(), folder.stat().st_mtime, folder))
        except FileNotFoundError:
            continue
    oldest_first = [folder for _, _, folder in sorted(used) if folder != sparing]
    for folder in oldest_first[: max(0, len(oldest_first) - keep)]:
        with locked_if_free(folder) as free:
            if free:
                shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _locked(folder: Path) -> Iterator[bool]:
    """Hold the folder's lock; whether another process held it first."""
    with locked_if_free(folder) as free:
        if free:
            folder.mkdir(parents=True, exist_ok=True)
            yield False
            return
    with locked(folder, "another process trains this very run"):
        folder.mkdir(parents=True, exist_ok=True)
        yield True


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
        return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    progress.log(f"warning: {path} is damaged; going on from the checkpoint before it")
    path.unlink()
    return None
