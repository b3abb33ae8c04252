"""Trainings in child processes that can be killed at a chosen moment."""

import json
import multiprocessing
import os
import resource
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch

from ganlib.data.faces import Faces
from ganlib.support.errors import UserError
from ganlib.support.paths import Outputs
from ganlib.training import checkpoint, loop
from ganlib.training.trainer import Trainer
from tests.training import small

# Forked from a process that has loaded torch and computed nothing yet: quick, and safe.
CONTEXT = multiprocessing.get_context("forkserver")
# `command` first, which silences torch; torch._dynamo is what the first optimizer imports.
CONTEXT.set_forkserver_preload(
    ["ganlib.support.command", "tests.training.teams", "lightning_fabric", "torch._dynamo", "tests.training.warm"]
)


def start(folder: Path, name: str, at: tuple[str, int] | None = None, **options: object) -> multiprocessing.Process:
    """Train in `folder`/out with `folder`/checkpoints; `at` is where the process ends: a kind of moment, and which of them."""
    process = CONTEXT.Process(target=_train, args=(folder, name, at, options))
    process.start()
    return process


def run(folder: Path, name: str, at: tuple[str, int] | None = None, **options: object) -> dict:
    """Waits for such a process: its exit status, error message and number of steps."""
    outcome = folder / "outcome.json"
    outcome.unlink(missing_ok=True)
    process = start(folder, name, at, **options)
    process.join()
    return {"status": process.exitcode, **(json.loads(outcome.read_text(encoding="utf-8")) if outcome.exists() else {})}


def files(folder: Path) -> dict[str, bytes]:
    """The contents of every file below `folder`."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def _train(folder: Path, name: str, at: tuple[str, int] | None, options: dict) -> None:
    torch.set_num_threads(1)
    redirect_stderr(folder)
    report = small.report(name, **({"hidden": [8]} if name == "dense64" else {}), **options.get("changes", {}))
    faces = Faces.open(folder.parent / "raw" / "faces", "all")
    steps = _counted()
    if at is not None:
        MOMENTS[at[0]](at[1])
    if "largest_file" in options:
        resource.setrlimit(resource.RLIMIT_FSIZE, (options["largest_file"],) * 2)
    error = ""
    try:
        outputs = Outputs.below(folder / "out")
        loop.train(name, report, faces, outputs, folder / "checkpoints", seed=3, log_every=3, save_every=options.get("save_every", 2))
    except UserError as problem:
        error = str(problem)
    (folder / "outcome.json").write_text(json.dumps({"error": error, "steps": steps[0]}), encoding="utf-8")
    sys.exit(bool(error))


def redirect_stderr(folder: Path) -> None:
    """Append this process's messages to `folder`/stderr.txt."""
    folder.mkdir(exist_ok=True)
    with (folder / "stderr.txt").open("a", encoding="utf-8") as stderr:
        os.dup2(stderr.fileno(), 2)


def _counted() -> list[int]:
    """The number of steps so far, as the only element of a list."""
    count = [0]
    step = Trainer.step

    def counting(*arguments: object) -> object:
        count[0] += 1
        return step(*arguments)

    Trainer.step = counting
    return count


def _at(owner: object, name: str, act: Callable[..., None]) -> Callable[[int], None]:
    """A moment: the n-th call of the function `name`, in whose stead `act` runs."""

    def arm(which: int) -> None:
        original, calls = getattr(owner, name), iter(range(which))

        def armed(*arguments: object, **named: object) -> object:
            if next(calls, None) == which - 1:
                act(original, *arguments)
            return original(*arguments, **named)

        setattr(owner, name, armed)

    return arm


def _die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _die_halfway(write: Callable, path: Path, content: bytes) -> None:
    write(path, bytes(content)[: len(content) // 2])
    _die()


def at_step(number: signal.Signals, which: int) -> None:
    """Send this process the signal at the beginning of step `which`."""
    _at(Trainer, "step", lambda *_: os.kill(os.getpid(), number))(which)


MOMENTS = {
    "step": partial(at_step, signal.SIGKILL),
    "written": _at(os, "fsync", _die),  # to its temporary name
    "half written": _at(Path, "write_bytes", _die_halfway),
    "copied": _at(checkpoint, "replace_folder", _die),
    "renamed": _at(os, "replace", lambda replace, *names: (replace(*names), _die())),
    **{number.name: partial(at_step, number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)},
}
