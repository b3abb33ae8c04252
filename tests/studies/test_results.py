"""From trials' figures to a table, and from the table to a verdict."""

import json
import math
import random
import re
from collections.abc import Callable, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ganlib.core import tables
from ganlib.studies import paths, prose, results, runs
from ganlib.studies.study import Study
from ganlib.support.errors import UserError
from tests.conftest import ROOT

DATASET, SEEDS = "toons", [1, 2, 3, 4, 5, 6]
MACHINE = {"torch": "2.14.1", "processor": "a processor", "kernels": "AVX2", "threads": 2}


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def declared(name: str, **changes: Any) -> Study:
    studies = tables.read_yaml(ROOT / "studies" / "catalogue.yaml")["studies"]
    return Study.model_validate({**studies[name], **changes})


def leave(trial: str, seed: int, moments: dict[int, float] | None = None, **figures: Any) -> None:
    path = paths.metrics(DATASET, trial, seed)
    path.parent.mkdir(parents=True)
    path.write_text(
        json.dumps({"status": "lived", "step": 4000, "scale": "preview", "samples": 250, **MACHINE, **figures}), encoding="utf-8"
    )
    if moments:
        pd.DataFrame({"step": [*moments], "kid": [*moments.values()]}).to_csv(path.with_name("scores.csv"), index=False)


def judged(study: Study, seeds: list[int] = SEEDS) -> dict[str, Any]:
    return results.judge(study, tables.to_csv(runs.rows(study, DATASET, seeds)))


def noisy(seed: int, value: float) -> float:
    return value * (1 + 0.002 * (seed - 3.5))


def leave_both(treatment: Callable[[int], dict[str, Any]], control: Callable[[int], dict[str, Any]], seeds: Sequence[int] = SEEDS) -> None:
    """Write the figures of both arms of `unequal_rates`, by seed."""
    for seed in seeds:
        leave("dcgan64", seed, **treatment(seed))
        leave("dcgan64_equal_rates", seed, **control(seed))


def around(excess: float, floor: float = 0.0) -> Callable[[int], dict[str, Any]]:
    """KIDs that differ little from seed to seed."""
    return lambda seed: {"kid": floor + noisy(seed, excess), "kid_floor": floor}


DIVERGED = {"status": "diverged", "step": "", "samples": ""}


def test_difference_of_scores_is_a_share_of_the_excess_over_the_floor():
    study = declared("unequal_rates")
    leave_both(around(0.08, 0.02), around(0.1, 0.02))
    found = judged(study)
    assert found["verdict"] == "holds here"
    assert found["difference"] == pytest.approx(0.2, abs=1e-4)
    assert 0.19 < found["low"] < 0.2 < found["high"] < 0.21
    assert (found["treatment_median"], found["control_median"]) == pytest.approx((0.1, 0.12), abs=1e-4)
    assert (found["seeds"], found["steps"], found["scale"], found["samples"], found["of_excess"]) == (6, 4000, "preview", 250, True)
    assert "verdict_on_failures" not in found
    sentence = prose.sentence(study, found, DATASET)
    assert sentence.startswith(
        "At preview scale (toons, 4,000 steps, N = 250, 6 seeds per arm): holds here; the claim's side is 20% nearer to real faces by"
    )
    of_minutes = prose.sentence(study.model_copy(update={"equal": "minutes"}), found, DATASET)
    assert of_minutes == sentence.replace("4,000 steps", "about equal minutes")


def test_verdict_follows_from_the_table_in_any_order():
    scored = {"coverage": 0.3, "kid_low": 0.08, "kid_high": 0.12}
    leave_both(lambda seed: around(0.1)(seed) | scored, lambda seed: around(0.2)(seed) | {"coverage": 0.2})
    text = tables.to_csv(runs.rows(declared("unequal_rates"), DATASET, SEEDS))
    table = pd.read_csv(StringIO(text))
    assert len(table) == 12
    assert set(table["processor"]) == {"a processor"}
    assert table["coverage"].tolist() == [0.3] * 6 + [0.2] * 6
    assert table["error"].dropna().tolist() == [0.01] * 6  # a 95% interval is four standard errors wide
    shuffled = "".join([text.splitlines(keepends=True)[0], *reversed(text.splitlines(keepends=True)[1:])])
    assert results.judge(declared("unequal_rates"), shuffled) == pytest.approx(results.judge(declared("unequal_rates"), text))


def test_values_per_seed_are_in_the_order_of_seeds():
    leave_both(lambda _: {"kid": 0.12, "kid_floor": 0.02}, lambda seed: {"kid": 0.12 + 0.1 * seed, "kid_floor": 0.02})
    for seed in SEEDS:
        leave("dense64", seed, d_accuracy=seed / 10 if seed > 1 else "")
    text = tables.to_csv(runs.rows(declared("unequal_rates"), DATASET, SEEDS))
    found = results.per_seed(declared("unequal_rates"), text)
    middle = math.sqrt((0.1 + 0.3) * (0.1 + 0.4))  # of the control's excess, as a median of logarithms
    assert found["control"] == pytest.approx([1 - (0.1 + seed / 10) / middle for seed in SEEDS])
    assert found["treatment"] == pytest.approx([1 - 0.1 / middle] * 6)
    text = tables.to_csv(runs.rows(declared("d_is_not_fooled"), DATASET, SEEDS))
    assert results.per_seed(declared("d_is_not_fooled"), text) == {"runs": pytest.approx([seed / 10 for seed in SEEDS[1:]])}


def test_averages_of_one_arm_alone_are_not_compared():
    leave_both(lambda seed: around(0.1)(seed) | {"kid_ema": 0.1}, around(0.2))
    found = judged(declared("unequal_rates"))
    assert "difference_ema" not in found
    assert "averages" not in prose.answer(declared("unequal_rates"), found)


def test_shares_that_differ_by_all_there_is_are_whole_points():
    amount = prose.Effect.of(declared("d_is_not_fooled")).amount
    assert [amount(value).partition(" ")[0] for value in (-1.0, 0.0996, 0.099, 0.005)] == ["100", "10", "9.9", "0.5"]


def test_arm_of_which_half_of_the_runs_diverged_is_named():
    leave_both(lambda seed: DIVERGED if seed % 2 else around(0.1)(seed), around(0.2))
    found = judged(declared("unequal_rates"))
    assert found["difference"] is None
    assert "KID has no number in half or more of the runs of the treatment arm" in prose.answer(declared("unequal_rates"), found)


def test_interval_of_any_amount_is_not_one_of_too_few_runs():
    failed = {3: DIVERGED, 4: DIVERGED}
    leave_both(lambda seed: failed.get(seed, around(0.1)(seed)), lambda seed: failed.get(seed, around(0.2)(seed)))
    study = declared("unequal_rates")
    found = judged(study)
    assert (found["low"], found["high"]) == (None, None)
    assert "97.5% CI: any amount" in prose.answer(study, found)
    assert "too few runs for an interval" in prose.answer(study, judged(study, [1, 2, 3]))


def test_studys_own_margin_is_the_one_that_counts():
    leave_both(around(0.1), lambda seed: around(0.1)(7 - seed))
    assert judged(declared("unequal_rates"))["verdict"] == "no difference here"
    assert judged(declared("unequal_rates", margin=0.001))["verdict"] == "cannot tell yet"


def test_collapsed_and_diverged_runs_are_counted_and_ranks_replace_means():
    study = declared("unequal_rates")
    failed = {2: DIVERGED} | {seed: around(0.9)(seed) | {"status": "collapsed"} for seed in (3, 5, 7, 11)}
    leave_both(around(0.1), lambda seed: failed.get(seed, around(0.11)(seed)), range(1, 13))
    found = judged(study, list(range(1, 13)))
    assert (found["treatment_failed"], found["control_failed"], found["verdict_on_failures"]) == (0, 5, "holds here")
    assert found["verdict"] == "holds here"  # by ranks: the other seven are a tenth better too
    assert found["high"] > found["difference"] > 0.05
    assert prose.answer(study, found).endswith("0 of 12 runs failed against 5 of 12: holds here on failures")
    six = judged(study)
    assert (six["verdict"], six["high"], six["verdict_on_failures"]) == ("holds here", None, "cannot tell yet")
    assert 0.05 < six["low"] < six["difference"]
    json.dumps(six, allow_nan=False)


def test_verdict_on_failures_comes_first_where_it_decides():
    """No score differs, and four of six runs of the control collapse; then all runs of the control diverge."""
    study = declared("unequal_rates")
    leave_both(lambda seed: around(0.1)(7 - seed), lambda seed: around(0.1)(seed) | ({"status": "collapsed"} if seed > 2 else {}))
    found = judged(study)
    assert (found["verdict"], found["verdict_on_failures"]) == ("no difference here", "holds here")
    assert (found["answer"], found["failures_decide"]) == ("holds here", True)
    assert prose.answer(study, found).startswith("0 of 6 runs failed against 4 of 6: holds here on failures; no difference")


def test_collapse_is_no_failure_where_it_is_the_outcome():
    study = declared("no_mode_collapse")
    for seed in SEEDS:
        leave("dcgan56", seed, diversity=0.03 if seed == 6 else 0.9, status="collapsed" if seed == 6 else "lived")
    found = judged(study)
    assert (found["failed"], found["of_medians"], found["difference"]) == (0, False, pytest.approx(0.755))

    def other(seed: int) -> dict:
        return {"diversity": 0.03, "status": "collapsed" if seed == 6 else "learned nothing"}

    leave_both(lambda _: {"diversity": 0.9}, other)
    assert judged(declared("unequal_rates", outcome="diversity"))["control_failed"] == 5


def test_collapsed_run_makes_an_expectation_one_of_the_median():
    for seed in range(1, 13):
        leave("dense64", seed, d_accuracy=0.99 if seed > 1 else 0.1, status="lived" if seed > 1 else "collapsed")
    found = judged(declared("d_is_not_fooled"), list(range(1, 13)))
    assert (found["verdict"], found["of_medians"], found["difference"]) == ("holds here", True, 0.99)


def test_arms_of_six_and_twelve_runs_are_judged_whatever_failed():
    leave_both(around(0.1), around(0.2))
    for seed in range(7, 13):
        leave("dcgan64", seed, **(DIVERGED if seed > 7 else around(0.1)(seed)))
    study = declared("unequal_rates")
    more = runs.rows(study.model_copy(update={"control": study.treatment}), DATASET, [*range(7, 13)])
    text = tables.to_csv([*runs.rows(study, DATASET, SEEDS), *more])
    found = results.judge(study, text)
    assert (found["treatment_seeds"], found["control_seeds"], found["treatment_failed"]) == (12, 6, 5)
    assert "5 of 12 runs failed against 0 of 6" in prose.answer(study, found)


def test_setting_that_changes_nothing_is_not_testable():
    """Equal at each seed; where other metrics differ, as those of the averages of G, the outcome alone does not change."""
    leave_both(around(0.1), around(0.1))
    study = declared("unequal_rates")
    assert (judged(study)["verdict"], prose.answer(study, judged(study))) == ("not testable", "not testable: the setting changes nothing")
    path = paths.metrics(DATASET, "dcgan64", 6)
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | {"d_accuracy": 0.7}), encoding="utf-8")
    assert prose.answer(study, judged(study)) == "not testable: the setting does not change KID"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | {"kid": 0.107}), encoding="utf-8")
    assert judged(study)["verdict"] == "no difference here"


@pytest.mark.parametrize(
    ("excess", "word"), [(0.104, "holds here"), (0.05, "holds here"), (0.11, "cannot tell yet"), (0.12, "the reverse here")]
)
def test_claim_to_be_as_good_holds_unless_it_is_worse_by_the_margin(excess, word):
    """A tenth of the excess; the estimate and its interval stay those of the difference from 0."""
    study = declared("unequal_rates", as_good=True)
    leave_both(around(excess), lambda seed: around(0.1)(7 - seed))
    found = judged(study)
    assert (found["verdict"], found["difference"]) == (word, pytest.approx(1 - excess / 0.1, abs=1e-3))
    assert found["low"] < found["difference"] < found["high"]
    assert prose.answer(study, found).endswith("; as good means at most 10% farther")


@pytest.mark.parametrize(
    ("treatment", "control", "problem"),
    [
        (0.7, 0.94, None),
        (0.5, 0.7, "D guesses on the claim's side (accuracy 0.5; required: 0.55 to 0.95)"),
        (0.7, 0.99, "D is nearly always right on the other side (accuracy 0.99; required: 0.55 to 0.95)"),
    ],
)
def test_verdict_on_runs_out_of_their_reports_regime_is_no_answer(treatment, control, problem):
    study = declared("unequal_rates")
    leave_both(lambda seed: around(0.1)(seed) | {"d_accuracy": treatment}, lambda seed: around(0.2)(seed) | {"d_accuracy": control})
    found = judged(study)
    assert (found["verdict"], found.get("regime")) == ("out of regime" if problem else "holds here", problem)
    assert found["difference"] == pytest.approx(0.5)
    assert prose.answer(study, found).startswith(f"out of regime, so no answer: {problem}; the claim's side" if problem else "holds here; ")


def test_regime_is_that_of_the_report_and_an_outcome_is_not_held_against_itself():
    """dense64's report describes a D that is right in 98%."""
    for seed in SEEDS:
        leave("dense64", seed, kid=0.1, d_accuracy=0.97 + seed / 1000)
        leave("dense64_wide", seed, kid=0.2, d_accuracy=0.97)
        leave("dcgan56", seed, d_accuracy=0.5 + seed / 1000)
    assert judged(declared("d_cannot_tell"))["verdict"] == "holds here"
    assert judged(declared("more_units", treatment="dense64", control="dense64_wide"))["verdict"] == "holds here"


@pytest.mark.parametrize(("collapsed", "word"), [((1, 1), "out of regime"), ((0, 1), "holds here")])
def test_collapse_of_both_arms_is_no_answer_and_of_one_is_the_answer(collapsed, word):
    study = declared("unequal_rates")

    def ended(excess: float, has: int) -> Callable[[int], dict[str, Any]]:
        return lambda seed: around(excess)(seed) | ({"diversity": 0.02, "status": "collapsed"} if has else {"diversity": 0.9})

    leave_both(ended(0.1, collapsed[0]), ended(0.2, collapsed[1]))
    assert judged(study)["answer"] == word


@pytest.mark.parametrize(
    ("kid", "treatment_accuracy", "word", "decide"),
    [(0.1, 0.7, "holds here", True), (0.1, 0.5, "out of regime", False), (0.4, 0.7, "out of regime", False)],
)
def test_failures_that_decide_excuse_the_regime_of_the_arm_that_fails_alone(kid, treatment_accuracy, word, decide):
    """The control collapses and its D is always right; a treatment that is farther from real faces takes the opposite side."""
    study = declared("unequal_rates")
    collapsed = {"diversity": 0.02, "status": "collapsed", "d_accuracy": 1.0}
    leave_both(lambda seed: around(kid)(seed) | {"d_accuracy": treatment_accuracy}, lambda seed: around(0.2)(seed) | collapsed)
    found = judged(study)
    assert (found["answer"], found["verdict"], found["failures_decide"]) == (word, "out of regime", decide)
    assert f"out of regime, so no answer{' by KID' if decide else ''}: D " in prose.answer(study, found)
    assert (prose.brief(study, found) == "0 of 6 runs failed against 6 of 6") == decide


def test_score_and_failures_on_opposite_sides_are_no_answer():
    study = declared("unequal_rates")
    leave_both(lambda seed: around(0.1)(seed) | {"status": "learned nothing"}, around(0.2))
    found = judged(study)
    assert (found["answer"], found["failures_decide"]) == ("cannot tell yet", False)
    assert prose.answer(study, found).endswith("50% to 50%); 6 of 6 runs failed against 0 of 6: the reverse here on failures")


def test_nothing_is_as_good_at_the_floor():
    """Excesses below the standard error of .01 may differ by any factor."""

    def below_the_error(kid: float) -> Callable[[int], dict[str, Any]]:
        return lambda _: {"kid": kid, "kid_floor": 0.0, "kid_low": kid - 0.02, "kid_high": kid + 0.02}

    leave_both(below_the_error(0.003), below_the_error(0.001))
    for as_good in (True, None):
        assert judged(declared("unequal_rates", as_good=as_good))["answer"] == "cannot tell yet"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda rows: rows.drop(columns=["kid", "floor"]), "the table has no column floor, kid"),
        (lambda rows: rows[rows["trial"] == "dcgan64"], "the table has no run of dcgan64_equal_rates"),
        (
            lambda rows: pd.concat([rows, rows[rows["seed"] == 2]]),
            "the table has runs twice: dcgan64 (seeds 2), dcgan64_equal_rates (seeds 2)",
        ),
        (
            lambda rows: rows.assign(step=rows["step"].mask(rows["trial"] == "dcgan64", 100)),
            "end at step 100 and 4,000: they must take equal",
        ),
        (lambda rows: rows.assign(status=rows["status"].mask(rows["seed"] == 2, "livd")), "row 3: status: 'livd' is not allowed: must be"),
        (lambda rows: rows.assign(status=rows["status"].mask(rows["seed"] == 2)), "row 3: status: 'unknown' is not allowed"),
        (
            lambda rows: rows.assign(trial=rows["trial"].mask(rows["seed"] == 1, "x")),
            "row 2: trial: 'x' is not allowed: must be dcgan64 or",
        ),
        (lambda rows: rows.assign(kid=rows["kid"].astype(object).mask(rows["seed"] == 1, "0,1")), "row 2: kid: '0,1' is not allowed: must"),
        (lambda rows: rows.assign(seed=rows["seed"] - 0.5), "row 2: seed: '0.5' is not allowed: must be a positive whole number"),
        (lambda rows: rows.assign(scale=rows["scale"].mask(rows["seed"] == 1)), "row 2: scale: 'unknown' is not allowed"),
    ],
)
def test_damaged_table_is_one_line(change, said):
    leave_both(around(0.1), around(0.2))
    study = declared("unequal_rates")
    found = pd.read_csv(StringIO(tables.to_csv(runs.rows(study, DATASET, SEEDS))))
    with pytest.raises(UserError, match=re.escape(said)):
        results.judge(study, change(found).to_csv(index=False))


def test_value_that_its_outcome_cannot_have_and_an_empty_table_are_one_line():
    for seed in SEEDS:
        leave("dense64", seed, d_accuracy=-5 if seed == 1 else 0.9)
    with pytest.raises(UserError, match=r"^row 2: d_accuracy: '-5' is not allowed: must be from 0 to 1$"):
        judged(declared("d_is_not_fooled"))
    with pytest.raises(UserError, match=r"^no table: No columns to parse from file$"):
        results.judge(declared("d_is_not_fooled"), "")


def test_table_without_a_moment_of_a_run_is_one_line():
    study = declared("better_over_time")
    for seed in SEEDS:
        leave("dense64", seed, dict.fromkeys(study.moments or (), 0.3), kid=0.1)
    found = pd.read_csv(StringIO(tables.to_csv(runs.rows(study, DATASET, SEEDS))))
    with pytest.raises(UserError, match="no row of some runs at step 200, a moment of the study"):
        results.judge(study, found[(found["seed"] != 3) | (found["step"] != 200)].to_csv(index=False))


def test_score_of_the_average_stands_beside_the_raw_generators():
    leave_both(
        lambda seed: around(0.1)(seed) | {"kid_ema": noisy(seed, 0.08)}, lambda seed: around(0.2)(seed) | {"kid_ema": noisy(seed, 0.1)}
    )
    found = judged(declared("unequal_rates"))
    assert (found["difference"], found["difference_ema"]) == pytest.approx((0.5, 0.2), abs=1e-3)
    assert "; with the EMA generator 20% nearer (97.5% CI: 20% to 20%)" in prose.answer(declared("unequal_rates"), found)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (-0.44, -0.08, "8% to 44%"),
        (0.1, 0.35, "10% to 35%"),
        (-0.13, 0.2, "13% farther to 20% nearer"),
        (None, -0.08, "8% or more"),
        (0.1, None, "10% or more"),
        (None, 0.1, "any amount farther to 10% nearer"),
        (-0.1, None, "10% farther to any amount nearer"),
    ],
)
def test_interval_is_ascending(low, high, expected):
    effect = prose.Effect.of(declared("unequal_rates"))
    assert prose._interval({"low": low, "high": high, "seeds": 12}, effect) == f"97.5% CI: {expected}"


def test_small_share_is_in_percentage_points_and_the_demo_is_at_its_reports_own_scale():
    study = declared("out_of_bound_loss")
    for seed in SEEDS:
        leave("began64", seed, fakes_out_of_range=0.0)
        leave("began64_no_bound", seed, fakes_out_of_range=noisy(seed, 4.6e-6))
        leave("curve", seed, d_real=0.5 + seed / 1000, samples="")
    assert "is 0.00046 percentage points lower on the claim's side (97.5% CI: 0.00046 to 0.00046 percentage points)" in prose.answer(
        study, judged(study)
    )
    widths = declared("out_of_bound_loss", scale="narrow nets")
    assert prose.sentence(widths, judged(widths), DATASET).startswith(f"With narrow nets ({DATASET}, 4,000 steps, ")
    half = declared("curve_half")
    assert prose.sentence(half, judged(half), DATASET).startswith("At the report's own scale (4,000 steps, 6 seeds): holds here; ")


@pytest.mark.parametrize(("fails", "first"), [(False, ""), (True, "6 of 6 runs failed against 0 of 6: the reverse here on failures; ")])
def test_nothing_on_either_side_is_not_testable(fails, first):
    study, nothing = declared("out_of_bound_loss"), {"fakes_out_of_range": 0.0}
    for seed in SEEDS:
        leave("began64", seed, **(nothing if not fails else DIVERGED if seed == 1 else {**nothing, "status": "collapsed"}))
        leave("began64_no_bound", seed, kid=0.3, **nothing)
    assert judged(study)["verdict"] == "not testable"
    assert prose.answer(study, judged(study)) == f"{first}not testable: the share of values out of range is 0 in both arms"


def test_share_is_compared_by_its_difference_in_the_direction_of_the_claim():
    study = declared("out_of_bound_loss")
    for seed in SEEDS:
        leave("began64", seed, fakes_out_of_range=0.0)
        leave("began64_no_bound", seed, fakes_out_of_range=noisy(seed, 0.02))
    found = judged(study)
    assert (found["verdict"], found["difference"]) == ("holds here", pytest.approx(0.02))


def test_end_of_a_run_is_compared_with_its_first_moment_in_pairs():
    study = declared("better_over_time")
    for seed in SEEDS:
        common = 1 + 0.3 * (seed % 3)  # far more than what training changes, and the same at each moment
        leave("dense64", seed, {200: 0.5 * common, 1000: 0.45 * common, 4000: 0.4 * common}, kid=noisy(seed, 0.4 * common), kid_floor=0.0)
    found = judged(study)
    assert (found["verdict"], found["difference"]) == ("holds here", pytest.approx(0.2, abs=0.01))
    assert found["p_trend"] < 0.001
    header, *lines = tables.to_csv(runs.rows(study, DATASET, SEEDS)).splitlines(keepends=True)
    random.Random(0).shuffle(lines)
    assert results.judge(study, header + "".join(lines)) == pytest.approx(found)
    assert found["steps"] == 4000
    assert "6 seeds)" in prose.sentence(study, found, DATASET)


def leave_both_along(study: Study, excess: dict[int, float], failed: int | None = None) -> None:
    """The slow D's excess as a multiple of the other's at each moment and at the end; a run of the other arm that diverged, if `failed`."""
    *moments, end = excess
    for seed in SEEDS:
        for trial, factors in ((study.treatment, excess), (study.control, dict.fromkeys(excess, 1.0))):
            if trial == study.control and seed == failed:
                leave(trial, seed, **DIVERGED)
                continue
            kids = {step: 0.02 + noisy(seed if trial == study.treatment else 7 - seed, 0.1 * factor) for step, factor in factors.items()}
            leave(trial, seed, {step: kids[step] for step in moments}, kid=kids[end], kid_floor=0.02, step=end)


def test_comparison_along_the_training_has_the_effect_at_each_moment_and_the_verdict_of_its_end():
    study = declared("unequal_rates_by_length")
    leave_both_along(study, {800: 1.5, 1600: 1.2, 3200: 1.0, 6355: 0.8})
    text = tables.to_csv(runs.rows(study, DATASET, SEEDS))
    found = results.judge(study, text)
    assert (found["verdict"], found["steps"], found["treatment_seeds"]) == ("holds here", 6355, 6)
    assert [of["step"] for of in found["along"]] == [800, 1600, 3200, 6355]
    assert [of["difference"] for of in found["along"]] == pytest.approx([-0.5, -0.2, 0.0, 0.2], abs=0.001)
    assert all(of["low"] < of["difference"] < of["high"] for of in found["along"])
    assert found["along"][-1] == {"step": 6355, **{key: found[key] for key in ("difference", "low", "high")}}
    sentence = prose.sentence(study, found, DATASET)
    assert "holds here; the claim's side is 20% nearer to real faces by KID" in sentence
    assert sentence.endswith("; before the end: 50% farther at step 800, 20% farther at step 1,600, equally far at step 3,200.")
    end = study.model_copy(update={"moments": None})
    alone = results.judge(end, tables.to_csv(runs.rows(end, DATASET, SEEDS)))
    assert {key: value for key, value in found.items() if key != "along"} == alone
    assert results.per_seed(study, text) == results.per_seed(end, tables.to_csv(runs.rows(end, DATASET, SEEDS)))


def test_run_that_failed_makes_the_comparison_one_of_ranks_at_all_moments():
    study = declared("unequal_rates_by_length")
    leave_both_along(study, {800: 1.5, 1600: 1.2, 3200: 1.0, 6355: 0.8}, failed=2)
    found = judged(study)
    assert (found["of_medians"], found["verdict"]) == (True, "holds here")
    assert [of["high"] for of in found["along"]] == [None] * 4  # the run without a number ranks as the worst
    assert [of["difference"] for of in found["along"]] == pytest.approx([-0.5, -0.2, 0.0, 0.2], abs=0.01)


def test_expectation_is_of_the_mean_and_a_failed_run_is_outside():
    study = declared("d_is_not_fooled")
    for seed in range(1, 13):
        leave("dense64", seed, d_accuracy=0.99 + 0.0001 * seed)
    found = judged(study, list(range(1, 13)))
    assert (found["verdict"], found["failed"]) == ("holds here", 0)
    assert "is 0.9906 on average" in prose.answer(study, found)
    for seed in range(1, 9):
        path = paths.metrics(DATASET, "dense64", seed)
        path.write_text(json.dumps({"status": "diverged", "scale": "preview", **MACHINE}), encoding="utf-8")
    found = judged(study, list(range(1, 13)))
    assert (found["verdict"], found["failed"]) == ("cannot tell yet", 8)
    assert "has no number in the median (97.5% CI: no number to 0.99" in prose.answer(study, found)
    assert "8 of 12 runs failed" in prose.answer(study, found)


def test_expectation_over_six_runs_of_which_one_failed_has_no_interval():
    study = declared("d_is_not_fooled")
    for seed in SEEDS:
        leave("dense64", seed, **({"d_accuracy": 0.99} if seed > 1 else DIVERGED))
    answer = prose.answer(study, judged(study))
    assert "is 0.99 in the median (too few runs for an interval; expected: at least 0.98); 1 of 6 runs failed" in answer


def test_study_whose_runs_all_diverged_is_undecided():
    """Not equal, although all runs have the same rank."""
    study = declared("unequal_rates")
    leave_both(lambda _: DIVERGED, lambda _: DIVERGED)
    found = judged(study)
    assert (found["verdict"], found["difference"], found["treatment_failed"], found["control_failed"]) == ("cannot tell yet", 0, 6, 6)
    expected = "At preview scale (toons, 6 seeds per arm): cannot tell yet, and a second look at 12 seeds is due; KID has no number in half"
    assert prose.sentence(study, found, DATASET).startswith(expected)
    assert prose.sentence(study, found, DATASET).endswith("6 of 6 runs failed against 6 of 6: cannot tell yet on failures.")


@pytest.mark.parametrize(
    ("fails", "verdict", "side"), [("dcgan64", "the reverse here", "treatment"), ("dcgan64_equal_rates", "holds here", "control")]
)
def test_arm_whose_runs_all_diverged_is_named_after_the_verdict_on_failures(fails, verdict, side):
    study, seeds = declared("unequal_rates"), SEEDS
    for trial in study.trials:
        for seed in seeds:
            leave(trial, seed, **(DIVERGED if trial == fails else {"kid": 0.1 + seed / 100, "kid_floor": 0.0}))
    found = judged(study, seeds)
    assert found["verdict"] == verdict
    counts = "6 of 6 runs failed against 0 of 6" if side == "treatment" else "0 of 6 runs failed against 6 of 6"
    expected = f"{counts}: {verdict} on failures; {verdict}; KID has no number in half or more of the runs of the {side} arm"
    assert prose.answer(study, found) == expected
    json.dumps(found, allow_nan=False)


@pytest.mark.parametrize("seeds", [SEEDS, list(range(1, 13))])
def test_infinite_score_of_a_run_that_lived_is_judged_by_ranks(seeds):
    study = declared("unequal_rates", outcome="fid")
    leave_both(
        lambda seed: {"fid": 50 + noisy(seed, 100.0), "fid_floor": 50.0},
        lambda seed: {"fid": math.inf if seed == 1 else 50 + noisy(seed, 200.0), "fid_floor": 50.0},
        seeds,
    )
    found = judged(study, seeds)
    assert (found["verdict"], found["of_medians"]) == ("holds here", True)
    assert found["difference"] == pytest.approx(0.5, abs=0.01)
    assert "is 50% nearer to real faces by FID, by ranks (97.5% CI: 50% " in prose.answer(study, found)
    assert "nan" not in prose.answer(study, found)
    json.dumps(found, allow_nan=False)


def test_outcome_that_no_run_has_is_one_line():
    leave_both(around(0.1), lambda seed: DIVERGED if seed == 2 else around(0.1)(seed))
    with pytest.raises(UserError, match="no run of dcgan64 has g_los_slope: choose another metric"):
        judged(declared("unequal_rates", outcome="g_los_slope"))


@pytest.mark.parametrize("moments", [[200], [200, 1000]])
def test_trend_is_tested_with_two_or_more_moments(moments):
    study = declared("better_over_time", moments=moments)
    for seed in SEEDS:
        on_the_way = {step: noisy(seed, 0.5 - step / 10000) for step in moments}
        leave("dense64", seed, on_the_way, kid=noisy(8 - seed, 0.1), kid_floor=0.0)
    found = judged(study)
    assert found["verdict"] == "holds here"
    assert ("p_trend" in found) == (len(moments) > 1)


def test_expectation_without_an_upper_bound_is_not_met_by_runs_without_a_number():
    study = declared("d_is_not_fooled", expected=[0.5, None])
    for seed in range(1, 13):
        leave("dense64", seed, **({"d_accuracy": 0.9} if seed > 11 else DIVERGED))
    assert judged(study, list(range(1, 13)))["verdict"] == "the reverse here"


def test_three_seeds_give_an_interval_and_no_verdict():
    leave_both(around(0.1), around(0.2), SEEDS[:3])
    found = judged(declared("unequal_rates"), SEEDS[:3])
    assert found["verdict"] == "no verdict"
    assert 0.4 < found["low"] < found["difference"] < found["high"]
    assert "no verdict at 3 seeds, only at 6 and 12; the claim's side is 50% nearer" in prose.answer(declared("unequal_rates"), found)


def test_support_by_less_than_the_margin_is_marked():
    leave_both(around(0.1), around(0.104))
    found = judged(declared("unequal_rates"))
    assert found["verdict"] == "holds here"
    assert prose.answer(declared("unequal_rates"), found).endswith("less than the margin")
    assert np.isclose(found["margin"], 1 - math.exp(-math.log(1.1)))


FLOOR = 0.0095
NEAR = [0.0101, 0.0104, 0.0107, 0.0112, 0.0116, 0.0119]


@pytest.mark.parametrize("floor", [FLOOR, 0.0102])  # in the second case a run of the treatment lies below the floor
@pytest.mark.parametrize("control", [[0.0098, 0.013, 0.017, 0.021, 0.026, 0.031], [0.0103, 0.03, 0.045, 0.055, 0.065, 0.08]])
@pytest.mark.parametrize("error", [None, 0.0004])
def test_difference_near_the_floor_counts(floor, control, error):
    """A control 1.6 and 4 times worse: the margin is a tenth of the excess, not 0.095 of KID."""
    for seed, kids in enumerate(zip(NEAR, control, strict=True), 1):
        for trial, kid, reach in zip(("dcgan64", "dcgan64_equal_rates"), kids, (2, 40), strict=True):
            interval = {"kid_low": kid - reach * error, "kid_high": kid + reach * error} if error else {}
            leave(trial, seed, kid=kid, kid_floor=floor, **interval)
    found = judged(declared("unequal_rates"))
    assert found["verdict"] in ("holds here", "cannot tell yet")
    assert found["of_excess"]
    assert found["difference"] > 0.4


def test_arms_at_the_floor_cannot_be_told_apart():
    """All runs are within a standard error of the floor: one arm's excess may be twice the other's all the same."""
    for seed in SEEDS:
        for trial, sign in (("dcgan64", 1), ("dcgan64_equal_rates", -1)):
            kid = FLOOR + sign * 0.0001 * (seed - 3)
            leave(trial, seed, kid=kid, kid_floor=FLOOR, kid_low=kid - 0.002, kid_high=kid + 0.002)
    found = judged(declared("unequal_rates"))
    assert (found["verdict"], found["difference"], found["p"]) == ("cannot tell yet", 0, 1)


@pytest.mark.parametrize("last", [1.0, 0.999])
def test_expectation_that_all_runs_meet_best_is_supported(last):
    """Without an upper bound the nearest bound is 0.98. Six equal runs show no spread, so their p is what their number allows."""
    for seed in SEEDS:
        leave("dense64", seed, d_accuracy=last if seed == 6 else 1.0)
    found = judged(declared("d_is_not_fooled"))
    assert found["verdict"] == "holds here"
    assert found["p"] < 1e-8 if last < 1 else found["p"] == 2 * 2 / 2**6


OTHER = {
    "torch": "2.15.0",
    "device": "NVIDIA H200",
    "cuda": "12.6",
    "cudnn": "91002",
    "numerics": "bf16",
    "processor": "another",
    "kernels": "AVX512",
    "scale": "evening",
    "samples": 500,
}


@pytest.mark.parametrize("column", OTHER)
def test_runs_of_two_circumstances_are_not_compared(column):
    leave_both(around(0.1), lambda seed: around(0.2)(seed) | ({column: OTHER[column]} if seed in (2, 5) else {}))
    with pytest.raises(UserError) as error:
        judged(declared("unequal_rates"))
    assert str(error.value).startswith(f"{column}: the runs of a verdict must have the same, and these do not: ")
    assert f"{OTHER[column]} for dcgan64_equal_rates (seeds 2, 5)" in str(error.value)
    assert "for dcgan64 (seeds 1, 2, 3, 4, 5, 6), dcgan64_equal_rates (seeds 1, 3, 4, 6)" in str(error.value)
    assert "\n" not in str(error.value)


def test_run_whose_torch_is_unknown_is_another_circumstance():
    leave_both(around(0.1), lambda seed: around(0.2)(seed) | ({"torch": ""} if seed == 2 else {}))
    with pytest.raises(UserError, match=r"torch: .*unknown for dcgan64_equal_rates \(seeds 2\)"):
        judged(declared("unequal_rates"))


def test_diverged_runs_have_no_samples_and_are_judged():
    leave_both(around(0.1), lambda seed: DIVERGED if seed == 2 else around(0.2)(seed))
    assert judged(declared("unequal_rates"))["control_failed"] == 1
