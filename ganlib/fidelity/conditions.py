"""Whether fakes show their conditions, and how much fakes of the same conditions differ."""

from collections.abc import Mapping, Sequence

import numpy as np

from ganlib.fidelity.attributes import BLOCK, ONE_CLASS, TOO_FEW, Classifier

NORMAL_95 = 1.96  # 97.5th percentile of the normal distribution


def condition_rates(
    classifier: Classifier, groups: Mapping[str, Sequence[str]], conditions: np.ndarray, features: np.ndarray
) -> tuple[dict[str, float], dict[str, str]]:
    """For fakes with conditions (N, K) and features (N, D), and each of the K groups of attributes:

    <group>_hit_rate: share of the fakes conditioned on an attribute that show it; <group>_false_alarm_rate: share of the other fakes that
    show it; <group>_lift: hit rate minus false alarm rate, 0 for a generator that ignores its conditions, with the 95% confidence interval
    <group>_lift_low to <group>_lift_high over fakes (normal approximation); <group>_accuracy: the classifier's balanced accuracy on
    held-out pictures. Each is a mean over the <group>_judged attributes that the classifier knows and that some, but not all, fakes are
    conditioned on.

    Also returns the reason for everything that could not be judged, by `<group>.<attribute>` or `<group>_accuracy`.
    """
    predicted = classifier.predict(features)
    rates: dict[str, float] = {}
    missing: dict[str, str] = {}
    for (group, attributes), values in zip(groups.items(), conditions.T, strict=True):
        judged, deviations = {}, np.zeros(len(values))
        for value, name in enumerate(attributes, 1):
            asked = values == value
            if name not in predicted:
                missing[f"{group}.{name}"] = TOO_FEW
            elif not 0 < asked.sum() < len(asked):
                missing[f"{group}.{name}"] = f"{'every' if asked.any() else 'no'} fake is conditioned on it"
            else:
                shows = predicted[name]
                judged[name] = (shows[asked].mean(), shows[~asked].mean())
                deviations += np.where(asked, (shows - judged[name][0]) / asked.sum(), (judged[name][1] - shows) / (~asked).sum())
        rates[f"{group}_judged"] = len(judged)
        if judged:
            hits, false_alarms = map(float, np.mean(list(judged.values()), axis=0))
            lift, margin = hits - false_alarms, NORMAL_95 * float(np.linalg.norm(deviations)) / len(judged)
            rates |= {f"{group}_hit_rate": hits, f"{group}_false_alarm_rate": false_alarms, f"{group}_lift": lift}
            rates |= {f"{group}_lift_low": lift - margin, f"{group}_lift_high": lift + margin}
            known = [classifier.accuracy[name] for name in judged if name in classifier.accuracy]
            if known:
                rates[f"{group}_accuracy"] = float(np.mean(known))
            else:
                missing[f"{group}_accuracy"] = ONE_CLASS
    return rates, missing


def diversity(conditions: np.ndarray, features: np.ndarray) -> float | None:
    """Mean squared distance between the features of two pictures with equal conditions (N, K); None if there is no such pair."""
    total = pairs = 0.0
    for same in np.unique(conditions, axis=0):
        some = features[(conditions == same).all(axis=1)]
        # Squared distances over all pairs of n points sum to n times the squared distances to their mean.
        total += len(some) * _scatter(some)
        pairs += len(some) * (len(some) - 1) / 2
    return total / pairs if pairs else None


def explained(conditions: np.ndarray, features: np.ndarray) -> float | None:
    """Share of the variance of features (N, D) between groups of equal conditions (N, K): eta squared. None if all pictures are equal.

    1 if the conditions determine the picture; (G - 1) / (N - 1) on average for N pictures that are independent of their G groups.
    """
    within = sum(_scatter(features[(conditions == same).all(axis=1)]) for same in np.unique(conditions, axis=0))
    whole = _scatter(features)
    return 1 - within / whole if whole else None


def _scatter(features: np.ndarray) -> float:
    """Sum of squared distances to the mean."""
    mean = features.mean(axis=0, dtype=np.float64)
    return float(sum(np.square(part - mean).sum() for part in np.split(features, range(BLOCK, len(features), BLOCK))))
