"""Whether fakes show what they were made for, and how much they differ where they were made for the same."""

from collections.abc import Mapping, Sequence

import numpy as np

from ganlib.fidelity.attributes import Classifier


def obedience(
    classifier: Classifier, groups: Mapping[str, Sequence[str]], conditions: np.ndarray, features: np.ndarray
) -> dict[str, float]:
    """Of pictures with `conditions` (N, K) and features (N, D), for each of the K groups of attributes:

    <group>_obeyed: the share made for an attribute that shows it; <group>_unasked: the share made for anything else that shows it too,
    which is what a generator deaf to its conditions reaches; <group>_accuracy: the classifier's own on held-out pictures. Means over
    the group's attributes; a group is left out where the classifier does not know one, or where no picture or every one was made for it.
    """
    said, accuracy = classifier.says(features), dict(zip(classifier.names, classifier.accuracy, strict=True))
    figures = {}
    for (group, attributes), values in zip(groups.items(), conditions.T, strict=True):
        asked = {name: values == place for place, name in enumerate(attributes, 1)}
        if all(name in said and 0 < some.sum() < len(some) for name, some in asked.items()):
            figures[f"{group}_obeyed"] = float(np.mean([said[name][some].mean() for name, some in asked.items()]))
            figures[f"{group}_unasked"] = float(np.mean([said[name][~some].mean() for name, some in asked.items()]))
            figures[f"{group}_accuracy"] = float(np.mean([accuracy[name] for name in attributes]))
    return figures


def diversity(conditions: np.ndarray, features: np.ndarray) -> float:
    """The mean squared distance in feature space of two pictures of the same conditions (N, K), over all such pairs; NaN without any."""
    total = pairs = 0.0
    for same in np.unique(conditions, axis=0):
        some = features[(conditions == same).all(axis=1)].astype(np.float64)
        # The squared distances of all pairs of n sum up to n times the squared distances to their mean.
        total += len(some) * np.square(some - some.mean(axis=0)).sum()
        pairs += len(some) * (len(some) - 1) / 2
    return total / pairs if pairs else np.nan
