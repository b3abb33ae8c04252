"""The generators that ganlib comes with: found where nothing was trained, half as large, and scored as shipped."""

from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open
from typer.testing import CliRunner

import ganlib
from ganlib import params
from ganlib.cli.main import app
from ganlib.models import store
from ganlib.support import paths
from ganlib.use import information, runs
from ganlib.use.runs import FILES, PRETRAINED
from tests.conftest import ROOT
from tests.use.lively import in_checkout

REPORTS = sorted(path.name for path in (PRETRAINED / "data" / "runs").iterdir())


@pytest.fixture(autouse=True)
def fresh_clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout in which nothing has been trained."""
    (tmp_path / "params.yaml").symlink_to(ROOT / "params.yaml")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    return tmp_path


def test_every_report_of_the_pipeline_has_one_in_half_precision_within_12_mb():
    assert sorted(params.load().reports) == REPORTS
    files = [PRETRAINED / paths.outputs(name).run / FILES[0] for name in REPORTS]
    assert sum(file.stat().st_size for file in PRETRAINED.rglob("*") if file.is_file()) <= 12e6
    for file in files:
        with safe_open(file, framework="numpy") as tensors:
            assert {tensors.get_slice(name).get_dtype() for name in tensors.keys()} <= {"F16", "I64"}  # noqa: SIM118 (not a mapping)


@pytest.mark.parametrize("name", REPORTS)
def test_it_is_the_evening_of_its_params_yaml_on_drawn_faces_with_scores_of_this_very_file(name, capsys):
    settings = params.load(PRETRAINED / "params.yaml")
    run = runs.find(name, pretrained=True)
    assert run.settings == settings.report(name)
    assert "not trained yet" in capsys.readouterr().err
    known = information.describe(run)
    assert (known["training"]["kind"], known["training"]["scale"], known["scores"]["samples"]) == ("toons", "evening", 1000)
    assert "stale" not in known["scores"]
    assert set(known["provenance"]) == {"command", "commit", "processor", "torch"}
    assert any(line.startswith("made by:     python -m benchmarks.seeds") for line in information.lines(known))


@pytest.mark.parametrize("name", [name for name in REPORTS if name != "began64"])
def test_its_pictures_differ_from_each_other(name):
    pictures = ganlib.load(name).sample(range(1, 9)).astype(int)
    assert abs(pictures[1:] - pictures[0]).mean(axis=(1, 2, 3)).min() > 5


def test_collapsed_began64_differs_between_conditions():
    sampler = ganlib.load("began64")
    pictures = np.concatenate([sampler.sample([1], hair=hair).astype(int) for hair in sampler.run.condition_values["hair"]])
    assert abs(pictures[1:] - pictures[0]).mean(axis=(1, 2, 3)).min() > 5


def test_own_training_comes_first_and_only_it_can_be_handed_in(fresh_clone, capsys):
    refused = CliRunner().invoke(app, ["handin", "dense64"])
    assert "not trained yet" in str(refused.exception)
    (fresh_clone / "params.yaml").unlink()
    in_checkout(fresh_clone, "dense64")
    assert runs.find("dense64", pretrained=True).file == Path("data/runs/dense64/generator.safetensors")
    assert capsys.readouterr().err == ""


def test_half_precision_changes_a_picture_by_at_most_2_of_255(fresh_clone):
    (fresh_clone / "params.yaml").unlink()
    in_checkout(fresh_clone, "dcgan64")
    net, report = store.load(runs.find("dcgan64").file)
    store.save(net.half(), "generator", "dcgan64", report, Path("half.safetensors"))
    exact, half = (ganlib.load(name).sample(range(8)).astype(int) for name in ("dcgan64", "half.safetensors"))
    assert 0 < np.abs(exact - half).max() <= 2
