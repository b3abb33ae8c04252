"""Studies as they are declared, and mistakes in them: each ends in one line with file, key and allowed values."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from ganlib import params
from ganlib.studies import declarations, validation
from ganlib.studies.declarations import CATALOGUE, FILE
from ganlib.studies.study import CurveTrial, FaceTrial
from ganlib.support.errors import UserError
from tests.conftest import ROOT, edited

Changed = Callable[[dict[str, Any]], tuple[Path, Path]]
SECOND_LOOKS = YAML(typ="safe").load(ROOT / FILE)["second_look"]["trials"]


@pytest.fixture
def changed(tmp_path: Path) -> Changed:
    """Copies of params.yaml and catalogue.yaml; `params:` before a key means the former."""

    def change(changes: dict[str, Any]) -> tuple[Path, Path]:
        own = {key.removeprefix("params:"): value for key, value in changes.items() if key.startswith("params:")}
        others = {key: value for key, value in changes.items() if not key.startswith("params:")}
        return edited(ROOT / FILE, tmp_path / "params.yaml", own), edited(ROOT / CATALOGUE, tmp_path / "catalogue.yaml", others)

    return change


def settings(trial: object) -> Any:
    assert isinstance(trial, FaceTrial)
    return trial.settings


def test_declared_studies_are_sound_and_every_claim_and_trial_of_the_catalogue_is_used():
    found = declarations.load(ROOT / FILE, ROOT / CATALOGUE)
    assert found.seeds == [1, 2, 3, 4, 5, 6]
    assert (found.seeds_of("unequal_rates"), found.seeds_of("batches_apart")) == ([*range(1, 13)], [*range(1, 7)])
    assert found.seeds_of("curve_half") == [*range(7, 13)]  # which nobody had seen when its range was set
    assert {trial for name in found.declared for trial in found.studies[name].trials} == set(found.declared_trials)
    assert len(found.studies) + len(found.claims) > 90
    assert {trial for study in found.studies.values() for trial in study.trials} == set(found.trials)
    assert {claim.report for claim in found.claims.values()} >= {"dcgan112", "dcgan64", "dense64", "began64", "dcgan56"}


@pytest.mark.parametrize("name", ["beta1_of_05", "curve_uncoupled_bounds"])
def test_study_of_the_catalogue_is_declared_by_its_name_and_its_arms(changed, name):
    known = declarations.load(ROOT / FILE, ROOT / CATALOGUE)
    study = known.studies[name]
    arms = {"treatment": study.treatment, "control": study.control}
    trials = list(dict.fromkeys([*known.declared_trials, *study.trials]))
    unquoted = {f"studies.{name}.says": ..., f"studies.{name}.at": ...}
    found = declarations.load(*changed({f"params:declared.{name}": arms, "params:trials": trials, **unquoted}))
    assert (set(found.declared), found.declared_trials) == ({*known.declared, name}, trials)


def test_second_looks_of_two_studies_leave_those_that_share_an_arm_at_six_seeds(changed):
    found = declarations.load(*changed({"params:declared.replacement_slows.seeds": None}))
    counts = {name: len(found.seeds_of(name)) for name in ("unequal_rates", "more_units", "replacement_slows")}
    assert counts == {"unequal_rates": 12, "more_units": 12, "replacement_slows": 6}  # of which the last shares an arm


def test_trial_has_the_previews_settings_except_for_its_own():
    equal = settings(declarations.load(ROOT / FILE, ROOT / CATALOGUE).trials["dcgan64_equal_rates"])
    own = params.load().report("dcgan64")
    assert own.model_dump(exclude={"lr_d"}) == equal.model_dump(exclude={"lr_d"})
    assert (own.lr_d, equal.lr_d) == (5e-5, 2e-4)
    assert own.width < 1


def test_trials_own_settings_take_precedence_over_the_previews(changed):
    found = declarations.load(*changed({"trials.began64.gamma": 0.3, "trials.began64_no_bound.gamma": 0.3}))
    assert settings(found.trials["began64"]).gamma == 0.3


def test_overrides_do_not_apply_to_trials(changed_params, monkeypatch):
    path = changed_params({"lr_d": 1e-3, "numerics.precision": "fp32"})
    monkeypatch.chdir(path.parent)
    trials = declarations.load(ROOT / FILE, ROOT / CATALOGUE).trials
    assert (settings(trials["dcgan64"]).lr_d, settings(trials["dcgan64_equal_rates"]).lr_d) == (5e-5, 2e-4)
    assert settings(trials["dcgan64"]).precision == "fp32"


def test_trial_can_be_scored_against_another_crop(changed):
    known = declarations.load(ROOT / FILE, ROOT / CATALOGUE).trials
    scored = {name: "tight64" for name, trial in known.items() if trial.report in ("dcgan64", "sngan64", "r3gan64")}
    found = declarations.load(*changed({f"trials.{name}.scored_crop": crop for name, crop in scored.items()})).trials["dcgan64"]
    assert isinstance(found, FaceTrial)
    assert (found.crop, found.settings.crop) == ("tight64", "wide64")


ARMS = {"treatment": "a", "control": "b"}
STUDY, MAX_POOLS = "studies.unequal_rates", "studies.strides_or_max_pools"
LENGTH = "studies.unequal_rates_by_length"
MISTAKES = [
    ({"params:seed": [1]}, "seed: unknown key, did you mean 'seeds'?"),
    ({"params:seeds": [1, 2, 3, 4, 5, 6, 7]}, "seeds: must be 1 to 6; 3 to 5 seeds"),
    ({"params:second_look.seeds": [7, 8]}, "second_look.seeds: must be 7 to 12"),
    (
        {"params:second_look.trials": [name for name in SECOND_LOOKS if name != "dcgan64_equal_rates"]},
        "second_look.trials: dcgan64_equal_rates is missing: add it, since declared.unequal_rates",
    ),
    ({"params:declared.gaussian_z.seeds": 9}, "declared.gaussian_z.seeds: must be 12, for the second look at an undecided study, or blank"),
    ({"params:declared.gaussian_z.first_seed": 3}, "declared.gaussian_z.first_seed: must be 7, without `seeds`, for a study that was"),
    ({"params:declared.unequal_rates.first_seed": 7}, "declared.unequal_rates.first_seed: must be 7, without `seeds`"),
    (
        {"params:second_look.trials": [name for name in SECOND_LOOKS if name != "curve"]},
        "second_look.trials: curve is missing: add it, since declared.curve_",
    ),
    ({"params:seeds": [2, 3, 4, 5, 6, 7]}, "seeds: must be 1 to 6"),
    ({"params:seeds": [1, 2]}, "seeds: must be 1 to 6"),
    ({"params:spread.seeds": [12]}, "spread.seeds: must be above 12"),
    ({"params:spread.trials": ["dcgan46"]}, "spread.trials: 'dcgan46' is unknown, did you mean 'dcgan64'?"),
    ({"params:spread.trials": ["curve"]}, "spread.trials: curve is a trial of the curve demo, which has no KID"),
    ({"params:spread.trials": ["dcgan112_gaussian"]}, "trials: dcgan112_gaussian is missing: add it, since spread.trials needs it"),
    ({"params:trials": ["dcgan64"]}, "trials: dense64 is missing: add it, since declared."),
    ({"params:trials": ["dcgan64", "dcgan64"]}, "trials: dcgan64 is listed twice"),
    ({"params:trials": ["dcgan46"]}, "trials: 'dcgan46' is unknown, did you mean 'dcgan64'?"),
    ({"params:declared.unequal_rates.treatment": "dcgan56"}, f"declared.unequal_rates.treatment: must be dcgan64, as in {CATALOGUE}"),
    ({"params:declared.unequal_rates.control": ...}, "declared.unequal_rates.control: missing; it has no default"),
    ({"params:declared.gaussian": ARMS}, "declared: 'gaussian' is unknown, did you mean 'gaussian_z'?"),
    ({"params:declared.luminance": ARMS}, "declared.luminance: no study tests this claim; needs: a setting luminance"),
    ({"params:declared.six_hours": ARMS}, "declared.six_hours: no study tests this claim; not testable: Mostly the loading of pictures"),
    ({"claim": {}}, "claim: unknown key, did you mean 'claims'?"),
    ({"claims.luminance.need": "x"}, "claims.luminance.need: unknown key, did you mean 'need"),
    ({"claims.luminance.regime": "x"}, "claims.luminance.regime: unknown key"),
    ({"claims.luminance.done": "x"}, "claims.luminance: must have exactly one of needs, not_testable, done"),
    ({"claims.luminance.needs": ...}, "claims.luminance: must have exactly one of needs, not_testable, done"),
    ({"claims.luminance.report": "dcgan46"}, "claims.luminance.report: 'dcgan46' is unknown"),
    ({f"{MAX_POOLS}.control": "dcgan64_mux_pools"}, f"{MAX_POOLS}.control: 'dcgan64_mux_pools' is unknown"),
    ({"trials.dcgan64_max_pools.sampling": "median"}, "trials.dcgan64_max_pools.sampling: 'median' is not allowed"),
    ({"trials.dcgan64.lrd": 1e-4}, "trials.dcgan64.lrd: unknown key, did you mean 'lr_d'?"),
    ({"trials.dcgan64.lr_d": -1.0}, "trials.dcgan64.lr_d: -1.0 is not allowed: must be greater than 0"),
    ({"trials.dcgan64.report": ...}, "trials.dcgan64.report: missing; it names the report whose settings the others change"),
    ({"trials.dcgan64.report": "dcgan46"}, "trials.dcgan64.report: 'dcgan46' is unknown, did you mean 'dcgan64'?"),
    ({"trials.dcgan64.crop": "tight56"}, "trials.dcgan64.crop: tight56 makes 56x56 pictures and dcgan64 takes 64x64"),
    ({"trials.dcgan64.scored_crop": "tight46"}, "trials.dcgan64.scored_crop: 'tight46' is unknown, did you mean 'tight64'?"),
    ({"trials.UP": {"report": "dcgan64"}}, "trials: 'UP' names files and stages: use only a-z, 0-9 and _"),
    ({"trials.curve.epochs": 3}, "trials.curve.epochs: unknown key"),
    ({f"{STUDY}.claim": ...}, f"{STUDY}.claim: missing; it has no default"),
    ({f"{STUDY}.at": ...}, f"{STUDY}: must have both says and at, a quotation and its place in the report, or neither"),
    ({"claims.six_hours.says": ...}, "claims.six_hours: must have both says and at"),
    ({f"{STUDY}.outcom": "fid"}, f"{STUDY}.outcom: unknown key, did you mean 'outcome'?"),
    ({f"{STUDY}.report": "dcgan46"}, f"{STUDY}.report: 'dcgan46' is unknown"),
    ({f"{STUDY}.control": "dcgan64_equal_rate"}, f"{STUDY}.control: 'dcgan64_equal_rate' is unknown, did you mean 'dcgan64_equal_rates'?"),
    ({f"{STUDY}.outcome": "kidd"}, f"{STUDY}.outcome: 'kidd' is unknown, did you mean 'kid'?; one of closer_than_held_out, coverage"),
    ({f"{STUDY}.outcome": "d_accuracy"}, f"{STUDY}.outcome: d_accuracy has no better direction"),
    ({f"{STUDY}.control": "dcgan64"}, f"{STUDY}.control: is the same trial as `treatment`"),
    ({f"{STUDY}.equal": ...}, f"{STUDY}.equal: missing: steps, pictures or minutes"),
    ({f"{STUDY}.equal": "epochs"}, f"{STUDY}.equal: 'epochs' is not allowed: must be 'steps', 'pictures' or 'minutes'"),
    ({f"{STUDY}.margin": 0.0}, f"{STUDY}.margin: 0.0 is not allowed: must be greater than 0"),
    ({f"{STUDY}.margin": 10.0}, f"{STUDY}.margin: 10 is too large: it is a logarithm, of which 0.1 is a tenth of the excess"),
    ({f"{STUDY}.margin": 5.0, f"{STUDY}.outcome": "precision"}, f"{STUDY}.margin: 5 is too large: it is a difference"),
    ({f"{STUDY}.claim": ""}, f"{STUDY}.claim: '' is not allowed"),
    ({f"{STUDY}.report": "dense64"}, f"{STUDY}.report: is dense64, and the arms train dcgan64"),
    ({"params:spread.seeds": [13, 13]}, "spread.seeds: [13, 13]: a seed is listed twice"),
    ({"trials.dcgan64.scored_crop": 64}, "trials.dcgan64.scored_crop: 64 is no crop; one of squashed112, tight56, tight64, wide64"),
    ({"trials.curve.scored_crop": "wide64"}, "trials.curve.scored_crop: unknown key"),
    ({"trials.dcgan64.precision": "bf16"}, "trials.dcgan64.precision: unknown key; it belongs under numerics in params.yaml, for all"),
    ({f"{STUDY}.outcome": ..., f"{STUDY}.outcom": "kid"}, f"{STUDY}.outcom: unknown key, did you mean 'outcome'? (and 1 more)"),
    ({f"{STUDY}.outcome": "within_bounds"}, f"{STUDY}.outcome: dcgan64 has no within_bounds: its report is dcgan64"),
    ({f"{STUDY}.outcome": "diversity_within"}, f"{STUDY}.outcome: dcgan64 has no diversity_within"),
    ({f"{STUDY}.outcome": "hair_lift"}, f"{STUDY}.outcome: dcgan64 has no hair_lift"),
    ({"studies.curve_half.outcome": "fid"}, "studies.curve_half.outcome: curve has no fid: its report is curve"),
    ({"studies.out_of_bound_loss.outcome": "fooled"}, "studies.out_of_bound_loss.outcome: began64 has no fooled"),
    ({f"{MAX_POOLS}.control": "dcgan56"}, f"{MAX_POOLS}.control: is scored against reals of tight56 and `treatment` of wide64"),
    ({"trials.dcgan64_equal_rates.lr_d": ...}, f"{STUDY}.control: dcgan64_equal_rates has the same settings as dcgan64"),
    ({"studies.curve_half.expected": [0.9, 0.1]}, "studies.curve_half.expected: the first value must be below the second"),
    ({"studies.curve_half.expected": [0.1, 0.5, 0.9]}, "studies.curve_half.expected: [0.1, 0.5, 0.9] is not allowed: must hold 2 or fewer"),
    ({"studies.curve_half.expected": [float("nan"), 1.0]}, "studies.curve_half.expected.0: nan is not allowed: must be a finite number"),
    ({"studies.curve_half.expected": [None, None]}, "studies.curve_half.expected: needs at least one bound"),
    ({"studies.curve_half.expected": [0.45, 1.0]}, "studies.curve_half.expected: 1 is no bound for d_real, whose limits are 0 and 1"),
    ({"studies.curve_half.expected": [0.0, 0.5]}, "studies.curve_half.expected: 0 is no bound for d_real"),
    ({"studies.no_saturation.expected": [None, 0.0]}, "studies.no_saturation.expected: 0 is no bound for saturated, whose limits"),
    ({"studies.curve_score.expected": [-2.0, 0.5]}, "studies.curve_score.expected: 0.5 is no bound for d_score"),
    ({"studies.curve_half.margin": 0.1}, "studies.curve_half.margin: does not apply to an expectation"),
    ({"studies.curve_half.equal": "steps"}, "studies.curve_half.equal: applies to two trials, and there is one"),
    ({f"{STUDY}.expected": [0.0, 1.0]}, f"{STUDY}.control: an expectation is about one trial"),
    ({f"{STUDY}.moments": [200]}, f"{STUDY}.moments: dcgan64 keeps no generator at step 200"),
    ({"trials.dcgan64_own_length_equal_rates.snapshots": ...}, f"{LENGTH}.moments: dcgan64_own_length_equal_rates keeps no generator"),
    ({"trials.dcgan64_own_length.mean_over_moments": True}, f"{LENGTH}.moments: dcgan64_own_length has `mean_over_moments`"),
    (
        {"trials.dcgan64_uniform.mean_over_moments": True},
        "trials.dcgan64_uniform.mean_over_moments: must be true, with `snapshots`, or blank",
    ),
    ({"trials.dense64.mean_over_moments": 5}, "trials.dense64.mean_over_moments: must be true, with `snapshots`, or blank"),
    ({f"{STUDY}.outcome": "kid_moments"}, f"{STUDY}.outcome: dcgan64 has no kid_moments"),
    ({f"{LENGTH}.equal": "pictures"}, f"{LENGTH}.equal: must be steps where `moments` are compared"),
    ({f"{LENGTH}.equal": "minutes"}, f"{LENGTH}.equal: must be steps where `moments` are compared"),
    ({"studies.d_is_not_fooled.moments": [200]}, "studies.d_is_not_fooled.moments: cannot be combined with `expected`"),
    ({"studies.better_over_time.moments": [300]}, "studies.better_over_time.moments: dense64 keeps no generator at step 300"),
    ({"studies.better_over_time.moments": [1000, 200]}, "studies.better_over_time.moments: must be in ascending order"),
    ({"studies.better_over_time.outcome": "coverage"}, "studies.better_over_time.outcome: coverage is not measured during training"),
    ({"studies.d_is_not_fooled.expected": [0.5]}, "studies.d_is_not_fooled.expected: [0.5] is not allowed: must hold 2 or more"),
]


@pytest.mark.parametrize(("changes", "message"), MISTAKES, ids=[message[:50] for _, message in MISTAKES])
def test_mistake_is_one_line_with_file_and_key(changed, changes, message):
    files = changed(changes)
    with pytest.raises(UserError) as error:
        declarations.load(*files)
    assert str(error.value).startswith(f"{files[not any(key.startswith('params:') for key in changes)]}: {message}")
    assert "\n" not in str(error.value)


def test_claim_cannot_have_the_name_of_a_study(changed):
    block = YAML(typ="safe").load(ROOT / CATALOGUE)["claims"]["luminance"]
    with pytest.raises(UserError, match=r"claims\.unequal_rates: a study has the same name: choose another"):
        declarations.load(*changed({"claims.unequal_rates": block}))


FACES = dict.fromkeys(("wide64", "tight64", "tight56", "squashed112"), 3200)


def lengths(files: tuple[Path, Path], **faces: int) -> None:
    found = declarations.load(*files)
    crops = {name: trial.settings.crop for name, trial in found.trials.items() if isinstance(trial, FaceTrial)}
    counts = {name: {**FACES, **faces}[crop] for name, crop in crops.items()}
    for name, count in counts.items():
        validation.check_pictures(name, found.trials[name], count, files[1])
    validation.check_lengths(found.trials, found.studies, counts, files[1])
    for name, study in found.studies.items():
        validation.check_moments(name, study, found.trials[study.treatment].steps(counts.get(study.treatment, 0)), files[1])


HALVES = {"trials.dcgan64_equal_rates.batch_size": 8, f"{STUDY}.equal": "pictures"}
AT = {"unit": "steps", "at": [200, 1000, 4000]}
ENDED = {"trials.dense64.snapshots": AT, "studies.better_over_time.moments": [200, 4000]}
AT_THE_END = "4,000 is not before the end of dense64 at step 4,000"


def test_trials_are_too_short_if_all_their_studies_have_later_moments_and_nothing_else_needs_them():
    found = declarations.load(ROOT / FILE, ROOT / CATALOGUE)
    studies = {name: found.studies[name] for name in ("dropout_in_training", "gaussian_z")}
    trials = {name: found.trials[name] for study in studies.values() for name in study.trials}
    faces = dict.fromkeys(trials, 300)
    reasons = validation.too_short(trials, studies, (), faces, CATALOGUE)
    moment = f"{CATALOGUE}: studies.dropout_in_training.moments: 1,200 is not before the end of dcgan64_dropout at step 720"
    assert reasons == {"dcgan64_dropout": moment}  # gaussian_z can have dcgan64
    assert validation.too_short(trials, studies, ["dcgan64_dropout"], faces, CATALOGUE) == {}
    assert validation.too_short(trials, studies, (), dict.fromkeys(trials, 3200), CATALOGUE) == {}


@pytest.mark.parametrize(("dataset", "count"), [("celeba", 162_770), ("celeba_5000", 4_000), ("toons", 3_200)])
def test_arms_of_the_declared_studies_train_equally_long_at_each_scale(tmp_path, monkeypatch, dataset, count):
    edited(ROOT / "params.yaml", tmp_path / "params.yaml", {"dataset": dataset})
    monkeypatch.chdir(tmp_path)
    found = declarations.load(ROOT / FILE, ROOT / CATALOGUE)
    studies = {name: found.studies[name] for name in found.declared}
    validation.check_lengths(found.trials, studies, dict.fromkeys(found.trials, count), CATALOGUE)
    assert settings(found.trials["dcgan64_two_d_steps"]).d_steps == 2
    assert (settings(found.trials["dcgan64"]).batch_size == 128) == (dataset != "toons")


def test_equal_pictures_are_counted_by_batches(changed):
    own = params.load().report("dcgan64")
    lengths(changed(HALVES | {"trials.dcgan64_equal_rates.max_steps": own.max_steps * own.batch_size // 8}))


def test_arms_of_equal_minutes_may_take_unequal_steps(changed):
    lengths(changed({"trials.dcgan64_equal_rates.max_steps": 100, f"{STUDY}.equal": "minutes"}))


@pytest.mark.parametrize(
    ("changes", "faces", "message"),
    [
        (HALVES, {}, f"{STUDY}.equal: dcgan64 has 38,400 and dcgan64_equal_rates has 19,200 pictures: change max_steps or epochs"),
        ({"trials.dcgan64_equal_rates.max_steps": 100}, {}, f"{STUDY}.equal: dcgan64 has 2,400 and dcgan64_equal_rates has 100 steps"),
        ({"trials.dcgan64_equal_rates.epochs": 1}, {}, f"{STUDY}.equal: dcgan64 has 2,400 and dcgan64_equal_rates has 200 steps"),
        ({"trials.dcgan64_equal_rates.train_images": 160}, {}, f"{STUDY}.equal: dcgan64 has 2,400 and dcgan64_equal_rates has 400 steps"),
        ({"trials.dcgan64.train_images": 3201}, {}, "trials.dcgan64.train_images: 3,201 is more than the 3,200 pictures of the split"),
        ({"trials.dcgan64.train_images": 15}, {}, "trials.dcgan64.batch_size: a step takes more than the 15 available pictures"),
        ({}, {"tight56": 7}, "trials.dcgan56.batch_size: a step takes more than the 7 available pictures"),
        (ENDED, {}, f"studies.better_over_time.moments: {AT_THE_END}"),
    ],
)
def test_length_that_does_not_fit_the_pictures_is_one_line_with_file_and_key(changed, changes, faces, message):
    files = changed(changes)
    with pytest.raises(UserError) as error:
        lengths(files, **faces)
    assert str(error.value).startswith(f"{files[1]}: {message}")


def test_all_studies_of_the_catalogue_have_arms_of_equal_length_and_the_curve_one_without_pictures():
    lengths((ROOT / FILE, ROOT / CATALOGUE))
    curve = declarations.load(ROOT / FILE, ROOT / CATALOGUE).trials["curve"]
    assert isinstance(curve, CurveTrial)
    assert (curve.report, curve.steps(0)) == ("curve", params.load().curve.steps)
