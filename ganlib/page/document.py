"""The page as HTML: the views of the reports, the demo and the claims, rendered by page.html.jinja."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ganlib.data.dataset import Dataset
from ganlib.page import advice, demo, findings, section, verdicts
from ganlib.page.glossary import entry
from ganlib.page.tracks import Axis

FOLDER = Path(__file__).parent
ENVIRONMENT = Environment(loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
AXES = ("kid", "fid")
DATA = {
    "toons": "{} drawn faces with CelebA’s layout",
    "celeba": "{} of CelebA’s photographs",
    "folder": "{} pictures of your own",
}
REALS = {"toons": "drawn faces", "celeba": "photographs", "folder": "your pictures"}
SCALES = {
    "preview": "This is a quick preview: compare its scores with other previews, never with numbers from papers.",
    "evening": "Most nets are narrower than the reports’, and each trains for up to an hour and a half.",
    "full": "Nets and trainings have the reports’ sizes.",
}
CREDITS = (
    "The drawn faces are a remix of Avataaars by Pablo Stanley, from DiceBear.",
    "Photographs are from CelebA (Liu et al. 2015), whose terms forbid redistribution: keep a page with photographs to yourself.",
)


def page(
    sections: Sequence[Mapping[str, Any]],
    curve: Mapping[str, Any] | None,
    dataset: Dataset,
    claims: Sequence[Mapping[str, Any]],
    experiments: Mapping[str, Any] | None = None,
    running: Sequence[Mapping[str, Any]] = (),
    results: str = "",
    origin: Sequence[str] = (),
) -> str:
    """The HTML of the reports' sections, the curve demo, the claims with their verdicts, DVC's experiments and the running trainings.

    `origin` says where the results come from; a stage has none, whose outputs are the same on every day and in every commit.
    With `results`, which names the state of all but the running trainings, it is the page of `ganlib watch`, which refreshes itself.
    """
    reports = [section.view(each, claims) for each in sections]
    scored = [report for report in reports if "kid" in report["figures"]]
    places, tricks = verdicts.tricks(claims)
    axes = [Axis.of(score, [report["figures"] for report in scored], [report["spread"] for report in scored]) for score in AXES]
    return ENVIRONMENT.get_template("page.html.jinja").render(
        style=_file("style.css"),
        script=_file("script.js"),
        watch=_file("watch.js"),
        data=_json(_data(sections, scored, curve)),
        reports=reports,
        scored=scored,
        axes=axes,
        curve=demo.view(curve) if curve else None,
        finding=findings.finding(scored) if reports else "",
        facts=[*_facts(reports, dataset), *origin],
        reals=REALS[dataset.kind],
        scale=SCALES[dataset.scale],
        warnings=_warnings(scored),
        trials=advice.trials(reports),
        claims=claims,
        tally=verdicts.tally(claims),
        processors=verdicts.processors(claims),
        tested=[result for claim in claims for result in claim["results"]],
        untested=verdicts.untested(claims),
        places=places,
        tricks=tricks,
        experiments=experiments,
        how=_how(scored),
        glossary=_glossary(reports),
        credits=CREDITS,
        **_running(running, results),
    )


def running_section(running: Sequence[Mapping[str, Any]], results: str) -> str:
    """The HTML of the page's section on the running trainings alone."""
    return ENVIRONMENT.get_template("running.html.jinja").render(_running(running, results))


def _running(running: Sequence[Mapping[str, Any]], results: str) -> dict[str, Any]:
    return {"running": running, "results": results, "running_data": _json({each["id"]: {"log": each["log"]} for each in running})}


def _glossary(reports: Sequence[Mapping[str, Any]]) -> list[tuple[str, str, str]]:
    """Key, name and explanation of every metric in the reports' tables, each once."""
    rows = {row["key"]: row for report in reports for _, table in report["tables"] for row in table}
    return [(key, row["name"], entry(key).text) for key, row in rows.items() if entry(key).text]


def _facts(reports: Sequence[Mapping[str, Any]], dataset: Dataset) -> list[str]:
    """What was run: the data set and its part, the seed, and the number of pictures that were scored; several values if they differ."""
    number, scored = "all" if dataset.images is None else f"{dataset.images:,}", [each["figures"] for each in reports if each["figures"]]
    found = {
        "seed": [str(each["seed"]) for each in reports],
        "N =": [f"{each['samples']:,}" for each in scored],
    }
    facts = [f"{label} {', '.join(dict.fromkeys(values))}" for label, values in found.items() if values]
    return [DATA[dataset.kind].format(number), dataset.scale, *facts]


def _warnings(scored: Sequence[Mapping[str, Any]]) -> list[str]:
    """Why these scores must not be compared."""
    keys = ("dataset", "split", "scale", "samples", "protocol")
    differing = [entry(key).name for key in keys if len({each["figures"][key] for each in scored}) > 1]
    return [f"These runs differ in {', '.join(differing)}: do not compare their scores."] if differing else []


def _how(scored: Sequence[Mapping[str, Any]]) -> list[str]:
    """The protocol, in three items."""
    number = ", ".join(dict.fromkeys(f"{each['figures']['samples']:,}" for each in scored)) or "as many"
    return [
        f"N = {number} fakes, each from its own z, are compared with as many real pictures of the training split, in the same crop. A"
        " conditional generator makes one fake for the conditions of each of these reals.",
        "Both sets pass through the Inception network of 2015-12-05. Its 2,048 pool3 features are compared, never pixels.",
        "Intervals are 95% confidence intervals from a jackknife over groups of pictures. The floor is the score of as many other reals,"
        " which a perfect generator would reach.",
    ]


def _data(sections: Sequence[Mapping[str, Any]], scored: Sequence[Mapping[str, Any]], curve: Mapping[str, Any] | None) -> dict[str, Any]:
    """The numbers behind the page, by columns."""
    keys = list(dict.fromkeys(key for each in scored for key in each["figures"]))
    scores = {"report": [each["name"] for each in scored], **{key: [each["figures"].get(key) for each in scored] for key in keys}}
    reports = {each["report"]: {"log": each["log"], "kept": each["kept"]} for each in sections}
    if not curve:
        return {"scores": scores, "reports": reports}
    return {"scores": scores, "reports": reports | {"curve": {"log": curve["log"]}}, "curve": curve["learning"]}


def _file(name: str) -> Markup:
    return Markup((FOLDER / name).read_text(encoding="utf-8"))


def _json(data: Mapping[str, Any]) -> Markup:
    """JSON without `<`, so that it cannot end its script element."""
    return Markup(json.dumps(data, separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c"))
