"""GANLIB_LOG: TensorBoard's files hold the log and the sheets of a training; mistakes are one line."""

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from ganlib.support import locks, loggers, paths
from ganlib.support.errors import UserError
from tests.conftest import python


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """The checkpoints' folder of a training of this process, which has logged 2 of 3 rows; the working directory is its checkout."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GANLIB_LOG", "tensorboard")
    monkeypatch.setattr(locks, "LOCKED", [])
    folder = paths.checkpoints() / "dense64-0123"
    (folder / "progress" / "samples").mkdir(parents=True)
    log(folder, 2)
    return folder


def log(folder: Path, rows: int, last: str = "") -> None:
    """Write the log of `rows` steps, with a sheet for each."""
    lines = [f"{step},{step / 4},{1 - step / 4}\n" for step in range(1, rows + 1)]
    (folder / "progress" / "log.csv").write_text("".join(["step,d_loss,g_loss\n", *lines, last]), encoding="utf-8")
    for step in range(1, rows + 1):
        Image.new("RGB", (6, 4), (step, 0, 0)).save(folder / "progress" / "samples" / f"{step:06d}.png")


def written(name: str = "dense64-0123") -> EventAccumulator:
    """What TensorBoard reads."""
    events = EventAccumulator(str(paths.tensorboard(name)))
    return events.Reload()


def steps(events: list) -> list[int]:
    return [event.step for event in events]


def test_rows_and_sheets_are_written_up_to_the_last_one_before_the_end(folder):
    with loggers.logging(), locks.locked(folder, ""):
        log(folder, 3)
    events = written()
    assert events.Tags()["scalars"] == ["d_loss", "g_loss"]
    assert [(event.step, event.value) for event in events.Scalars("g_loss")] == [(1, 0.75), (2, 0.5), (3, 0.25)]
    assert steps(events.Images("samples")) == [1, 2, 3]
    encoded = np.frombuffer(events.Images("samples")[2].encoded_image_string, np.uint8)
    assert encoded[:4].tobytes() == b"\x89PNG"


def test_rows_are_written_while_the_training_runs_and_never_half_of_one(folder):
    board = loggers.Board(folder, paths.tensorboard("board"))
    log(folder, 2, "3,0.7")
    board.update()
    assert steps(written("board").Scalars("d_loss")) == [1, 2]
    log(folder, 3)
    board.update()
    board.update()
    assert steps(written("board").Scalars("d_loss")) == [1, 2, 3]
    assert steps(written("board").Images("samples")) == [1, 2, 3]


def test_resumed_training_begins_again_from_the_rows_of_its_checkpoint(folder):
    log(folder, 3)
    board = loggers.Board(folder, paths.tensorboard("board"))
    board.update()
    (folder / "progress" / "samples" / "000003.png").unlink()
    log(folder, 2)
    board.update()
    assert steps(written("board").Scalars("d_loss")) == [1, 2]
    log(folder, 3)
    board.update()
    assert steps(written("board").Scalars("d_loss")) == [1, 2, 3]
    loggers.Board(folder, paths.tensorboard("board")).update()  # in another process
    assert steps(written("board").Images("samples")) == [1, 2, 3]


def test_trainings_of_other_processes_are_not_written(folder):
    with loggers.logging(), locks.locked_if_free(folder), locks.locked(Path("data/faces"), ""):
        pass
    assert not paths.tensorboard("").exists()


@pytest.mark.parametrize("name", ["", "csv"])
def test_csv_is_the_default_and_writes_nothing_else(folder, monkeypatch, name):
    monkeypatch.setenv("GANLIB_LOG", name)
    with loggers.logging(), locks.locked(folder, ""):
        pass
    assert not paths.tensorboard("").exists()


def test_unknown_logger_and_missing_package_are_one_line_before_anything_runs(folder, monkeypatch):
    monkeypatch.setenv("GANLIB_LOG", "wandb")
    with pytest.raises(UserError, match=r"^GANLIB_LOG: 'wandb' is not allowed: must be csv or tensorboard$"), loggers.logging():
        pytest.fail("the stage ran")
    monkeypatch.setenv("GANLIB_LOG", "tensorboard")
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    missing = r"^GANLIB_LOG: the package tensorboard is not installed: run `pip install tensorboard`, or unset GANLIB_LOG$"
    with pytest.raises(UserError, match=missing), loggers.logging():
        pytest.fail("the stage ran")


def test_every_stage_knows_the_variable():
    done = python("-m", "stages.check", GANLIB_LOG="none")
    assert done.returncode == 1
    assert done.stderr == "error: GANLIB_LOG: 'none' is not allowed: must be csv or tensorboard\n"
