"""The page itself: every section's words, charts and pictures put into page.html.jinja."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ganlib.data.dataset import Dataset
from ganlib.models import registry
from ganlib.page import curve, graphs, verdicts
from ganlib.page.about import about
from ganlib.page.glossary import CIRCUMSTANCES, ENDS, SCORES, TRAINING, term
from ganlib.page.spread import Spread, spreads
from ganlib.page.tracks import Axis

FOLDER = Path(__file__).parent
TABS = {"samples": "Fakes", "reals": "Reals", "closest": "Nearest in training", "reconstructions": "Reconstructions"}
AXES = ("kid", "fid")
HIDDEN = ("step", "rate_generator", "rate_discriminator", "rate_encoder")  # stand among the settings
WORDS = {
    "toons": "on {} faces that a program drew in CelebA’s layout",
    "celeba": "on {} of CelebA’s photographs",
    "folder": "on {} pictures of the user’s own",
}
SCALES = {
    "preview": ", with narrow nets and few steps: a preview, whose scores stand beside those of other previews only",
    "evening": ", with narrower nets than theirs and an evening’s steps",
    "full": ", at full scale",
}
CREDITS = (
    "The drawn faces are a remix of Avataaars by Pablo Stanley, by way of DiceBear.",
    "Photographs are of CelebA (Liu et al. 2015), whose terms allow no redistribution: a page with photographs on it is for your own eyes.",
)


def page(
    sections: Sequence[Mapping[str, Any]],
    demo: Mapping[str, Any] | None,
    dataset: Dataset,
    claims: Sequence[Mapping[str, Any]],
    experiments: Mapping[str, Any] | None = None,
) -> str:
    """The HTML of these reports' sections, of the curve demo, of the studies' claims and, where they are given, of DVC's experiments."""
    shown = [_report(section) for section in sections]
    scored = [report for report in shown if "kid" in report["figures"]]
    axes = [Axis.of(score, [report["figures"] for report in scored], [report["spread"] for report in scored]) for score in AXES]
    environment = Environment(
        loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("page.html.jinja").render(
        style=Markup((FOLDER / "style.css").read_text(encoding="utf-8")),
        script=Markup((FOLDER / "script.js").read_text(encoding="utf-8")),
        data=_json({**_data(sections, scored), **({"curve": demo["learning"]} if demo else {})}, demo),
        reports=shown,
        scored=scored,
        axes=axes,
        curve=curve.view(demo) if demo else None,
        trained_on=_trained_on(dataset, scored),
        facts=_facts(scored),
        warnings=_warnings(scored),
        claims=claims,
        tally=verdicts.tally(claims),
        tested=[result for claim in claims for result in claim["results"]],
        untested=verdicts.untested(claims),
        experiments=experiments,
        how=_how(scored),
        credits=CREDITS,
    )


def _report(section: Mapping[str, Any]) -> dict[str, Any]:
    """What the template shows of a section."""
    name, figures = section["report"], section["figures"]
    spread = spreads(figures, name)
    return {
        **section,
        "name": name,
        "about": about(name),
        "spread": spread,
        "written": {key: term(key).write(value) for key, value in figures.items()},
        "tabs": [(kind, label) for kind, label in TABS.items() if section.get(kind)],
        "reals": section.get("reals"),
        "closest": section.get("closest"),
        "rows": section["rows"] if len(section["rows"]) == section["samples"][-1]["rows"] else [],
        "charts": graphs.charts(section),
        "sentence": _sentence(section, spread),
        "tables": [(title, rows) for title, rows in _tables(figures) if rows],
        "size": _size(section),
        "exports": section.get("exports", ()),  # those of a stage have none: it may depend on nothing but its deps
        "command": f"dvc repro {'baselines/dvc.yaml:baseline' if section['baseline'] else 'evaluate'}@{name}",
    }


def _sentence(section: Mapping[str, Any], spread: Mapping[str, Spread]) -> str:
    """What was measured, in one sentence made of the figures."""
    figures, name = section["figures"], section["report"]
    width = {name: value for name, _, value in section["changed"]}.get("width")
    text = f"After {section['steps']:,} steps" + (f" of nets {width:g} times as wide as the report’s" if width else "")
    if "kid" not in figures:
        return f"{text} it has not been scored yet."
    written = {key: term(key).write(value) for key, value in figures.items()}
    text += f", KID is {written['kid']} (95% interval {written['kid_low']} to {written['kid_high']}"
    text += f"; real pictures have {written['kid_floor']})" if "kid_floor" in figures else ")"
    if "kid" in spread:
        of = spread["kid"]
        text += f", over {len(of.values)} trainings of {of.steps:,} steps {term('kid').write(of.low)} to {term('kid').write(of.high)}"
    own = [key for key in registry.settings_of(name).headline if key in figures]
    return "; ".join([text, *(f"{term(key).name}: {written[key]}{' ' + term(key).unit if term(key).unit else ''}" for key in own)]) + "."


def _tables(figures: Mapping[str, Any]) -> list[tuple[str, list[dict[str, str]]]]:
    """All figures, explained: the scores, and what training ended with."""
    training = [key for key in TRAINING if key in figures and key not in HIDDEN]
    beside = {f"{score}_{end}" for score in SCORES for end in ENDS}
    scores = [key for key in figures if key not in TRAINING and key not in CIRCUMSTANCES and key not in beside]
    return [("Scores", [_row(key, figures) for key in scores]), ("Where training ended", [_row(key, figures) for key in training])]


def _row(key: str, figures: Mapping[str, Any]) -> dict[str, str]:
    of = term(key)
    beside = []
    if f"{key}_low" in figures:
        beside.append(f"{of.write(figures[f'{key}_low'])} – {of.write(figures[f'{key}_high'])}")
    if f"{key}_floor" in figures:
        beside.append(f"floor {of.write(figures[f'{key}_floor'])}")
    return {
        "name": of.name,
        "value": of.write(figures[key]),
        "beside": ", ".join(beside),
        "words": of.words,
        "remark": of.remark(figures[key]),
    }


def _size(section: Mapping[str, Any]) -> str:
    """How many parameters the nets of this run and of the report have, and how it was trained and scored."""
    text = "Parameters: " + ", ".join(f"{count:,} in the {net}" for net, count in section["parameters"].items())
    if own := about(section["report"]).parameters:
        text += f" (the report’s own: {' and '.join(f'{count:,}' for count in own)})"
    figures = section["figures"]
    scored = f" N = {figures['samples']:,} fakes against {figures['real_samples']:,} reals, {figures['protocol']}." if figures else ""
    return f"{text}. {section['steps']:,} steps, seed {section['seed']}.{scored}"


def _trained_on(dataset: Dataset, scored: Sequence[Mapping[str, Any]]) -> str:
    number = "all" if dataset.images is None else f"{dataset.images:,}"
    return WORDS[dataset.kind].format(number) + SCALES[dataset.scale]


def _facts(scored: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """How these scores were taken; several values where runs differ."""
    names = {"dataset": "data set", "scale": "scale", "samples": "N", "split": "trained on", "protocol": "protocol", "extractor": "network"}
    facts = [(label, ", ".join(dict.fromkeys(term(key).write(each["figures"][key]) for each in scored))) for key, label in names.items()]
    return [*facts, ("seed", ", ".join(dict.fromkeys(str(each["seed"]) for each in scored)))] if scored else []


def _warnings(scored: Sequence[Mapping[str, Any]]) -> list[str]:
    """What keeps these scores from being compared."""
    differing = [
        term(key).name for key in ("dataset", "split", "scale", "samples", "protocol") if len({each["figures"][key] for each in scored}) > 1
    ]
    return [f"These runs differ in {', '.join(differing)}: do not compare their scores."] if differing else []


def _how(scored: Sequence[Mapping[str, Any]]) -> list[str]:
    """The protocol, in five lines."""
    number = ", ".join(dict.fromkeys(f"{each['figures']['samples']:,}" for each in scored)) or "as many"
    return [
        f"N = {number} fakes, each from a z of its own, stand against as many real pictures of the split that was trained on, in the same"
        " crop. A conditional generator makes one for the conditions of each of these reals.",
        "Both sides pass through the Inception of 2015-12-05, and its 2,048 pool3 features are compared, never pixels.",
        "KID is the squared distance of both sides’ means under a cubic kernel, without bias at any N; FID is the Frechet distance"
        " of two Gaussians, which few pictures raise; precision, recall, density and coverage ask which pictures lie in each"
        " other’s neighbourhood.",
        "Intervals are 95%, by a jackknife over groups of pictures. The floor is the score of as many other reals, which a perfect"
        " generator would reach.",
        "‘Closer than held out’ compares the way from a fake to the nearest picture seen in training with the way from a new real"
        " picture: 0.5 has learnt, 1 has copied.",
    ]


def _data(sections: Sequence[Mapping[str, Any]], scored: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The figures behind the page, by columns."""
    keys = list(dict.fromkeys(key for each in scored for key in each["figures"]))
    scores = {"report": [each["name"] for each in scored], **{key: [each["figures"].get(key) for each in scored] for key in keys}}
    return {"scores": scores, "reports": {each["report"]: {"log": each["log"], "kept": each["kept"]} for each in sections}}


def _json(data: dict[str, Any], demo: Mapping[str, Any] | None) -> Markup:
    """JSON that cannot end the element it stands in."""
    if demo:
        data["reports"]["curve"] = {"log": demo["log"]}
    return Markup(json.dumps(data, separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c"))
