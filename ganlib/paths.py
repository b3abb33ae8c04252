"""Where everything lies, relative to the folder that holds dvc.yaml; DVC runs every stage there."""

import hashlib
import os
from pathlib import Path

RAW = Path("data/raw")
INCOMING = Path("data/incoming")


def home() -> Path:
    """The user's own checkout: DVC runs queued and --temp experiments in a copy, and names the original in DVC_ROOT."""
    return Path(os.environ.get("DVC_ROOT", Path.cwd()))


def downloads(source: str = "") -> Path:
    """Where the files of a source wait until all of them have come; below it, those of every source."""
    return home() / ".checkpoints" / "downloads" / (hashlib.sha256(source.encode()).hexdigest()[:12] if source else "")


def cache(crop: str) -> Path:
    """The pictures of a crop; their table lies beside them."""
    return Path("data/faces", f"{crop}.npy")


def reference(crop: str) -> Path:
    """The real pictures' statistics."""
    return Path("data/reference", f"{crop}.npz")


def run(report: str) -> Path:
    """What a training leaves."""
    return Path("data/runs", report)


def metrics(report: str) -> Path:
    """A report's scores, kept by git."""
    return Path("metrics", f"{report}.json")


def timing(report: str) -> Path:
    """How long the steps took: no output of a stage, since it would make equal runs differ."""
    return home() / ".checkpoints" / report / "timing.csv"
