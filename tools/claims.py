"""Writes docs/claims.md and docs/claims.json: every claim of the reports with its verdict, or with what stands in the way of one.

    python -m docs.claims

They are made of studies/params.yaml, studies/catalogue/, and the tables that studies left.
"""

import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from docs.seeds import table
from ganlib.studies import catalogue, declarations, places, results, words
from ganlib.studies.catalogue import Open
from ganlib.studies.study import Claim, Study
from ganlib.studies.verdict import holm
from ganlib.support.errors import exit_on_user_error

PAGE, DATA = Path("docs/claims.md"), Path("docs/claims.json")

AUTHORS = {
    "dcgan112": "A. Mukashev",
    "dcgan64": "Z. Zhang & L. Zhao",
    "curve": "Z. Zhang & L. Zhao's demo",
    "dense64": "I. Adly, R. Bockmon & Q. Nguyen",
    "began64": "TensorJoe (translated)",
    "dcgan56": "A. Saviolo",
}

INTRODUCTION = """# What the reports claim, and what became of it

Every claim, comparison, open question and plan of the five reports. Verdicts are of runs here, at the scale that each of them
names, and none says that a report is right or wrong at its own: [studies.md](studies.md) tells how to read them. A place is a
line of the report's text (L), its prints or its code; what is said of code is no quotation. `python -m docs.claims` makes this page,
and [claims.json](claims.json) with the same for programs.
"""

NOISE = """
## The noise

How far runs of one setting lie apart, and by how much one of two such settings must be better to be found so nine times in ten.
"""

Entry = dict[str, Any]


def main() -> None:
    """Write both."""
    with exit_on_user_error():
        found = entries()
    PAGE.write_text(page(found), encoding="utf-8")
    DATA.write_text(data(found), encoding="utf-8")


def entries() -> list[Entry]:
    """Every claim, in the order of the reports, others behind them: `state` is tested, declared, ready, needs, not_testable or done."""
    declared = declarations.load()
    known = catalogue.load(declared)
    found = [_entry(name, study, "declared") for name, study in declared.studies.items()]
    found += [_entry(name, study, "ready") for name, study in known.studies.items()]
    found += [_open(name, claim) for name, claim in known.claims.items()]
    _mark(found)
    order = {report: place for place, report in enumerate(AUTHORS)}
    return sorted(found, key=lambda entry: (order.get(entry["report"], len(order)), entry["report"]))


def data(found: list[Entry]) -> str:
    """docs/claims.json."""
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


def page(found: list[Entry]) -> str:
    """docs/claims.md."""
    text = INTRODUCTION
    for dataset in sorted({dataset for entry in found for dataset in entry.get("results", {})}):
        text += "\n" + _counted(found, dataset) + "\n"
    for report in dict.fromkeys(entry["report"] for entry in found):
        text += f"\n## `{report}`" + (f": {AUTHORS[report]}" if report in AUTHORS else "") + "\n"
        text += table(["the claim, as it is tested", "what became of it"], (_row(entry) for entry in found if entry["report"] == report))
    return text + _noise()


def _entry(name: str, study: Study, state: str) -> Entry:
    found = {path.parent.name: _result(study, path) for path in sorted(places.RESULTS.glob(f"*/{name}.csv"))}
    shown = study.model_dump(exclude_none=True)
    return {"name": name, "state": "tested" if found else state, **shown, **({"results": found} if found else {})}


def _result(study: Study, path: Path) -> Entry:
    table, dataset = path.read_text(encoding="utf-8"), path.parent.name
    judged = results.judge(study, table)
    told = {
        **judged,
        "sentence": words.sentence(study, judged, dataset),
        "processors": sorted(pd.read_csv(StringIO(table))["processor"].unique()),
        "dots": results.dots(study, table),
    }
    return {key: [_rounded(part) for part in value] if isinstance(value, list) else _rounded(value) for key, value in told.items()}


def _rounded(value: Any) -> Any:
    """Numbers that every processor writes the same."""
    return float(f"{value:.6g}") if isinstance(value, float) else value


def _open(name: str, claim: Open) -> Entry:
    state, reason = next((why, text) for why in ("needs", "not_testable", "done") if (text := getattr(claim, why)))
    return {"name": name, "state": state, **claim.model_dump(include=set(Claim.model_fields)), "reason": reason}


def _mark(found: list[Entry]) -> None:
    """`holds` tells of each result whether it stands beside all others on the same pictures: Holm at 5 %."""
    for dataset in {dataset for entry in found for dataset in entry.get("results", {})}:
        beside = [entry["results"][dataset] for entry in found if dataset in entry.get("results", {})]
        for result, holds in zip(beside, holm(np.array([result["p"] for result in beside])), strict=True):
            result["holds"] = bool(holds) and result["verdict"] in ("supported", "contradicted")


def _counted(found: list[Entry], dataset: str) -> str:
    told = [entry["results"][dataset] for entry in found if dataset in entry.get("results", {})]
    verdicts = pd.Series([result["verdict"] for result in told]).value_counts(sort=False)
    counts = ", ".join(f"{count} {verdict}" for verdict, count in sorted(verdicts.items()))
    holding = sum(result["holds"] for result in told)
    processors = ", ".join(sorted({name for result in told for name in result["processors"]}))
    if len(told) == 1:  # nothing is counted
        return f"**On `{dataset}`**: 1 study, {told[0]['verdict']}. Made on: {processors}."
    return (
        f"**On `{dataset}`**: {len(told)} studies, of which {counts}. Each verdict stands for itself. Who counts them must know"
        f" that among many some are right by chance: {holding} hold together at 5 % (Holm 1979), and are marked `*`."
        f" Made on: {processors}."
    )


def _row(entry: Entry) -> list[str]:
    return [f'"{entry["says"]}" ({entry["at"]})', entry["claim"], " ".join(_state(entry))]


def _state(entry: Entry) -> Iterator[str]:
    match entry["state"]:
        case "tested":
            for result in entry["results"].values():
                word, mark = result["verdict"], " `*`" if result["holds"] else ""
                yield result["sentence"].replace(word, f"**{word}**{mark}", 1)
            yield f"(`{entry['name']}`)"
        case "declared":
            yield f"declared and not run: `dvc repro studies/dvc.yaml:study@{entry['name']}`"
        case "ready":
            yield f"ready: `ganlib declare {entry['name']}`"
        case state:
            yield f"{state.replace('_', ' ')}: {entry['reason']}"
    if entry.get("regime"):
        yield f"*{entry['regime']}*"


def _noise() -> str:
    rows = []
    for path in sorted(places.VERDICTS.glob("*/noise/*.json")):
        of = json.loads(path.read_text(encoding="utf-8"))
        if "kid_spread" in of:
            kid = f"{of['kid_mean']:.3f}, {of['kid_lowest']:.3f} to {of['kid_highest']:.3f}"
            seen = (f"{of[f'seen_by_{n}']:.0%}" for n in (6, 12))
            rows.append([f"`{path.stem}`", path.parents[1].name, str(of["seeds"]), kid, f"{of['kid_spread']:.0%}", *seen])
    if not rows:
        return ""
    return NOISE + table(["pictures", "seeds", "KID, its range", "spread", "6 seeds a side see", "12 see"], rows)


if __name__ == "__main__":
    main()
