"""What to try next: commands with the minutes that they take."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ganlib.page.about import about


class Trial(NamedTuple):
    """A reason, a command, and how long it takes."""

    why: str
    command: str
    takes: str


WHY = {
    "collapsed": "{} collapsed: halve G’s learning rate.",
    "saturated": "{} is saturated: halve D’s learning rate.",
    "D wins": "In {}, D wins: halve its learning rate.",
}
HEALTHY = ("One change: D twice as fast.", "dense64", "reports.dense64.lr_d=4e-4")
MOST, SEEDS = 2, 6  # of the changes that answer a diagnosis; of an arm


def trials(reports: Sequence[Mapping[str, Any]]) -> list[Trial]:
    """What to try after these reports, the page's views of them: the ills first, those that need care before the others."""
    if not reports:
        return []
    ill = sorted((each for each in reports if each["diagnosis"] and each["diagnosis"].setting), key=lambda each: not each["diagnosis"].care)
    changes = [change for each in ill for change in _answer(each)][:MOST] or [HEALTHY]
    (_, report, override), seeds = changes[0], f"The same with {SEEDS} seeds per arm, and an interval: one training is one draw."
    return [
        *(Trial(why, f"dvc exp run evaluate@{name} -S {change}", _minutes(name)) for why, name, change in changes),
        Trial(seeds, f"ganlib try -S {override} --seeds {SEEDS}", _minutes(report, 2 * SEEDS)),
        Trial("All reports on photographs of CelebA.", "dvc exp run -S dataset=celeba_preview", "about 45 minutes, and 1.4 GB to download"),
        Trial("Draw faces in the browser.", f"ganlib export {reports[0]['name']} --format web", "a minute"),
    ]


def _answer(report: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """The change that answers the report's diagnosis: reason, report, override."""
    word, setting = report["diagnosis"].word, report["diagnosis"].setting
    rate = report["rates"].get(setting)
    if rate and not report["baseline"]:
        yield WHY[word].format(report["name"]), report["name"], f"{report['keys'][setting]}={rate / 2:g}"


def _minutes(report: str, trainings: int = 1) -> str:
    minutes = about(report).minutes * trainings
    return f"about {minutes} minutes in a preview" if minutes else ""
