"""Forty stages in four lanes on a busy machine, with kills in between."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from ruamel.yaml import YAML

from tests.conftest import IMPORTABLE, python, text
from tests.end_to_end.conftest import IDENTITY, Checkout, await_true

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
LEVELS, WIDTH = 10, 4
KILLS = ["session", "dvc", "command", "Ctrl-C"] * 2


def stages(happened: Path) -> dict[str, dict]:
    """A graph of diamonds: each stage needs two of the level above. Each appends its start and its end to the file `happened`."""
    found = {}
    for level in range(LEVELS):
        for place in range(WIDTH):
            name, deps = f"s{level}-{place}", [f"s{level - 1}-{other % WIDTH}.txt" for other in (place, place + 1)] if level else []
            cmd = f"echo start {name} >> {happened} && sleep 0.7 && cat /dev/null {' '.join(deps)} | sort -u > {name}.txt"
            found[name] = {
                "cmd": f"{cmd} && echo {name} >> {name}.txt && echo end {name} >> {happened}",
                "deps": deps,
                "outs": [f"{name}.txt"],
            }
    return found


def repository(folder: Path, happened: Path) -> Checkout:
    """A DVC repository with these stages."""
    checkout = Checkout(folder)
    folder.mkdir()
    YAML().dump({"stages": stages(happened)}, folder / "dvc.yaml")
    checkout.run("git", "init", "-q")
    checkout.dvc("init", "-q")
    checkout.dvc("config", "core.autostage", "true")
    checkout.run("git", "add", "-A")
    checkout.run("git", *IDENTITY, "commit", "-qm", "start")
    return checkout


@pytest.fixture
def busy() -> Iterator[None]:
    """Keep the processors busy."""
    spinning = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(os.cpu_count() or 1)]
    yield
    for process in spinning:
        process.kill()
        process.wait()


def lanes(folder: Path) -> dict[str, psutil.Process]:
    """The DVC process of each stage that runs in a lane here."""
    found = {}
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if "--single-item" in process.cmdline() and process.cwd() == str(folder):
                found[process.cmdline()[-1]] = process
    return found


def test_kills_lose_nothing_and_what_completed_never_runs_again(tmp_path, busy):
    happened = tmp_path / "happened.txt"
    happened.touch()
    checkout = repository(tmp_path / "repository", happened)
    log = tmp_path / "output.txt"
    excused: Counter[str] = Counter()  # stages whose DVC was killed: it may have been about to record them

    def start() -> subprocess.Popen:
        with log.open("a", encoding="utf-8") as out:
            command = [sys.executable, "-m", "ganlib", "repro", "-j", str(WIDTH)]
            return subprocess.Popen(command, cwd=checkout.folder, env=IMPORTABLE, stdout=out, stderr=out, start_new_session=True)

    chance = random.Random(1)
    running = start()
    for kill in KILLS:
        await_true(lambda command=running: bool(lanes(checkout.folder)) or command.poll() is not None, 60, log)
        time.sleep(chance.uniform(0, 10))
        if running.poll() is not None:
            assert running.returncode == 1, text(log)  # a stage was killed, so those that need it did not run
            running = start()
        elif kill in ("session", "dvc") and (found := lanes(checkout.folder)):
            stage, process = chance.choice(sorted(found.items()))
            excused[stage] += 1
            with suppress(ProcessLookupError):
                (os.killpg if kill == "session" else os.kill)(process.pid, signal.SIGKILL)
        elif kill == "command":
            running.kill()
            running.wait()
            running = start()
        elif kill == "Ctrl-C":
            running.send_signal(signal.SIGINT)
            assert running.wait(60) in (1, 128 + signal.SIGINT, -signal.SIGINT), text(log)
            running = start()
    for _ in range(2):
        if running.wait(400) == 0:
            break
        running = start()
    assert running.returncode == 0, text(log)

    assert checkout.dvc("status").strip() == "Data and pipelines are up to date."
    assert python("-m", "ganlib", "repro", cwd=checkout.folder).stdout == "Data and pipelines are up to date.\n"
    ends = Counter(line.split()[1] for line in text(happened).splitlines() if line.startswith("end"))
    assert set(ends) == set(stages(happened))
    assert not [stage for stage, times in ends.items() if times > 1 + excused[stage]], text(log)
    serial = repository(tmp_path / "serial", happened)
    serial.dvc("repro")
    assert checkout.yaml("dvc.lock") == serial.yaml("dvc.lock")
