"""Kills a tiny `dvc repro` at random moments, lets it finish, and compares its outputs with those of an uninterrupted one.

python -m benchmarks.kills --kills 20
"""

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import typer

from ganlib.support.command import run
from tests.end_to_end.conftest import Checkout, environment, tiny

OUTPUTS = ("data/faces", "data/reference", "data/runs", "data/nets", "data/progress", "data/scores", "metrics")


def main(kills: int = 20, longest: float = 20.0, seed: int = 1) -> None:
    """Kill (-9) dvc and its child processes, each time after at most `longest` seconds; exit with 1 if any output differs."""
    with tempfile.TemporaryDirectory() as folder:
        alone, killed = tiny(Path(folder, "alone", "ganlib")), tiny(Path(folder, "killed", "ganlib"))
        alone.dvc("repro")
        draw = random.Random(seed)
        done = 0
        while done < kills:
            _unlock(killed)
            seconds = draw.uniform(1, longest)
            stage = _killed_after(seconds, killed)
            if stage is None:  # it finished first: start over
                killed.run("git", "checkout", "-q", "metrics")
                killed.run("rm", "-rf", "dvc.lock", ".dvc/cache", *(place for place in OUTPUTS if place != "metrics"))
                continue
            done += 1
            typer.echo(f"{done:3d}  after {seconds:5.1f} s  in {stage}")
        _unlock(killed)
        killed.dvc("repro")
        different = [place for place in OUTPUTS if killed.files(place) != alone.files(place)]
        if (killed.folder / "dvc.lock").read_bytes() != (alone.folder / "dvc.lock").read_bytes():
            different.append("dvc.lock")
        typer.echo(f"{done} kills; different from the uninterrupted run: {', '.join(different) or 'nothing'}")
        sys.exit(bool(different))


def _unlock(checkout: Checkout) -> None:
    """The remedy of docs/reliability.md for a list of locks that DVC was writing when it was killed."""
    locks = checkout.folder / ".dvc/tmp/rwlock"
    try:
        json.loads(locks.read_text(encoding="utf-8") if locks.exists() else "{}")
    except ValueError:
        typer.echo("     DVC's list of locks was truncated and is removed")
        locks.unlink()


def _killed_after(seconds: float, checkout: Checkout) -> str | None:
    """The stage that was killed; None if the pipeline had finished."""
    log = checkout.folder.parent / "log.txt"
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            ["dvc", "repro"],
            cwd=checkout.folder,
            env=environment(),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        time.sleep(seconds)
        if process.poll() is not None:
            if process.returncode:
                sys.exit(log.read_text(encoding="utf-8"))
            return None
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    running = [line.split("'")[1] for line in log.read_text(encoding="utf-8").splitlines() if line.startswith("Running stage")]
    return running[-1] if running else "dvc itself"


if __name__ == "__main__":
    run(main)
