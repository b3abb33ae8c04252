"""Where everything lies, relative to the folder that holds dvc.yaml; DVC runs every stage there."""

import hashlib
import os
from pathlib import Path

from ganlib.settings import EXTRACTOR

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


def statistics(crop: str, protocol: str) -> Path:
    """The moments of the real pictures' features, for FID."""
    return Path("data/reference", f"{crop}.{EXTRACTOR}.{protocol}.npz")


def features(crop: str, protocol: str) -> Path:
    """The real pictures' features themselves, for all else."""
    return Path("data/reference", f"{crop}.{EXTRACTOR}.{protocol}.features.npz")


def scores(report: str) -> Path:
    """What an evaluation leaves to look at."""
    return Path("data/scores", report)


def run(report: str) -> Path:
    """What a training leaves."""
    return Path("data/runs", report)


def metrics(report: str) -> Path:
    """A report's scores, kept by git."""
    return Path("metrics", f"{report}.json")


def checkpoints() -> Path:
    """What runs need to go on after an interruption, and their times: no output of a stage, and shared by all experiments."""
    return home() / ".checkpoints"
