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
MOST = 2  # of the trials that answer a diagnosis


def trials(reports: Sequence[Mapping[str, Any]]) -> list[Trial]:
    """What to try after these reports, the page's views of them: the ills first, those that need care before the others."""
    if not reports:
        return []
    ill = sorted((each for each in reports if each["diagnosis"] and each["diagnosis"].setting), key=lambda each: not each["diagnosis"].care)
    answers = [trial for each in ill for trial in _answer(each)]
    return [
        *answers[:MOST],
        *([] if answers else [_change("dense64", "One change, and before and after it the scores: D twice as fast.", "lr_d=4e-4")]),
        Trial(
            "One training is one draw. A study asks with six or twelve seeds a side.",
            "ganlib repro studies/dvc.yaml:study@unequal_rates",
            "about an hour",
        ),
        Trial("The same on photographs of CelebA.", "dvc exp run -S dataset=celeba_preview", "about 30 minutes, and 1.4 GB to download"),
        Trial("Draw faces in the browser.", f"ganlib export {reports[0]['name']} --format web", "a minute"),
    ]


def _answer(report: Mapping[str, Any]) -> Iterator[Trial]:
    word, setting = report["diagnosis"].word, report["diagnosis"].setting
    rate = report["rates"].get(setting)
    if rate and not report["baseline"]:
        yield _change(report["name"], WHY[word].format(report["name"]), f"{setting}={rate / 2:g}")


def _change(report: str, why: str, setting: str) -> Trial:
    minutes = about(report).minutes
    takes = f"about {minutes} minutes in a preview" if minutes else ""
    return Trial(why, f"dvc exp run evaluate@{report} -S reports.{report}.{setting}", takes)
