"""The share of fakes that show an attribute, beside that of reals."""

from collections.abc import Collection

import numpy as np

from ganlib.fidelity.attributes import ONE_CLASS, TOO_FEW, Classifier


def shares(
    classifier: Classifier, names: Collection[str], fake: np.ndarray, held_out: np.ndarray
) -> tuple[dict[str, float], dict[str, str]]:
    """For features (N, D) of fakes and (H, D) of held-out reals, and each attribute of `names`:

    share_<name> and share_<name>_real: share of fakes and of reals that the classifier says show it; share_<name>_excess: their
    difference; share_<name>_accuracy: the classifier's balanced accuracy. Its errors affect both shares alike: a true excess e appears as
    (2 accuracy - 1) e (Rogan & Gladen 1978).

    Also returns the reason for every key that could not be computed.
    """
    of_fakes, of_reals = classifier.predict(fake), classifier.predict(held_out)
    figures: dict[str, float] = {}
    missing: dict[str, str] = {}
    for name in names:
        if name not in classifier.names:
            missing[f"share_{name}"] = TOO_FEW
            continue
        figures[f"share_{name}"] = float(of_fakes[name].mean())
        if name in classifier.accuracy:
            figures[f"share_{name}_real"] = float(of_reals[name].mean())
            figures[f"share_{name}_excess"] = figures[f"share_{name}"] - figures[f"share_{name}_real"]
            figures[f"share_{name}_accuracy"] = classifier.accuracy[name]
        else:
            missing[f"share_{name}_real"] = ONE_CLASS
    return figures, missing
