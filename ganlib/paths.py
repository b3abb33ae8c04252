"""Where everything lies, relative to the folder that holds dvc.yaml; DVC runs every stage there."""

import os
from pathlib import Path

RAW = Path("data/raw")
INCOMING = Path("data/incoming")


def home() -> Path:
    """The user's own checkout: DVC runs queued and --temp experiments in a copy, and names the original in DVC_ROOT."""
    return Path(os.environ.get("DVC_ROOT", Path.cwd()))


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


def checkpoints() -> Path:
    """What runs need to go on after an interruption, and their times: no output of a stage, and shared by all experiments."""
    return home() / ".checkpoints"
