"""Whether an arm's runs are in a regime in which both nets learn. A verdict on runs that are not is no answer to its claim."""

import pandas as pd

from ganlib.studies.outcomes import OF_LOGITS
from ganlib.studies.study import Study

ACCURACY = (0.55, 0.95)  # of D: below it guesses, above it G learns little from it
COLLAPSED = 0.05  # of the reals' diversity, as in training's warnings
OWN_ACCURACY = {"dense64": (0.55, 1.0)}  # this report's D is right in 98% of the pictures


def problems(study: Study, found: pd.DataFrame) -> dict[str, list[str]]:
    """What is wrong with the median run of each trial in the table `found`; no bound applies to an outcome itself."""
    low, high = OWN_ACCURACY.get(study.report, ACCURACY)
    problems: dict[str, list[str]] = {}
    for name in study.trials:
        place = "" if study.treatment == study.control else " on the claim's side" if name == study.treatment else " on the other side"
        medians = found[found["trial"] == name].reindex(columns=["d_accuracy", "diversity"]).median()
        accuracy, diversity = medians["d_accuracy"], medians["diversity"]
        if study.outcome not in (*OF_LOGITS, "saturated") and not low <= accuracy <= high and not pd.isna(accuracy):
            state = "guesses" if accuracy < low else "is nearly always right"
            problems.setdefault(name, []).append(f"D {state}{place} (accuracy {accuracy:.3g}; required: {low:g} to {high:g})")
        if not study.judged_by.of_collapse and diversity < COLLAPSED:
            problems.setdefault(name, []).append(f"the fakes collapsed{place} (diversity {diversity:.2f})")
    return problems
