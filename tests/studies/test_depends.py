"""The contents of a trial's settings files, by which DVC decides what to run again."""

from pathlib import Path
from typing import Any

import pytest

from ganlib import params
from ganlib.core import tables
from ganlib.studies import depends
from ganlib.studies.study import CurveTrial, FaceTrial
from ganlib.support import codehash, paths
from tests.training import small


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> params.Params:
    """params.yaml, faces and features of wide64 in place, and each digest of code replaced by the files."""
    found = params.load()
    small.prepare_faces(tmp_path, 9)
    monkeypatch.chdir(tmp_path)
    paths.features("wide64", found.protocol).parent.mkdir(parents=True)
    paths.features("wide64", found.protocol).write_bytes(b"features")
    versions = dict.fromkeys(("torch", "numpy", "scipy", "pillow", "torchvision", "simplejpeg"), "1.0")
    tables.write_yaml(versions, paths.CHECKED / "environment.yaml")
    monkeypatch.setattr(codehash, "digest", lambda files, root: [*files])
    return found


def trial(settings: params.Params, **changes: Any) -> FaceTrial:
    return FaceTrial("dense64", settings.report("dense64").model_copy(update=changes), "wide64")


def test_trial_depends_on_its_code_its_settings_and_its_pictures(settings):
    found = depends.training(trial(settings), settings)
    assert found["code"] == depends.training_code("dense64")
    assert found["settings"] == settings.report("dense64").model_dump()
    assert depends.training(trial(settings, lr_g=1e-3), settings) == {**found, "settings": {**found["settings"], "lr_g": 1e-3}}
    fewer = depends.training(trial(settings, train_images=2), settings)
    assert fewer["data"] != found["data"]


def test_scores_depend_on_their_code_and_on_the_reals(settings):
    found = depends.scoring(trial(settings), settings)
    assert (found["code"], found["crop"]) == (depends.scoring_code("dense64"), "wide64")
    paths.features("wide64", settings.protocol).write_bytes(b"other features")
    again = depends.scoring(trial(settings), settings)
    assert {key for key in found if found[key] != again[key]} == {"reals"}


def test_demo_depends_on_its_own_code(settings):
    demo = CurveTrial(settings.curve)
    assert depends.training(demo, settings)["code"] == depends.training_code("curve")
    assert depends.training(demo, settings)["versions"] == {"numpy": "1.0", "torch": "1.0"}
    assert depends.scoring(demo, settings) == {"code": depends.scoring_code("curve")}


@pytest.mark.parametrize(("package", "training", "scores"), [("torch", True, True), ("scipy", False, True), ("simplejpeg", False, False)])
def test_trial_depends_on_the_versions_of_what_computes_it(settings, package, training, scores):
    before = depends.training(trial(settings), settings), depends.scoring(trial(settings), settings)
    versions = tables.read_yaml(paths.CHECKED / "environment.yaml")
    tables.write_yaml({**versions, package: "2.0"}, paths.CHECKED / "environment.yaml")
    after = depends.training(trial(settings), settings), depends.scoring(trial(settings), settings)
    assert [a != b for a, b in zip(before, after, strict=True)] == [training, scores]
