"""Writes docs/claims.md and studies/claims.json: every claim of the reports with its verdict, or with the reason why there is none.

    python -m tools.claims

Sources: studies/catalogue.yaml, studies/params.yaml and the tables in studies/results/.
"""

import json
import textwrap
from collections import Counter
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ganlib.core import tables
from ganlib.studies import declarations, paths, pooled, prose, replication, results
from ganlib.studies.declarations import Declarations
from ganlib.studies.runs import ALWAYS
from ganlib.studies.study import Claim, OpenClaim, Pooled, Study
from ganlib.studies.verdict import SIDES, holm
from ganlib.support.errors import UserError, exit_on_user_error
from tools.seeds import table
from tools.tricks import TRICKS

PAGE = Path("docs/claims.md")
VERSION = 1  # of the form of studies/claims.json

AUTHORS = {
    "dcgan112": "A. Mukashev",
    "dcgan64": "Z. Zhang & L. Zhao",
    "curve": "Z. Zhang & L. Zhao's demo",
    "dense64": "I. Adly, R. Bockmon & Q. Nguyen",
    "began64": "TensorJoe (translated)",
    "dcgan56": "A. Saviolo",
}
FEW = 3  # studies that a finding names; claims.json names all
SEVERAL = "several"  # the report of claims about the nets of several

INTRODUCTION = """# What the reports claim, and what we found

Every claim, comparison, open question and plan of the five reports; what has no quotation is a question of ours.
Verdicts are about our runs at the stated scale. None says that a report is right or wrong at its own scale: see
[studies.md](studies.md). A place is a line of the report's text (L), its printed output or its code; text about code is
not a quotation. `make docs` writes this page, and the same as JSON to [studies/claims.json](../studies/claims.json).
"""

SPREAD = """
## Spread over seeds

How much runs of the same settings differ, and the smallest difference that a study detects nine times in ten: a 95%
interval, since a spread over ten runs is known that well only.
"""

Entry = dict[str, Any]


def main() -> None:
    """Write both files."""
    with exit_on_user_error():
        found = entries()
    PAGE.write_text(page(found), encoding="utf-8")
    paths.CLAIMS.write_text(data(found), encoding="utf-8")


def entries() -> list[Entry]:
    """Every claim, in the order of AUTHORS, then others. `state`: tested, declared, ready, needs, not_testable or done."""
    known = declarations.load()
    found = [_entry(name, study, "declared" if name in known.declared else "ready") for name, study in known.studies.items()]
    found += [_pooled(name, of, known) for name, of in known.pooled.items()]
    found += [_open(name, claim) for name, claim in known.claims.items()]
    _mark(found)
    _name_shared_runs(found)
    order = {report: place for place, report in enumerate(AUTHORS)}
    return sorted(found, key=lambda entry: (order.get(entry["report"], len(order)), entry["report"], "reason" in entry))


def data(found: list[Entry]) -> str:
    """The contents of studies/claims.json, which studies/schemas/claims.json describes."""
    tricks = [{key: value for key, value in trick._asdict().items() if value} for trick in TRICKS]
    return json.dumps({"version": VERSION, "claims": found, "tricks": tricks}, indent=2, ensure_ascii=False) + "\n"


def page(found: list[Entry]) -> str:
    """The contents of docs/claims.md."""
    text = INTRODUCTION
    for dataset, judged in families(found).items():
        text += "\n" + _counts(dataset, judged) + "\n"
    for report in dict.fromkeys(entry["report"] for entry in found):
        heading = "Over several reports" if report == SEVERAL else f"`{report}`" + (f": {AUTHORS[report]}" if report in AUTHORS else "")
        text += f"\n## {heading}\n"
        text += table(["the claim as tested", "finding"], (_row(entry) for entry in found if entry["report"] == report))
    return text + _spread()


def _entry(name: str, study: Study, state: str) -> Entry:
    found = {path.parent.name: _result(study, path) for path in sorted(paths.RESULTS.glob(f"*/{name}.csv"))}
    if study.report == "curve":  # the demo sees no pictures: on another data set its runs are the same
        found = dict([*found.items()][-1:])
    at_own_scale = bool(found) and not study.scale and all(result["scale"] == "full" for result in found.values())
    shown = study.model_dump(exclude_none=True, exclude={"regime"} if at_own_scale else None)
    return {"name": name, "state": "tested" if found else state, **shown, **({"results": found} if found else {})}


def _pooled(name: str, of: Pooled, known: Declarations) -> Entry:
    """The answer over several studies on each data set that has tables of all."""
    tables = {
        study: {path.parent.name: path.read_text(encoding="utf-8") for path in paths.RESULTS.glob(f"*/{study}.csv")} for study in of.studies
    }
    datasets = sorted(set.intersection(*(set(found) for found in tables.values())))
    judged = {
        dataset: pooled.judge(of, known.studies, {study: found[dataset] for study, found in tables.items()}, dataset)
        for dataset in datasets
    }
    found = {dataset: _rounded(result) for dataset, result in judged.items() if not isinstance(result, str)}
    entry = {"name": name, "report": SEVERAL, "claim": of.claim, "pools": list(of.studies)}
    if found:
        return {"state": "tested", **entry, "results": found}
    without = "; ".join(f"{dataset}: {result}" for dataset, result in judged.items())
    return {"state": "needs", **entry, "reason": f"no answer: {without}" if without else "results of all its studies on one data set"}


def _result(study: Study, path: Path) -> Entry:
    text, dataset = path.read_text(encoding="utf-8"), path.parent.name
    try:
        judged = results.judge(study, text)
    except UserError as error:
        raise UserError(f"{path}: {error}") from None
    result = {
        **judged,
        "sentence": prose.sentence(study, judged, dataset),
        **({} if study.expected else {"effect": prose.brief(study, judged)}),
        "processors": sorted(pd.read_csv(StringIO(text))["processor"].unique()),
        "per_seed": results.per_seed(study, text),
    }
    if replications := replication.counts(path.stem, text):
        result["replications"] = replications
    return {key: _rounded(value) for key, value in result.items()}


def _rounded(value: Any) -> Any:
    """Few enough digits to be equal on every processor."""
    match value:
        case float():
            return float(f"{value:.6g}")
        case list():
            return [_rounded(part) for part in value]
        case dict():
            return {key: _rounded(part) for key, part in value.items()}
    return value


def _open(name: str, claim: OpenClaim) -> Entry:
    state, reason = claim.reason
    return {"name": name, "state": state, **claim.model_dump(include=set(Claim.model_fields), exclude_none=True), "reason": reason}


def families(found: list[Entry]) -> dict[str, list[Entry]]:
    """The results on each data set, in alphabetical order; those of the demo, which sees no pictures, are under ""."""
    results = [("" if entry["report"] == "curve" else name, result) for entry in found for name, result in entry.get("results", {}).items()]
    return {name: [result for place, result in results if place == name] for name in sorted({name for name, _ in results})}


def _mark(found: list[Entry]) -> None:
    """Set `holds` of each result: significant in its family (Holm at 5%), if the answer takes a side."""
    for beside in families(found).values():
        p = np.array([result["p_failures" if result["failures_decide"] else "p"] for result in beside])
        for result, holds in zip(beside, holm(p), strict=True):
            result["holds"] = bool(holds) and result["answer"] in SIDES


def _name_shared_runs(found: list[Entry]) -> None:
    """Set `shares` of each result: the other studies with results on the same data set that use the same runs, by trial.

    Runs are compared by their metrics, since two trials may have equal settings at one scale.
    """
    judged = {(entry["name"], dataset): entry for entry in found for dataset in entry.get("results", {})}
    runs = {key: {} if "pools" in entry else _runs(*key) for key, entry in judged.items()}
    for (name, dataset), entry in judged.items():
        others = [key for key in runs if key != (name, dataset) and key[1] == dataset]
        using = {
            trial: [other for other, _ in others if any(rows & theirs for theirs in runs[other, dataset].values())]
            for trial, rows in runs[name, dataset].items()
        }
        entry["results"][dataset]["shares"] = {trial: names for trial, names in using.items() if names}


def _runs(name: str, dataset: str) -> dict[str, set[tuple[str, ...]]]:
    """The seed, step and metrics of each scored run in a study's table, by trial."""
    table = pd.read_csv(paths.results(dataset, name), dtype=str, keep_default_na=False)
    metrics = [column for column in ALWAYS if column in table]
    scored = table[(table[metrics] != "").any(axis=1)]
    return {
        str(trial): {*of[["seed", "step", *metrics]].itertuples(index=False, name=None)}
        for trial, of in scored.groupby("trial", sort=False)
    }


def _counts(dataset: str, judged: list[Entry]) -> str:
    place = f"On `{dataset}`" if dataset else "Without pictures"
    counts = ", ".join(f"{answer} ({count})" for answer, count in sorted(Counter(result["answer"] for result in judged).items()))
    processors = ", ".join(sorted({name for result in judged for name in result["processors"]}))
    if len(judged) == 1:
        return f"**{place}**: 1 study, {judged[0]['answer']}. Processor: {processors}."
    significant = sum(result["holds"] for result in judged)
    return textwrap.fill(
        f"**{place}**: {len(judged)} studies: {counts}. After correction for multiple testing (Holm 1979, 5%),"
        f" {significant} of {len(judged)} remain significant, marked `*`. Processor: {processors}.",
        120,
    )


def _row(entry: Entry) -> list[str]:
    quotation = f'"{entry["says"]}" ({entry["at"]})' if "says" in entry else ""
    return [quotation, entry["claim"], " ".join(_finding(entry))]


def _finding(entry: Entry) -> Iterator[str]:
    match entry["state"]:
        case "tested":
            for result in entry["results"].values():
                word, mark = result["answer"], " `*`" if result["holds"] else ""
                yield result["sentence"].replace(word, f"**{word}**{mark}", 1)
                if counts := result.get("replications"):
                    yield f"Replications: {', '.join(f'{count} {answer}' for answer, count in counts.items())}."
                for trial, names in result["shares"].items():
                    others = ", ".join(f"`{name}`" for name in names) if len(names) <= FEW else f"{len(names)} other studies"
                    yield f"Shares its runs of `{trial}` with {others}."
            yield f"(`{entry['name']}`)"
        case "declared":
            yield f"declared, not run: `ganlib repro studies/dvc.yaml:study@{entry['name']}`"
        case "ready":
            yield f"ready: `{entry['name']}`"
        case state:
            yield f"{state.replace('_', ' ')}: {entry['reason']}"
    if entry.get("regime"):
        yield f"*{entry['regime']}*"


def _spread() -> str:
    rows = []
    for path in sorted(paths.VERDICTS.glob("*/spread/*.json")):
        of = tables.read_json(path)
        if "kid_spread" in of:
            kid = f"{of['kid_mean']:.3f}, {of['kid_lowest']:.3f} to {of['kid_highest']:.3f}"
            effects = (" to ".join(f"{of[f'min_detectable_effect_n{n}_{end}']:.0%}" for end in ("low", "high")) for n in (6, 12))
            rows.append([f"`{path.stem}`", path.parents[1].name, str(of["seeds"]), kid, f"{of['kid_spread']:.0%}", *effects])
    if not rows:
        return ""
    return SPREAD + table(["data set", "seeds", "KID: mean, range", "spread", "detectable with 6 seeds per arm", "with 12"], rows)


if __name__ == "__main__":
    main()
