"""The answer over several studies: against Welch's test, a computation by hand, simulated coverage, and tables of runs."""

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ganlib.core import tables
from ganlib.studies import declarations, paths, pooled, verdict
from ganlib.support.errors import UserError
from tests.conftest import ROOT
from tools import claims

QUESTION = "gaussian_z_in_three_nets"
KNOWN = declarations.load(ROOT / declarations.FILE, ROOT / declarations.CATALOGUE)


def test_pool_of_one_study_is_welchs_test():
    rng = np.random.default_rng(1)
    arms = rng.normal(0, 0.1, 6), rng.normal(0.2, 0.3, 12)
    found, expected = verdict.pool([arms], 0.1), verdict.compare(*arms, 0.1)
    assert found.word == expected.word
    assert (found.difference, found.low, found.high, found.p) == pytest.approx(
        (expected.difference, expected.low, expected.high, expected.p), rel=1e-9
    )


def test_pool_of_two_studies_by_hand():
    """Means 1 and 0.5, hence 0.75; variances of the arms' means 1/3, 0, 1/3 and 0; freedom (2/3)^2 / (2 (1/3)^2 / 2) = 4."""
    one, other = (np.array([0.0, 1.0, -1.0]), np.full(3, 1.0)), (np.array([0.0, 1.0, -1.0]), np.full(3, 0.5))
    found = verdict.pool([one, other], 0.1)
    half = 3.4954 * np.sqrt(2 / 3) / 2  # the 98.75% quantile of t with 4 degrees of freedom
    assert found.word == "no verdict"
    assert (found.difference, found.low, found.high) == pytest.approx((0.75, 0.75 - half, 0.75 + half), abs=1e-4)
    assert verdict.pool([(np.zeros(2), np.ones(2)), one], 0.1).low == -np.inf


def test_interval_of_the_pool_covers_the_mean_effect():
    """Three nets with other effects and spreads, six seeds an arm: 97.5% within four standard errors of a simulation."""
    rng, spreads, effects, runs = np.random.default_rng(2), (0.05, 0.1, 0.2), (0.1, -0.2, 0.4), 3000
    covered = 0
    for _ in range(runs):
        arms = [(rng.normal(0, spread, 6), rng.normal(effect, spread, 6)) for spread, effect in zip(spreads, effects, strict=True)]
        found = verdict.pool(arms, 0.1)
        covered += found.low < 0.1 < found.high
    assert abs(covered / runs - 0.975) < 4 * np.sqrt(0.975 * 0.025 / runs)


def table(name: str, kid: float, of_control: float, seeds: int = 6, **changes: Any) -> str:
    """Runs of both arms of a study, with KIDs that vary by seed and a floor of 0."""
    study = KNOWN.studies[name]
    rows = [
        (trial, seed, value * (1 + seed / 50))
        for trial, value in ((study.treatment, kid), (study.control, of_control))
        for seed in range(1, seeds + 1)
    ]
    same = {
        "status": "lived",
        "step": 2400,
        "floor": 0.0,
        "scale": "preview",
        "samples": 250,
        "d_accuracy": 0.8,
        "processor": "a processor",
    }
    return pd.DataFrame(rows, columns=["trial", "seed", "kid"]).assign(**{**same, **changes}).to_csv(index=False)


def tables_of(**changes: Any) -> dict[str, str]:
    """Gaussian z is better by a tenth, a fifth and, in the study of the opposite claim, three tenths."""
    kids = {"gaussian_z": (0.18, 0.2), "gaussian_z_at_56": (0.16, 0.2), "uniform_or_normal": (0.2, 0.14)}
    return {name: table(name, *of, **changes) for name, of in kids.items()}


def test_mean_effect_turns_the_study_of_the_opposite_claim():
    found = pooled.judge(KNOWN.pooled[QUESTION], KNOWN.studies, tables_of(), "toons")
    assert isinstance(found, dict)
    assert found["difference"] == pytest.approx(1 - (0.9 * 0.8 * 0.7) ** (1 / 3), rel=1e-9)  # the geometric mean of the ratios
    assert (found["answer"], found["seeds"], found["processors"]) == ("holds here", 6, ["a processor"])
    assert found["sentence"].startswith(
        "At preview scale (toons, N = 250, 6 seeds per arm of 3 studies): holds here; on average the claim's side is 20% nearer to real"
        " faces by KID (97.5% CI: "
    )
    assert found["sentence"].endswith("); gaussian_z 10% nearer, gaussian_z_at_56 20% nearer, uniform_or_normal 30% nearer.")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"status": "collapsed"}, "a run failed"), ({"d_accuracy": 0.5}, "out of regime")],
)
def test_no_answer_where_a_study_has_none(changes, reason):
    of = {**tables_of(), "uniform_or_normal": tables_of(**changes)["uniform_or_normal"]}
    assert pooled.judge(KNOWN.pooled[QUESTION], KNOWN.studies, of, "toons") == f"uniform_or_normal: {reason}"


def test_no_answer_until_all_studies_have_as_many_looks():
    of = tables_of() | {"gaussian_z": table("gaussian_z", 0.18, 0.2, seeds=12)}
    assert pooled.judge(KNOWN.pooled[QUESTION], KNOWN.studies, of, "toons") == "the studies have 6 and 12 seeds per arm"


def test_question_is_answered_where_all_its_studies_have_results(tmp_path, monkeypatch):
    for name in ("params.yaml", "studies"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(paths, "RESULTS", tmp_path / "results")
    for name, text in tables_of().items():
        for dataset in ("toons", "celeba_preview") if name == "gaussian_z" else ("toons",):
            paths.results(dataset, name).parent.mkdir(parents=True, exist_ok=True)
            paths.results(dataset, name).write_text(text, encoding="utf-8")
    found = {entry["name"]: entry for entry in claims.entries()}[QUESTION]
    assert (found["state"], [*found["results"]], found["results"]["toons"]["holds"]) == ("tested", ["toons"], True)
    assert "## Over several reports\n" in claims.page([found])
    json.loads(claims.data([found]))


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ({"gaussian_z": 1, "gausian_z": 1}, "pooled.question.studies: 'gausian_z' is unknown, did you mean 'gaussian_z'"),
        ({"gaussian_z": 1, "better_over_time": 1}, "pooled.question.studies: must be comparisons of two trials by a score"),
        ({"gaussian_z": 1}, "pooled.question.studies: "),
        ({"gaussian_z": 1, "unequal_rates": 2}, "pooled.question.studies.unequal_rates: "),
    ],
)
def test_mistake_names_its_key(tmp_path, monkeypatch, block, said):
    monkeypatch.chdir(ROOT)
    values = tables.read_yaml(declarations.CATALOGUE)
    values["pooled"] = {"question": {"claim": "A claim.", "studies": block}}
    tables.write_yaml(values, tmp_path / "catalogue.yaml")
    with pytest.raises(UserError) as raised:
        declarations.load(listed=tmp_path / "catalogue.yaml")
    assert said in str(raised.value)
