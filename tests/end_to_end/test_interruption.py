"""Trainings interrupted under DVC, in the workspace, in `--temp` and in the queue."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.conftest import text
from tests.end_to_end.conftest import Checkout, await_true, environment

GENERATOR = "data/runs/dense64/generator.safetensors"
LONG = ("train@dense64", "-S", "reports.dense64.preview.max_steps=60")


@pytest.fixture(scope="module")
def alone(finished: Checkout, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of an uninterrupted long run."""
    checkout = finished.copy(tmp_path_factory.mktemp("alone") / "ganlib")
    checkout.dvc("exp", "run", *LONG)
    return checkout.trained("dense64")


def output(checkout: Checkout) -> Path:
    """Where `start` writes what DVC prints."""
    return checkout.folder.parent / "output.txt"


def start(checkout: Checkout, *arguments: str) -> subprocess.Popen:
    """Start DVC in a new session, as a terminal does."""
    with output(checkout).open("w", encoding="utf-8") as out:
        return subprocess.Popen(["dvc", *arguments], cwd=checkout.folder, env=environment(), stdout=out, stderr=out, start_new_session=True)


def start_training(checkout: Checkout, *arguments: str) -> subprocess.Popen:
    """The same, once dense64 has trained for some steps."""
    process = start(checkout, *arguments)
    checkout.await_checkpoint(lambda: process.poll() is None, output(checkout))
    return process


def interrupted(checkout: Checkout, *arguments: str, number: signal.Signals = signal.SIGINT) -> str:
    """DVC's output when all its processes get the signal in the middle of the long run; none of them survives."""
    process = start_training(checkout, *arguments)
    os.killpg(process.pid, number)
    assert process.wait(120) != 0
    await_true(lambda: not subprocess.run(["pgrep", "-s", str(process.pid)], capture_output=True).stdout, 10)
    return text(output(checkout))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_interrupted_experiment_leaves_no_process_and_resumes_to_the_same_bytes(checkout, alone, number):
    said = interrupted(checkout, "exp", "run", *LONG, number=number)
    if number != signal.SIGKILL:
        assert f"error: train@dense64: interrupted by {number.name} after step" in said
    assert "dense64: resuming from step" in checkout.dvc("exp", "run", *LONG)
    assert checkout.trained("dense64") == alone


def test_temporary_experiment_resumes_too(checkout, alone):
    interrupted(checkout, "exp", "run", "--temp", *LONG)
    assert "dense64: resuming from step" in checkout.dvc("exp", "run", "--temp", "--name", "again", *LONG)
    take(checkout, "again")
    assert checkout.trained("dense64") == alone


def test_queued_experiment_resumes_the_run_of_the_workspace(checkout, alone):
    interrupted(checkout, "exp", "run", *LONG)
    checkout.run("git", "checkout", "-q", ".")
    checkout.dvc("exp", "run", "--queue", "--name", "queued", *LONG)
    checkout.dvc("queue", "start")
    checkout.await_queue(1)
    assert "dense64: resuming from step" in checkout.dvc("queue", "logs", "queued")
    take(checkout, "queued")
    assert checkout.trained("dense64") == alone


def test_edited_training_code_starts_from_scratch_and_gives_other_weights(checkout, alone):
    interrupted(checkout, "exp", "run", *LONG)
    checkout.edit("ganlib/models/gan.py", "self.lr_d)}", "2 * self.lr_d)}")
    assert "resuming from step" not in checkout.dvc("exp", "run", *LONG)
    assert checkout.trained("dense64")[GENERATOR] != alone[GENERATOR]


def test_forced_run_reuses_the_result_and_a_longer_one_continues_it(checkout):
    lock, trained = (checkout.folder / "dvc.lock").read_bytes(), checkout.trained("dense64")
    assert "dense64: already trained; reusing" in checkout.dvc("repro", "-f", "-s", "train@dense64")
    assert ((checkout.folder / "dvc.lock").read_bytes(), checkout.trained("dense64")) == (lock, trained)
    assert "dense64: resuming from step 3/60" in checkout.dvc("exp", "run", *LONG)


def test_place_locale_time_zone_and_hash_seed_change_nothing(checkout):
    lock = (checkout.folder / "dvc.lock").read_bytes()
    checkout.run("rm", "-rf", ".checkpoints")
    surroundings = ("LC_ALL=tr_TR.UTF-8", "TZ=Asia/Kathmandu", "PYTHONHASHSEED=7")
    checkout.run("env", "-C", "/", *surroundings, "dvc", "--cd", str(checkout.folder), "repro", "-f", "train@dense64")
    assert (checkout.folder / "dvc.lock").read_bytes() == lock


def test_two_experiments_side_by_side_share_cache_and_checkpoints(checkout, alone):
    different = start(checkout, "exp", "run", "--temp", "--name", "slower", *LONG, "-S", "lr_d=1e-5")
    checkout.dvc("exp", "run", "--temp", "--name", "plain", *LONG)
    assert different.wait(300) == 0, text(output(checkout))
    take(checkout, "slower")
    assert checkout.trained("dense64")[GENERATOR] != alone[GENERATOR]
    take(checkout, "plain")
    assert checkout.trained("dense64") == alone


def test_queue_with_two_workers_runs_both(checkout, alone):
    checkout.dvc("exp", "run", "--queue", "--name", "plain", *LONG)
    checkout.dvc("exp", "run", "--queue", "--name", "slower", *LONG, "-S", "lr_d=1e-5")
    checkout.dvc("queue", "start", "-j", "2")
    checkout.await_queue(2)
    take(checkout, "plain")
    assert checkout.trained("dense64") == alone


def take(checkout: Checkout, experiment: str) -> None:
    """Bring an experiment's run into the workspace; `dvc exp apply` would miss the stages that never ran here."""
    checkout.dvc("exp", "branch", experiment, f"of-{experiment}")
    checkout.run("git", "checkout", "-q", f"of-{experiment}", "--", "dvc.lock")
    checkout.dvc("checkout", "train@dense64")
