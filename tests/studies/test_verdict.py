"""Verdicts on numbers with a known answer, and their error rate and power on random numbers."""

import math

import numpy as np
import pytest
from scipy import stats

from ganlib.studies import paths
from ganlib.studies.verdict import (
    LEVEL,
    LOOKS,
    SIDES,
    compare,
    compare_failures,
    compare_paired,
    compare_ranks,
    differences_outside,
    expect,
    holm,
    trend,
)

MARGIN = 0.1
SIX = np.array([-0.02, -0.01, 0.0, 0.0, 0.01, 0.02])


def test_last_seed_of_a_study_is_that_of_the_second_look():
    assert LOOKS[-1] == paths.LAST_SEED


@pytest.mark.parametrize(
    ("shift", "spread", "word"),
    [
        (0.5, 1, "holds here"),
        (-0.5, 1, "the reverse here"),
        (0, 1, "no difference here"),
        (0, 50, "cannot tell yet"),
        (0.09, 1, "holds here"),  # by less than matters
        (-0.09, 1, "the reverse here"),
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
    assert compare(treatment, control, MARGIN).word == "cannot tell yet"
    assert compare_paired(treatment, control, MARGIN).word == "holds here"


@pytest.mark.parametrize(("judge", "least"), [(compare, 2 / 924), (compare_paired, 2 / 2**6)])
def test_values_without_spread_have_no_smaller_p_than_their_number_allows(judge, least):
    """6 values each have 924 orders as two groups and 2^6 patterns of signs as pairs; both looks count."""
    same = judge(np.full(6, 0.3), np.full(6, 0.3), MARGIN)
    assert (same.word, same.difference, same.low, same.high, same.p) == ("no difference here", 0, 0, 0, 1)
    apart = judge(np.full(6, 0.3), np.full(6, 0.5), MARGIN)
    assert (apart.word, apart.low, apart.high, apart.p) == ("holds here", *map(pytest.approx, (0.2, 0.2, 2 * least)))


@pytest.mark.parametrize("judge", [compare, compare_paired, compare_ranks])
@pytest.mark.parametrize("n", [2, 3, 5, 7, 11])
def test_no_verdict_but_at_the_two_looks(judge, n):
    rng = np.random.default_rng(0)
    found = judge(rng.normal(0, 0.01, n), rng.normal(1, 0.01, n), MARGIN)
    assert found.word == "no verdict"
    assert math.isinf(found.low) == (n == 2 or (judge is compare_ranks and n < 5))


def test_ranks_have_the_shift_interval_and_p_of_hollander_and_wolfe():
    """Hollander & Wolfe 1973, pages 69 to 79: R's `wilcox.test(x, y, alternative = "greater")` prints W = 35, p = 0.1272 for them."""
    at_term = np.array([0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46])
    early = np.array([1.15, 0.88, 0.90, 0.74, 1.21])
    found = compare_ranks(early, at_term, MARGIN)
    differences = np.sort(np.subtract.outer(at_term, early).ravel())
    assert (differences > 0).sum() == 35
    assert found.difference == pytest.approx(0.305)
    assert found.p / 2 == pytest.approx(2 * 0.1272, abs=1e-4)
    outside = differences_outside(5, 10, level=0.95)
    assert (differences[outside], differences[-1 - outside]) == pytest.approx((-0.15, 0.76))


@pytest.mark.parametrize(
    ("n", "m", "level", "critical"), [(6, 6, 0.95, 5), (6, 6, 0.99, 2), (5, 8, 0.95, 6), (12, 12, 0.95, 37), (6, 12, 0.99, 9)]
)
def test_interval_leaves_out_what_published_tables_of_u_allow(n, m, level, critical):
    """Critical values of Mann & Whitney's U, two-sided (Siegel 1956, tables J and K)."""
    assert differences_outside(n, m, level) == differences_outside(m, n, level) == critical


def test_exact_interval_excludes_0_where_the_exact_p_is_below_its_level():
    rng = np.random.default_rng(5)
    for _ in range(200):
        treatment, control = rng.normal(0, 1, 6), rng.normal(1, 1, 12)
        found = compare_ranks(treatment, control, MARGIN)
        assert (found.word in SIDES) == (found.p / 2 <= 1 - LEVEL)
        assert found.low <= found.difference <= found.high


def test_one_failed_run_of_the_worse_arm_takes_no_verdict_away():
    """And all of them give one, at the first look already."""
    treatment, control = np.linspace(0, 0.1, 6), np.linspace(1, 1.1, 6)
    control[3] = math.inf
    found = compare_ranks(treatment, control, MARGIN)
    assert (found.word, found.difference) == ("holds here", pytest.approx(1.0, abs=0.05))
    assert math.isfinite(found.low)
    assert compare_ranks(control, treatment, MARGIN).word == "the reverse here"
    found = compare_ranks(treatment, np.full(6, math.inf), MARGIN)
    assert (found.word, found.difference, found.low, found.p) == ("holds here", math.inf, math.inf, pytest.approx(2 * 2 / 924))


def test_ranks_ignore_the_order_of_seeds():
    treatment, control = np.array([0.3, 0.1, math.inf, 0.2, 0.5, 0.4]), np.array([0.6, math.inf, 0.7, math.inf, 0.9, 0.8])
    assert compare_ranks(treatment, control, MARGIN) == compare_ranks(np.sort(treatment), control[::-1], MARGIN)


def test_runs_that_all_failed_do_not_differ():
    nothing = compare_ranks(np.full(12, math.inf), np.full(6, math.inf), MARGIN)
    assert (nothing.difference, nothing.low, nothing.high, nothing.p) == (0, 0, 0, 1)


@pytest.mark.parametrize("judge", [compare, compare_ranks])
def test_arms_may_have_six_and_twelve_runs(judge):
    found = judge(np.linspace(0, 0.1, 6), np.linspace(1, 1.1, 12), MARGIN)
    assert (found.word, found.difference) == ("holds here", pytest.approx(1.0))
    assert judge(np.linspace(0, 0.1, 6), np.linspace(1, 1.1, 7), MARGIN).word == "no verdict"


@pytest.mark.parametrize(
    ("treatment", "control", "n", "word", "p"),
    [
        (0, 6, 6, "holds here", 2 * 0.000488),
        (0, 4, 6, "holds here", 2 * 0.021006),
        (4, 0, 6, "the reverse here", 2 * 0.021006),
        (0, 3, 6, "cannot tell yet", None),
        (0, 5, 12, "holds here", 2 * 0.017434),
        (0, 4, 12, "cannot tell yet", None),
        (3, 3, 6, "cannot tell yet", 1.0),
        (0, 5, 5, "no verdict", None),
    ],
)
def test_failures_are_compared_by_their_counts(treatment, control, n, word, p):
    """The p-values by hand: the largest chance, over all rates of failure, of counts with so small a p of Fisher's, twice for two looks."""
    found = compare_failures(treatment, control, (n, n))
    assert found[0] == word
    if p is not None:
        assert found[1] == pytest.approx(p, rel=1e-3)


@pytest.mark.parametrize(
    ("values", "low", "high", "word"),
    [
        (0.99 + 0.1 * SIX, 0.98, 1.0, "holds here"),
        (0.55 + SIX, 0.98, 1.0, "the reverse here"),
        (0.98 + SIX, 0.98, 1.0, "cannot tell yet"),
        (0.99 + 0.1 * SIX, 0.98, math.inf, "holds here"),
        (np.full(6, 1.0), 0.98, math.inf, "holds here"),
        (np.array([1, 1, 1, 1, 1, 0.999]), 0.98, math.inf, "holds here"),
        (-1 + SIX, -math.inf, 0.0, "holds here"),
        (1 + SIX, -math.inf, 0.0, "the reverse here"),
        (np.full(6, 0.5), 0.5, 0.5, "holds here"),
        (np.full(6, 0.4), 0.5, 0.6, "the reverse here"),
        (0.99 + 0.1 * SIX[:5], 0.98, 1.0, "no verdict"),
    ],
)
def test_expectation_is_supported_if_it_contains_the_interval_of_the_mean(values, low, high, word):
    found = expect(values, low, high)
    assert found.word == word
    assert found.difference == pytest.approx(values.mean())
    least = 2 * 2 / 2**6  # of equal values
    assert found.p < 0.05 or word == "cannot tell yet" or values.mean() == low or (np.ptp(values) == 0 and found.p == least)


@pytest.mark.parametrize("failed", [-math.inf, 0.1])
def test_runs_that_failed_make_an_expectation_one_of_the_median(failed):
    values = np.full(12, 0.99) + np.linspace(0, 0.001, 12)
    values[0] = failed
    assert expect(values, 0.98, 1.0, of_median=True).word == "holds here"
    values[:6] = failed
    assert expect(values, 0.98, 1.0, of_median=True).word == "cannot tell yet"


def test_trend_is_of_costs_that_fall_in_the_order_of_the_moments():
    falling = np.tile([3.0, 2.0, 1.0], (6, 1)) + SIX[:, None]
    assert trend(falling) < 0.001
    assert trend(falling[:, ::-1]) > 0.99


def test_holm_marks_what_remains_significant():
    """0.05 / 4, / 3, / 2, / 1: the second fails, and with it all that come after."""
    assert holm(np.array([0.02, 0.012, 0.03, 0.04])).tolist() == [False, True, False, False]
    assert holm(np.array([0.001, 0.04])).tolist() == [True, True]
    assert holm(np.array([])).tolist() == []


FAILURES = (0.0, 0.1, 0.3)


def sides(treatment: np.ndarray, control: np.ndarray) -> np.ndarray:
    """The sign of each study's answer (R,) or 0, of costs (R, 12) looked at by 6 and, if that is no answer, by 12.

    This is `compare` where no run failed and `compare_ranks` where one did, for all studies at once.
    """
    answers = np.zeros((len(LOOKS), len(treatment)), int)
    for found, n in zip(answers, LOOKS, strict=True):
        ours, theirs = treatment[:, :n], control[:, :n]
        whole = np.isfinite(ours).all(1) & np.isfinite(theirs).all(1)
        welch = stats.ttest_ind(theirs[whole], ours[whole], axis=1, equal_var=False)
        found[whole] = np.sign(welch.statistic) * (welch.pvalue < 1 - LEVEL)
        with np.errstate(invalid="ignore"):
            differences = theirs[~whole, :, None] - ours[~whole, None, :]
        differences = np.sort(np.where(np.isnan(differences), 0, differences).reshape(-1, n * n), axis=1)
        outside = differences_outside(n, n)
        found[~whole] = (differences[:, outside] > 0) * 1 - (differences[:, -1 - outside] < 0)
    return np.where(answers[0] != 0, answers[0], answers[1])


def sides_on_failures(treatment: np.ndarray, control: np.ndarray) -> np.ndarray:
    """The same of `compare_failures`."""
    answers = []
    for n in LOOKS:
        failed = [np.isinf(costs[:, :n]).sum(axis=1) for costs in (treatment, control)]
        pairs, which = np.unique(np.stack(failed, axis=1), axis=0, return_inverse=True)
        words = [compare_failures(int(ours), int(theirs), (n, n))[0] for ours, theirs in pairs]
        answers.append(np.array([{"holds here": 1, "the reverse here": -1}.get(word, 0) for word in words])[which.ravel()])
    return np.where(answers[0] != 0, answers[0], answers[1])


def studies(rng: np.random.Generator, count: int, spread: float, failing: float, shift: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Costs (count, 12) of two arms, of standard deviations 1 and `spread`; a run fails with the chance `failing`."""
    drawn = rng.normal(0, 1, (count, 12)), rng.normal(shift, spread, (count, 12))
    treatment, control = (np.where(rng.random(costs.shape) < failing, math.inf, costs) for costs in drawn)
    return treatment, control


def test_simulated_answers_are_those_of_the_comparisons():
    rng = np.random.default_rng(7)
    for failing in FAILURES:
        treatment, control = studies(rng, 60, 2, failing, shift=1.5)
        for ours, theirs, expected in zip(treatment, control, sides(treatment, control), strict=True):
            words: list[str] = []
            for n in LOOKS:
                judge = compare if np.isfinite([ours[:n], theirs[:n]]).all() else compare_ranks
                words.append(judge(ours[:n], theirs[:n], 1e-9).word)
            word = next((word for word in words if word in SIDES), "cannot tell yet")
            assert {"holds here": 1, "the reverse here": -1}.get(word, 0) == expected


def most(share: float, count: int) -> float:
    """What a share of `count` studies exceeds by chance in one test of a thousand."""
    return share + 3.1 * math.sqrt(share * (1 - share) / count)


@pytest.mark.parametrize("count", [3000, pytest.param(100_000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("failing", FAILURES)
@pytest.mark.parametrize("spread", [1, 2])
def test_equal_arms_differ_in_at_most_one_study_of_twenty_over_both_looks(spread, failing, count):
    """Whichever of the verdicts on the scores and on failures is shown."""
    arms = studies(np.random.default_rng(1), count, spread, failing)
    assert ((sides(*arms) != 0) | (sides_on_failures(*arms) != 0)).mean() <= most(0.05, count)


@pytest.mark.parametrize("count", [2000, pytest.param(50_000, marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    ("effect", "failing", "power"), [(0.2, 0, 0.99), (0.2, 0.1, 0.8), (0.2, 0.3, 0.22), (0.3, 0, 0.99), (0.3, 0.1, 0.87), (0.3, 0.3, 0.25)]
)
def test_effect_of_a_fifth_or_more_is_found_by_twelve_seeds(effect, failing, power, count):
    """Runs differ by a tenth, as previews do; an arm's excess is a fifth or three tenths smaller. Failed runs hide it in either arm."""
    answers = sides(*studies(np.random.default_rng(3), count, 1, failing, shift=-math.log(1 - effect) / 0.1))
    assert (answers == 1).mean() >= power
    assert (answers == -1).mean() <= 0.001


@pytest.mark.slow
def test_equal_arms_differ_as_rarely_in_pairs():
    rng, count = np.random.default_rng(4), 20_000
    costs = rng.normal(0, 1, (count, 12)), rng.normal(0, 1, (count, 12))
    p = np.min([stats.ttest_1samp(costs[0][:, :n] - costs[1][:, :n], 0, axis=1).pvalue for n in LOOKS], axis=0)
    assert (p < 1 - LEVEL).mean() <= most(0.05, count)


@pytest.mark.slow
def test_arms_that_fail_equally_often_differ_in_failures_in_at_most_one_study_of_forty():
    rng, count = np.random.default_rng(2), 3000
    pairs = [tuple(map(int, pair)) for pair in rng.binomial(12, 0.3, (count, 2))]
    answers = {pair: compare_failures(*pair, (12, 12))[0] in SIDES for pair in set(pairs)}
    assert np.mean([answers[pair] for pair in pairs]) <= most(0.025, count)


def test_known_effect_is_found_as_often_as_it_should_be():
    """Two standard deviations of a run: Welch at 97.5% has a power of 0.71 with six a side (noncentral t), and nearly 1 by twelve."""
    count = 2000
    treatment, control = studies(np.random.default_rng(3), count, 1, 0, shift=2)
    at_six = stats.ttest_ind(control[:, :6], treatment[:, :6], axis=1, equal_var=False)
    expected = stats.nct.sf(stats.t.ppf((1 + LEVEL) / 2, 10), 10, 2 / math.sqrt(2 / 6))
    assert ((at_six.pvalue < 1 - LEVEL) & (at_six.statistic > 0)).mean() == pytest.approx(expected, abs=0.04)
    assert (sides(treatment, control) == 1).mean() > 0.97
