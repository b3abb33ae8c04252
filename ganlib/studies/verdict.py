"""Verdicts on results over seeds: a confidence interval, and a word for where it lies.

Values are costs: smaller is better for the claim. A run without a value costs infinity.

There are two looks, at 6 and at 12 seeds per arm. Each has a 97.5 % interval, so that the error rate of both is at most 5 %
(Bonferroni). Comparing one interval with 0 and the margin is a three-sided test (Goeman, Solari & Stijnen 2010), which needs no
correction for its three answers.
"""

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Values = NDArray[np.float64]

LEVEL = 0.975
LOOKS = (6, 12)
MIN_SEEDS = 3  # per arm, for an interval

Word = Literal["supported", "contradicted", "no difference that matters", "undecided", "no verdict", "not testable"]


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
    """Compare the costs (n,) of two arms by Welch's t-test, which does not assume equal variances."""
    difference = float(control.mean() - treatment.mean())
    if len(treatment) < MIN_SEEDS:
        return _too_few(difference)
    if np.ptp(treatment) == np.ptp(control) == 0:  # t would divide by 0
        return _judged(len(treatment), difference, (difference, difference), float(difference == 0), margin)
    found: Any = stats.ttest_ind(control, treatment, equal_var=False)
    return _judged(len(treatment), difference, found.confidence_interval(LEVEL), found.pvalue, margin)


def compare_paired(treatment: Values, control: Values, margin: float) -> Verdict:
    """Compare the costs (n,) of the same runs at two moments by the paired t-test."""
    differences = control - treatment
    difference = float(differences.mean())
    if len(differences) < MIN_SEEDS:
        return _too_few(difference)
    if np.ptp(differences) == 0:
        return _judged(len(differences), difference, (difference, difference), float(difference == 0), margin)
    found: Any = stats.ttest_1samp(differences, 0)
    return _judged(len(differences), difference, found.confidence_interval(LEVEL), found.pvalue, margin)


def compare_medians(treatment: Values, control: Values, margin: float) -> Verdict:
    """Compare costs (n,) of which some are infinite, by the median of the differences per seed and its exact interval.

    A run without a value ranks as the worst (Lachin 1999); two of them are equal. Six pairs give no interval at this level.
    """
    differences = np.zeros(len(treatment))
    known = ~(np.isinf(treatment) & np.isinf(control))
    differences[known] = control[known] - treatment[known]
    difference = _median(differences)
    if len(differences) < MIN_SEEDS:
        return _too_few(difference)
    found = stats.quantile_test(differences, q=0, p=0.5)
    return _judged(len(differences), difference, _exact(found), found.pvalue, margin)


def expect(values: Values, low: float, high: float) -> Verdict:
    """Supported if the interval of the mean of `values` (n,), which are no costs, lies within `low` to `high`.

    Contradicted if all of it lies outside. If some values are infinite, the median takes the place of the mean.
    """
    n, finite = len(values), np.isfinite(values).all()
    middle = float(values.mean()) if finite else _median(values)
    if n < MIN_SEEDS:
        return _too_few(middle)
    nearest = min((bound for bound in (low, high) if math.isfinite(bound)), key=lambda bound: abs(bound - middle))
    found: Any
    if np.ptp(values) == 0:
        below, above, p = middle, middle, float(middle == nearest)
    elif finite:
        found = stats.ttest_1samp(values, nearest)
        (below, above), p = found.confidence_interval(LEVEL), found.pvalue
    else:
        found = stats.quantile_test(values, q=nearest, p=0.5)
        (below, above), p = _exact(found), found.pvalue
    word: Word = "supported" if low <= below and above <= high else "contradicted" if above < low or below > high else "undecided"
    return Verdict(word if n in LOOKS else "no verdict", middle, float(below), float(above), min(1.0, len(LOOKS) * float(p)))


def compare_failures(treatment: int, control: int, n: int) -> tuple[Word, float]:
    """Which arm fails less often, given the failures among `n` runs each: Boschloo's exact test, and its p adjusted for both looks."""
    counts = [[treatment, control], [n - treatment, n - control]]
    p = min(1.0, len(LOOKS) * float(stats.boschloo_exact(counts).pvalue)) if treatment != control else 1.0
    if n not in LOOKS:
        return "no verdict", p
    return ("supported" if treatment < control else "contradicted") if p <= len(LOOKS) * (1 - LEVEL) else "undecided", p


def trend(costs: Values) -> float:
    """One-sided p of Page's test (Page 1963) that costs (n, k) of n runs fall over k moments."""
    return float(stats.page_trend_test(-costs).pvalue)


def holm(p: Values) -> NDArray[np.bool_]:
    """Which of the p-values (k,) remain significant at 5 % after correction for multiple testing (Holm 1979), as (k,) bool."""
    order = np.argsort(p, kind="stable")
    passes = p[order] <= 0.05 / np.arange(len(p), 0, -1)
    held = np.zeros(len(p), bool)
    held[order] = np.logical_and.accumulate(passes)
    return held


def _too_few(difference: float) -> Verdict:
    return Verdict("no verdict", difference, -math.inf, math.inf, 1.0)


def _judged(n: int, difference: float, interval: tuple[float, float], p: float, margin: float) -> Verdict:
    low, high = interval
    word: Word = "undecided"
    if n not in LOOKS:
        word = "no verdict"
    elif low > 0:
        word = "supported"
    elif high < 0:
        word = "contradicted"
    elif -margin < low and high < margin:
        word = "no difference that matters"
    return Verdict(word, float(difference), float(low), float(high), min(1.0, len(LOOKS) * float(p)))


def _exact(found: Any) -> tuple[float, float]:
    low, high = found.confidence_interval(LEVEL)
    return (-math.inf, math.inf) if math.isnan(low) else (low, high)


def _median(values: Values) -> float:
    """For an even count the mean of the middle two, or the lower one if either is infinite."""
    lower, upper = np.sort(values)[[(len(values) - 1) // 2, len(values) // 2]]
    return float(lower if np.isinf([lower, upper]).any() else (lower + upper) / 2)
