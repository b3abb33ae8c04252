"""Trainings of a study, diverging ones, and the status of each."""

import json
import tracemalloc
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ganlib import params
from ganlib.core import device, tables
from ganlib.core.tables import Log, final_metrics
from ganlib.data.faces import Faces
from ganlib.models.report import Report
from ganlib.studies import scoring, trials
from ganlib.studies.stored import build_if_stale, settings_from
from ganlib.studies.study import FaceTrial
from ganlib.support import paths
from ganlib.support.errors import DivergedError, UserError
from ganlib.training import loop
from ganlib.training.checkpoint import MACHINES
from tests.training import small


@pytest.fixture
def stored(tmp_path, monkeypatch) -> dict:
    """The settings file of a tiny trial of dense64, its faces in place."""
    settings = small.report("dense64", ema=None).model_dump()
    small.prepare_faces(tmp_path)
    monkeypatch.chdir(tmp_path)
    return {"report": "dense64", "settings": settings, "split": "all", "log_every": 1, "scale": "preview"}


def train(training: dict, folder: Path, **named: Any) -> None:
    """Train on the pictures that are there."""
    settings = settings_from(training)
    faces = Faces.open(paths.faces(settings.crop), training["split"]).first(settings.train_images)
    trials.train(training | {"data": faces.identity(settings.condition_groups)}, folder, **named)


def test_trial_trains_and_names_its_machine(stored, tmp_path):
    train(stored, tmp_path / "run", seed=3, save_every=None)
    assert all((tmp_path / "run" / name).is_file() for name in ("run/generator.safetensors", "progress/log.csv"))
    machine = json.loads((tmp_path / "run" / "machine.json").read_text(encoding="utf-8"))
    of_gpu = {"cuda", "cudnn"} if torch.cuda.is_available() else set()
    assert machine.keys() == {"torch", "device", "numerics", "processor", "kernels", "threads"} | of_gpu
    assert machine["device"] == "cpu" or of_gpu
    assert machine["numerics"] == stored["settings"]["precision"]
    assert machine["processor"]
    assert machine["torch"] == torch.__version__.partition("+")[0]


def test_machine_of_a_trial_is_the_one_that_trained_it(stored, tmp_path, monkeypatch):
    """Which may have been another, or two, before a complete run was taken from its checkpoint."""
    gpu = {"device": "NVIDIA H200", "torch": "2.14.1", "cuda": "13.0", "cudnn": "91300"}
    shorter = stored | {"settings": stored["settings"] | {"max_steps": 2}}
    cpu = {"device": "cpu", "torch": "2.14.1"}
    for described, processor, training in ((gpu, "a Xeon", shorter), (cpu, "an EPYC", stored), (cpu, "a Ryzen", stored)):
        monkeypatch.setattr(loop, "described", lambda _, described=described: described)
        monkeypatch.setattr(device, "processor", lambda processor=processor: processor)
        train(training, tmp_path / "run", seed=3, save_every=None)
    machine = json.loads((tmp_path / "run" / "machine.json").read_text(encoding="utf-8"))
    assert {key: machine[key] for key in gpu} == gpu | {"device": "NVIDIA H200 and cpu"}
    assert (machine["processor"], machine["threads"]) == ("a Xeon and an EPYC", torch.get_num_threads())


def test_trial_is_not_trained_on_other_pictures_than_its_settings_name(stored, tmp_path):
    """Which `dvc repro` in a second terminal may have prepared."""
    with pytest.raises(UserError, match=r"wide64: has other pictures than when this study began: run the command again"):
        trials.train(stored | {"data": "of others"}, tmp_path / "run", seed=3, save_every=None)


@pytest.mark.parametrize("changes", [{}, {"train_images": 8}, {"max_steps": 1}, {"epoch_steps": 3}])
def test_trial_trains_as_long_as_its_declaration_says(stored, tmp_path, changes):
    stored["settings"] |= {"snapshots": None, "epochs": 2, "max_steps": None, "epoch_steps": None, **changes}
    train(stored, tmp_path / "run", seed=3, save_every=None)
    declared = FaceTrial("dense64", settings_from(stored), "wide64")
    steps = final_metrics(tmp_path / "run" / "progress" / "log.csv")["step"]
    assert steps == declared.steps(len(Faces.open(paths.faces("wide64"), "all")))


def test_trial_has_its_own_seed_and_learns_only_from_its_pictures(stored, tmp_path, monkeypatch):
    seen = []
    tables.write_json([], tmp_path / MACHINES)

    def seen_train(name: str, report: Report, faces: Faces, *rest: object, **named: object) -> Path:
        seen.append((faces.rows.tolist(), named))
        return tmp_path / "timing.csv"

    monkeypatch.setattr(loop, "train", seen_train)
    few = {"settings": stored["settings"] | {"train_images": 3}, "split": "train", "log_every": 7}
    train(stored | few, tmp_path / "run", seed=3, save_every=2)
    assert seen == [([0, 3, 6], {"seed": 3, "log_every": 7, "save_every": 2})]


def test_trial_that_diverges_is_recorded_and_no_error(stored, tmp_path, capsys):
    stored["settings"] |= {"lr_g": 1e30, "lr_d": 1e30}
    train(stored, tmp_path / "run", seed=3, save_every=None)
    (reason,) = (tmp_path / "run" / "diverged.txt").read_text(encoding="utf-8").splitlines()
    assert reason.startswith("train@dense64: ")
    assert "this trial counts as failed: train@dense64" in capsys.readouterr().err
    found = scoring.score(stored, {}, tmp_path / "run", tmp_path, tmp_path / "scores", seed=3)
    assert (found["status"], found["scale"]) == ("diverged", "preview")


def test_training_outside_of_studies_ends_with_an_error_on_divergence(stored, tmp_path):
    report = settings_from(stored | {"settings": stored["settings"] | {"lr_g": 1e30, "lr_d": 1e30}})
    faces = Faces.open(paths.faces("wide64"), "all")
    with pytest.raises(DivergedError, match="try a smaller learning rate"):
        loop.train("dense64", report, faces, paths.outputs("dense64"), tmp_path / "checkpoints", seed=1, log_every=1)


def test_curve_trains_without_pictures(tmp_path):
    settings = params.load().curve.model_copy(update={"steps": 100}).model_dump()
    stored = {"report": "curve", "settings": settings, "scale": "preview"}
    trials.train(stored, tmp_path / "run", seed=3, save_every=None)
    found = scoring.score(stored, {}, tmp_path / "run", tmp_path, tmp_path / "scores", seed=3)
    assert (found["status"], found["step"]) == ("lived", 100)
    assert max(found["d_real"], found["within_bounds"]) <= 1
    trials.train(stored, tmp_path / "another", seed=4, save_every=None)
    assert scoring.score(stored, {}, tmp_path / "another", tmp_path, tmp_path / "scores", seed=4)["d_score"] != found["d_score"]


@pytest.mark.parametrize(
    ("diversity", "kid", "status"), [(0.9, 0.2, "lived"), (0.049, 0.2, "collapsed"), (0.9, 0.5, "learned nothing"), (0.05, 0.49, "lived")]
)
def test_status_names_how_a_training_ended(diversity, kid, status):
    assert scoring.status({"diversity": diversity, "kid": kid, "kid_untrained": 0.5}) == status


def test_slope_is_the_change_in_a_thousand_steps_after_the_first_tenth(tmp_path):
    log = Log(tmp_path / "log.csv")
    for line in range(20):
        outlier = 99.0 if line < 2 or line == 10 else 0.0
        log.write(100 * (line + 1), {"g_loss": 5 - 0.02 * line + outlier, "d_accuracy": 0.5, "k": 1.0})
    found = scoring.slopes(tmp_path / "log.csv")
    assert found.keys() == {"g_loss_slope", "d_accuracy_slope"}
    assert found["g_loss_slope"] == pytest.approx(-0.2)
    assert found["d_accuracy_slope"] == 0


def test_first_tenth_of_a_log_and_a_single_line_count_for_no_slope(tmp_path):
    log, losses = Log(tmp_path / "log.csv"), [float(line**2) for line in range(20)]
    for line, loss in enumerate(losses, 1):
        log.write(100 * line, {"g_loss": loss})
        assert line > 1 or scoring.slopes(tmp_path / "log.csv") == {}
    expected = np.median([10 * (b - a) / (j - i) for (i, a), (j, b) in combinations(enumerate(losses[2:]), 2)])
    assert scoring.slopes(tmp_path / "log.csv")["g_loss_slope"] == pytest.approx(expected)


def test_long_log_is_thinned_for_its_slopes(tmp_path):
    """All pairs of 6,000 lines take 0.7 GB, and of the 58,000 of began64 at its own scale 83 GB."""
    lines = "".join(f"{20 * line},{5 - 0.002 * line + 0.1 * (line % 7)}\n" for line in range(1, 6_001))
    (tmp_path / "log.csv").write_text("step,g_loss\n" + lines, encoding="utf-8")
    tracemalloc.start()
    found = scoring.slopes(tmp_path / "log.csv")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == {"g_loss_slope": pytest.approx(-0.1, rel=1e-3)}
    assert peak < 100e6


def test_existing_run_of_the_same_settings_is_not_repeated(tmp_path):
    folder = tmp_path / "run"

    def made(seed: int, *files: str) -> bool:
        with build_if_stale(folder, {"seed": seed}) as missing:
            if missing:
                folder.mkdir()
                for name in files:
                    (folder / name).touch()
        return missing

    assert [made(1, "first"), made(1), made(2, "second"), made(1, "first")] == [True, False, True, True]
    assert not (folder / "second").exists()
    with pytest.raises(KeyboardInterrupt), build_if_stale(folder, {"seed": 2}):
        raise KeyboardInterrupt
    assert made(2, "second")
