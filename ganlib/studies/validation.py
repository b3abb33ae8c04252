"""Whether a study and its trials fit together: by what they say, and by how long they train on the pictures that there are."""

from collections.abc import Mapping
from pathlib import Path

from ganlib.studies.study import Study, Trial
from ganlib.support.errors import UserError

MOMENTS = ("kid", "fid")  # what is scored on the way


def problem(study: Study, better: Trial, than: Trial) -> str | None:
    """What does not fit together, `<key>: <what is wrong>`."""
    one = study.better == study.than
    for name, trial in ((study.better, better), (study.than, than)):
        if not trial.has(study.outcome):
            return f"outcome: {study.outcome} is no figure of {name}, whose report is {trial.report}"
    if study.moments and study.expected:
        return "moments: a study is over time or of an expectation, and not both"
    if study.moments and not one:
        return "than: over time a trial is compared with itself: name the same as `better`"
    if study.expected and not one:
        return "than: an expectation is of one trial: name the same as `better`"
    if one and not (study.moments or study.expected):
        return "than: is the same trial as `better`: name another, or say `moments` or what is `expected`"
    if one and study.equal:
        return "equal: is of two sides, and there is one: leave it out"
    if one:
        return _problem_over_time(study, better) if study.moments else _problem_expected(study)
    if study.judged_by.sign == 0:
        return f"outcome: {study.outcome} is neither better nor worse where it is larger: only a range of it can be `expected`"
    if better.crop != than.crop:
        return f"than: is scored against reals of {than.crop} and `better` of {better.crop}, and no score is of both: name `scored_crop`"
    if better == than:
        return f"than: {study.than} has the settings of {study.better}: name a trial in which one is changed"
    return None if study.equal else "equal: missing: steps or pictures, which both sides then have the same number of"


def check_lengths(trials: Mapping[str, Trial], studies: Mapping[str, Study], faces: Mapping[str, int], file: Path) -> None:
    """Refuse sides of unequal length and moments after the end; `faces`: how many pictures there are for each trial that takes any."""
    steps = {name: trial.steps(faces.get(name, 0)) for name, trial in trials.items()}
    for name, count in faces.items():
        wanted = trials[name].settings.train_images
        if wanted and wanted > count:
            raise UserError(f"{file}: trials.{name}.train_images: {wanted:,} is more than the {count:,} pictures of the split")
        if steps[name] == 0:
            raise UserError(f"{file}: trials.{name}.batch_size: a step takes more than the {wanted or count:,} pictures that there are")
    for name, study in studies.items():
        if study.equal:
            sides = {side: trials[side] for side in study.trials}
            lengths = {side: steps[side] * (of.pictures_per_step if study.equal == "pictures" else 1) for side, of in sides.items()}
            if len(set(lengths.values())) > 1:
                told = " and ".join(f"{side} has {length:,}" for side, length in lengths.items())
                raise UserError(f"{file}: studies.{name}.equal: {told} {study.equal}: max_steps and epochs, the less of both, change that")
        for moment in study.moments or ():
            if moment >= steps[study.better]:
                raise UserError(
                    f"{file}: studies.{name}.moments: {study.better} ends at step {steps[study.better]:,}, which is compared with them:"
                    f" name earlier ones than {moment:,}"
                )


def _problem_expected(study: Study) -> str | None:
    low, high = study.expected
    if low is high is None:
        return "expected: needs a bound at least"
    if study.margin is not None:
        return "margin: an expectation has none: leave it out"
    return None if low is None or high is None or low < high else "expected: must rise: the lowest value and the highest"


def _problem_over_time(study: Study, trial: Trial) -> str | None:
    if study.outcome not in MOMENTS:
        return f"outcome: on the way only {' and '.join(MOMENTS)} are taken, and not {study.outcome}"
    if study.moments != sorted(set(study.moments)):
        return "moments: must rise"
    snapshots = getattr(trial.settings, "snapshots", None)
    kept = snapshots.at if snapshots and snapshots.unit == "steps" else []
    missing = [step for step in study.moments if step not in kept]
    return f"moments: {study.better} keeps no generator at step {missing[0]}: name it in its `snapshots` (unit: steps)" if missing else None
