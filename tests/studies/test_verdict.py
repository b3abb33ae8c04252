"""Verdicts on numbers with a known answer, and their error rate and power on random numbers."""

import math

import numpy as np
import pytest
from scipy import stats

from ganlib.studies import paths
from ganlib.studies.verdict import LEVEL, LOOKS, compare, compare_failures, compare_medians, compare_paired, expect, holm, trend

MARGIN = 0.1
SIX = np.array([-0.02, -0.01, 0.0, 0.0, 0.01, 0.02])


def test_last_seed_of_a_study_is_that_of_the_second_look():
    assert LOOKS[-1] == paths.LAST_SEED


@pytest.mark.parametrize(
    ("shift", "spread", "word"),
    [
        (0.5, 1, "supported"),
        (-0.5, 1, "contradicted"),
        (0, 1, "no difference that matters"),
        (0, 50, "undecided"),
        (0.09, 1, "supported"),  # by less than matters
        (-0.09, 1, "contradicted"),
    ],
)
def test_verdict_follows_from_the_position_of_the_interval(shift, spread, word):
    found = compare(spread * SIX, spread * SIX + shift, MARGIN)
    assert found.word == word
    assert found.difference == pytest.approx(shift)
    assert found.low < shift < found.high
    assert (found.low + found.high) / 2 == pytest.approx(shift)


def test_interval_is_welchs_and_p_is_of_both_looks():
    """Worked out by hand for equal spreads: the difference and t(0.9875; 10) = 2.6338 standard errors."""
    found = compare(SIX, SIX + 0.05, MARGIN)
    error = math.sqrt(2 * SIX.var(ddof=1) / 6)
    assert stats.t.ppf((1 + LEVEL) / 2, 10) == pytest.approx(2.6338, abs=1e-4)
    assert found.high - found.difference == pytest.approx(2.6338 * error, rel=1e-4)
    assert found.p == pytest.approx(2 * 2 * stats.t.sf(0.05 / error, 10))
    uneven = compare(SIX, 10 * SIX + 0.05, MARGIN)  # Welch: about as many degrees of freedom as the wider side has
    expected = stats.t.ppf((1 + LEVEL) / 2, 5.1) * math.sqrt(101 * SIX.var(ddof=1) / 6)
    assert uneven.high - uneven.difference == pytest.approx(expected, rel=1e-2)


def test_paired_test_ignores_what_runs_have_in_common():
    common = np.array([1.0, 5.0, 2.0, 9.0, 4.0, 7.0])
    treatment, control = common + SIX, common + 0.05
    assert compare(treatment, control, MARGIN).word == "undecided"
    assert compare_paired(treatment, control, MARGIN).word == "supported"


@pytest.mark.parametrize("judge", [compare, compare_paired])
def test_equal_values_on_both_sides_need_no_spread(judge):
    same = judge(np.full(6, 0.3), np.full(6, 0.3), MARGIN)
    assert (same.word, same.difference, same.low, same.high, same.p) == ("no difference that matters", 0, 0, 0, 1)
    apart = judge(np.full(6, 0.3), np.full(6, 0.5), MARGIN)
    assert (apart.word, apart.low, apart.high, apart.p) == ("supported", pytest.approx(0.2), pytest.approx(0.2), 0)


@pytest.mark.parametrize("judge", [compare, compare_paired, compare_medians])
@pytest.mark.parametrize("n", [2, 3, 5, 7, 11])
def test_no_verdict_but_at_the_two_looks(judge, n):
    rng = np.random.default_rng(0)
    found = judge(rng.normal(0, 0.01, n), rng.normal(1, 0.01, n), MARGIN)
    assert found.word == "no verdict"
    assert math.isinf(found.low) == (n == 2 or (judge is compare_medians and n < 7))


def test_failed_run_is_judged_by_the_median_and_counts_as_the_worst():
    treatment, control = np.linspace(0, 0.1, 12), np.linspace(1, 1.1, 12)
    control[3] = math.inf
    found = compare_medians(treatment, control, MARGIN)
    assert (found.word, found.difference) == ("supported", pytest.approx(1.0))
    treatment[3] = math.inf  # both failed with this seed: no difference
    assert compare_medians(treatment, control, MARGIN).word == "supported"
    treatment[:8] = math.inf
    assert compare_medians(treatment, control, MARGIN).word == "undecided"
    assert compare_medians(treatment[:8], np.ones(8), MARGIN).difference == -math.inf


def test_six_pairs_give_no_exact_interval_and_all_failed_is_no_difference():
    found = compare_medians(np.zeros(6), np.array([1, 2, 3, 4, 5, math.inf]), MARGIN)
    assert (found.word, found.low, found.high) == ("undecided", -math.inf, math.inf)
    nothing = compare_medians(np.full(12, math.inf), np.full(12, math.inf), MARGIN)
    assert (nothing.difference, nothing.low, nothing.high) == (0, 0, 0)


@pytest.mark.parametrize(
    ("treatment", "control", "n", "word", "p"),
    [
        (0, 6, 6, "supported", 2 * 0.000488),
        (0, 4, 6, "supported", 2 * 0.021006),
        (4, 0, 6, "contradicted", 2 * 0.021006),
        (0, 3, 6, "undecided", None),
        (0, 5, 12, "supported", 2 * 0.017434),
        (0, 4, 12, "undecided", None),
        (3, 3, 6, "undecided", 1.0),
        (0, 5, 5, "no verdict", None),
    ],
)
def test_failures_are_compared_by_their_counts(treatment, control, n, word, p):
    """The p-values by hand: the largest chance, over all rates of failure, of counts with so small a p of Fisher's, twice for two looks."""
    found = compare_failures(treatment, control, n)
    assert found[0] == word
    if p is not None:
        assert found[1] == pytest.approx(p, rel=1e-3)


@pytest.mark.parametrize(
    ("values", "low", "high", "word"),
    [
        (0.99 + 0.1 * SIX, 0.98, 1.0, "supported"),
        (0.55 + SIX, 0.98, 1.0, "contradicted"),
        (0.98 + SIX, 0.98, 1.0, "undecided"),
        (0.99 + 0.1 * SIX, 0.98, math.inf, "supported"),
        (np.full(6, 1.0), 0.98, math.inf, "supported"),
        (np.array([1, 1, 1, 1, 1, 0.999]), 0.98, math.inf, "supported"),
        (-1 + SIX, -math.inf, 0.0, "supported"),
        (1 + SIX, -math.inf, 0.0, "contradicted"),
        (np.full(6, 0.5), 0.5, 0.5, "supported"),
        (np.full(6, 0.4), 0.5, 0.6, "contradicted"),
        (0.99 + 0.1 * SIX[:5], 0.98, 1.0, "no verdict"),
    ],
)
def test_expectation_is_supported_if_it_contains_the_interval_of_the_mean(values, low, high, word):
    found = expect(values, low, high)
    assert found.word == word
    assert found.difference == pytest.approx(values.mean())
    assert found.p < 0.05 or word == "undecided" or values.mean() == low


def test_runs_that_failed_make_an_expectation_one_of_the_median():
    values = np.full(12, 0.99) + np.linspace(0, 0.001, 12)
    values[0] = -math.inf
    assert expect(values, 0.98, 1.0).word == "supported"
    values[:6] = -math.inf
    assert expect(values, 0.98, 1.0).word == "undecided"


def test_trend_is_of_costs_that_fall_in_the_order_of_the_moments():
    falling = np.tile([3.0, 2.0, 1.0], (6, 1)) + SIX[:, None]
    assert trend(falling) < 0.001
    assert trend(falling[:, ::-1]) > 0.99


def test_holm_marks_what_remains_significant():
    """0.05 / 4, / 3, / 2, / 1: the second fails, and with it all that come after."""
    assert holm(np.array([0.02, 0.012, 0.03, 0.04])).tolist() == [False, True, False, False]
    assert holm(np.array([0.001, 0.04])).tolist() == [True, True]
    assert holm(np.array([])).tolist() == []


def looked_twice(draw, judge) -> list[str]:
    """The verdicts of studies that continue to twelve seeds if six leave them undecided."""
    words = []
    for treatment, control in draw:
        word = judge(treatment[:6], control[:6], MARGIN).word
        words.append(judge(treatment, control, MARGIN).word if word == "undecided" else word)
    return words


def false_share(words: list[str]) -> float:
    return sum(word in ("supported", "contradicted") for word in words) / len(words)


def test_equal_arms_differ_in_at_most_one_study_of_twenty_over_both_looks():
    rng, studies = np.random.default_rng(1), 700
    draw = ((rng.normal(0, 1, 12), rng.normal(0, 1, 12)) for _ in range(studies))
    assert false_share(looked_twice(draw, compare)) <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / studies)


@pytest.mark.slow
@pytest.mark.parametrize(("judge", "spread"), [(compare, 1), (compare, 4), (compare_paired, 1)])
def test_equal_arms_of_unequal_spread_or_in_pairs_differ_as_rarely(judge, spread):
    rng, studies = np.random.default_rng(4), 3000
    draw = ((rng.normal(0, 1, 12), rng.normal(0, spread, 12)) for _ in range(studies))
    assert false_share(looked_twice(draw, judge)) <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / studies)


@pytest.mark.slow
def test_equal_arms_that_collapse_equally_often_differ_in_at_most_one_study_of_twenty():
    rng, studies = np.random.default_rng(2), 1000
    words, counts = [], []
    for _ in range(studies):
        treatment, control = (np.where(rng.random(12) < 0.3, math.inf, rng.normal(0, 1, 12)) for _ in range(2))
        words += looked_twice([(treatment, control)], compare_medians)
        counts.append((int(np.isinf(treatment).sum()), int(np.isinf(control).sum())))
    assert false_share(words) <= 0.05
    answers = {pair: compare_failures(*pair, 12)[0] for pair in set(counts)}
    assert false_share([answers[pair] for pair in counts]) <= 0.025 + 2 * math.sqrt(0.025 / studies)


def test_known_effect_is_found_as_often_as_it_should_be():
    """Two standard deviations of a run: Welch at 97.5 % has a power of 0.71 with six a side (noncentral t), and nearly 1 by twelve."""
    rng, studies = np.random.default_rng(3), 500
    draws = [(rng.normal(0, 1, 12), rng.normal(2, 1, 12)) for _ in range(studies)]
    at_six = sum(compare(treatment[:6], control[:6], MARGIN).word == "supported" for treatment, control in draws) / studies
    expected = stats.nct.sf(stats.t.ppf((1 + LEVEL) / 2, 10), 10, 2 / math.sqrt(2 / 6))
    assert at_six == pytest.approx(expected, abs=0.05)
    assert sum(word == "supported" for word in looked_twice(draws, compare)) / studies > 0.97
