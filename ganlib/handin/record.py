"""What a hand-in says about a run. Imports no torch."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ganlib import params
from ganlib.core.tables import read_columns, read_yaml
from ganlib.handin import provenance
from ganlib.page.collect import changed
from ganlib.page.spread import FILE as SEEDS
from ganlib.page.spread import spreads
from ganlib.support import checks, paths
from ganlib.support.errors import UserError
from ganlib.use import information
from ganlib.use.runs import Run


def collect(run: Run, since: str | None) -> dict[str, Any]:
    """Settings, log, scores and origin of the run, from its checkout.

    `scores` is None if this training was not scored, and `unscored` then says why. A UserError if the run is of no checkout, or if its
    settings or its log are missing.
    """
    outputs = paths.outputs(run.name)
    config_file, log, settings = (run.get(path) for path in (outputs.run / "config.yaml", outputs.progress / "log.csv", checks.FILE))
    if config_file is None or log is None or settings is None:
        raise UserError(f"{run.file}: a hand-in needs the settings and the log of the training; name a report or a run in a checkout")
    config, known = read_yaml(config_file), information.describe(run)
    scores = known["scores"] or {"stale": ""}
    fresh = None if "stale" in scores else scores
    baseline = run.name in checks.read(settings)["baselines"]
    lock = Path("baselines/dvc.lock" if baseline else "dvc.lock")
    stages = read_yaml(file)["stages"] if (file := run.get(lock)) else {}
    stage = stages.get(f"{'baseline' if baseline else 'train'}@{run.name}", {})
    known["training"]["kind"] = _kind(stage, known["training"].get("kind"))
    commit = provenance.base(run, since)
    command = paths.scoring(run.name, baseline=baseline)
    seeds, kept = run.get(SEEDS), run.get(paths.scores(run.name) / "scores.csv")
    return {
        "known": known,
        "config": config,
        "log": read_columns(log),
        "kept": read_columns(kept) if fresh and kept else {},
        "scores": fresh,
        "unscored": "" if fresh else scores["stale"] or f"not scored yet; `{command}` scores it",
        "spread": spreads(fresh, run.name, seeds) if fresh and seeds else {},
        "changed": changed(_own(run, settings, commit), config),
        "rates": params.scaled_rates(run.settings),
        "edited": _edited(run.name, settings, config, fresh or {}),
        "commit": commit,
        "changes": provenance.changes(run, commit) if commit else b"",
        "hashes": provenance.hashes(run, stage),
        "versions": provenance.versions(run, stage),
        "lock": lock,
        "command": command,
    }


def _kind(stage: Mapping[str, Any], scored: str | None) -> str | None:
    """The kind of the pictures according to dvc.lock and to the scores; celeba if either says so, None if both are silent."""
    given = stage.get("params", {}).get("params.yaml", {}).items()
    kinds = [value for key, value in given if key.startswith("datasets.") and key.endswith(".kind")]
    kinds += [scored] if scored else []
    return "celeba" if "celeba" in kinds else next(iter(kinds), None)


def _own(run: Run, settings: Path, commit: str | None) -> Mapping[str, Any]:
    """The report's own settings: its block in params.yaml at `commit`, or in `settings` if the report is newer."""
    published = provenance.at(run, commit, checks.FILE) if commit else None
    if published:
        with tempfile.TemporaryDirectory() as folder:
            (file := Path(folder, checks.FILE.name)).write_bytes(published)
            try:
                return params.own(run.name, file)
            except KeyError:
                pass
    return params.own(run.name, settings)


def _edited(name: str, settings: Path, config: Mapping[str, Any], scores: Mapping[str, Any]) -> list[str]:
    """The settings whose values in params.yaml are not those of this training."""
    given = params.load(settings)
    values = {"seed": given.seed, **given.report(name).model_dump(mode="json")}
    edited = [key for key, value in values.items() if config.get(key) != value]
    return [*edited, "dataset"] if scores.get("dataset", given.dataset) != given.dataset else edited
