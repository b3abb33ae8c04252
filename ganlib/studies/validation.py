"""Checks that a study and its trials fit together, and that its arms train equally long."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ganlib.studies.study import FaceTrial, Study, Trial
from ganlib.support.errors import UserError

MOMENTS = ("kid", "fid")  # the scores of generators kept during training


def problem(study: Study, treatment: Trial, control: Trial) -> str | None:
    """The first inconsistency, as `<key>: <problem>`."""
    single = study.treatment == study.control
    if study.report not in (treatment.report, control.report):
        return f"report: is {study.report}, and the arms train {' and '.join(sorted({treatment.report, control.report}))}"
    for name, trial in ((study.treatment, treatment), (study.control, control)):
        if not trial.has(study.outcome):
            return f"outcome: {name} has no {study.outcome}: its report is {trial.report}"
    lowest, highest = study.judged_by.limits
    largest = 1.0 if study.judged_by.is_score else highest - lowest
    if study.margin is not None and study.margin >= largest:
        unit = "a logarithm, of which 0.1 is a tenth of the excess" if study.judged_by.is_score else "a difference, not a percentage"
        return f"margin: {study.margin:g} is too large: it is {unit}, and must be below {largest:g}"
    if study.moments and study.expected:
        return "moments: cannot be combined with `expected`"
    if study.expected and not single:
        return "control: an expectation is about one trial: name the same trial as `treatment`"
    if single and not (study.moments or study.expected):
        return "control: is the same trial as `treatment`: name another, or set `moments` or `expected`"
    if single and study.equal:
        return "equal: applies to two trials, and there is one: remove it"
    if single and study.as_good:
        return "as_good: applies to two trials, and there is one: remove it"
    if study.moments and (found := _problem_of_moments(study, study.moments, treatment, control)):
        return found
    if study.expected:
        return _problem_expected(study)
    if single:
        return None
    if study.judged_by.sign == 0:
        return f"outcome: {study.outcome} has no better direction: only a range of it can be `expected`"
    crops = [trial.crop for trial in (treatment, control) if isinstance(trial, FaceTrial)]
    if len(set(crops)) > 1:
        return f"control: is scored against reals of {crops[1]} and `treatment` of {crops[0]}, so scores differ: set `scored_crop`"
    if _as_it_trains(treatment) == _as_it_trains(control):
        return f"control: {study.control} has the same settings as {study.treatment}: name a trial in which one differs"
    return None if study.equal else "equal: missing: steps, pictures or minutes, whichever both arms train equally many of"


def _as_it_trains(trial: Trial) -> Trial:
    """The trial as it trains, whichever generators it keeps and sheets it draws."""
    if not isinstance(trial, FaceTrial):
        return trial
    return replace(trial, settings=trial.settings.model_copy(update={"snapshots": None, "sample_every": 0}))


def check_pictures(name: str, trial: Trial, count: int, file: Path) -> None:
    """Refuse a trial that needs more than the `count` pictures of the split."""
    wanted = trial.settings.train_images if isinstance(trial, FaceTrial) else None
    if wanted and wanted > count:
        raise UserError(f"{file}: trials.{name}.train_images: {wanted:,} is more than the {count:,} pictures of the split")
    if trial.steps(count) == 0:
        raise UserError(f"{file}: trials.{name}.batch_size: a step takes more than the {wanted or count:,} available pictures")


def check_lengths(trials: Mapping[str, Trial], studies: Mapping[str, Study], faces: Mapping[str, int], file: Path) -> None:
    """Refuse studies with arms of unequal length. `faces`: the number of pictures for each trial of faces."""
    for name, study in studies.items():
        if study.equal and study.equal != "minutes":  # which depend on the machine, and are not checked
            arms = {arm: trials[arm] for arm in study.trials}
            lengths = {
                arm: trial.steps(faces.get(arm, 0)) * (trial.reals_per_step if study.equal == "pictures" else 1)
                for arm, trial in arms.items()
            }
            if len(set(lengths.values())) > 1:
                both = " and ".join(f"{arm} has {length:,}" for arm, length in lengths.items())
                raise UserError(f"{file}: studies.{name}.equal: {both} {study.equal}: change max_steps or epochs; the smaller one counts")


def check_moments(name: str, study: Study, steps: int, file: Path) -> None:
    """Refuse a study with moments after the end of its trials, which have `steps`."""
    for moment in study.moments or ():
        if moment >= steps:
            raise UserError(f"{file}: studies.{name}.moments: {moment:,} is not before the end of {study.treatment} at step {steps:,}")


def too_short(
    trials: Mapping[str, Trial], studies: Mapping[str, Study], needed: Sequence[str], faces: Mapping[str, int], file: Path
) -> dict[str, str]:
    """The reasons of the trials that end before the moments of all studies of them, as on few pictures; `needed` ones have other uses."""
    reasons = {}
    for name, study in studies.items():
        try:
            check_moments(name, study, trials[study.treatment].steps(faces.get(study.treatment, 0)), file)
        except UserError as error:
            reasons[name] = str(error)
    users = {trial: [name for name, study in studies.items() if trial in study.trials] for trial in trials if trial not in needed}
    return {trial: reasons[names[0]] for trial, names in users.items() if names and {*names} <= {*reasons}}


def _problem_expected(study: Study) -> str | None:
    low, high = study.expected or (None, None)
    if low is high is None:
        return "expected: needs at least one bound"
    if study.margin is not None:
        return "margin: does not apply to an expectation: remove it"
    if low is not None and high is not None and low >= high:
        return "expected: the first value must be below the second"
    lowest, highest = study.judged_by.limits
    for bound in (low, high):  # an interval around a mean crosses the limits, and p is of the nearest bound
        if bound is not None and not lowest < bound < highest:
            return f"expected: {bound:g} is no bound for {study.outcome}, whose limits are {lowest:g} and {highest:g}: leave it blank"
    return None


def _problem_of_moments(study: Study, moments: list[int], *arms: Trial) -> str | None:
    if study.outcome not in MOMENTS:
        return f"outcome: {study.outcome} is not measured during training, only {' and '.join(MOMENTS)} are"
    if moments != sorted(set(moments)):
        return "moments: must be in ascending order"
    if study.equal in ("pictures", "minutes"):
        return "equal: must be steps where `moments` are compared"
    for name, trial in zip((study.treatment, study.control), arms, strict=True):
        if trial.has("kid_moments"):
            return f"moments: {name} has `mean_over_moments`, so its snapshots are not scored one by one"
        snapshots = trial.settings.snapshots if isinstance(trial, FaceTrial) else None
        kept = snapshots.at if snapshots and snapshots.unit == "steps" else []
        if missing := [step for step in moments if step not in kept]:
            return f"moments: {name} keeps no generator at step {missing[0]}: add it to `snapshots` (unit: steps)"
    return None
