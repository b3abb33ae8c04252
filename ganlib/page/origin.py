"""Where the results of a checkout come from: its commit, and the devices and the minutes of its trainings."""

import subprocess
from collections.abc import Iterable

from ganlib.core.tables import read_csv, read_yaml
from ganlib.support import paths

CODE = ("ganlib", "stages", "baselines/dvc.yaml", "dvc.yaml", "params.yaml")


def origin(reports: Iterable[str]) -> list[str]:
    """The commit and, if all `reports` were trained in this checkout, their minutes and devices; what is unknown is left out."""
    return [*_commit(), *_training(list(reports))]


def _commit() -> list[str]:
    if not (commit := _git("rev-parse", "--short", "HEAD")):
        return []
    return [f"commit {commit}" + (" with changes" if _git("status", "--porcelain", "--", *CODE) else "")]


def _git(*arguments: str) -> str:
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)  # noqa: S603, S607 (git itself)
    except FileNotFoundError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _training(reports: list[str]) -> list[str]:
    times = [paths.timing(report) for report in reports]
    if not reports or not all(path.exists() for path in times):
        return []
    from ganlib.core.device import processor  # it imports torch

    configs = [read_yaml(paths.outputs(report).run / "config.yaml") for report in reports]
    devices = dict.fromkeys(device["device"] for config in configs for device in config.get("devices", ())) or ["cpu"]
    names = ", ".join(processor() if device == "cpu" else device for device in devices)
    minutes = sum(float(rows[-1]["seconds"]) for path in times if (rows := read_csv(path))) / 60
    return [f"{max(1, round(minutes)):,} minutes of training on {names}"]
