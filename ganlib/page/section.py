"""What the page shows of a report: its sentence, its tables of metrics, its size."""

from collections.abc import Mapping, Sequence
from typing import Any

from ganlib.page import findings
from ganlib.page.about import about
from ganlib.page.glossary import ENDS, PROTOCOL, RATE, TRAINING, entry
from ganlib.page.run_charts import charts
from ganlib.page.spread import others
from ganlib.support import paths

TABS = {"samples": "Fakes", "reals": "Reals", "closest": "Nearest in training", "reconstructions": "Reconstructions"}
KEY = ("kid", "diversity", "closer_than_held_out")
"""What a report's section shows first; all other metrics are in its table."""

SAID = ("d_accuracy", *KEY)
"""Metrics of a headline that the diagnosis and KEY say already."""

VERSIONS = {"torch": "PyTorch", "cuda": "CUDA", "cudnn": "cuDNN"}


def view(section: Mapping[str, Any], claims: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
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
