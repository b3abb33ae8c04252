"""What there is to run, by DVC's own graph."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ganlib.support.errors import UserError

Needs = dict[str, set[str]]  # stages in an order in which they can run, each with those that must be done before


def root() -> Path:
    """The folder of the DVC repository around the current folder."""
    from dvc.exceptions import DvcException  # importing dvc takes a second, too long for --help
    from dvc.repo import Repo

    try:
        return Path(Repo.find_root())
    except DvcException as error:
        raise UserError(_in_one_line(error)) from error


def stale(targets: list[str]) -> Needs:
    """The stages that `dvc repro` of the targets may run: those that changed, and all that need one of them."""
    from dvc.repo.reproduce import collect_stages, get_active_graph, plan_repro

    needs: Needs = {}
    with _repository() as repo:
        graph = get_active_graph(repo.index.graph)
        for stage in plan_repro(graph, collect_stages(repo, targets)):
            before = {other.addressing for other in graph.successors(stage)} & needs.keys()
            if before or _changed(stage):
                needs[stage.addressing] = before
    return needs


def unchanged(stages: list[str]) -> list[str]:
    """Those of `stages` that DVC would skip. What they need must be done."""
    with _repository() as repo:
        found = {stage.addressing: stage for stage in repo.index.stages}
        return [stage for stage in stages if stage in found and not _changed(found[stage])]


def _changed(stage: Any) -> bool:
    """Whether DVC would run a stage. Also if it cannot say, as with links to nowhere: in its lane DVC then says why."""
    from dvc.exceptions import DvcException

    try:
        return bool(stage.changed())
    except (DvcException, OSError):
        return True


@contextmanager
def _repository() -> Iterator[Any]:
    """DVC's repository with all pipelines, locked; an error of DVC is a UserError."""
    from dvc.exceptions import DvcException
    from dvc.repo import Repo, lock_repo

    from ganlib.lanes import dvc_main

    dvc_main.adapt()
    try:
        with Repo(_wait_for_lock=True) as repo, lock_repo(repo):
            yield repo
    except DvcException as error:
        raise UserError(_in_one_line(error)) from error


def _in_one_line(error: Exception) -> str:
    return " ".join(str(error).split())
