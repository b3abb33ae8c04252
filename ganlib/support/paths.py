"""Where everything lies, relative to the folder that holds dvc.yaml; DVC runs every stage there."""

import hashlib
import os
from pathlib import Path
from typing import NamedTuple

from ganlib.support.types import EXTRACTOR

RAW = Path("data/raw")
INCOMING = Path("data/incoming")  # no stage owns it, so that what lies there survives every run
CHECKED = Path("data/checked")
PAGE = Path("data/page")


def home() -> Path:
    """The user's own checkout: DVC runs queued and --temp experiments in a copy, and names the original in DVC_ROOT."""
    return Path(os.environ.get("DVC_ROOT", Path.cwd()))


def incoming(source: str = "") -> Path:
    """Where CelebA's own files lie, downloaded or put there by hand; below it, those that came from a URL."""
    return home() / INCOMING / _folder_of(source)


def downloads(source: str) -> Path:
    """Where unfinished downloads of a source's files are kept."""
    return home() / ".checkpoints" / "downloads" / _folder_of(source)


def _folder_of(source: str) -> str:
    return hashlib.sha256(source.encode()).hexdigest()[:12] if source else ""


def faces(crop: str) -> Path:
    """The pictures of a crop and their table."""
    return Path("data/faces", crop)


def statistics(crop: str, protocol: str) -> Path:
    """The moments of the real pictures' features, for FID."""
    return Path("data/reference", f"{crop}.{EXTRACTOR}.{protocol}.npz")


def features(crop: str, protocol: str) -> Path:
    """The real pictures' features themselves, for all else."""
    return Path("data/reference", f"{crop}.{EXTRACTOR}.{protocol}.features.npz")


def scores(report: str) -> Path:
    """What an evaluation leaves to look at."""
    return Path("data/scores", report, "plots")


class Outputs(NamedTuple):
    """The folders that a training leaves: `run`, the generator and its settings; `nets`, the other nets; `progress`, to look at."""

    run: Path
    nets: Path
    progress: Path

    @classmethod
    def below(cls, folder: Path) -> "Outputs":
        """The three in one folder."""
        return cls(*(folder / name for name in cls._fields))

    @property
    def complete(self) -> bool:
        """Whether a training has left its settings and its log."""
        return (self.run / "config.yaml").exists() and (self.progress / "log.csv").exists()


def outputs(report: str) -> Outputs:
    """What a training of `report` leaves."""
    return Outputs(Path("data/runs", report), Path("data/nets", report), Path("data/progress", report))


def metrics(report: str) -> Path:
    """The scores that a person compares, kept by git."""
    return Path("metrics", f"{report}.json")


def details(report: str) -> Path:
    """Every figure of an evaluation; no plot, so that it lies beside their folder, of which DVC draws all that it can read."""
    return Path("data/scores", report, "details.json")


def section(report: str) -> Path:
    """What the page says of a report."""
    return Path("data/sections", f"{report}.json")


def exports(report: str) -> Path:
    """Where the commands put what they make of a report's generator; git-ignored, and no stage knows of it."""
    return Path("exports", report)


def timing(report: str) -> Path:
    """How long the last training of `report` took, in the user's own checkout; no output, since equal runs take other times."""
    return home() / "data" / "timing" / f"{report}.csv"


def checkpoints() -> Path:
    """What runs need to go on after an interruption, and their times: no output of a stage, and shared by all experiments."""
    return home() / ".checkpoints"
