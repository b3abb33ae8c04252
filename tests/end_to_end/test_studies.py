"""Studies by the commands of docs/studies.md, on trials of a few steps."""

import os
import shutil
import signal
from pathlib import Path

import pandas as pd

from ganlib.core.tables import read_yaml, write_yaml
from tests.conftest import text
from tests.end_to_end.conftest import Checkout
from tests.end_to_end.test_interruption import output, start_training

STUDY = "studies/dvc.yaml:study@replacement_slows"
TRIALS = {
    "dense64": {"report": "dense64", "max_steps": 12, "snapshots": {"unit": "steps", "at": [4]}},
    "dense64_without_replacement": {"report": "dense64", "max_steps": 12, "replacement": False},
    "dense64_diverging": {"report": "dense64", "max_steps": 12, "lr_g": 1e30, "lr_d": 1e30},
    "dense64_wide": {"report": "dense64", "max_steps": 12, "hidden": [20, 30, 20]},
}
ARMS = ("treatment", "control")


def shrink(checkout: Checkout) -> None:
    """Three seeds, three trials of few steps, and a few studies of them, which DVC's own commands know."""
    (checkout.folder / "studies" / ".dvcignore").unlink()
    catalogue = checkout.folder / "studies" / "catalogue.yaml"
    studies = read_yaml(catalogue)["studies"]
    studies["better_over_time"]["moments"] = [4]
    studies["diverging"] = {**studies["replacement_slows"], "control": "dense64_diverging"}
    kept = {name: studies[name] for name in ("replacement_slows", "better_over_time", "diverging", "more_units")}
    write_yaml({"trials": TRIALS, "studies": kept, "claims": {}}, catalogue)
    declared = {name: {arm: study[arm] for arm in ARMS} for name, study in kept.items() if name != "more_units"}
    trials = [name for name in TRIALS if name != "dense64_wide"]
    chosen = {"seeds": [1, 2, 3], "declared": declared, "trials": trials, "spread": {"trials": ["dense64"], "seeds": [13]}}
    chosen["second_look"] = {"trials": [], "seeds": [*range(7, 13)]}
    write_yaml(chosen, checkout.folder / "studies" / "params.yaml")


def stages(output: str, kind: str) -> list[str]:
    """The names of the stages of one kind that ran."""
    opening = f"Running stage 'studies/dvc.yaml:{kind}@"
    return [line.removeprefix(opening).removesuffix("':") for line in output.splitlines() if line.startswith(opening)]


def killed_in_training(checkout: Checkout) -> str:
    """Run the study until a trial has saved its first steps, and kill all of it; the trial and its seed, as <trial>-<seed>."""
    process = start_training(checkout, "repro", STUDY)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(120)
    return stages(text(output(checkout)), "trial")[-1]


def table(checkout: Checkout, study: str) -> pd.DataFrame:
    return pd.read_csv(checkout.folder / "studies" / "results" / "toons" / f"{study}.csv")


def test_studies_run_resume_after_a_kill_and_record_divergence(checkout: Checkout, tmp_path: Path) -> None:
    shrink(checkout)
    before = (checkout.folder / "dvc.lock").read_bytes()
    killed = killed_in_training(checkout)
    said = checkout.dvc("repro", STUDY)
    assert said.count("dense64: resuming from step") == 1
    trained = stages(said, "trial")
    assert sorted(trained) == [f"{trial}-{seed}" for trial in list(TRIALS)[:2] for seed in (1, 2, 3)]  # and none of another study's alone
    assert stages(said, "spread_trial") == []
    assert "replacement_slows: At preview scale (toons, 12 steps, N = 8, 3 seeds per arm): " in said

    found = table(checkout, "replacement_slows")
    assert found["seed"].tolist() == [1, 2, 3, 1, 2, 3]
    assert set(found["step"]) == {12}
    assert found["kid"].notna().all()
    assert found["kid"].nunique() == 6  # each seed is another training, scored on its own
    runs = [checkout.files(f"data/trials/toons/runs/dense64/{seed}/run") for seed in (1, 2, 3)]
    assert len({files["generator.safetensors"] for files in runs}) == 3
    folder = f"data/trials/toons/runs/{killed.replace('-', '/')}"
    resumed = checkout.files(folder)
    again = ("repro", "--force", "--single-item", f"studies/dvc.yaml:trial@{killed}")
    assert f"{folder} is up to date" in checkout.dvc(*again)
    shutil.rmtree(checkout.folder / folder)
    checkout.dvc(*again)
    assert checkout.files(folder) == resumed

    said = checkout.dvc("repro", "-k", "studies/dvc.yaml")
    assert sorted(stages(said, "trial")) == [f"dense64_diverging-{seed}" for seed in (1, 2, 3)]  # none that is there already
    assert stages(said, "spread_trial") == ["dense64-13"]
    assert "this trial counts as failed: train@dense64: " in said
    assert "3 of 3" in said
    diverged = table(checkout, "diverging")
    assert diverged.set_index("trial").loc["dense64_diverging", "status"].tolist() == ["diverged"] * 3
    assert table(checkout, "better_over_time")["step"].tolist() == [4, 12] * 3
    assert checkout.yaml("metrics/studies/toons/spread/dense64.json")["seeds"] == 4

    shown = checkout.dvc("metrics", "show", "-R", "metrics/studies")
    for path in ("replacement_slows", "diverging", "better_over_time", "spread/dense64"):
        assert f"metrics/studies/toons/{path}.json" in shown
    assert "Data and pipelines are up to date." in checkout.dvc("repro", "-k", "studies/dvc.yaml")
    assert "Data and pipelines are up to date." in checkout.dvc("repro")
    assert (checkout.folder / "dvc.lock").read_bytes() == before

    with (checkout.folder / "ganlib/reports/began64/nets.py").open("a", encoding="utf-8") as nets:
        nets.write("\n# of no trial here\n")
    checkout.commit("studies")
    said = checkout.dvc("exp", "run", STUDY, "-S", "studies/params.yaml:seeds=[1,2,3,4]")
    assert "Running stage 'studies/dvc.yaml:settings'" in said
    assert sorted(stages(said, "trial")) == ["dense64-4", "dense64_without_replacement-4"]
    assert table(checkout, "replacement_slows")["seed"].tolist() == [1, 2, 3, 4] * 2
    assert "metrics/studies/toons/replacement_slows.json" in checkout.dvc("metrics", "diff")
    assert "replacement_slows" in checkout.dvc("exp", "show", "--csv")


def test_mistake_in_a_study_is_one_line_and_runs_no_trial(checkout: Checkout) -> None:
    shrink(checkout)
    path = checkout.folder / "studies" / "catalogue.yaml"
    values = read_yaml(path)
    values["trials"]["dense64"]["max_steps"] = 13  # whether the pictures suffice for it is known to the stage alone
    write_yaml(values, path)
    said = checkout.dvc("repro", STUDY, fails=True)
    (line,) = [line for line in said.splitlines() if line.startswith("error: ")]
    sides = "dense64_without_replacement has 12 and dense64 has 13 steps"
    assert line.startswith(f"error: studies/catalogue.yaml: studies.replacement_slows.equal: {sides}: change max_steps or epochs")
    assert "Traceback" not in said
    assert stages(said, "trial") == []


def test_study_of_the_catalogue_runs_after_params_yaml_declares_it(fresh: Checkout, tmp_path: Path) -> None:
    """As docs/studies.md says: its name, its arms, and its missing trials."""
    clone = fresh.clone(tmp_path / "ganlib")
    (clone.folder / "studies" / ".dvcignore").unlink()
    path = clone.folder / "studies" / "params.yaml"
    values = read_yaml(path)
    values["declared"]["curve_uncoupled_bounds"] = {"treatment": "curve_uncoupled", "control": "curve_uncoupled"}
    values["trials"].append("curve_uncoupled")
    write_yaml(values, path)
    stages_there = clone.dvc("stage", "list", "studies/dvc.yaml", "--name-only").split()
    new = {"study@curve_uncoupled_bounds", "trial@curve_uncoupled-6", "score@curve_uncoupled-1"}
    assert {f"studies/dvc.yaml:{name}" for name in new} <= set(stages_there)
    known = clone.run("python", "-c", "from ganlib.studies import declarations; print(declarations.load().declared)")
    assert "curve_uncoupled_bounds" in known
