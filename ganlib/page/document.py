"""The page as HTML: the sections' texts, charts and pictures rendered by page.html.jinja."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ganlib.data.dataset import Dataset
from ganlib.page import advice, demo, findings, verdicts
from ganlib.page.about import about
from ganlib.page.glossary import ENDS, PROTOCOL, RATE, TRAINING, entry
from ganlib.page.run_charts import charts
from ganlib.page.spread import others
from ganlib.page.tracks import Axis
from ganlib.support import paths

FOLDER = Path(__file__).parent
ENVIRONMENT = Environment(loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
TABS = {"samples": "Fakes", "reals": "Reals", "closest": "Nearest in training", "reconstructions": "Reconstructions"}
AXES = ("kid", "fid")
DATA = {
    "toons": "{} drawn faces with CelebA’s layout",
    "celeba": "{} of CelebA’s photographs",
    "folder": "{} pictures of your own",
}
SCALES = {
    "preview": "This is a quick preview: compare its scores with other previews, never with numbers from papers.",
    "evening": "Nets are narrower than the reports’, and train for as long as an evening allows.",
    "full": "Nets and trainings have the reports’ sizes.",
}
KEY = ("kid", "diversity", "closer_than_held_out")
"""What a report's section shows first; all other metrics are in its table."""

SAID = ("d_accuracy", *KEY)
"""Metrics of a headline that the diagnosis and KEY say already."""

VERSIONS = {"torch": "PyTorch", "cuda": "CUDA", "cudnn": "cuDNN"}
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
    reports = [_report(section, claims) for section in sections]
    scored = [report for report in reports if "kid" in report["figures"]]
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
        scale=SCALES[dataset.scale],
        warnings=_warnings(scored),
        trials=advice.trials(reports),
        claims=claims,
        tally=verdicts.tally(claims),
        processors=verdicts.processors(claims),
        tested=[result for claim in claims for result in claim["results"]],
        untested=verdicts.untested(claims),
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


def _report(section: Mapping[str, Any], claims: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What the template shows of a section."""
    name, figures = section["report"], section["figures"]
    spread = others(figures, name)
    tables = [(title, rows) for title, rows in _tables(section) if rows]
    return {
        **section,
        "name": name,
        "about": about(name),
        "spread": spread,
        "place": findings.place(figures["kid"], spread["kid"]) if "kid" in spread else None,
        "diagnosis": findings.diagnosis(section["log"], section["steps"]),
        "written": {key: entry(key).format(value) for key, value in figures.items()},
        "tabs": [(kind, label) for kind, label in TABS.items() if section[kind]],
        "rows": section["rows"] if len(section["rows"]) == section["samples"][-1]["rows"] else [],
        "charts": charts(section),
        "sentence": _sentence(section),
        "key": [_row(key, figures) for key in KEY if key in figures],
        "tables": tables,
        "claims": [claim for claim in claims if claim["report"] == name and claim["results"]],
        "size": _size(section),
        "exports": section.get("exports", ()),  # those of a stage have none: exports/ is not among its deps
        "command": paths.scoring(name, baseline=section["baseline"]),
    }


def _sentence(section: Mapping[str, Any]) -> str:
    """The training and the report's own headline in one sentence."""
    figures = section["figures"]
    width = {name: value for name, _, value in section["changed"]}.get("width")
    text = f"After {section['steps']:,} steps" + (f" with nets {width:g} times as wide as the report’s" if width else "")
    if "kid" not in figures:
        return f"{text}, not scored yet."
    own = [key for key in section["headline"] if key in figures and key not in SAID]
    named = ", ".join(f"{entry(key).name} {entry(key).format(figures[key])} {entry(key).unit}".rstrip() for key in own)
    return f"{text}: {named}." if named else f"{text}."


def _tables(section: Mapping[str, Any]) -> list[tuple[str, list[dict[str, str]]]]:
    """All metrics: the scores, and the final values of the log."""
    figures = section["figures"]
    training: list[dict[str, str]] = []
    scores: list[dict[str, str]] = []
    for key in figures:
        if _has_row(key, figures):
            (training if key in TRAINING or key in section["log"] else scores).append(_row(key, figures))
    return [("Scores", scores), ("End of training: means of the log’s last tenth, or its last count", training)]


def _has_row(key: str, figures: Mapping[str, Any]) -> bool:
    shown_elsewhere = {"step", *PROTOCOL, *(f"{other}_{end}" for other in figures for end in ENDS)}
    return key not in shown_elsewhere and not key.startswith(RATE)


def _row(key: str, figures: Mapping[str, Any]) -> dict[str, str]:
    of = entry(key)
    ends = [of.format(figures[f"{key}_{end}"]) for end in ("low", "high") if f"{key}_{end}" in figures]
    return {
        "key": key,
        "name": of.name,
        "value": of.format(figures[key]),
        "interval": " to ".join(ends),
        "floor": of.format(figures[f"{key}_floor"]) if f"{key}_floor" in figures else "",
        "remark": of.remark(figures[key]) or _at_chance(key, figures),
    }


def _glossary(reports: Sequence[Mapping[str, Any]]) -> list[tuple[str, str, str]]:
    """Key, name and explanation of every metric in the reports' tables, each once."""
    rows = {row["key"]: row for report in reports for _, table in report["tables"] for row in table}
    return [(key, row["name"], entry(key).text) for key, row in rows.items() if entry(key).text]


def _at_chance(key: str, figures: Mapping[str, Any]) -> str:
    """A remark on a lift whose confidence interval contains 0."""
    if key.endswith("_lift") and figures.get(f"{key}_low", 1) <= 0 <= figures[f"{key}_high"]:
        return "no more often than by chance, as from a generator that ignores its conditions"
    return ""


def _size(section: Mapping[str, Any]) -> str:
    """The parameters of the nets, here and in the report, and how the run was trained and scored."""
    text = "Parameters: " + ", ".join(f"{count:,} in the {net}" for net, count in section["parameters"].items())
    if own := about(section["report"]).parameters:
        text += f" (in the report: {' and '.join(f'{count:,}' for count in own)})"
    figures = section["figures"]
    scored = f" N = {figures['samples']:,} fakes against {figures['real_samples']:,} reals, {figures['protocol']}." if figures else ""
    return f"{text}. {section['steps']:,} steps, seed {section['seed']}{_trained_by(section)}.{scored}"


def _trained_by(section: Mapping[str, Any]) -> str:
    """The devices that trained the run, with the versions of what they ran; empty if it was recorded by an earlier ganlib."""
    if not section["devices"]:
        return ""
    return f", in {section['precision']} on {', then '.join(map(_device, section['devices']))}"


def _device(device: Mapping[str, str]) -> str:
    versions = ", ".join(f"{name} {device[key]}" for key, name in VERSIONS.items() if key in device)
    return f"{'a CPU' if device['device'] == 'cpu' else device['device']} ({versions})"


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
