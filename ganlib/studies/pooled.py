"""One question asked of several nets: the mean effect of their studies."""

from collections.abc import Mapping
from io import StringIO
from typing import Any

import pandas as pd

from ganlib.studies import prose, results, verdict
from ganlib.studies.outcomes import Values
from ganlib.studies.study import Pooled, Study

NO_ANSWERS = ("out of regime", "no verdict", "not testable")


def judge(pooled: Pooled, studies: Mapping[str, Study], tables: Mapping[str, str], dataset: str) -> dict[str, Any] | str:
    """The answer over the studies' `tables` (CSV) of `dataset`, as `results.judge` and `prose` have it of one; or why there is none.

    Where a run failed, a study has no mean, and where an arm is out of its regime no answer; then the mean of all has neither.
    """
    judged = {name: results.judge(studies[name], text) for name, text in tables.items()}
    for name, found in judged.items():
        if found["failed"] or found["verdict"] in NO_ANSWERS:
            return f"{name}: {'a run failed' if found['failed'] else found['verdict']}"
    scales = {found["scale"] for found in judged.values()}
    if len(scales) > 1:
        return f"the studies have several scales: {', '.join(sorted(scales))}"
    sizes = sorted({found[f"{arm}_seeds"] for found in judged.values() for arm in ("treatment", "control")})
    if len(sizes) > 1:  # each further look would be another chance of a false answer
        return f"the studies have {' and '.join(map(str, sizes))} seeds per arm"
    arms = [_costs(studies[name], tables[name], sign) for name, sign in pooled.studies.items()]
    study, first = studies[next(iter(pooled.studies))], next(iter(judged.values()))
    answer = verdict.pool(arms, study.judged_by.margin)
    found = {key: results.in_units(getattr(answer, key), study.judged_by.is_score) for key in ("difference", "low", "high")}
    (seeds,) = sizes
    found |= {"verdict": answer.word, "answer": answer.word, "failures_decide": False, "p": answer.p, "seeds": seeds, "failed": 0}
    found |= {key: first[key] for key in ("of_excess", "margin", "scale", "first_seed", "samples")}
    found |= {"steps": 0, "per_seed": {}, "processors": _processors(tables)}
    effect = prose.Effect.of(study)
    each = (f"{name} {_share(effect, of, pooled.studies[name])}" for name, of in judged.items())
    place = f"At {first['scale']} scale ({dataset}, N = {first['samples']:,.0f}, {seeds} seeds per arm of {len(judged)} studies)"
    said = f"{effect.sentence(study, found['difference'])} (97.5% CI: {effect.between(found['low'], found['high'])})"
    return found | {"sentence": f"{place}: {answer.word}; on average {said}; {', '.join(each)}."}


def _costs(study: Study, text: str, sign: int) -> tuple[Values, Values]:
    rows = results.judged_rows(study, pd.read_csv(StringIO(text)))
    treatment, control = results.costs_of(study, rows, results.arms_of(study, rows))
    return (treatment, control) if sign > 0 else (control, treatment)


def _share(effect: prose.Effect, found: Mapping[str, Any], sign: int) -> str:
    """A study's own effect as the pooled claim has it: of an opposite claim, the arms change sides."""
    share = found["difference"]
    return effect.size(share if sign > 0 else -share / (1 - share))


def _processors(tables: Mapping[str, str]) -> list[str]:
    return sorted({name for text in tables.values() for name in pd.read_csv(StringIO(text))["processor"]})
