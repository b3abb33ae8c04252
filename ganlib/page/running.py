"""The trainings that are running, from what they have written to their checkpoints' folders so far."""

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from ganlib.core.tables import read_yaml
from ganlib.page import strips
from ganlib.page.about import about
from ganlib.page.collect import NOT_SHOWN
from ganlib.page.glossary import entry
from ganlib.page.run_charts import charts
from ganlib.params import Params
from ganlib.support import following
from ganlib.support.paths import Outputs

RECENT = 20  # rows of the log by whose times the time left is estimated
WARNINGS = ("saturated", "collapsed")


def collect(settings: Params) -> list[dict[str, Any]]:
    """What the page shows of each training that runs in this checkout, in the order of params.yaml."""
    order = [*settings.reports, *settings.baselines]
    found = []
    for folder in following.running():
        with suppress(FileNotFoundError):  # it has just ended, or begins again from its checkpoint
            found.append(view(folder, settings))
    return sorted(found, key=lambda each: order.index(each["name"]) if each["name"] in order else len(order))


def view(folder: Path, settings: Params) -> dict[str, Any]:
    """What the page shows of the training whose checkpoints are in `folder`."""
    outputs = Outputs.below(folder)
    config = read_yaml(outputs.run / "config.yaml")
    log, times = _columns(outputs.progress / "log.csv"), _columns(folder / "timing.csv")
    step = round(log["step"][-1]) if log else 0
    sheets = sorted((outputs.progress / "samples").glob("[0-9]*.png"))
    return {
        "id": folder.name,
        "name": config["report"],
        "about": about(config["report"]),
        "changed": changed(config, settings),
        "step": step,
        "steps": config["steps"],
        "left": left(times, config["steps"]),
        "sheet": _sheet(sheets[-1], config["size"]) if sheets else None,
        "charts": charts({"log": log}),
        "log": log,
        "remarks": [f"{entry(name).name}: {log[name][-1]:.0f} ({entry(name).text})" for name in WARNINGS if any(log.get(name, ())[-1:])],
    }


@lru_cache(maxsize=32)
def _sheet(path: Path, size: int) -> dict[str, Any]:
    """A sheet and its step. The file of a step never changes: equal runs write equal sheets."""
    return {"step": int(path.stem), **strips.strip(path, size)}


def changed(config: Mapping[str, Any], settings: Params) -> list[str]:
    """The settings that differ from those of params.yaml, as in a trial of a study or a queued experiment."""
    report = {**settings.reports, **settings.baselines}.get(config["report"])
    expected = {"seed": settings.seed, **report.model_dump()} if report else {}
    differing = {name: value for name, value in config.items() if name in expected and value != expected[name] and name not in NOT_SHOWN}
    return [f"{name} {'blank' if value is None else value}" for name, value in differing.items()]


def left(times: Mapping[str, Sequence[float]], steps: int) -> str:
    """The time that a training of `steps` steps still takes at the speed of its last rows; empty before the first one."""
    if not times:
        return ""
    (first, *_, last), (start, *_, end) = ([0.0, *times[name]][-RECENT:] for name in ("step", "seconds"))
    minutes = math.ceil((steps - last) * (end - start) / (last - first) / 60)
    hours, rest = divmod(minutes, 60)
    return "less than a minute left" if minutes < 2 else f"about {f'{hours} h ' if hours else ''}{rest} min left"


def _columns(path: Path) -> dict[str, list[float]]:
    rows = following.rows(path)
    return {name: [float(row[name]) for row in rows] for name in (rows[0] if rows else ())}
