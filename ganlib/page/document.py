"""The page as HTML: the sections' texts, charts and pictures rendered by page.html.jinja."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ganlib.data.dataset import Dataset
from ganlib.page import demo, verdicts
from ganlib.page.about import about
from ganlib.page.glossary import ENDS, PROTOCOL, RATE, TRAINING, entry
from ganlib.page.run_charts import charts
from ganlib.page.spread import Spread, spreads
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
    "preview": ", with narrow nets and few steps: a preview, whose scores compare only with those of other previews",
    "evening": ", with narrower nets and as many steps as fit into an evening",
    "full": ", at full scale",
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
) -> str:
    """The HTML of the reports' sections, the curve demo, the claims with their verdicts, DVC's experiments and the running trainings.

    With `results`, which names the state of all but the running trainings, it is the page of `ganlib watch`, which refreshes itself.
    """
    reports = [_report(section) for section in sections]
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
        trained_on=_trained_on(dataset),
        facts=_facts(scored),
        warnings=_warnings(scored),
        claims=claims,
        tally=verdicts.tally(claims),
        tested=[result for claim in claims for result in claim["results"]],
        untested=verdicts.untested(claims),
        experiments=experiments,
        how=_how(scored),
        credits=CREDITS,
        **_running(running, results),
    )


def running_section(running: Sequence[Mapping[str, Any]], results: str) -> str:
    """The HTML of the page's section on the running trainings alone."""
    return ENVIRONMENT.get_template("running.html.jinja").render(_running(running, results))


def _running(running: Sequence[Mapping[str, Any]], results: str) -> dict[str, Any]:
    return {"running": running, "results": results, "running_data": _json({each["id"]: {"log": each["log"]} for each in running})}


def _report(section: Mapping[str, Any]) -> dict[str, Any]:
    """What the template shows of a section."""
    name, figures = section["report"], section["figures"]
    spread = spreads(figures, name)
    return {
        **section,
        "name": name,
        "about": about(name),
        "spread": spread,
        "written": {key: entry(key).format(value) for key, value in figures.items()},
        "tabs": [(kind, label) for kind, label in TABS.items() if section[kind]],
        "rows": section["rows"] if len(section["rows"]) == section["samples"][-1]["rows"] else [],
        "charts": charts(section),
        "sentence": _sentence(section, spread),
        "tables": [(title, rows) for title, rows in _tables(section) if rows],
        "size": _size(section),
        "exports": section.get("exports", ()),  # those of a stage have none: exports/ is not among its deps
        "command": paths.scoring(name, baseline=section["baseline"]),
    }


def _sentence(section: Mapping[str, Any], spread: Mapping[str, Spread]) -> str:
    """The headline results in one sentence."""
    figures = section["figures"]
    width = {name: value for name, _, value in section["changed"]}.get("width")
    text = f"After {section['steps']:,} steps" + (f" with nets {width:g} times as wide as the report’s" if width else "")
    if "kid" not in figures:
        return f"{text}, not scored yet."
    written = {key: entry(key).format(value) for key, value in figures.items()}
    text += f", KID is {written['kid']} (95% interval {written['kid_low']} to {written['kid_high']}"
    text += f"; real pictures have {written['kid_floor']})" if "kid_floor" in figures else ")"
    if "kid" in spread:
        seeds, kid = spread["kid"], entry("kid")
        text += f", and {kid.format(seeds.low)} to {kid.format(seeds.high)} in {len(seeds.values)} trainings of {seeds.steps:,} steps"
    own = [key for key in section["headline"] if key in figures]
    return "; ".join([text, *(f"{entry(key).name}: {written[key]} {entry(key).unit}".rstrip() for key in own)]) + "."


def _tables(section: Mapping[str, Any]) -> list[tuple[str, list[dict[str, str]]]]:
    """All metrics with explanations: the scores, and the final values of the log."""
    figures = section["figures"]
    training: list[dict[str, str]] = []
    scores: list[dict[str, str]] = []
    shown_elsewhere = {"step", *PROTOCOL, *(f"{key}_{end}" for key in figures for end in ENDS)}
    for key in figures:
        if key not in shown_elsewhere and not key.startswith(RATE):
            (training if key in TRAINING or key in section["log"] else scores).append(_row(key, figures))
    return [("Scores", scores), ("End of training", training)]


def _row(key: str, figures: Mapping[str, Any]) -> dict[str, str]:
    of, beside = entry(key), []
    if f"{key}_low" in figures:
        beside.append(f"{of.format(figures[f'{key}_low'])} – {of.format(figures[f'{key}_high'])}")
    if f"{key}_floor" in figures:
        beside.append(f"floor {of.format(figures[f'{key}_floor'])}")
    return {
        "name": of.name,
        "value": of.format(figures[key]),
        "beside": ", ".join(beside),
        "text": of.text,
        "remark": of.remark(figures[key]) or _at_chance(key, figures),
    }


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
    return f"{text}. {section['steps']:,} steps, seed {section['seed']}.{scored}"


def _trained_on(dataset: Dataset) -> str:
    number = "all" if dataset.images is None else f"{dataset.images:,}"
    return DATA[dataset.kind].format(number) + SCALES[dataset.scale]


def _facts(scored: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """How the reports were scored; several values if they differ."""
    names = {"dataset": "data set", "scale": "scale", "samples": "N", "split": "trained on", "protocol": "protocol", "extractor": "network"}
    facts = [(label, ", ".join(dict.fromkeys(entry(key).format(each["figures"][key]) for each in scored))) for key, label in names.items()]
    return [*facts, ("seed", ", ".join(dict.fromkeys(str(each["seed"]) for each in scored)))] if scored else []


def _warnings(scored: Sequence[Mapping[str, Any]]) -> list[str]:
    """Why these scores must not be compared."""
    keys = ("dataset", "split", "scale", "samples", "protocol")
    differing = [entry(key).name for key in keys if len({each["figures"][key] for each in scored}) > 1]
    return [f"These runs differ in {', '.join(differing)}: do not compare their scores."] if differing else []


def _how(scored: Sequence[Mapping[str, Any]]) -> list[str]:
    """The protocol, in five items."""
    number = ", ".join(dict.fromkeys(f"{each['figures']['samples']:,}" for each in scored)) or "as many"
    return [
        f"N = {number} fakes, each from its own z, are compared with as many real pictures of the training split, in the same crop. A"
        " conditional generator makes one fake for the conditions of each of these reals.",
        "Both sets pass through the Inception network of 2015-12-05. Its 2,048 pool3 features are compared, never pixels.",
        "KID is the squared distance between the two sets’ means under a cubic kernel, unbiased at any N. FID is the Fréchet distance"
        " between two Gaussians; small N raises it. Precision, recall, density and coverage count pictures in each other’s neighbourhood.",
        "Intervals are 95% confidence intervals from a jackknife over groups of pictures. The floor is the score of as many other reals,"
        " which a perfect generator would reach.",
        "‘Closer than held out’ compares how near fakes and held-out reals are to the pictures trained on: 0.5 for new pictures, 1 for"
        " copies.",
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
