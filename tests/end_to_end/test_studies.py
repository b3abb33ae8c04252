"""Studies by the commands of docs/studies.md, on trials of a few steps."""

import os
import shutil
import signal
import time
from pathlib import Path

import pandas as pd
import pytest
from ruamel.yaml import YAML

from tests.end_to_end.conftest import Checkout
from tests.end_to_end.test_interruption import start

pytestmark = pytest.mark.slow

STUDY = "studies/dvc.yaml:study@replacement_slows"
TRIALS = {
    "dense64": {"report": "dense64", "max_steps": 12, "snapshots": {"unit": "steps", "at": [4]}},
    "dense64_without_replacement": {"report": "dense64", "max_steps": 12, "replacement": False},
    "dense64_diverging": {"report": "dense64", "max_steps": 12, "lr_g": 1e30, "lr_d": 1e30},
}


def shrink(checkout: Checkout) -> None:
    """Three seeds, three trials of few steps, and a few studies of them."""
    path = checkout.folder / "studies" / "params.yaml"
    yaml = YAML()
    values = yaml.load(path)
    studies = values["studies"]
    studies["better_over_time"]["moments"] = [4]
    studies["diverging"] = {**studies["replacement_slows"], "than": "dense64_diverging"}
    kept = ("replacement_slows", "better_over_time", "diverging")
    values["studies"] = {name: studies[name] for name in kept}
    values["seeds"], values["trials"] = [1, 2, 3], TRIALS
    values["noise"] = {"trials": {"dense64": None}, "seeds": [13]}
    yaml.dump(values, path)
    for catalogue in (checkout.folder / "studies" / "catalogue").glob("*.yaml"):  # which builds on the trials that are gone
        catalogue.unlink()


def stages(told: str, kind: str) -> list[str]:
    """Those of one kind that ran, by their names."""
    opening = f"Running stage 'studies/dvc.yaml:{kind}@"
    return [line.removeprefix(opening).removesuffix("':") for line in told.splitlines() if line.startswith(opening)]


def killed_in_training(checkout: Checkout) -> str:
    """Run the study until a trial has saved its first steps, and kill all of it; the trial and its seed, as <trial>-<seed>."""
    process = start(checkout, "repro", STUDY)
    while not list(checkout.folder.glob(".checkpoints/dense64-*/0000000[12]*.pt")):
        assert process.poll() is None, (checkout.folder.parent / "told.txt").read_text(encoding="utf-8")
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(120)
    return stages((checkout.folder.parent / "told.txt").read_text(encoding="utf-8"), "trial")[-1]


def table(checkout: Checkout, study: str) -> pd.DataFrame:
    return pd.read_csv(checkout.folder / "studies" / "results" / "toons" / f"{study}.csv")


def test_studies_run_go_on_after_a_kill_and_record_what_diverges(checkout: Checkout, tmp_path: Path) -> None:
    shrink(checkout)
    before = (checkout.folder / "dvc.lock").read_bytes()
    killed = killed_in_training(checkout)
    told = checkout.dvc("repro", STUDY)
    assert told.count("dense64: resuming from step") == 1
    trained = stages(told, "trial")
    assert sorted(trained) == [f"{trial}-{seed}" for trial in list(TRIALS)[:2] for seed in (1, 2, 3)]  # and none of another study's alone
    assert stages(told, "noise_trial") == []
    assert "replacement_slows: At preview scale (toons, 12 steps, N = 8, 3 seeds a side): " in told

    found = table(checkout, "replacement_slows")
    assert found["seed"].tolist() == [1, 2, 3, 1, 2, 3]
    assert set(found["step"]) == {12}
    assert found["kid"].notna().all()
    folder = f"data/trials/toons/runs/{killed.replace('-', '/')}"
    gone_on = checkout.files(folder)
    again = ("repro", "--force", "--single-item", f"studies/dvc.yaml:trial@{killed}")
    assert f"{folder} is there already, of the same settings" in checkout.dvc(*again)
    shutil.rmtree(checkout.folder / folder)
    checkout.dvc(*again)
    assert checkout.files(folder) == gone_on

    told = checkout.dvc("repro", "-k", "studies/dvc.yaml")
    assert sorted(stages(told, "trial")) == [f"dense64_diverging-{seed}" for seed in (1, 2, 3)]  # none that is there already
    assert stages(told, "noise_trial") == ["dense64-13"]
    assert "this trial counts as failed: train@dense64: " in told
    assert "3 of 3" in told
    diverged = table(checkout, "diverging")
    assert diverged.set_index("trial").loc["dense64_diverging", "status"].tolist() == ["diverged"] * 3
    assert table(checkout, "better_over_time")["step"].tolist() == [4, 12] * 3
    assert checkout.yaml("metrics/studies/toons/noise/dense64.json")["seeds"] == 4

    shown = checkout.dvc("metrics", "show")
    for path in ("replacement_slows", "diverging", "better_over_time", "noise/dense64"):
        assert f"metrics/studies/toons/{path}.json" in shown
    assert "Data and pipelines are up to date." in checkout.dvc("repro", "-k", "studies/dvc.yaml")
    assert "Data and pipelines are up to date." in checkout.dvc("repro")
    assert (checkout.folder / "dvc.lock").read_bytes() == before

    nets = checkout.folder / "ganlib" / "reports" / "began64" / "nets.py"
    nets.write_text(nets.read_text(encoding="utf-8") + "\n# of no trial here\n", encoding="utf-8")
    checkout.run("git", "add", "-A")
    checkout.run("git", "commit", "-qm", "studies")
    told = checkout.dvc("exp", "run", STUDY, "-S", "studies/params.yaml:seeds=[1,2,3,4]")
    assert "Running stage 'studies/dvc.yaml:settings'" in told
    assert sorted(stages(told, "trial")) == ["dense64-4", "dense64_without_replacement-4"]
    assert table(checkout, "replacement_slows")["seed"].tolist() == [1, 2, 3, 4] * 2
    assert "metrics/studies/toons/replacement_slows.json" in checkout.dvc("metrics", "diff")
    assert "replacement_slows" in checkout.dvc("exp", "show", "--csv")


def test_mistake_in_a_study_is_one_line_and_runs_no_trial(checkout: Checkout) -> None:
    shrink(checkout)
    path = checkout.folder / "studies" / "params.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("max_steps: 12", "max_steps: 13", 1), encoding="utf-8"
    )  # which the pictures decide on as well
    told = checkout.dvc("repro", STUDY, fails=True)
    (line,) = [line for line in told.splitlines() if line.startswith("error: ")]
    sides = "dense64_without_replacement has 12 and dense64 has 13 steps"
    assert line.startswith(f"error: studies/params.yaml: studies.replacement_slows.equal: {sides}: max_steps and epochs")
    assert "Traceback" not in told
    assert stages(told, "trial") == []


def test_clone_declares_a_claim_of_the_catalogue_and_dvc_knows_it(fresh: Checkout, tmp_path: Path) -> None:
    clone = fresh.clone(tmp_path / "ganlib")
    told = clone.run("python", "-m", "ganlib", "declare", "strides_or_max_pools")
    assert "dvc repro studies/dvc.yaml:study@strides_or_max_pools" in told
    stages_there = clone.dvc("stage", "list", "studies/dvc.yaml", "--name-only").split()
    new = {"study@strides_or_max_pools", "trial@dcgan64_max_pools-6", "score@dcgan64_max_pools-1"}
    assert {f"studies/dvc.yaml:{name}" for name in new} <= set(stages_there)
    assert "is declared already" in clone.run("python", "-m", "ganlib", "declare", "strides_or_max_pools", fails=True)
