"""The spread over seeds and the difference that a study can detect."""

import math

import numpy as np
import pytest

from ganlib.studies.spread import detectable, summary
from ganlib.studies.verdict import compare


def test_detectable_difference_is_detected_in_nine_studies_of_ten():
    rng, shift = np.random.default_rng(0), detectable(1.0, 6)
    words = [compare(rng.normal(0, 1, 6), rng.normal(shift, 1, 6), 0.1).word for _ in range(500)]
    assert words.count("holds here") / 500 == pytest.approx(0.9, abs=0.04)


def test_detectable_difference_grows_with_the_spread_and_falls_with_more_seeds():
    assert detectable(0.2, 6) == pytest.approx(2 * detectable(0.1, 6))
    assert detectable(0.1, 12) < 0.7 * detectable(0.1, 6)


def row(seed: int, kid: float | str, status: str = "lived") -> dict:
    return {"seed": seed, "kid": kid, "kid_floor": 0.01, "status": status}


def test_spread_is_of_the_logarithms_of_the_excess_over_runs_that_lived():
    rows = [row(seed, 0.01 + 0.1 * math.exp(shift)) for seed, shift in enumerate((-0.1, 0.0, 0.1))]
    found = summary([*rows, row(9, "", "diverged")])
    assert (found["seeds"], found["failed"]) == (4, 1)
    assert found["kid_spread"] == pytest.approx(0.1)
    assert found["min_detectable_effect_n6"] == pytest.approx(1 - math.exp(-detectable(0.1, 6)))
    # s sqrt(2 / chi-squared) of 2 degrees of freedom, whose quantiles are -2 log p
    ends = [0.1 * math.sqrt(2 / (-2 * math.log(p))) for p in (0.025, 0.975)]
    assert [found[f"min_detectable_effect_n12_{end}"] for end in ("low", "high")] == pytest.approx(
        [1 - math.exp(-detectable(spread, 12)) for spread in ends]
    )
    assert (found["kid_lowest"], found["kid_highest"]) == pytest.approx((0.01 + 0.1 * math.exp(-0.1), 0.01 + 0.1 * math.exp(0.1)))


def test_without_a_floor_spread_is_of_the_logarithms_of_the_scores():
    rows = [row(seed, 0.1 * math.exp(shift)) | {"kid_floor": ""} for seed, shift in enumerate((-0.1, 0.0, 0.1))]
    assert summary(rows)["kid_spread"] == pytest.approx(0.1)


def test_too_few_runs_have_no_spread():
    assert summary([row(1, 0.2), row(2, 0.3)]) == {"seeds": 2, "failed": 0}
