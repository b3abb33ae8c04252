"""A study of a setting of one's own, as `ganlib try` runs it: made from overrides such as reports.dcgan64.lr_d=2e-4, without a block.

Its trials are stored below data/trials/<data set>/own/, its table and its verdict in the folders `own` beside those of the studies.
"""

import hashlib
import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from ganlib.core import tables
from ganlib.curve import settings as curve
from ganlib.params import Origin, Overrides, block_of
from ganlib.studies import extra, outcomes, paths, stored, validation
from ganlib.studies.extra import ExtraTrials
from ganlib.studies.study import CurveTrial, FaceTrial, Study, Trial
from ganlib.studies.verdict import LOOKS, MIN_SEEDS
from ganlib.support import checks
from ganlib.support.checks import FILE
from ganlib.support.errors import UserError, suggestion

EXAMPLE = "reports.dcgan64.lr_d=2e-4"
LONGEST = 100  # characters of a name that also names files


@dataclass(frozen=True)
class OwnStudy(ExtraTrials):
    """The report with changed settings (`treatment`) and as it is in params.yaml (`control`). `changes`: the old and new values."""

    changes: dict[str, tuple[Any, Any]]
    folder = "own"

    @property
    def name(self) -> str:
        """Names its table and its verdict: the changed settings, and the outcome unless it is the default."""
        study = self.study
        return study.treatment if study.outcome == _default_outcome(study.report) else f"{study.treatment}-{study.outcome}"


def resolve(overrides: Sequence[str], outcome: str | None = None) -> OwnStudy:
    """The study of `overrides`, each `<block>.<report>.<setting>=<value>`; a UserError names the first mistake."""
    origin, said = Origin(), " ".join(f"-S {override}" for override in overrides)
    changed = _changed(overrides)
    arms = {name: (_trial(name, changed), _trial(name, origin)) for name in origin.blocks}
    concerned = [name for name, (treatment, control) in arms.items() if treatment != control]
    if not concerned:
        raise UserError(f"{said}: changes nothing; {_why_nothing(overrides[-1], origin)}")
    if len(concerned) > 1:
        raise UserError(f"{said}: changes {' and '.join(concerned)}; a study is about one report")
    (report,) = concerned
    treatment, control = arms[report]
    old, new = control.settings.model_dump(), treatment.settings.model_dump()
    if "seeds" in {**old, **new}:
        raise UserError(f"{said}: {report} has `seeds`, but a study sets the seed of each run: remove them")
    changes = {key: (value, new[key]) for key, value in old.items() if new[key] != value}
    name = _name(report, changes)
    chosen = outcome or _default_outcome(report)
    if outcomes.find(chosen) is None:
        known = [kind for kind in outcomes.KINDS if kind.isidentifier()]
        raise UserError(f"--outcome: {chosen!r} is unknown{suggestion(chosen, known)}; one of {', '.join(known)}")
    words = ", ".join(f"{key} {checks.shown(value)} instead of {checks.shown(before)}" for key, (before, value) in changes.items())
    claim = f"{report} is better with {words}."
    if isinstance(treatment, FaceTrial) and isinstance(control, FaceTrial) and treatment.crop != control.crop:
        raise UserError(f"{said}: changes the reals too, those of {control.crop} and {treatment.crop}, so scores cannot be compared")
    study = Study(report=report, claim=claim, treatment=name, control=report, outcome=chosen, equal="steps")
    if problem := validation.problem(study, treatment, control):
        raise UserError(f"{said}: changes nothing in the training" if problem.startswith("control: ") else f"--{problem}")
    return OwnStudy(study, {name: treatment, report: control}, origin.params, changes)


def check_seeds(count: int, study: OwnStudy) -> None:
    """A UserError unless `count` seeds per arm are allowed, and no fewer than the study's table has at its second look."""
    first, last = LOOKS
    if not (MIN_SEEDS <= count <= first or count == last):
        raise UserError(
            f"--seeds {count}: must be {MIN_SEEDS} to {first}, or {last} for a second look; {MIN_SEEDS} to {first - 1} give an interval"
            " and no verdict"
        )
    path = paths.results(study.dataset, study.name)
    if count < last and path.exists() and len({row["seed"] for row in tables.read_csv(path)}) == last:
        raise UserError(f"--seeds {count}: {path} has {last} seeds per arm already, and its verdict counts")


def adopt(study: OwnStudy, seeds: Sequence[int]) -> None:
    """Copy the trials with equal settings that declared studies have trained."""
    for seed in seeds:
        for name in study.study.trials:
            run, scores, training, _ = extra.files(study, name, seed)
            if extra.made_of(run) != training:
                for other in sorted(paths.run(study.params.dataset, "any", seed).parents[1].glob(f"*/{seed}")):
                    if extra.made_of(other) == training:
                        _copy(other, run)
                        _copy(paths.scores(study.params.dataset, other.parent.name, seed), scores)
                        break


def _copy(source: Path, target: Path) -> None:
    """A copy, complete only with its last file, MADE_OF."""
    if (source / stored.MADE_OF).exists():
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target, ignore=shutil.ignore_patterns(stored.MADE_OF))
        shutil.copyfile(source / stored.MADE_OF, target / stored.MADE_OF)


def _changed(overrides: Sequence[str]) -> Origin:
    """params.yaml after the overrides, which stays as it is."""
    values = checks.read(FILE)
    for override in overrides:
        _set(values, override)
    with tempfile.TemporaryDirectory() as temporary:
        file = Path(temporary, FILE.name)
        tables.write_yaml(values, file)
        try:
            return Origin(file)
        except UserError as error:
            raise UserError(str(error).replace(f"{FILE}: ", "-S ", 1)) from None


def _set(values: Any, override: str) -> None:
    key, equals, text = override.partition("=")
    group, *path = key.split(".")
    if not (equals and path):
        every = f"{key} changes every report; " if key in Overrides.model_fields else ""
        raise UserError(f"-S {override}: {every}must name a setting of one report, as in {EXAMPLE}")
    groups = {name: block for name, block in values.items() if name in ("reports", "baselines", "curve")}
    if group not in groups:
        close = next((f", did you mean {of}.{key}?" for of, block in groups.items() if group in block and of != "curve"), "")
        raise UserError(f"-S {override}: {group} is no block of settings of reports{close}; one of {', '.join(groups)}")
    if group != "curve" and path[0] not in groups[group]:
        names = groups[group]
        raise UserError(f"-S {override}: {path[0]!r} is unknown{suggestion(path[0], names)}; one of {', '.join(names)}")
    block = groups[group]
    for part in path[:-1]:
        block = block.setdefault(part, {}) if block.get(part) is None else block[part]
        if not isinstance(block, dict):
            raise UserError(f"-S {override}: {part} holds a value and no settings")
    if group != "curve" and len(path) == 1:
        raise UserError(f"-S {override}: must name a setting of {path[0]}, as in {EXAMPLE}")
    try:
        block[path[-1]] = YAML(typ="safe").load(text)
    except YAMLError as error:
        raise UserError(f"-S {override}: {checks.yaml_problem(error)}") from None
    except (ValueError, TypeError, LookupError):  # an impossible date, for example
        raise UserError(f"-S {override}: {text!r} is no value that YAML knows") from None


def _default_outcome(report: str) -> str:
    return "within_bounds" if report == "curve" else "kid"


def _trial(name: str, origin: Origin) -> Trial:
    settings = origin.resolve(name, {}, name, FILE)
    return CurveTrial(settings) if isinstance(settings, curve.Settings) else FaceTrial(name, settings, settings.crop)


def _why_nothing(override: str, origin: Origin) -> str:
    """The value that counts, and where it stands if that is another block than that of the override."""
    *above, setting = override.partition("=")[0].split(".")
    report, scale = above[1] if len(above) > 1 else "curve", origin.params.data.scale
    has = f"{report} has {setting} {checks.shown(getattr(origin.resolve(report, {}, report, FILE), setting, None))} at scale {scale}"
    counts = block_of(report, setting) if len(above) > 1 else report
    return has if counts == ".".join(above) else f"{has}, from {counts}.{setting}"


def _name(report: str, changes: dict[str, tuple[Any, Any]]) -> str:
    """A name for files; with a digest where it does not tell all values."""
    text = "-".join([report, *(f"{key}={value}" for key, (_, value) in changes.items())])
    name = re.sub(r"[^\w.=-]+", "-", text).strip("-")
    if name == text and len(name) <= LONGEST:
        return name
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return f"{name[: LONGEST - 1 - len(digest)]}-{digest}"
