"""Runs interrupted at every kind of moment and resumed, compared with an uninterrupted run."""

import json
import os
import random
import re
import shutil
import signal
import time
from pathlib import Path

import pytest

from ganlib.training import checkpoint
from tests.conftest import text
from tests.training import children, small

# Ten pictures, four a step: epochs of two steps and a short batch. The curve of every count is in the log, each third step and the last.
LENGTH = {"max_steps": 7, "sample_every": 3, "snapshots": {"unit": "steps", "at": [2, 5]}}
FEW_CONDITIONS = {"conditions": {"hair": ["Black_Hair"]}}


def changes(name: str, **more: object) -> dict:
    return {**LENGTH, **(FEW_CONDITIONS if name == "began64" else {}), **more}


@pytest.fixture
def name() -> str:
    return "dense64"


@pytest.fixture(autouse=True)
def pictures(tmp_path, name) -> None:
    """Pictures of the crop of the report `name`, which parametrized tests choose, for all runs below tmp_path."""
    small.small_faces(tmp_path / "raw", small.report(name), 10)


@pytest.mark.parametrize(
    ("name", "tricks"),
    [
        *(pytest.param(name, {}, marks=[] if name in ("dcgan56", "began64") else pytest.mark.slow) for name in small.NAMES),
        pytest.param("dcgan64", small.TRICKS, id="tricks"),
    ],
)
def test_run_killed_repeatedly_ends_with_the_bytes_of_an_uninterrupted_one(tmp_path, name, tricks):
    alone = children.run(tmp_path / "alone", name, changes=changes(name, **tricks))
    assert alone == {"status": 0, "error": "", "steps": 7}
    draw = random.Random(name)
    moments = [("step", draw.randint(3, 6)), ("half written", 2), ("renamed", draw.randint(3, 4)), ("written", draw.randint(3, 6))]
    for moment in moments:
        assert children.run(tmp_path / "killed", name, moment, changes=changes(name, **tricks)) == {"status": -9}, moment
    last = children.run(tmp_path / "killed", name, changes=changes(name, **tricks))
    assert last["status"] == 0
    assert last["steps"] < 7
    assert children.files(tmp_path / "killed" / "out") == children.files(tmp_path / "alone" / "out")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["dcgan64", "began64", "wgan64"])
def test_run_killed_at_twenty_random_moments_ends_with_the_same_bytes(tmp_path, name):
    children.run(tmp_path / "alone", name, changes=changes(name))
    draw = random.Random(name)
    for _ in range(20):
        moment = (draw.choice(["step", "written", "half written", "renamed"]), draw.randint(1, 12))
        assert children.run(tmp_path / "killed", name, moment, changes=changes(name))["status"] in (-9, 0)
    children.run(tmp_path / "killed", name, changes=changes(name))
    assert children.files(tmp_path / "killed" / "out") == children.files(tmp_path / "alone" / "out")


@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_interrupted_run_saves_and_ends_with_one_line(tmp_path, number):
    error = f"train@dense64: interrupted by {number} after step 4/7; checkpoint saved. Run the same command again to resume."
    assert children.run(tmp_path / "run", "dense64", (number, 4), changes=LENGTH) == {"status": 1, "error": error, "steps": 4}
    assert not (tmp_path / "run" / "out").exists()
    assert children.run(tmp_path / "run", "dense64", changes=LENGTH) == {"status": 0, "error": "", "steps": 3}


@pytest.mark.parametrize("name", ["dense64", "began64"])
def test_longer_run_continues_the_shorter_one_and_equals_one_long_run(tmp_path, name):
    for steps in (4, 5, 9):
        outcome = children.run(tmp_path / "grown", name, changes=changes(name, max_steps=steps))
    assert outcome["steps"] == 4
    children.run(tmp_path / "long", name, changes=changes(name, max_steps=9))
    assert children.files(tmp_path / "grown" / "out") == children.files(tmp_path / "long" / "out")


@pytest.mark.parametrize("name", ["dcgan64"])
def test_more_epochs_continue_a_run_too(tmp_path, name):
    assert children.run(tmp_path / "run", name, changes=changes(name, epochs=1, max_steps=None))["steps"] == 2
    assert children.run(tmp_path / "run", name, changes=changes(name, epochs=3, max_steps=None))["steps"] == 4


def test_shorter_run_leaves_the_progress_of_a_longer_one_alone(tmp_path):
    children.run(tmp_path / "run", "dense64", ("step", 7), changes=LENGTH)
    assert children.run(tmp_path / "run", "dense64", changes={**LENGTH, "max_steps": 3})["steps"] == 3
    assert children.run(tmp_path / "run", "dense64", changes=LENGTH)["steps"] == 1


def test_run_resumes_in_another_checkout_whose_checkpoints_are_a_link_to_the_same_folder(tmp_path):
    """As on a host that deletes its disk after some hours, with the checkpoints on a mounted drive."""
    (tmp_path / "drive").mkdir()
    for session, moment, left in (("first", ("SIGTERM", 4), 1), ("second", None, 0)):
        (tmp_path / session).mkdir()
        (tmp_path / session / "checkpoints").symlink_to(tmp_path / "drive")
        outcome = children.run(tmp_path / session, "dense64", moment, changes=LENGTH)
        assert outcome["status"] == left
        shutil.rmtree(tmp_path / "first", ignore_errors=True)
    assert outcome["steps"] == 3
    children.run(tmp_path / "alone", "dense64", changes=LENGTH)
    assert children.files(tmp_path / "second" / "out") == children.files(tmp_path / "alone" / "out")


def test_times_of_an_interrupted_run_add_up(tmp_path):
    assert children.run(tmp_path / "run", "dense64", ("SIGTERM", 4), changes=LENGTH)["steps"] == 4
    [timing] = (tmp_path / "run" / "checkpoints").glob("*/timing.csv")
    before = text(timing).splitlines()
    children.run(tmp_path / "run", "dense64", changes=LENGTH)
    after = text(timing).splitlines()
    assert after[: len(before)] == before == ["step,seconds", before[1]]
    assert [line.split(",")[0] for line in after[1:]] == ["3", "6", "7"]
    seconds = [float(line.split(",")[1]) for line in after[1:]]
    assert seconds == sorted(seconds)
    assert seconds[0] < seconds[1]


def test_complete_run_is_reused_even_if_copying_its_result_failed(tmp_path):
    """What fails after training, such as a full disk or Ctrl-C while outputs are copied, must not cost the training."""
    assert children.run(tmp_path / "run", "dense64", ("copied", 2), changes=LENGTH) == {"status": -9}
    for _ in range(2):
        assert children.run(tmp_path / "run", "dense64", changes=LENGTH) == {"status": 0, "error": "", "steps": 0}
        found = children.files(tmp_path / "run" / "out")
        shutil.rmtree(tmp_path / "run" / "out")
    children.run(tmp_path / "alone", "dense64", changes=LENGTH)
    assert found == children.files(tmp_path / "alone" / "out")
    assert children.run(tmp_path / "run", "dense64", changes={**LENGTH, "max_steps": 9})["steps"] == 2  # and a longer one continues it


def damage_byte(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("damage", ["run/generator.safetensors", "progress/samples/000003.png", "timing.csv"])
def test_damaged_result_of_a_complete_run_is_trained_again_with_a_warning(tmp_path, damage):
    children.run(tmp_path / "run", "dense64", changes=LENGTH)
    expected = children.files(tmp_path / "run" / "out")
    [path] = (tmp_path / "run" / "checkpoints").glob(f"*/{damage}")
    if path.suffix == ".csv":
        path.unlink()
    else:
        damage_byte(path, -1)
    assert children.run(tmp_path / "run", "dense64", changes=LENGTH)["steps"] == 7
    assert "is incomplete or damaged; training again" in text(tmp_path / "run" / "stderr.txt")
    assert children.files(tmp_path / "run" / "out") == expected


def test_run_with_another_setting_starts_from_scratch(tmp_path):
    children.run(tmp_path / "run", "dense64", ("step", 7), changes=LENGTH)
    assert children.run(tmp_path / "run", "dense64", changes={**LENGTH, "lr_d": 1e-3})["steps"] == 7


@pytest.mark.parametrize(("damaged", "steps_left"), [(1, 3), (2, 7)])
def test_damaged_checkpoint_falls_back_to_the_one_before_with_a_warning(tmp_path, damaged, steps_left):
    children.run(tmp_path / "alone", "dense64", changes=LENGTH)
    children.run(tmp_path / "run", "dense64", ("step", 7), changes=LENGTH)
    states = sorted((tmp_path / "run" / "checkpoints").glob("*/*.pt"))
    assert [state.name[:9] for state in states] == ["000000004", "000000006"]
    for state in states[-damaged:]:
        damage_byte(state, state.stat().st_size // 2)
    assert children.run(tmp_path / "run", "dense64", changes=LENGTH)["steps"] == steps_left
    log = text(tmp_path / "run" / "stderr.txt")
    assert log.count("is damaged; resuming from the checkpoint before it") == damaged
    assert children.files(tmp_path / "run" / "out") == children.files(tmp_path / "alone" / "out")


def test_two_processes_share_one_run_without_harm(tmp_path):
    children.run(tmp_path / "alone", "dense64", changes=LENGTH)
    first = children.start(tmp_path / "run", "dense64", changes=LENGTH)
    while not list((tmp_path / "run").glob("checkpoints/*/*.pt")):
        assert first.is_alive()
        time.sleep(0.01)
    os.kill(first.pid, signal.SIGSTOP)
    second = children.start(tmp_path / "run", "dense64", changes=LENGTH)
    while "another process is training this run; waiting for it" not in text(tmp_path / "run" / "stderr.txt"):
        assert second.is_alive()
        time.sleep(0.01)
    os.kill(first.pid, signal.SIGCONT)
    first.join()
    second.join()
    assert (first.exitcode, second.exitcode) == (0, 0)
    assert json.loads(text(tmp_path / "run" / "outcome.json")) == {"error": "", "steps": 0}
    assert children.files(tmp_path / "run" / "out") == children.files(tmp_path / "alone" / "out")


@pytest.mark.parametrize("largest_file", [1_000, 100_000, 300_000])
def test_full_disk_keeps_earlier_outputs_and_names_the_bytes_needed(tmp_path, largest_file):
    children.run(tmp_path / "run", "dense64", changes=LENGTH)
    earlier = children.files(tmp_path / "run" / "out")
    outcome = children.run(tmp_path / "run", "dense64", changes={**LENGTH, "lr_d": 1e-3}, largest_file=largest_file)
    assert outcome["status"] == 1
    assert re.search(r": the disk is full \(File too large\), 0\.\d\d GB are needed in total: make room and run again$", outcome["error"])
    assert children.files(tmp_path / "run" / "out") == earlier
    assert not list((tmp_path / "run").rglob("*.partial*"))
    assert children.run(tmp_path / "run", "dense64", changes={**LENGTH, "lr_d": 1e-3})["status"] == 0
    assert children.files(tmp_path / "run" / "out") != earlier


def test_space_that_a_run_needs_is_checked_before_it_starts(tmp_path):
    outcome = children.run(tmp_path / "run", "dense64", changes={"max_steps": 10**9, "epochs": 10**9, "sample_every": 1})
    assert (outcome["status"], outcome["steps"]) == (1, 0)
    assert "GB are needed: make room and run again" in outcome["error"]


def test_checkpoints_are_no_pickles_that_could_run_code(tmp_path):
    children.run(tmp_path / "run", "dense64", ("step", 7), changes=LENGTH)
    newest = max((tmp_path / "run" / "checkpoints").glob("*/*.pt"))
    harmful = b"\x80\x04cos\nsystem\n(S'touch " + str(tmp_path / "touched").encode() + b"'\ntR."
    newest.with_name(f"000000006-{checkpoint._hash(harmful)}.pt").write_bytes(harmful)
    newest.unlink()
    assert children.run(tmp_path / "run", "dense64", changes=LENGTH)["status"] != 0
    assert not (tmp_path / "touched").exists()
