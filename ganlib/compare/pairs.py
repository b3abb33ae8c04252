"""The runs that two names compare: experiments, commits, the workspace, or single runs."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ganlib.models import registry
from ganlib.support import console
from ganlib.support.errors import UserError
from ganlib.use import runs
from ganlib.use.revisions import Revision
from ganlib.use.runs import Run

WORKSPACE = "workspace"  # as in `dvc exp show`: all runs of this checkout


class Pair(NamedTuple):
    """Two runs, each with the name that the user gave for it."""

    before: Run
    after: Run
    names: tuple[str, str]

    @property
    def name(self) -> str:
        """The report, or both."""
        return " and ".join(dict.fromkeys((self.before.name, self.after.name)))


def find(before: str, after: str) -> list[Pair]:
    """The pairs of runs to compare. Of two experiments or commits, those of the reports that were trained differently.

    A UserError if there are none, or if a name is neither a run nor a revision.
    """
    names = before, after
    first, last = (None if _checkout(name) else runs.find(name) for name in names)
    if first and last:
        return [Pair(first, last, names)]
    if single := first or last:
        return [Pair(first or _at(before, single.name), last or _at(after, single.name), names)]
    pairs = [*_pairs(names)]
    if not pairs:
        raise UserError(f"--compare: {before} and {after}: no report was trained in both")
    if changed := [pair for pair in pairs if registry.fingerprint(pair.before.file) != registry.fingerprint(pair.after.file)]:
        return changed
    raise UserError(f"--compare: {before} and {after}: have the same generators, of {', '.join(pair.name for pair in pairs)}")


def of(run: Run, before: str) -> Pair:
    """`run` after the run `before`, an experiment, a commit, or another run."""
    return Pair(_at(before, run.name) if _checkout(before) else runs.find(before), run, (before, "this run"))


def _checkout(name: str) -> bool:
    """Whether `name` is the workspace or a revision, and no single run; a UserError if it is nothing."""
    if name == WORKSPACE:
        return True
    if name in registry.names() or Path(name).exists():
        return False
    try:
        Revision(name)
    except UserError:
        raise UserError(f"--compare: {name}: no experiment, commit, branch, tag, report or file has that name") from None
    return True


def _at(name: str, report: str) -> Run:
    return runs.find(report, None if name == WORKSPACE else name)


def _pairs(names: tuple[str, str]) -> Iterator[Pair]:
    for report in console.bar(registry.names(), desc="collecting reports", unit="report", leave=False):
        try:
            before, after = (_at(name, report) for name in names)
        except UserError:  # not trained there, or no longer in DVC's cache
            continue
        yield Pair(before, after, names)
