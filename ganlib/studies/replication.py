"""New runs of a study that was recorded, and their records, which studies/schemas/replication.json describes."""

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import pandas as pd

from ganlib import params
from ganlib.core import tables
from ganlib.studies import declarations, depends, paths, runs
from ganlib.studies.agreement import Record, said
from ganlib.studies.extra import ExtraTrials
from ganlib.studies.paths import LAST_SEED
from ganlib.studies.runs import MACHINE
from ganlib.studies.study import Study
from ganlib.support import checks
from ganlib.support.errors import UserError

VERSION = 1  # of the records and of the rules by which their words follow
COLUMNS = ("trial", "seed", "status", "step", "floor", "error", "scale", "samples", *MACHINE)  # and the outcome


@dataclass(frozen=True)
class Replication(ExtraTrials):
    """A declared study with a recorded table, and the `seeds` of its new runs."""

    name: str
    seeds: list[int]
    folder = "replications"

    @property
    def table(self) -> Path:
        """The recorded runs."""
        return paths.results(self.params.dataset, self.name)


def resolve(name: str, count: int) -> Replication:
    """The replication of study `name` by `count` runs per arm, with seeds that neither its tables nor its records have."""
    settings, declared = params.load(), declarations.load()
    study = declared.studies[checks.known(name, declared.declared, "declared", declarations.FILE)]
    if not 1 <= count <= LAST_SEED:
        raise UserError(f"--seeds {count}: must be 1 to {LAST_SEED} new runs per arm")
    table, recorded = paths.results(settings.dataset, name), sorted(paths.RESULTS.glob(f"*/{name}.csv"))
    if not table.exists():
        has = f"it has those of {checks.listed(path.parent.name for path in recorded)}" if recorded else "it has none"
        raise UserError(
            f"{table}: missing: {name} has no recorded runs on {settings.dataset} to replicate; {has} (`dataset` in params.yaml)"
        )
    used = [LAST_SEED, *declared.spread_seeds]
    used += [int(row["seed"]) for path in recorded for row in tables.read_csv(path)]
    used += [row["seed"] for path in records(name) for row in check(path)["rows"]]
    trials = {arm: declared.trials[arm] for arm in study.trials}
    return Replication(study, trials, settings, name, list(range(max(used) + 1, max(used) + 1 + count)))


def records(name: str) -> list[Path]:
    """The committed records of a study."""
    return sorted((paths.REPLICATIONS / name).glob("*.json"))


def check_settings(of: Replication) -> None:
    """Refuse new runs at another scale, N or length than the recorded ones; the pictures must be there."""
    recorded, faces = pd.read_csv(of.table), depends.picture_counts(of.trials, of.params)
    here: dict[str, str | int] = {"scale": of.params.data.scale, "samples": of.params.data.samples} if faces else {}
    again = f"record the study again first: ganlib repro studies/dvc.yaml:study@{of.name}"
    for name, trial in of.trials.items():
        rows = recorded[recorded["trial"] == name]
        for column, new in {**here, "step": trial.steps(faces.get(name, 0))}.items():
            known = rows[column].dropna()
            if len(known) and (old := known.max()) != new:
                raise UserError(f"{of.table}: {name} has {column} {runs.label(old)} there, and {new} now: {again}")


def write(of: Replication) -> tuple[Path, Record]:
    """Write the record of trained and scored trials into studies/replications/<study>/."""
    text = of.table.read_text(encoding="utf-8")
    depend = {name: {"training": paths.training, "scoring": paths.scoring} for name in of.trials}
    record: Record = {
        "version": VERSION,
        "name": of.name,
        "dataset": of.params.dataset,
        "protocol": of.params.protocol,
        "study": of.study.model_dump(exclude_none=True),
        "trials": {name: {key: tables.read_json(path(of.dataset, name)) for key, path in asked.items()} for name, asked in depend.items()},
        "table": _digest(text),
        "recorded": _rows(of.study, text),
        "rows": _rows(of.study, tables.to_csv(runs.rows(of.study, of.dataset, of.seeds))),
    }
    record |= said(record)
    path = paths.REPLICATIONS / of.name / _file(record)
    tables.write_json(record, path)
    return path, record


def check(path: Path) -> Record:
    """The record at `path`; a UserError if its words or its name do not follow from its rows, or the recorded ones from their table.

    A table that has been replaced since is not compared.
    """
    record: Record = tables.read_json(path)
    try:
        again, name = said(record) | _recorded(record), _file(record)
    except UserError as error:
        raise UserError(f"{path}: {error}") from None
    except (LookupError, AttributeError, TypeError, ValueError) as error:
        raise UserError(f"{path}: damaged ({type(error).__name__}: {error}): restore it, or delete it") from None
    wrong = [key for key, value in again.items() if record.get(key) != value]
    if wrong or path.name != name:
        what = ", ".join(wrong) or "its name"
        raise UserError(f"{path}: its rows give other {what}: was it edited? `ganlib replicate` writes a record")
    return record


def counts(name: str, table: str) -> dict[str, int]:
    """How many records there are of the recorded runs in `table` (CSV), by answer."""
    found = (check(path) for path in records(name))
    return dict(sorted(Counter(str(record["answer"]) for record in found if record["table"] == _digest(table)).items()))


def _recorded(record: Record) -> Record:
    """The record's part that its table gives, unless the table has been replaced since."""
    table = paths.results(record["dataset"], record["name"])
    if table.exists() and _digest(text := table.read_text(encoding="utf-8")) == record["table"]:
        return {"recorded": _rows(Study.model_validate(record["study"]), text)}
    return {}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _rows(study: Study, text: str) -> list[dict[str, Any]]:
    """The columns of a table (CSV) that words are made of; a blank is None."""
    found = pd.read_csv(StringIO(text))
    found = found[[column for column in (*COLUMNS[:4], study.outcome, *COLUMNS[4:]) if column in found]]
    return [{str(key): value for key, value in row.items()} for row in found.astype(object).where(found.notna(), None).to_dict("records")]


def _file(record: Record) -> str:
    """Names a record by its data set, its seeds and its rows: two records of the same seeds have two names."""
    seeds = sorted({row["seed"] for row in record["rows"]})
    digest = hashlib.sha256(json.dumps([record["recorded"], record["rows"]]).encode()).hexdigest()[:8]
    return f"{record['dataset']}-{seeds[0]}-to-{seeds[-1]}-{digest}.json"
