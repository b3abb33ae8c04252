"""Kills a whole tiny `dvc repro` at random moments until it has died so often, lets it end, and compares it with one left alone.

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
    """Kill (-9) dvc and all it started, each time after at most `longest` seconds; exits with 1 where anything differs in the end."""
    with tempfile.TemporaryDirectory() as folder:
        alone, killed = tiny(Path(folder, "alone", "ganlib")), tiny(Path(folder, "killed", "ganlib"))
        alone.dvc("repro")
        draw = random.Random(seed)
        done = 0
        while done < kills:
            _unlock(killed)
            seconds = draw.uniform(1, longest)
            stage = _killed_after(seconds, killed)
            if stage is None:  # it was quicker and has ended: the next one begins again
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
        typer.echo(f"{done} kills; different from the run left alone: {', '.join(different) or 'nothing'}")
        sys.exit(bool(different))


def _unlock(checkout: Checkout) -> None:
    """What docs/reliability.md says to do where a kill has cut DVC's own list of locks short."""
    locks = checkout.folder / ".dvc/tmp/rwlock"
    try:
        json.loads(locks.read_text(encoding="utf-8") if locks.exists() else "{}")
    except ValueError:
        typer.echo("     DVC's list of locks was cut short and is removed")
        locks.unlink()


def _killed_after(seconds: float, checkout: Checkout) -> str | None:
    """The stage that was running when all was killed; None where the pipeline had ended."""
    told = checkout.folder.parent / "told.txt"
    with told.open("w", encoding="utf-8") as output:
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
                sys.exit(told.read_text(encoding="utf-8"))
            return None
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    running = [line.split("'")[1] for line in told.read_text(encoding="utf-8").splitlines() if line.startswith("Running stage")]
    return running[-1] if running else "dvc itself"


if __name__ == "__main__":
    run(main)
