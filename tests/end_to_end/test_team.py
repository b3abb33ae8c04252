"""Several processes under DVC: on one machine, on the nodes of a SLURM cluster, and experiments on every node at once."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.conftest import text
from tests.end_to_end import slurm
from tests.end_to_end.conftest import Checkout, await_true, environment
from tests.end_to_end.test_interruption import output, start_training

pytestmark = pytest.mark.slow
GENERATOR = "data/runs/dense64/generator.safetensors"
NODES = ("--nodes=2", "--ntasks-per-node=1", "--gpus-per-node=0", "--cpus-per-task=1")
TRAINING = (*NODES, "--time=30", "docs/slurm/train.sh", "dense64")


@pytest.fixture(autouse=True)
def on_cpus(monkeypatch):
    monkeypatch.setenv("GANLIB_DEVICE", "cpu")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


def lengthen(checkout: Checkout, steps: int = 60) -> None:
    """Let dense64 train for `steps`."""
    longer = {"epochs": steps, "max_steps": steps, "sample_every": steps}
    checkout.change(lambda params: params["reports"]["dense64"]["preview"].update(longer))


@pytest.fixture
def longer(checkout) -> Checkout:
    """A checkout in which dense64 trains for more steps."""
    lengthen(checkout)
    return checkout


@pytest.fixture(scope="module")
def by_two(finished, tmp_path_factory) -> bytes:
    """The generator that two uninterrupted processes on one machine train; DVC sees no difference to one process."""
    checkout = finished.copy(tmp_path_factory.mktemp("two") / "ganlib")
    lengthen(checkout)
    several = ("env", "LT_DEVICES=2", "GANLIB_DEVICE=cpu", "OMP_NUM_THREADS=1")
    said = checkout.run(*several, "dvc", "repro", "train@dense64")
    assert "training dense64 on 2 x cpu" in said
    assert "Warning" not in said
    assert "up to date" in checkout.dvc("status", "train@dense64")
    return (checkout.folder / GENERATOR).read_bytes()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory) -> Iterator[dict[str, str]]:
    """A SLURM cluster's environment."""
    if reason := slurm.missing():
        pytest.skip(reason)
    with slurm.cluster(tmp_path_factory.mktemp("slurm") / "cluster") as found:
        yield {**found, **environment(), "GANLIB_DEVICE": "cpu", "OMP_NUM_THREADS": "1"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_processes_on_one_machine_end_together_and_resume_to_the_same_bytes(longer, by_two, number, monkeypatch):
    """Ctrl-C goes to all of them, and `kill -9` to one."""
    monkeypatch.setenv("LT_DEVICES", "2")
    dvc = start_training(longer, "repro", "train@dense64")
    in_session = ["pgrep", "-s", str(dvc.pid), "-f", "stages.train"]
    if number == signal.SIGINT:
        os.killpg(dvc.pid, number)
    else:  # the one that was started last
        os.kill(int(subprocess.run([*in_session, "-n"], capture_output=True, text=True).stdout), number)
    assert dvc.wait(120) != 0
    await_true(lambda: not subprocess.run(in_session, capture_output=True).stdout, 120)
    [error] = [line for line in text(output(longer)).splitlines() if line.startswith("error:")]
    lost = "one of the 2 processes was lost. Run the same command again"
    assert ("interrupted by SIGINT after step" if number == signal.SIGINT else lost) in error
    assert "dense64: resuming from step" in longer.dvc("repro", "train@dense64")
    assert (longer.folder / GENERATOR).read_bytes() == by_two


def test_cancelled_nodes_of_a_cluster_save_and_resume_to_the_bytes_of_one_machine(cluster, longer, by_two):
    log = longer.folder / "job.txt"
    job = slurm.submitted(cluster, longer.folder, *TRAINING)
    longer.await_checkpoint(lambda: slurm.queued(cluster, job), log)
    subprocess.run(["scancel", "--signal=TERM", job], env=cluster, check=True)
    slurm.await_end(cluster, job, log)
    [error] = [line for line in text(log).splitlines() if line.startswith("error: ")]  # SLURM has more to say
    assert "error: train@dense64: interrupted by SIGTERM after step" in error
    slurm.await_end(cluster, slurm.submitted(cluster, longer.folder, *TRAINING), log)
    assert "dense64: resuming from step" in text(log)
    assert (longer.folder / GENERATOR).read_bytes() == by_two
    assert "up to date" in longer.dvc("status", "train@dense64")


def test_time_limit_saves_and_the_next_allocation_resumes(cluster, longer):
    """A job is requeued no sooner than `cred_expire`; SLURM's shortest limits are of minutes, and its clock looks twice in one."""
    lengthen(longer, 10**6)
    log = longer.folder / "job.txt"
    job = slurm.submitted(cluster, longer.folder, "--time=2", "--signal=TERM@30", *NODES, "docs/slurm/train.sh", "dense64")
    await_true(lambda: log.exists() and "dense64: resuming from step" in text(log), 400, log)
    subprocess.run(["scancel", job], env=cluster, check=True)
    slurm.await_end(cluster, job, log)
    before, _, _ = text(log).partition("dense64: resuming from step")
    assert "error: train@dense64: interrupted by SIGTERM after step" in before


def processes(job: str, rank: int) -> list[int]:
    """Process ids of the rank in a job's training, by their environment."""
    found = []
    for pid in subprocess.run(["pgrep", "-f", "python -m stages.train dense64"], capture_output=True, text=True).stdout.split():
        with suppress(OSError):  # it has ended
            process = Path("/proc", pid)
            variables, name = {*text(process / "environ").split("\0")}, text(process / "comm")
            # srun, which started them, has the command in its arguments and rank 0.
            if {f"SLURM_JOB_ID={job}", f"SLURM_PROCID={rank}"} <= variables and name.startswith("python"):
                found.append(int(pid))
    return found


def test_loss_of_a_node_ends_the_others_in_seconds(cluster, longer):
    log = longer.folder / "job.txt"
    job = slurm.submitted(cluster, longer.folder, *TRAINING)
    longer.await_checkpoint(lambda: slurm.queued(cluster, job), log)
    [second] = processes(job, rank=1)
    os.kill(second, signal.SIGKILL)
    await_true(lambda: not processes(job, rank=0), 10)
    slurm.await_end(cluster, job, log)
    assert "error: " in text(log)


def test_array_of_experiments_on_all_nodes_comes_back_to_one_repository(cluster, finished, tmp_path):
    """Four experiments in separate clones; the faces and the reals' features come from the shared cache."""
    mine = finished.copy(tmp_path / "mine")
    hub, shared = tmp_path / "hub.git", tmp_path / "shared"
    mine.run("git", "clone", "-q", "--bare", str(mine.folder), str(hub))
    mine.run("git", "remote", "add", "hub", str(hub))
    shared.mkdir()
    (mine.folder / ".dvc" / "cache").rename(shared / "dvc-cache")
    mine.dvc("config", "--local", "cache.dir", str(shared / "dvc-cache"))
    environment = {**cluster, "HUB": str(hub), "SHARED": str(shared), "REPORT": "dense64", "RATES": "1e-4 2e-4", "SEEDS": "1 2"}
    environment |= {f"GIT_{who}_{what}": f"tests@{what}" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    job = slurm.submitted(environment, mine.folder, "--array=0-3", "--gpus=0", "--cpus-per-task=2", "docs/slurm/sweep.sh")
    slurm.await_end(environment, job, mine.folder / "job.txt")
    mine.dvc("exp", "pull", "--no-cache", "hub", "-A")
    table = mine.dvc("exp", "show", "--csv")
    for rate in ("1e-4", "2e-4"):
        for seed in (1, 2):
            assert f"dense64-lr{rate}-seed{seed}" in table, text(mine.folder / "job.txt")


def test_queue_has_a_worker_for_each_gpu(longer):
    """No GPU is needed to see that each worker passes its own to the stages."""
    first = '    launch.relaunch("stages.train")'
    longer.edit("stages/train.py", first, f'    print("on GPU", os.environ["CUDA_VISIBLE_DEVICES"])\n{first}')
    for seed in range(11, 15):
        longer.dvc("exp", "run", "--queue", "--name", f"seed{seed}", "train@dense64", "-S", f"seed={seed}")
    for gpu in (0, 1):
        surroundings = {**environment(), "CUDA_VISIBLE_DEVICES": str(gpu)}
        command = ["dvc", "queue", "start", "-j", str(gpu + 1)]
        # A worker would keep a pipe open until it ends.
        subprocess.run(command, cwd=longer.folder, env=surroundings, check=True, stdout=subprocess.DEVNULL)
        time.sleep(20)  # as the docs have it
    longer.await_queue(4)
    said = "".join(longer.dvc("queue", "logs", f"seed{seed}") for seed in range(11, 15))
    assert {line for line in said.splitlines() if line.startswith("on GPU")} == {"on GPU 0", "on GPU 1"}
