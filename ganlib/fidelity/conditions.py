"""Whether fakes show what they were made for, and how much they differ where they were made for the same."""

from collections.abc import Mapping, Sequence

import numpy as np

from ganlib.fidelity.attributes import BLOCK, Classifier


def obedience(
    classifier: Classifier, groups: Mapping[str, Sequence[str]], conditions: np.ndarray, features: np.ndarray
) -> tuple[dict[str, float], dict[str, str]]:
    """Of pictures with `conditions` (N, K) and features (N, D), for each of the K groups of attributes:

    <group>_obeyed: the share made for an attribute that shows it; <group>_unasked: the share made for anything else that shows it too,
    which is what a generator deaf to its conditions reaches; <group>_excess: the first less the second; <group>_accuracy: the
    classifier's own on held-out pictures. They are means over the <group>_judged attributes of the group that the classifier knows and
    that some picture, but not every one, was made for.

    The second part of the result says what could not be judged, `<group>.<attribute>` or `<group>_accuracy`, each with the reason.
    """
    predicted, figures, missing = classifier.predict(features), {}, {}
    for (group, attributes), values in zip(groups.items(), conditions.T, strict=True):
        judged = {}
        for value, name in enumerate(attributes, 1):
            made_for = values == value
            if name not in predicted:
                missing[f"{group}.{name}"] = "too few of the real pictures have it, or lack it, to learn what it looks like"
            elif not 0 < made_for.sum() < len(made_for):
                missing[f"{group}.{name}"] = f"{'every' if made_for.any() else 'no'} picture was made for it"
            else:
                judged[name] = (predicted[name][made_for].mean(), predicted[name][~made_for].mean())
        figures[f"{group}_judged"] = len(judged)
        if judged:
            obeyed, unasked = map(float, np.mean(list(judged.values()), axis=0))
            figures |= {f"{group}_obeyed": obeyed, f"{group}_unasked": unasked, f"{group}_excess": obeyed - unasked}
            known = [classifier.accuracy[name] for name in judged if name in classifier.accuracy]
            if known:
                figures[f"{group}_accuracy"] = float(np.mean(known))
            else:
                missing[f"{group}_accuracy"] = "no attribute of the group is both there and not there among held-out pictures"
    return figures, missing


def diversity(conditions: np.ndarray, features: np.ndarray) -> float | None:
    """The mean squared distance in feature space of two pictures of the same conditions (N, K), over all such pairs; None without any."""
    total = pairs = 0.0
    for same in np.unique(conditions, axis=0):
        some = features[(conditions == same).all(axis=1)]
        # The squared distances of all pairs of n sum up to n times the squared distances to their mean.
        total += len(some) * _scatter(some)
        pairs += len(some) * (len(some) - 1) / 2
    return total / pairs if pairs else None


def explained(conditions: np.ndarray, features: np.ndarray) -> float | None:
    """The share of the variance of features (N, D) that lies between the means of pictures of the same conditions (N, K): eta squared.

    1: two pictures of the same conditions are one and the same. Of N pictures without any tie to their G combinations of conditions it
    is (G - 1) / (N - 1) on average. None where all pictures are the same.
    """
    within = sum(_scatter(features[(conditions == same).all(axis=1)]) for same in np.unique(conditions, axis=0))
    whole = _scatter(features)
    return 1 - within / whole if whole else None


def _scatter(features: np.ndarray) -> float:
    """The sum of the squared distances to the mean."""
    mean = features.mean(axis=0, dtype=np.float64)
    return sum(np.square(part - mean).sum() for part in np.split(features, range(BLOCK, len(features), BLOCK)))
