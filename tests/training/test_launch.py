"""The environment describes the processes of a run; what is impossible is refused in one line."""

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
from tests.conftest import ROOT, python

SLURM = ["SLURM_NTASKS", "SLURM_STEP_NUM_TASKS", "SLURM_STEP_NUM_NODES"]
TORCHRUN = ["WORLD_SIZE", "LOCAL_WORLD_SIZE", "RANK", "LOCAL_RANK", "MASTER_ADDR"]
VARIABLES = ["LT_DEVICES", *TORCHRUN, *SLURM, "SLURM_PROCID", "GANLIB_LAUNCH", "GANLIB_DEVICE"]


@pytest.fixture
def environment(monkeypatch):
    """Sets environment variables; all of VARIABLES are unset first."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    return lambda **variables: [monkeypatch.setenv(name, value) for name, value in variables.items()]


@pytest.mark.parametrize(
    ("variables", "world"),
    [
        ({}, (1, 1, 0)),
        ({"LT_DEVICES": "4"}, (4, 4, 0)),
        ({"WORLD_SIZE": "1"}, (1, 1, 0)),
        # torchrun on the second of two machines
        ({"WORLD_SIZE": "8", "LOCAL_WORLD_SIZE": "4", "RANK": "5", "LOCAL_RANK": "1", "MASTER_ADDR": "a"}, (8, 4, 5)),
        ({"WORLD_SIZE": "2", "LT_DEVICES": "2", "LOCAL_RANK": "1", "MASTER_ADDR": "a"}, (2, 2, 1)),  # started by Fabric
        ({"SLURM_NTASKS": "8"}, (1, 1, 0)),  # in a batch script, outside srun
        ({"SLURM_NTASKS": "8", "LT_DEVICES": "2"}, (2, 2, 0)),
        ({"SLURM_NTASKS": "8", "SLURM_STEP_NUM_TASKS": "1"}, (1, 1, 0)),
        ({"SLURM_NTASKS": "8", "SLURM_STEP_NUM_TASKS": "8", "SLURM_STEP_NUM_NODES": "2", "SLURM_PROCID": "6"}, (8, 4, 6)),
    ],
)
def test_world_is_read_from_the_environment(environment, variables, world):
    environment(**variables)
    assert launch.world_from_env()[:3] == world


@pytest.mark.parametrize(
    ("variables", "missing"),
    [
        ({}, "no LOCAL_RANK and no MASTER_ADDR"),
        ({"RANK": "0", "MASTER_ADDR": "a"}, "no LOCAL_RANK"),
        ({"LOCAL_RANK": "0"}, "no MASTER_ADDR"),
    ],
)
def test_world_size_that_no_launcher_set_is_refused_instead_of_waiting_for_its_processes(environment, variables, missing):
    """Machines of SageMaker and Kubeflow preset it."""
    environment(WORLD_SIZE="4", **variables)
    with pytest.raises(UserError, match=rf"^WORLD_SIZE: 4 processes, but {missing}: start the run with torchrun, or unset WORLD_SIZE$"):
        launch.world_from_env()


@pytest.mark.parametrize("name", ["LT_DEVICES", "WORLD_SIZE", "SLURM_STEP_NUM_TASKS"])
@pytest.mark.parametrize("value", ["0", "-1", "auto", "two", ""])
def test_invalid_number_of_processes_is_one_line(environment, name, value):
    environment(**{name: value})
    with pytest.raises(UserError, match=rf"^{name}: {re.escape(repr(value))} is not allowed: must be a number of processes, 1, 2, \.\.\.$"):
        launch.world_from_env()


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        (
            {"LT_DEVICES": "2", "GANLIB_DEVICE": "cuda:1"},
            "^GANLIB_DEVICE: cuda:1 is one device, and there are 2 processes: use cpu, cuda or",
        ),
        ({"LT_DEVICES": "4"}, "^LT_DEVICES: 4 processes need a GPU each, and 2 are visible: use fewer, or GANLIB_DEVICE=cpu$"),
    ],
)
def test_processes_that_cannot_have_a_device_each_are_one_line(environment, monkeypatch, variables, message):
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: (9, 0))
    environment(**variables)
    with pytest.raises(UserError, match=message), launch.init_team():
        pass


def test_one_process_is_alone_and_loads_no_fabric(environment):
    with launch.init_team() as team:
        assert team is ALONE
    code = (
        "import sys\nfrom ganlib.training.distributed import launch\nwith launch.init_team(): sys.exit('lightning_fabric' in sys.modules)"
    )
    assert python("-c", code).returncode == 0


@pytest.mark.parametrize("command", ["no-such-launcher -n 2", "srun 'unfinished"])
def test_launcher_that_cannot_be_run_is_one_line(environment, command):
    environment(GANLIB_LAUNCH=command)
    with pytest.raises(UserError, match=r"^GANLIB_LAUNCH: .*: must be a command such as srun, or unset$"):
        launch.relaunch("stages.train")


def test_launcher_replaces_the_stage():
    """Here echo, which only prints what it would start."""
    printed = python("-m", "stages.train", "dense64", GANLIB_LAUNCH="echo started:")
    assert (printed.returncode, printed.stdout) == (0, f"started: {sys.executable} -m stages.train dense64\n")


def test_process_that_never_returns_exits_with_its_parent():
    busy = "from ganlib.training.distributed import launch; launch.exit_with_parent(); print('busy', flush=True)\nwhile True: pass"
    code = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {busy!r}]).wait()"
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE) as parent:
        assert parent.stdout.readline() == b"busy\n"
        parent.kill()
        assert parent.communicate(timeout=30) == (b"", None)  # the pipe is closed once both have ended


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the system has no affinities")
def test_cores_are_those_available_to_the_process():
    count = "from ganlib.support import parallel; print(parallel.core_count())"
    code = f"import os; os.sched_setaffinity(0, {{min(os.sched_getaffinity(0))}}); {count}"
    assert python("-c", code).stdout == "1\n"
    assert parallel.core_count() == len(os.sched_getaffinity(0))
