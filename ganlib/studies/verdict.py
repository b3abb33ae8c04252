"""Verdicts on results over seeds: a confidence interval, and a word for where it lies.

Values are costs: smaller is better for the claim. A run without a value costs infinity. Where no run failed, two arms are compared by
Welch's t-test; where one did, by ranks, which need no number.

There are two looks, at 6 and at 12 seeds per arm. Each has a 97.5% interval, so that the error rate of both is at most 5%
(Bonferroni). Comparing one interval with 0 and the margin is a three-sided test (Goeman, Solari & Stijnen 2010), which needs no
correction for its three answers.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Values = NDArray[np.float64]

LEVEL = 0.975
LOOKS = (6, 12)
MIN_SEEDS = 3  # per arm, for an interval

Word = Literal["holds here", "the reverse here", "no difference here", "cannot tell yet", "out of regime", "no verdict", "not testable"]

SIDES: tuple[Word, ...] = ("holds here", "the reverse here")


@dataclass(frozen=True)
class Verdict:
    """`difference` (control - treatment) with its interval, positive if the treatment is better; `p` is two-sided, adjusted for both looks.

    For an expectation `difference` is the mean. `low` and `high` are infinite if there are too few seeds for an interval at this level.
    """

    word: Word
    difference: float
    low: float
    high: float
    p: float


def compare(treatment: Values, control: Values, margin: float) -> Verdict:
    """Compare the costs (n,) and (m,) of two arms by Welch's t-test, which does not assume equal variances."""
    sizes = len(treatment), len(control)
    if min(sizes) >= MIN_SEEDS and np.ptp(treatment) == np.ptp(control) == 0:  # t would divide by 0
        return compare_ranks(treatment, control, margin)
    difference = float(control.mean() - treatment.mean())
    if min(sizes) < MIN_SEEDS:
        return _too_few(difference)
    found: Any = stats.ttest_ind(control, treatment, equal_var=False)
    return _judged(sizes, difference, found.confidence_interval(LEVEL), found.pvalue, margin)


def pool(arms: Sequence[tuple[Values, Values]], margin: float) -> Verdict:
    """The mean difference over studies of several nets, given the costs (n,) and (m,) of the arms of each: an answer about these nets.

    The studies are independent and weigh equally. The degrees of freedom are Satterthwaite's (1946), as in Welch's test, which is the case
    of one study.
    """
    values = [arm for pair in arms for arm in pair]
    sizes, difference = [len(of) for of in values], float(np.mean([control.mean() - treatment.mean() for treatment, control in arms]))
    if min(sizes) < MIN_SEEDS:
        return _too_few(difference)
    variances = np.array([of.var(ddof=1) / len(of) for of in values])
    if not (total := float(variances.sum())):
        return _judged(sizes, difference, (difference, difference), _least_p(difference == 0, min(sizes)), margin)
    freedom = total**2 / float((variances**2 / (np.array(sizes) - 1)).sum())
    error = math.sqrt(total) / len(arms)
    half = error * float(stats.t.ppf((1 + LEVEL) / 2, freedom))
    return _judged(
        sizes, difference, (difference - half, difference + half), 2 * float(stats.t.sf(abs(difference) / error, freedom)), margin
    )


def compare_ranks(treatment: Values, control: Values, margin: float) -> Verdict:
    """Compare costs (n,) and (m,), of which some may be infinite: the shift of Hodges & Lehmann (1963) with its exact interval.

    The shift is the median of all n m differences between a run of the control and one of the treatment. The interval leaves out
    differences at both ends, as the exact distribution of Mann & Whitney's U (1947) allows. A run without a value ranks as the worst
    (Lachin 1999). Two of them are equal, but where both arms have one, no difference is not an answer.
    """
    sizes = len(treatment), len(control)
    with np.errstate(invalid="ignore"):
        differences = np.subtract.outer(control, treatment).ravel()
    unknown = np.isnan(differences)  # infinity - infinity
    differences = np.sort(np.where(unknown, 0.0, differences))
    if min(sizes) < MIN_SEEDS:
        return _too_few(_median(differences))
    outside = differences_outside(*sizes)
    interval = (-math.inf, math.inf) if outside is None else (float(differences[outside]), float(differences[-1 - outside]))
    p = float(stats.mannwhitneyu(control, treatment, method="exact").pvalue)
    return _judged(sizes, _median(differences), interval, p, 0.0 if unknown.any() else margin)


@cache
def differences_outside(n: int, m: int, level: float = LEVEL) -> int | None:
    """How many of the n m differences the interval leaves out at each end; None if no interval reaches `level`."""
    chances = np.cumsum([_orders(n, m, u) for u in range(n * m + 1)]) / math.comb(n + m, n)  # P(U <= u)
    outside = int(np.sum(chances <= (1 - level) / 2)) - 1
    return outside if outside >= 0 else None


@cache
def _orders(n: int, m: int, u: int) -> int:
    """In how many of the orders of n and m values Mann & Whitney's U is `u`, by their recurrence: the largest value is of either arm."""
    if u < 0:
        return 0
    if n == 0 or m == 0:
        return int(u == 0)
    return _orders(n - 1, m, u - m) + _orders(n, m - 1, u)


def compare_paired(treatment: Values, control: Values, margin: float) -> Verdict:
    """Compare the costs (n,) of the same runs at two moments by the paired t-test."""
    differences = control - treatment
    difference = float(differences.mean())
    if len(differences) < MIN_SEEDS:
        return _too_few(difference)
    if np.ptp(differences) == 0:
        return _judged([len(differences)], difference, (difference, difference), _least_p(difference == 0, len(differences)), margin)
    found: Any = stats.ttest_1samp(differences, 0)
    return _judged([len(differences)], difference, found.confidence_interval(LEVEL), found.pvalue, margin)


def expect(values: Values, low: float, high: float, *, of_median: bool = False) -> Verdict:
    """Holds if the interval of the mean of `values` (n,), which are no costs, lies within `low` to `high`.

    The reverse if all of it lies outside. `of_median`: of the median with its exact interval, which fewer than 7 values do not have.
    """
    n = len(values)
    middle = _median(values) if of_median else float(values.mean())
    if n < MIN_SEEDS:
        return _too_few(middle)
    nearest = min((bound for bound in (low, high) if math.isfinite(bound)), key=lambda bound: abs(bound - middle))
    found: Any
    if np.ptp(values) == 0:
        below, above, p = middle, middle, _least_p(middle == nearest, n)
    elif of_median:
        found = stats.quantile_test(values, q=nearest, p=0.5)
        (below, above), p = _exact(found), found.pvalue
    else:
        found = stats.ttest_1samp(values, nearest)
        (below, above), p = found.confidence_interval(LEVEL), found.pvalue
    word: Word = (
        "holds here" if low <= below and above <= high else "the reverse here" if above < low or below > high else "cannot tell yet"
    )
    return Verdict(word if n in LOOKS else "no verdict", middle, float(below), float(above), min(1.0, len(LOOKS) * float(p)))


def compare_failures(treatment: int, control: int, sizes: tuple[int, int]) -> tuple[Word, float]:
    """Which arm fails less often, given the failures among its runs: Boschloo's exact test, and its p adjusted for both looks."""
    n, m = sizes
    counts = [[treatment, control], [n - treatment, m - control]]
    p = min(1.0, len(LOOKS) * float(stats.boschloo_exact(counts).pvalue)) if treatment * m != control * n else 1.0
    if not {*sizes} <= {*LOOKS}:
        return "no verdict", p
    return ("holds here" if treatment * m < control * n else "the reverse here") if p <= len(LOOKS) * (1 - LEVEL) else "cannot tell yet", p


def trend(costs: Values) -> float:
    """One-sided p of Page's test (Page 1963) that costs (n, k) of n runs fall over k moments."""
    return float(stats.page_trend_test(-costs).pvalue)


def holm(p: Values) -> NDArray[np.bool_]:
    """Which of the p-values (k,) remain significant at 5% after correction for multiple testing (Holm 1979), as (k,) bool."""
    order = np.argsort(p, kind="stable")
    passes = p[order] <= 0.05 / np.arange(len(p), 0, -1)
    held = np.zeros(len(p), bool)
    held[order] = np.logical_and.accumulate(passes)
    return held


def _too_few(difference: float) -> Verdict:
    return Verdict("no verdict", difference, -math.inf, math.inf, 1.0)


def _least_p(is_equal: bool, n: int) -> float:
    """The p of n equal values: 1 where they are what is tested, else the least p of a sign test, since no spread is known."""
    return 1.0 if is_equal else 2.0 ** (1 - n)


def _judged(sizes: Sequence[int], difference: float, interval: tuple[float, float], p: float, margin: float) -> Verdict:
    low, high = interval
    word: Word = "cannot tell yet"
    if not {*sizes} <= {*LOOKS}:
        word = "no verdict"
    elif low > 0:
        word = "holds here"
    elif high < 0:
        word = "the reverse here"
    elif -margin < low and high < margin:
        word = "no difference here"
    return Verdict(word, float(difference), float(low), float(high), min(1.0, len(LOOKS) * float(p)))


def _exact(found: Any) -> tuple[float, float]:
    low, high = found.confidence_interval(LEVEL)
    return (-math.inf, math.inf) if math.isnan(low) else (low, high)


def _median(values: Values) -> float:
    """For an even count the mean of the middle two, or the lower one if either is infinite."""
    lower, upper = np.sort(values)[[(len(values) - 1) // 2, len(values) // 2]]
    return float(lower if np.isinf([lower, upper]).any() else (lower + upper) / 2)
