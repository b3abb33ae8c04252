"""A setting tried over seeds, an experiment beside its commit, and the list of experiments, in a checkout with one report trained."""

import signal
import sys
from pathlib import Path

import pandas as pd
import psutil
import pytest

from tests.conftest import text
from tests.end_to_end.conftest import Checkout, environment

GANLIB = (sys.executable, "-m", "ganlib")
TRY = (*GANLIB, "try", "-S", "reports.dense64.lr_d=1e-4", "--seeds", "3", "-j", "1")
NAME = "dense64-lr_d=0.0001"
STEPS = 40


@pytest.fixture(scope="module")
def checkout(fresh: Checkout, tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A tiny checkout in which dense64 was trained and scored."""
    copy = fresh.copy(tmp_path_factory.mktemp("compare") / "ganlib")
    copy.change(lambda params: params["reports"]["dense64"]["preview"].update(max_steps=STEPS))
    copy.dvc("repro", "evaluate@dense64")
    copy.commit("results")
    return copy


def in_training(checkout: Checkout, log: Path) -> psutil.Popen:
    """Start the sweep and wait until a trial has saved its first steps."""
    with log.open("w", encoding="utf-8") as out:
        process = psutil.Popen(TRY, cwd=checkout.folder, env=environment(), stdout=out, stderr=out)
    checkout.await_checkpoint(process.is_running, log)
    return process


def test_try_resumes_after_kills_and_leaves_a_table(checkout: Checkout, tmp_path: Path) -> None:
    before, status, log = text(checkout.folder / "params.yaml"), checkout.dvc("status"), tmp_path / "said.txt"
    process = in_training(checkout, log)
    process.send_signal(signal.SIGINT)
    assert process.wait(120) == 128 + signal.SIGINT
    assert "interrupted by SIGINT; run the same command again to resume" in text(log)
    process = in_training(checkout, log)
    for each in (process, *process.children(recursive=True)):
        each.kill()
    process.wait(120)
    said = checkout.run(*TRY)
    assert "dense64 is better with lr_d 0.0001 instead of 0.0002. Is it?" in said
    assert f"At preview scale (toons, {STEPS} steps, N = 8, 3 seeds per arm): no verdict at 3 seeds, only at 6 and 12; " in said
    logs = [text(path) for path in (checkout.folder / ".checkpoints" / "logs").glob("trial@dense64*.log")]
    assert any("dense64: resuming from step" in log for log in logs)
    found = pd.read_csv(checkout.folder / "studies" / "results" / "toons" / "own" / f"{NAME}.csv")
    assert found["trial"].tolist() == [NAME] * 3 + ["dense64"] * 3
    assert found["kid"].nunique() == 6
    assert text(checkout.folder / "params.yaml") == before
    assert "stages to run" not in checkout.run(*TRY)
    assert checkout.dvc("status") == status


def test_experiment_is_listed_and_shown_beside_its_commit(checkout: Checkout) -> None:
    checkout.dvc("exp", "run", "-n", "slow-d", "evaluate@dense64", "-S", "reports.dense64.lr_d=1e-4")
    listed = checkout.run(*GANLIB, "experiments")
    assert max(map(len, listed.splitlines())) <= 120
    (line,) = [line for line in listed.splitlines() if line.startswith("slow-d")]
    assert line.split()[:3] == ["slow-d", "dense64.lr_d", "0.0001"]
    assert "dense64 " in line
    for names in (("HEAD", "slow-d"), ("HEAD", "workspace")):
        said = checkout.run(*GANLIB, "page", "--compare", *names)
        assert "dense64: KID goes from " in said
        page = text(checkout.folder / "compare.html")
        assert "<code>lr_d</code></th><td>0.0002</td><td>0.0001</td>" in page
        assert "reports.dense64.lr_d=0.0001" in page
    said = checkout.run(*GANLIB, "page", "--compare", "slow-d", "workspace", fails=True)
    assert said.splitlines()[-1] == "error: --compare: slow-d and workspace: have the same generators, of dense64"
    checkout.run(*GANLIB, "handin", "dense64", "--compare", "HEAD")
    assert Path(checkout.folder / "exports" / "dense64" / "handin.zip").exists()
