"""Checks the commands that docs and the notebook tell people to type, without running them."""

import re
import shlex
from functools import cache
from pathlib import Path
from typing import Any

import typer
from dvc.cli import parse_args
from dvc.repo import Repo
from ruamel.yaml import YAML

from ganlib.cli import main
from ganlib.lanes import dvc_main
from ganlib.params import Params, load
from ganlib.studies import declarations, own
from ganlib.studies.declarations import CATALOGUE, FILE, Declarations
from tests.conftest import ROOT, edited


def check(line: str, folder: Path) -> None:
    """Raise an error unless `dvc` or `ganlib` accepts the command, its stages and studies exist, and its settings change their stage.

    A study that is not declared must be in the catalogue.
    """
    program, *arguments = shlex.split(line, comments=True)
    if program == "ganlib":
        command: Any = typer.main.get_command(main.app)
        name, command, rest = command.resolve_command(command.make_context("ganlib", arguments[:1], resilient_parsing=True), arguments)
        found = command.make_context(name, rest)
        targets = found.params["targets"] if name == "repro" else []
        if name == "try":
            own.resolve(found.params["setting"], found.params["outcome"])
    else:
        assert program == "dvc", line
        parsed = parse_args(arguments)
        targets = parsed.targets if arguments[0] in ("repro", "exp") else []
        if arguments[:2] == ["exp", "run"]:
            check_settings(targets, parsed.set_param, folder)
    for target in targets:
        study = re.fullmatch(r"studies/dvc.yaml:study@(\w+)", target)
        if study and study[1] not in catalogue().declared:
            assert study[1] in catalogue().studies, target
        else:
            assert repository().stage.collect(target), target


def check_settings(targets: list[str], assignments: list[str], folder: Path) -> None:
    """Raise an error unless each setting exists, its value is allowed, and together they change what the target depends on."""
    plain = YAML(typ="safe")
    changes = {key: plain.load(value) for key, _, value in (assignment.partition("=") for assignment in assignments)}
    for key in changes:
        place = plain.load(ROOT / "params.yaml")
        for part in key.split("."):
            place = place[part]
    changed = load(edited(ROOT / "params.yaml", folder / "params.yaml", changes))
    for target in targets:
        assert reads(target, changed) != reads(target, load(ROOT / "params.yaml")), f"{target}: nothing changes by {assignments}"


def reads(target: str, params: Params) -> object:
    """The settings that a stage of a report, or the curve demo, depends on, with those of the pictures."""
    report = target.partition("@")[2]
    return params.seed, params.data, params.report(report) if report else params.curve


@cache
def catalogue() -> Declarations:
    return declarations.load(ROOT / FILE, ROOT / CATALOGUE)


@cache
def repository() -> Repo:
    """DVC's repository with all pipelines, as `ganlib repro` has it."""
    dvc_main.adapt()
    return Repo(str(ROOT))
