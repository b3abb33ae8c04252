"""Where the mean of further runs lies in 95% of cases, as recorded runs predict (Hahn & Meeker 1991, chapter 4).

The mean of m new values differs from that of n recorded ones with the variance s^2 (1/n + 1/m), so both intervals are of Student's t.
They hold for values that are about normal, as scores are on the logarithm of their excess.
"""

import numpy as np
from scipy import stats

from ganlib.studies.outcomes import Values

LEVEL = 0.95


def of_mean(recorded: Values, new: int) -> tuple[Values, Values]:
    """Both ends (...) for the mean of `new` further values, by recorded ones (..., n) of which there are at least two."""
    return _interval(recorded.mean(-1), _variance(recorded, new), recorded.shape[-1] - 1)


def of_difference(first: Values, second: Values, new: int) -> tuple[Values, Values]:
    """The same for mean(second) - mean(first), by (..., n) and (..., m) whose spreads may differ: freedom by Welch & Satterthwaite."""
    variances = _variance(first, new), _variance(second, new)
    total = variances[0] + variances[1]
    weights = variances[0] ** 2 / (first.shape[-1] - 1) + variances[1] ** 2 / (second.shape[-1] - 1)
    freedom = np.divide(total**2, weights, out=np.ones_like(total), where=weights > 0)
    return _interval(second.mean(-1) - first.mean(-1), total, freedom)


def _variance(values: Values, new: int) -> Values:
    return np.asarray(values.var(-1, ddof=1) * (1 / values.shape[-1] + 1 / new))


def _interval(middle: Values, variance: Values, freedom: Values | int) -> tuple[Values, Values]:
    half = stats.t.ppf((1 + LEVEL) / 2, freedom) * np.sqrt(variance)
    return middle - half, middle + half
