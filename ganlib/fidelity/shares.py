"""How many fakes show an attribute, beside how many reals do."""

from collections.abc import Collection

import numpy as np

from ganlib.fidelity.attributes import Classifier


def shares(
    classifier: Classifier, names: Collection[str], fake: np.ndarray, held_out: np.ndarray
) -> tuple[dict[str, float], dict[str, str]]:
    """Of features (N, D) of fakes and (H, D) of reals that the classifier was not fitted to, for each of the attributes `names`:

    share_<name> and share_<name>_real: the share of fakes and of reals that the classifier calls so; share_<name>_excess: the first less
    the second; share_<name>_accuracy: the classifier's own. Its errors are in both shares alike, so an excess of truly e shows as
    (2 accuracy - 1) e (Rogan & Gladen 1978), which is nearer to 0.

    The second part of the result says what could not be told, each with the reason.
    """
    of_fakes, of_reals = classifier.predict(fake), classifier.predict(held_out)
    figures, missing = {}, {}
    for name in names:
        if name not in classifier.names:
            missing[f"share_{name}"] = "too few of the real pictures have it, or lack it, to learn what it looks like"
            continue
        figures[f"share_{name}"] = float(of_fakes[name].mean())
        if name in classifier.accuracy:
            figures[f"share_{name}_real"] = float(of_reals[name].mean())
            figures[f"share_{name}_excess"] = figures[f"share_{name}"] - figures[f"share_{name}_real"]
            figures[f"share_{name}_accuracy"] = classifier.accuracy[name]
        else:
            missing[f"share_{name}_real"] = "it is not both there and not there among held-out pictures"
    return figures, missing
