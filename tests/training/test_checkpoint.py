"""What counts as the same run, and which checkpoints are kept."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

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


def test_other_pictures_or_another_split_are_another_run(faces, tmp_path):
    before = identity(faces)
    assert identity(replace(faces, rows=faces.rows[1:], table=faces.table.iloc[1:])) != before
    others = small.small_faces(tmp_path / "others", small.report("dcgan64"), 10, first=1)
    assert identity(replace(others, rows=faces.rows, table=faces.table)) != before


def test_other_labels_are_another_run_of_a_report_that_reads_them(faces):
    relabelled = replace(faces, table=faces.table.assign(Black_Hair=-faces.table["Black_Hair"]))
    for name, reads in (("began64", True), ("dcgan64", False)):
        found = {checkpoint.identity(name, small.report(name), some, seed=3, log_every=1) for some in (faces, relabelled)}
        assert len(found) == 1 + reads


@pytest.fixture
def edited(tmp_path, monkeypatch):
    """A copy of the checkout whose code the identities are taken of, and a way to add a line to one of its files."""
    for name in ("ganlib", "stages"):
        shutil.copytree(ROOT / name, tmp_path / "copy" / name)
    monkeypatch.setattr(checkpoint, "CODE", tmp_path / "copy")

    def edit(path: str) -> None:
        with (tmp_path / "copy" / path).open("a", encoding="utf-8") as file:
            file.write("\n")

    return edit


USED = ("training/loop.py", "models/dcgan.py", "models/dropout.py", "reports/dcgan64/nets.py", "core/random.py")
MODELS = ("models/upsample.py", "reports/began64/objective.py", "curve/nets.py")
UNUSED = ("fidelity/frechet.py", *MODELS, "support/console.py", "data/cache.py")


@pytest.mark.parametrize("path", USED + UNUSED)
def test_edited_code_makes_another_run_only_if_the_run_uses_it(faces, edited, path):
    before = identity(faces)
    edited(f"ganlib/{path}")
    assert (identity(faces) != before) == (path in USED)


def test_torch_built_for_other_hardware_keeps_the_identity_and_another_torch_does_not(faces, monkeypatch):
    found = []
    for version in ("2.14.1+cpu", "2.14.1+cu130", "2.14.1", "2.15.0"):
        monkeypatch.setattr(torch, "__version__", version)
        found.append(identity(faces))
    assert found[0] == found[1] == found[2] != found[3]


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


def test_opening_a_run_removes_others_and_not_the_one_it_resumes(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "KEEP_RUNS", 1)
    with Checkpoints.open(tmp_path, "oldest", "0", 1) as saved:
        saved.save({"step": 1})
    folder(tmp_path, "oldest", 0, finished=True)
    shutil.copytree(saved.folder, tmp_path / "kept")
    monkeypatch.setattr(checkpoint, "KEEP_RUNS", 20)
    for used, name in enumerate(("older", "newer"), 1):
        folder(tmp_path, name, used, finished=True)
    monkeypatch.setattr(checkpoint, "KEEP_RUNS", 1)
    with Checkpoints.open(tmp_path, "oldest", "0", 2) as saved:
        assert saved.load()["step"] == 1
    assert not (tmp_path / "older-0").exists()
    assert (tmp_path / "newer-0").exists()


def test_pruning_survives_folders_that_another_process_removes_meanwhile(tmp_path, monkeypatch):
    for used, name in enumerate("abc"):
        folder(tmp_path, name, used, finished=True)
    stat = Path.stat

    def removed_first(path: Path, **options: object) -> os.stat_result:
        if path.name == "b-0":
            shutil.rmtree(path, ignore_errors=True)
        return stat(path, **options)

    monkeypatch.setattr(Path, "stat", removed_first)
    checkpoint.prune(tmp_path, 1)
    assert {path.name for path in tmp_path.iterdir() if path.is_dir()} == {"c-0"}
