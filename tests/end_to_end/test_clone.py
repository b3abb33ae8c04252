"""The first command in a fresh clone, in which nothing has run."""

import re
from pathlib import Path

import pytest

from ganlib.page.glossary import entry
from tests.conftest import text
from tests.end_to_end.conftest import Checkout, tiny
from tests.end_to_end.outputs import assert_complete

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cloned(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A clone of this project as it is committed, but tiny; read only."""
    folder = tmp_path_factory.mktemp("cloned")
    return tiny(folder / "origin").clone(folder / "ganlib")


@pytest.fixture(params=["clone", "clone of a clone"])
def either(request: pytest.FixtureRequest, cloned: Checkout, tmp_path: Path) -> Checkout:
    return cloned.clone(tmp_path / "ganlib") if request.param == "clone of a clone" else cloned.copy(tmp_path / "ganlib")


@pytest.fixture
def clone(cloned: Checkout, tmp_path: Path) -> Checkout:
    return cloned.clone(tmp_path / "ganlib")


def is_calm(said: str) -> bool:
    said = re.sub("WARNING: No file hash info found for .*", "", said)  # docs/dvc.md explains it
    return not any(word in said for word in ("Traceback", "ERROR", "WARNING", "unexpected", "failed to", "failed for"))


def test_looking_at_results_comes_first(either):
    assert is_calm(either.dvc("exp", "show"))
    assert either.dvc("metrics", "diff") == "DVC failed to load some metrics for following revisions: 'HEAD, workspace'.\n"
    said, page = either.dvc("plots", "show").splitlines()
    assert said == "DVC failed to load some plots for following revisions: 'workspace'."
    assert page.startswith("file://")


def test_experiment_with_one_report_comes_first(either):
    said = either.dvc("exp", "run", "evaluate@dense64", "-S", "lr_d=5e-5")
    assert is_calm(said), said
    assert "Running stage 'train@dense64'" in said
    assert "Experiment results have been applied to your workspace." in said
    assert "lr_d" in either.dvc("params", "diff")
    assert is_calm(either.dvc("exp", "show"))
    assert "metrics/dense64.json" in either.dvc("metrics", "diff")


def test_report_can_change_its_own_rate_and_its_crop(clone):
    clone.dvc("exp", "run", "train@dcgan64", "-S", "reports.dcgan64.lr_d=2e-4", "-S", "reports.dcgan64.crop=tight64")
    config = clone.yaml("data/runs/dcgan64/config.yaml")
    assert (config["lr_d"], config["crop"]) == (2e-4, "tight64")


def test_repro_of_one_report_comes_first_and_its_page_shows_it(clone):
    said = clone.dvc("repro", "evaluate@dense64")
    assert is_calm(said), said
    assert "Data and pipelines are up to date." in clone.dvc("repro", "evaluate@dense64")
    clone.dvc("plots", "show")
    assert "dense64 losses" in text(clone.folder / "dvc_plots" / "index.html")


def test_experiment_with_all_reports_comes_first_and_trains_no_baseline(clone):
    said = clone.dvc("exp", "run", "-S", "lr_d=5e-5")
    assert is_calm(said), said
    assert all(f"Running stage 'train@{name}'" in said for name in clone.reports)
    assert "baselines" not in said
    assert_complete(clone)
    balance = {"convergence", "k", "balance", "out_of_range", "left_out", "diversity_within"}
    assert balance <= clone.yaml("data/scores/began64/details.json").keys()
    for name in ("began64", "vae64"):
        assert "reconstructions/000003.png" in clone.files(f"data/progress/{name}")
    assert is_calm(clone.dvc("plots", "show"))
    scores = clone.dvc("metrics", "diff")  # HEAD has none before the commit of a baseline
    assert scores.startswith("DVC failed to load some metrics for following revisions: 'HEAD'.\n")
    assert all(f"metrics/{name}.json" in scores for name in clone.reports)


def test_baseline_is_trained_and_scored_by_name(clone):
    said = clone.run("python", "-m", "ganlib", "repro", "baselines/dvc.yaml:baseline@wgan64")
    assert is_calm(said), said
    assert "done prepare@" in said
    assert "train@" not in said
    assert "lsgan64" not in said
    scores = clone.yaml("data/scores/wgan64/details.json")
    assert scores["step"] == 3
    assert all(entry(key).text for key in (*scores, *text(clone.folder / "data/progress/wgan64/log.csv").partition("\n")[0].split(",")))
    assert "Data and pipelines are up to date." in clone.run("python", "-m", "ganlib", "repro", "baselines/dvc.yaml:baseline@wgan64")
