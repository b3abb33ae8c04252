"""How many processes there are is said by the environment, and what cannot be done is told in one line."""

import os
import re
import subprocess
import sys

import pytest
import torch

from ganlib.support import parallel
from ganlib.support.errors import UserError
from ganlib.training.distributed import launch
from ganlib.training.distributed.team import ALONE
from tests.conftest import ROOT

SLURM = ["SLURM_NTASKS", "SLURM_STEP_NUM_TASKS", "SLURM_STEP_NUM_NODES"]
VARIABLES = ["LT_DEVICES", "WORLD_SIZE", "LOCAL_WORLD_SIZE", *SLURM, "GANLIB_LAUNCH", "GANLIB_DEVICE"]


@pytest.fixture
def environment(monkeypatch):
    """Sets variables, of which none is set before."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    return lambda **told: [monkeypatch.setenv(name, value) for name, value in told.items()]


@pytest.mark.parametrize(
    ("told", "processes"),
    [
        ({}, (1, 1)),
        ({"LT_DEVICES": "4"}, (4, 4)),
        ({"WORLD_SIZE": "8", "LOCAL_WORLD_SIZE": "4"}, (8, 4)),  # torchrun on one of two machines
        ({"WORLD_SIZE": "2", "LT_DEVICES": "2"}, (2, 2)),
        ({"SLURM_NTASKS": "8"}, (1, 1)),  # in a batch script, outside srun
        ({"SLURM_NTASKS": "8", "LT_DEVICES": "2"}, (2, 2)),
        ({"SLURM_NTASKS": "8", "SLURM_STEP_NUM_TASKS": "1"}, (1, 1)),
        ({"SLURM_NTASKS": "8", "SLURM_STEP_NUM_TASKS": "8", "SLURM_STEP_NUM_NODES": "2"}, (8, 4)),
    ],
)
def test_number_of_processes_is_what_the_environment_says(environment, told, processes):
    environment(**told)
    assert launch._told()[:2] == processes


@pytest.mark.parametrize("told", ["0", "-1", "auto", "two", ""])
def test_number_that_is_none_is_one_line(environment, told):
    environment(LT_DEVICES=told)
    with pytest.raises(UserError, match=rf"^LT_DEVICES: {re.escape(repr(told))} is no number of processes on this machine: 1, 2, \.\.\.$"):
        launch.gathered()


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"LT_DEVICES": "2", "GANLIB_DEVICE": "cuda:1"}, "^GANLIB_DEVICE: cuda:1 is one device for 2 processes: cpu, cuda or auto"),
        ({"LT_DEVICES": "4"}, "^LT_DEVICES: 4 processes here and 2 GPUs are seen: one each, or GANLIB_DEVICE=cpu$"),
    ],
)
def test_processes_that_cannot_have_a_device_each_are_one_line(environment, monkeypatch, told, message):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    environment(**told)
    with pytest.raises(UserError, match=message):
        launch.gathered()


def test_one_process_is_alone_and_loads_no_fabric(environment):
    assert launch.gathered() is ALONE
    code = "import sys; from ganlib.training.distributed import launch; launch.gathered(); sys.exit('lightning_fabric' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


@pytest.mark.parametrize("command", ["no-such-launcher -n 2", "srun 'unfinished"])
def test_launcher_that_cannot_be_run_is_one_line(environment, command):
    environment(GANLIB_LAUNCH=command)
    with pytest.raises(UserError, match=r"^GANLIB_LAUNCH: cannot be run: .*; a command such as srun, or nothing$"):
        launch.relaunch("stages.train")


def test_stage_becomes_what_the_launcher_starts():
    """Here one that only says what it would start."""
    environment = {**os.environ, "GANLIB_LAUNCH": "echo started:"}
    told = subprocess.run([sys.executable, "-m", "stages.train", "dense64"], cwd=ROOT, env=environment, check=True, capture_output=True)
    assert told.stdout.decode() == f"started: {sys.executable} -m stages.train dense64\n"


def test_process_that_is_busy_for_ever_ends_with_the_one_that_started_it():
    busy = "from ganlib.training.distributed import launch; launch.end_with_parent(); print('busy', flush=True)\nwhile True: pass"
    code = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {busy!r}]).wait()"
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE) as parent:
        assert parent.stdout.readline() == b"busy\n"
        parent.kill()
        assert parent.communicate(timeout=30) == (b"", None)  # the pipe is closed once both have ended


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the system has no affinities")
def test_cores_are_those_that_the_process_may_use():
    count = "from ganlib.support import parallel; print(parallel.core_count())"
    code = f"import os; os.sched_setaffinity(0, {{min(os.sched_getaffinity(0))}}); {count}"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True).stdout == b"1\n"
    assert parallel.core_count() == len(os.sched_getaffinity(0))
