"""What numbers over seeds say of a claim: one interval, and a word for where it lies.

Every number here is a cost: the smaller, the better for the claim, and differences of two are what matters. A run that left no number
costs infinity.

Twice may be looked: at 6 seeds a side, and at 12. Each look has an interval of 97.5 %, so that both together err in 5 % at most
(Bonferroni). One interval against 0 and the margin is the form of a three-sided test (Goeman, Solari & Stijnen 2010), which needs no
correction among its three answers.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats

LEVEL = 0.975
LOOKS = (6, 12)
FEWEST = 3  # seeds a side for an interval

Word = Literal["supported", "contradicted", "no difference that matters", "undecided", "no verdict", "not testable"]


@dataclass(frozen=True)
class Verdict:
    """`difference` with its interval, positive where the claim's side is better; `p` is two-sided and of both looks together.

    Of an expectation `difference` is the mean itself. `low` and `high` are infinite where so few seeds give no interval at this level.
    """

    word: Word
    difference: float
    low: float
    high: float
    p: float


def compare(better: np.ndarray, than: np.ndarray, margin: float) -> Verdict:
    """The costs (n,) of two settings, run by run: Welch's t, which needs no equal spread."""
    difference = float(than.mean() - better.mean())
    if len(better) < FEWEST:
        return _too_few(difference)
    if np.ptp(better) == np.ptp(than) == 0:  # t has no spread to divide by
        return _judged(len(better), difference, difference, difference, float(difference == 0), margin)
    found = stats.ttest_ind(than, better, equal_var=False)
    return _judged(len(better), difference, *found.confidence_interval(LEVEL), found.pvalue, margin)


def compare_paired(better: np.ndarray, than: np.ndarray, margin: float) -> Verdict:
    """The costs (n,) of two moments of the same runs: Student's t on their differences."""
    differences = than - better
    difference = float(differences.mean())
    if len(differences) < FEWEST:
        return _too_few(difference)
    if np.ptp(differences) == 0:
        return _judged(len(differences), difference, difference, difference, float(difference == 0), margin)
    found = stats.ttest_1samp(differences, 0)
    return _judged(len(differences), difference, *found.confidence_interval(LEVEL), found.pvalue, margin)


def compare_medians(better: np.ndarray, than: np.ndarray, margin: float) -> Verdict:
    """Where runs have failed: the median of the differences, seed by seed, with its exact interval. Two failures are equal.

    A failed run counts with the number it has, or as the worst (Lachin 1999). Six pairs give no interval at this level.
    """
    differences = np.zeros(len(better))
    told = ~(np.isinf(better) & np.isinf(than))
    differences[told] = than[told] - better[told]
    difference = _median(differences)
    if len(differences) < FEWEST:
        return _too_few(difference)
    found = stats.quantile_test(differences, q=0, p=0.5)
    return _judged(len(differences), difference, *_exact(found), found.pvalue, margin)


def expect(values: np.ndarray, low: float, high: float) -> Verdict:
    """The values (n,) of one setting, here no costs: supported where the interval of their mean lies within `low` to `high`.

    Contradicted where it lies outside as a whole. Values of which some are infinite are told by their median.
    """
    n, finite = len(values), np.isfinite(values).all()
    middle = float(values.mean()) if finite else _median(values)
    if n < FEWEST:
        return _too_few(middle)
    nearest = min((bound for bound in (low, high) if math.isfinite(bound)), key=lambda bound: abs(bound - middle))
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


def collapses(better: int, than: int, n: int) -> tuple[Word, float]:
    """Which side fails less often, `better` and `than` of `n` runs: Boschloo's exact test, and its p of both looks together."""
    p = min(1.0, len(LOOKS) * float(stats.boschloo_exact([[better, than], [n - better, n - than]]).pvalue)) if better != than else 1.0
    if n not in LOOKS:
        return "no verdict", p
    return ("supported" if better < than else "contradicted") if p <= len(LOOKS) * (1 - LEVEL) else "undecided", p


def trend(costs: np.ndarray) -> float:
    """Of costs (n, k) at k moments of n runs, one-sided p that they fall in this order: Page's test (Page 1963)."""
    return float(stats.page_trend_test(-costs).pvalue)


def holm(p: np.ndarray) -> np.ndarray:
    """Which of the p-values hold together at 5 % (Holm 1979), (k,) bool: for where verdicts are counted."""
    order = np.argsort(p, kind="stable")
    passes = p[order] <= 0.05 / np.arange(len(p), 0, -1)
    held = np.zeros(len(p), bool)
    held[order] = np.logical_and.accumulate(passes)
    return held


def _too_few(difference: float) -> Verdict:
    return Verdict("no verdict", difference, -math.inf, math.inf, 1.0)


def _judged(n: int, difference: float, low: float, high: float, p: float, margin: float) -> Verdict:
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


def _exact(found: object) -> tuple[float, float]:
    low, high = found.confidence_interval(LEVEL)
    return (-math.inf, math.inf) if math.isnan(low) else (low, high)


def _median(values: np.ndarray) -> float:
    """Of an even number the mean of the middle two, or the lower where one of them is infinite."""
    lower, upper = np.sort(values)[[(len(values) - 1) // 2, len(values) // 2]]
    return float(lower if np.isinf([lower, upper]).any() else (lower + upper) / 2)
