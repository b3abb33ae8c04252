"""The contents of a trial's settings files, by which DVC decides what to run again."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from torch import Tensor

from ganlib import params
from ganlib.core import tables
from ganlib.data.faces import INDEX, TABLE
from ganlib.fidelity.reference import Reference
from ganlib.studies import depends, scoring
from ganlib.studies.study import CurveTrial, FaceTrial
from ganlib.support import codehash, paths
from ganlib.support.errors import UserError
from tests import painted
from tests.training import small

Changed = Callable[[dict[str, Any]], Path]
FEW = {"datasets.toons.samples": 6}


@pytest.fixture
def settings(tmp_path: Path, changed_params: Changed, monkeypatch: pytest.MonkeyPatch) -> params.Params:
    """params.yaml with N = 6, faces of wide64 in place, and each digest of code replaced by the files."""
    found = params.load(changed_params(FEW))
    small.prepare_faces(tmp_path, 24)
    monkeypatch.chdir(tmp_path)
    versions = dict.fromkeys(("torch", "numpy", "scipy", "pillow", "torchvision", "simplejpeg"), "1.0")
    tables.write_yaml(versions, paths.CHECKED / "environment.yaml")
    monkeypatch.setattr(codehash, "digest", lambda files, root: str([*files]))
    return found


def trial(settings: params.Params, **changes: Any) -> FaceTrial:
    return FaceTrial("dense64", settings.report("dense64").model_copy(update=changes), "wide64")


def test_trial_depends_on_its_code_its_settings_and_its_pictures(settings):
    found = depends.training(trial(settings), settings)
    assert found["code"] == str(depends.training_code("dense64"))
    assert (found["scale"], found["split"], found["log_every"]) == ("preview", "train", settings.log_every)
    assert found["settings"] == settings.report("dense64").model_dump()
    assert depends.training(trial(settings, lr_g=1e-3), settings) == {**found, "settings": {**found["settings"], "lr_g": 1e-3}}
    fewer = depends.training(trial(settings, train_images=2), settings)
    assert fewer["data"] != found["data"]


def test_mean_over_moments_is_in_the_scores_of_its_trials_alone(settings):
    usual, over_moments = (depends.scoring(replace(trial(settings), mean_over_moments=mean), settings) for mean in (False, True))
    assert over_moments == usual | {"mean_over_moments": True} != usual


def test_scores_depend_on_the_labels_that_they_judge_by(settings):
    found, file = depends.scoring(trial(settings), settings), paths.faces("wide64") / TABLE
    for column, counts in (("split", False), ("Smiling", True), ("Eyeglasses", False)):
        table = pd.read_parquet(file)
        changed = table.assign(file=table["file"] + "x") if column == "split" else table.assign(**{column: -table[column]})
        changed.to_parquet(file)
        assert (depends.scoring(trial(settings), settings)["labels"] != found["labels"]) == counts
        table.to_parquet(file)
    table.drop(columns=["Smiling"]).to_parquet(file)
    assert depends.scoring(trial(settings), settings)["labels"] != found["labels"]


def test_scores_depend_on_their_code(settings):
    found = depends.scoring(trial(settings), settings)
    assert (found["code"], found["crop"]) == (str(depends.scoring_code("dense64")), "wide64")
    assert found["attributes"] == settings.attributes


@pytest.mark.parametrize("changes", [{"datasets.toons.samples": 7}, {"datasets.toons.split": "all"}, {"protocol": "clean"}, {}])
def test_reals_of_a_crop_are_computed_once_until_they_change(settings, changed_params, changes):
    computed: list[int] = []

    class Network(painted.MeanColour):
        def forward(self, *batches: Tensor) -> Tensor:
            computed.append(sum(map(len, batches)))
            return super().forward(*batches)

    def scored(report: str, settings: params.Params) -> tuple[dict[str, Any], Reference]:
        asked = depends.scoring(FaceTrial(report, settings.report(report), "wide64"), settings)
        return asked, scoring.reference(asked, Path("reals/wide64"), Network())

    (found, reals), (other, _) = scored("dense64", settings), scored("dcgan64", settings)
    once = sum(computed)
    assert (len(reals.scored), once) == (6, len(reals.seen) + len(reals.held_out))
    assert (found["reals"], found["code"] == other["code"]) == (other["reals"], False)
    if not changes:  # other pictures
        index = paths.faces("wide64") / INDEX
        tables.write_json({**tables.read_json(index), "digest": "another"}, index)
    changed = params.load(changed_params({**FEW, **changes}))
    again, reals = scored("dense64", changed)
    assert {key for key in found if found[key] != again[key]} == {"reals"}
    assert (len(reals.scored), sum(computed)) == (changed.data.samples, once + len(reals.seen) + len(reals.held_out))


def test_more_samples_than_pictures_are_refused_before_a_trial_runs(settings, changed_params):
    with pytest.raises(UserError, match="samples 250: the split has only 8 pictures"):
        depends.scoring(trial(settings), params.load(changed_params({})))


def test_demo_depends_on_its_own_code(settings):
    demo = CurveTrial(settings.curve)
    assert depends.training(demo, settings)["code"] == str(depends.training_code("curve"))
    assert depends.training(demo, settings)["versions"] == {"numpy": "1.0", "torch": "1.0"}
    assert depends.scoring(demo, settings) == {"code": str(depends.scoring_code("curve"))}
    assert depends.picture_counts({"mine": trial(settings), "curve": demo}, settings) == {"mine": 8}


@pytest.mark.parametrize(("package", "training", "scores"), [("torch", True, True), ("scipy", False, True), ("simplejpeg", False, False)])
def test_trial_depends_on_the_versions_of_its_packages(settings, package, training, scores):
    before = depends.training(trial(settings), settings), depends.scoring(trial(settings), settings)
    versions = tables.read_yaml(paths.CHECKED / "environment.yaml")
    tables.write_yaml({**versions, package: "2.0"}, paths.CHECKED / "environment.yaml")
    after = depends.training(trial(settings), settings), depends.scoring(trial(settings), settings)
    assert [a != b for a, b in zip(before, after, strict=True)] == [training, scores]
