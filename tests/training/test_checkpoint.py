"""What counts as the same run, and which checkpoints are kept."""

import os
import shutil

import pytest
import torch

from ganlib.training import checkpoint
from ganlib.training.checkpoint import Checkpoints
from tests.conftest import ROOT
from tests.training import small


@pytest.fixture
def faces(tmp_path):
    return small.small_faces(tmp_path / "raw", small.report("dcgan64"), 10)


def identity(faces, **changes: object) -> str:
    return checkpoint.identity("dcgan64", small.report("dcgan64", **changes), faces, seed=3, log_every=1)


def test_length_alone_keeps_a_runs_identity(faces):
    assert identity(faces) == identity(faces, epochs=9, max_steps=99)
    others = [identity(faces, **change) for change in ({"lr_d": 1e-3}, {"batch_size": 2}, {"sample_every": 1}, {"latent": "uniform"})]
    others.append(checkpoint.identity("dcgan64", small.report("dcgan64"), faces, seed=4, log_every=1))
    others.append(checkpoint.identity("dcgan64", small.report("dcgan64"), faces, seed=3, log_every=2))
    assert len({identity(faces), *others}) == 7


def test_one_changed_pixel_or_another_split_is_another_run(faces, tmp_path):
    before = identity(faces)
    fewer = type(faces)(faces.pictures, faces.rows[1:], faces.table.iloc[1:])
    assert identity(fewer) != before
    with (tmp_path / "raw" / "cache.npy" / "00000.npy").open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        last = file.read(1)[0]
        file.seek(-1, os.SEEK_END)
        file.write(bytes([last ^ 1]))
    assert identity(faces) != before


@pytest.mark.parametrize("edited", ["ganlib/training/loop.py", "ganlib/nets/dcgan.py", "stages/train.py"])
def test_edited_code_is_another_run_and_code_that_training_does_not_use_is_not(faces, tmp_path, monkeypatch, edited):
    for name in ("dvc.yaml", "ganlib", "stages"):
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, tmp_path / name)
    before = identity(faces)
    monkeypatch.setattr(checkpoint, "CODE", tmp_path)
    assert identity(faces) == before
    (tmp_path / "ganlib" / "fidelity" / "frechet.py").write_text("")
    assert identity(faces) == before
    with (tmp_path / edited).open("a") as file:
        file.write("\n")
    assert identity(faces) != before


def test_last_two_states_are_kept(tmp_path):
    with Checkpoints.open(tmp_path, "dcgan64", "0", 9) as saved:
        for step in (2, 4, 6):
            saved.save({"step": step, "weights": torch.ones(3) * step})
        assert [path.name.split("-")[0] for path in sorted(saved.folder.glob("*.pt"))] == ["000000004", "000000006"]
        assert torch.equal(saved.load()["weights"], torch.ones(3) * 6)


def folder(root, name: str, used: int, *, finished: bool) -> None:
    with Checkpoints.open(root, name, "0", 1) as saved:
        if finished:
            (saved.folder / "finished").touch()
    os.utime(root / f"{name}-0", (used, used))


def test_pruning_takes_the_oldest_finished_first_and_no_locked_one(tmp_path):
    for used, (name, finished) in enumerate([("unfinished", False), ("old", True), ("held", True), ("new", True)]):
        folder(tmp_path, name, used, finished=finished)
    (tmp_path / "downloads").mkdir()
    left = {}
    with Checkpoints.open(tmp_path, "held", "0", 2):
        os.utime(tmp_path / "held-0", (0, 0))
        for keep in (3, 2, 0):
            checkpoint.prune(tmp_path, keep)
            left[keep] = {path.name for path in tmp_path.iterdir() if path.is_dir()} - {"downloads"}
    assert left == {3: {"unfinished-0", "new-0", "held-0"}, 2: {"unfinished-0", "held-0"}, 0: {"held-0"}}
    assert (tmp_path / "downloads").is_dir()
