"""Studies as they are declared, and mistakes in them: each ends in one line with file, key and what is allowed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from ganlib import params
from ganlib.studies import declarations, fit
from ganlib.support.errors import UserError
from tests.conftest import ROOT

FILE = ROOT / "studies" / "params.yaml"


@pytest.fixture
def changed(tmp_path: Path) -> Callable[..., Path]:
    """A copy of studies/params.yaml with some keys, given as dotted names, set to other values; None takes one out."""

    def change(changes: dict[str, Any]) -> Path:
        yaml = YAML()
        values = yaml.load(FILE)
        for key, value in changes.items():
            *blocks, last = key.split(".")
            place = values
            for block in blocks:
                place = place.setdefault(block, {})
            if value is None:
                del place[last]
            else:
                place[last] = value
        path = tmp_path / "studies.yaml"
        yaml.dump(values, path)
        return path

    return change


def test_declared_studies_are_sound_and_of_the_six_seeds():
    declared = declarations.load(FILE)
    assert declared.seeds == [1, 2, 3, 4, 5, 6]
    assert declared.noise == ["dcgan64", "dense64"]
    used = {trial for study in declared.studies.values() for trial in study.trials}
    assert used == set(declared.trials)  # nothing is trained for nobody


def test_trial_has_the_previews_settings_but_for_its_own():
    equal = declarations.load(FILE).trials["dcgan64_equal_rates"].settings
    own = params.load().report("dcgan64")
    assert equal.lr_d == 2e-4
    assert own.model_dump(exclude={"lr_d"}) == equal.model_dump(exclude={"lr_d"})
    assert own.lr_d == 5e-5
    assert own.width < 1


def test_trials_own_settings_come_before_the_previews(changed):
    trial = declarations.load(changed({"trials.began64.gamma": 0.3, "trials.began64_no_bound.gamma": 0.3})).trials["began64"]
    assert trial.settings.gamma == 0.3


def test_overrides_do_not_count_in_trials(changed_params, monkeypatch):
    path = changed_params({"lr_d": 1e-3, "numerics.precision": "fp32"})
    monkeypatch.chdir(path.parent)
    (path.parent / "studies").mkdir()
    declared = declarations.load(FILE)
    assert (declared.trials["dcgan64"].settings.lr_d, declared.trials["dcgan64_equal_rates"].settings.lr_d) == (5e-5, 2e-4)
    assert declared.trials["dcgan64"].settings.precision == "fp32"


def test_trial_can_be_scored_against_another_crop(changed):
    others = {f"trials.dcgan64{side}.scored_crop": "tight64" for side in ("", "_equal_rates", "_uniform")}
    declared = declarations.load(changed(others))
    assert (declared.trials["dcgan64"].crop, declared.trials["dcgan64"].settings.crop) == ("tight64", "wide64")
    assert declared.trials["curve"].crop is None


STUDY = "studies.unequal_rates"
MISTAKES = [
    ({"seed": [1]}, "seed: unknown key, did you mean 'seeds'?"),
    ({"seeds": [1, 2, 3, 4, 5, 6, 7]}, "seeds: must be 1 to 6, or 1 to 12 for the second look"),
    ({"seeds": [2, 3, 4, 5, 6, 7]}, "seeds: must be 1 to 6"),
    ({"seeds": [1, 2]}, "seeds: must be 1 to 6"),
    ({"noise.seeds": [12]}, "noise.seeds: must be above 12"),
    ({"noise.trials": {"dcgan46": None}}, "noise.trials: 'dcgan46' is unknown, did you mean 'dcgan64'?"),
    ({"trials.dcgan64.lrd": 1e-4}, "trials.dcgan64.lrd: unknown key, did you mean 'lr_d'?"),
    ({"trials.dcgan64.lr_d": -1.0}, "trials.dcgan64.lr_d: -1.0 is not allowed: must be greater than 0"),
    ({"trials.dcgan64.report": None}, "trials.dcgan64.report: missing; it names the report whose settings the others change"),
    ({"trials.dcgan64.report": "dcgan46"}, "trials.dcgan64.report: 'dcgan46' is unknown, did you mean 'dcgan64'?"),
    ({"trials.dcgan64.crop": "tight56"}, "trials.dcgan64.crop: tight56 makes 56x56 pictures and dcgan64 takes 64x64"),
    ({"trials.dcgan64.scored_crop": "tight46"}, "trials.dcgan64.scored_crop: 'tight46' is unknown, did you mean 'tight64'?"),
    ({"trials.UP": {"report": "dcgan64"}}, "trials: 'UP' names files and stages, so it is of a-z, 0-9 and _ alone"),
    ({"trials.curve.epochs": 3}, "trials.curve.epochs: unknown key"),
    ({f"{STUDY}.claim": None}, f"{STUDY}.claim: missing; it has no default"),
    ({f"{STUDY}.outcom": "fid"}, f"{STUDY}.outcom: unknown key, did you mean 'outcome'?"),
    ({f"{STUDY}.report": "dcgan46"}, f"{STUDY}.report: 'dcgan46' is unknown"),
    ({f"{STUDY}.than": "dcgan64_equal_rate"}, f"{STUDY}.than: 'dcgan64_equal_rate' is unknown, did you mean 'dcgan64_equal_rates'?"),
    ({f"{STUDY}.outcome": "kidd"}, f"{STUDY}.outcome: 'kidd' is unknown, did you mean 'kid'?; one of closer_than_held_out, coverage"),
    ({f"{STUDY}.outcome": "d_accuracy"}, f"{STUDY}.outcome: d_accuracy is neither better nor worse where it is larger"),
    ({f"{STUDY}.than": "dcgan64"}, f"{STUDY}.than: is the same trial as `better`"),
    ({f"{STUDY}.equal": None}, f"{STUDY}.equal: missing: steps or pictures"),
    ({f"{STUDY}.equal": "epochs"}, f"{STUDY}.equal: 'epochs' is not allowed: must be 'steps' or 'pictures'"),
    ({f"{STUDY}.margin": 0.0}, f"{STUDY}.margin: 0.0 is not allowed: must be greater than 0"),
    ({"trials.dcgan64.scored_crop": 64}, "trials.dcgan64.scored_crop: 64 is no crop; one of squashed112, tight56, tight64, wide64"),
    ({"trials.curve.scored_crop": "wide64"}, "trials.curve.scored_crop: unknown key"),
    ({"trials.dcgan64.precision": "bf16"}, "trials.dcgan64.precision: unknown key; it belongs under numerics in params.yaml, for all"),
    ({"noise.trials": {"curve": None}}, "noise.trials.curve: is a trial of the demo, which has no KID to spread"),
    ({"noise.trials": {"dcgan64": 6}}, "noise.trials.dcgan64: 6 is not allowed: must be blank"),
    ({f"{STUDY}.outcome": None, f"{STUDY}.outcom": "kid"}, f"{STUDY}.outcom: unknown key, did you mean 'outcome'? (and 1 more)"),
    ({f"{STUDY}.outcome": "within_bounds"}, f"{STUDY}.outcome: within_bounds is no figure of dcgan64, whose report is dcgan64"),
    ({f"{STUDY}.outcome": "diversity_within"}, f"{STUDY}.outcome: diversity_within is no figure of dcgan64"),
    ({f"{STUDY}.outcome": "hair_excess"}, f"{STUDY}.outcome: hair_excess is no figure of dcgan64"),
    ({"studies.curve_half.outcome": "fid"}, "studies.curve_half.outcome: fid is no figure of curve, whose report is curve"),
    ({"studies.out_of_bound_loss.outcome": "fooled"}, "studies.out_of_bound_loss.outcome: fooled is no figure of began64"),
    ({"trials.dcgan64_equal_rates.scored_crop": "tight64"}, f"{STUDY}.than: is scored against reals of tight64 and `better` of wide64"),
    ({"trials.dcgan64_equal_rates.lr_d": None}, f"{STUDY}.than: dcgan64_equal_rates has the settings of dcgan64"),
    ({"studies.curve_half.expected": [0.9, 0.1]}, "studies.curve_half.expected: must rise: the lowest value and the highest"),
    ({"studies.curve_half.expected": [0.1, 0.5, 0.9]}, "studies.curve_half.expected: [0.1, 0.5, 0.9] is not allowed: must hold 2 or fewer"),
    ({"studies.curve_half.expected": [float("nan"), 1.0]}, "studies.curve_half.expected.0: nan is not allowed: must be a finite number"),
    ({"studies.curve_half.margin": 0.1}, "studies.curve_half.margin: an expectation has none"),
    ({"studies.curve_half.equal": "steps"}, "studies.curve_half.equal: is of two sides, and there is one: leave it out"),
    ({f"{STUDY}.expected": [0.0, 1.0]}, f"{STUDY}.than: an expectation is of one trial"),
    ({f"{STUDY}.moments": [200]}, f"{STUDY}.than: over time a trial is compared with itself"),
    ({"studies.d_is_not_fooled.moments": [200]}, "studies.d_is_not_fooled.moments: a study is over time or of an expectation"),
    ({"studies.better_over_time.moments": [300]}, "studies.better_over_time.moments: dense64 keeps no generator at step 300"),
    ({"studies.better_over_time.moments": [1000, 200]}, "studies.better_over_time.moments: must rise"),
    ({"studies.better_over_time.outcome": "coverage"}, "studies.better_over_time.outcome: on the way only kid and fid are taken"),
    ({"studies.d_is_not_fooled.expected": [0.5]}, "studies.d_is_not_fooled.expected: [0.5] is not allowed: must hold 2 or more"),
]


@pytest.mark.parametrize(("changes", "message"), MISTAKES, ids=[message[:50] for _, message in MISTAKES])
def test_mistake_is_one_line_with_file_and_key(changed, changes, message):
    path = changed(changes)
    with pytest.raises(UserError) as error:
        declarations.load(path)
    assert str(error.value).startswith(f"{path}: {message}")
    assert "\n" not in str(error.value)


FACES = dict.fromkeys(("wide64", "tight64", "tight56", "squashed112"), 3200)


def lengths(path: Path, **faces: int) -> None:
    declared = declarations.load(path)
    crops = {name: trial.settings.crop for name, trial in declared.trials.items() if not trial.is_curve}
    fit.check_lengths(declared.trials, declared.studies, {name: {**FACES, **faces}[crop] for name, crop in crops.items()}, path)


HALVES = {"trials.dcgan64_equal_rates.batch_size": 8, f"{STUDY}.equal": "pictures"}
AT = {"unit": "steps", "at": [200, 1000, 4000]}


def test_equal_pictures_are_counted_by_batches(changed):
    own = params.load().report("dcgan64")
    lengths(changed(HALVES | {"trials.dcgan64_equal_rates.max_steps": own.max_steps * own.batch_size // 8}))


@pytest.mark.parametrize(
    ("changes", "faces", "message"),
    [
        (HALVES, {}, f"{STUDY}.equal: dcgan64 has 64,000 and dcgan64_equal_rates has 32,000 pictures: max_steps and epochs"),
        ({"trials.dcgan64_equal_rates.max_steps": 100}, {}, f"{STUDY}.equal: dcgan64 has 4,000 and dcgan64_equal_rates has 100 steps"),
        ({"trials.dcgan64_equal_rates.epochs": 1}, {}, f"{STUDY}.equal: dcgan64 has 4,000 and dcgan64_equal_rates has 200 steps"),
        ({"trials.dcgan64_equal_rates.train_images": 160}, {}, f"{STUDY}.equal: dcgan64 has 4,000 and dcgan64_equal_rates has 400 steps"),
        ({"trials.dcgan64.train_images": 3201}, {}, "trials.dcgan64.train_images: 3,201 is more than the 3,200 pictures of the split"),
        ({"trials.dcgan64.train_images": 15}, {}, "trials.dcgan64.batch_size: a step takes more than the 15 pictures that there are"),
        ({}, {"tight56": 7}, "trials.dcgan56.batch_size: a step takes more than the 7 pictures that there are"),
        (
            {"trials.dense64.snapshots": AT, "studies.better_over_time.moments": [200, 4000]},
            {},
            "studies.better_over_time.moments: dense64 ends at step 4,000, which is compared with them: name earlier ones than 4,000",
        ),
    ],
)
def test_what_does_not_fit_the_pictures_is_one_line_with_file_and_key(changed, changes, faces, message):
    path = changed(changes)
    with pytest.raises(UserError) as error:
        lengths(path, **faces)
    assert str(error.value).startswith(f"{path}: {message}")


def test_declared_studies_fit_the_pictures():
    lengths(FILE)
