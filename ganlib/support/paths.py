"""Where files are, relative to the folder of dvc.yaml, in which DVC runs every stage."""

import hashlib
import os
from pathlib import Path
from typing import NamedTuple

from ganlib.support.types import EXTRACTOR

RAW = Path("data/raw")
INCOMING = Path("data/incoming")  # belongs to no stage, so DVC never removes its files
CHECKED = Path("data/checked")
PAGE = Path("data/page")


def home() -> Path:
    """The user's checkout. DVC runs queued and --temp experiments in a copy and sets DVC_ROOT to the original."""
    return Path(os.environ.get("DVC_ROOT", Path.cwd()))


def local(source: str | None) -> Path | None:
    """A folder or file on the disk, relative to the checkout or below the home folder `~`; None for a URL or a blank source."""
    return None if source is None or "://" in source else home() / Path(source).expanduser()


def incoming(source: str = "") -> Path:
    """The folder for CelebA's files, downloaded or put there by hand; a subfolder for downloads from the URL `source`."""
    return home() / INCOMING / _folder_of(source)


def downloads(source: str) -> Path:
    """Unfinished downloads from `source`."""
    return home() / ".checkpoints" / "downloads" / _folder_of(source)


def _folder_of(source: str) -> str:
    return hashlib.sha256(source.encode()).hexdigest()[:12] if source else ""


def faces(crop: str) -> Path:
    """The prepared pictures of a crop, with their table."""
    return Path("data/faces", crop)


def statistics(crop: str, protocol: str) -> Path:
    """Mean and covariance of the real pictures' features, for FID."""
    return Path("data/reference", f"{crop}.{EXTRACTOR}.{protocol}.npz")


def features(crop: str, protocol: str) -> Path:
    """The real pictures' features, for all other scores."""
    return Path("data/reference", f"{crop}.{EXTRACTOR}.{protocol}.features.npz")


def scores(report: str) -> Path:
    """Plots of an evaluation."""
    return Path("data/scores", report, "plots")


class Outputs(NamedTuple):
    """The output folders of a training: `run` (generator, settings), `nets` (the other nets), `progress` (log, sheets)."""

    run: Path
    nets: Path
    progress: Path

    @classmethod
    def below(cls, folder: Path) -> "Outputs":
        """The three as subfolders of `folder`."""
        return cls(*(folder / name for name in cls._fields))

    @property
    def complete(self) -> bool:
        """Whether the settings and the log of a training are there."""
        return (self.run / "config.yaml").exists() and (self.progress / "log.csv").exists()


def outputs(report: str) -> Outputs:
    """The outputs of a training of `report`."""
    return Outputs(Path("data/runs", report), Path("data/nets", report), Path("data/progress", report))


def metrics(report: str) -> Path:
    """The headline scores, tracked by git."""
    return Path("metrics", f"{report}.json")


def details(report: str) -> Path:
    """All results of an evaluation. Not in the folder of plots, where DVC would try to draw it."""
    return Path("data/scores", report, "details.json")


def scoring(report: str, *, baseline: bool) -> str:
    """The command that trains and scores a report or baseline."""
    return f"ganlib repro baselines/dvc.yaml:baseline@{report}" if baseline else f"dvc repro evaluate@{report}"


def section(report: str) -> Path:
    """The content of a report's section of the page."""
    return Path("data/sections", f"{report}.json")


def exports(report: str) -> Path:
    """Default folder for files made from a report's generator; ignored by git and by the stages."""
    return Path("exports", report)


def timing(report: str) -> Path:
    """How long the last training of `report` took, in the user's checkout. Not an output: the times of equal runs differ."""
    return home() / "data" / "timing" / f"{report}.csv"


def tensorboard(run: str) -> Path:
    """TensorBoard's files of a run, with GANLIB_LOG=tensorboard, in the user's checkout; not an output of a stage."""
    return home() / "data" / "tensorboard" / run


def checkpoints() -> Path:
    """Checkpoints, shared by all experiments; not an output of a stage."""
    return home() / ".checkpoints"
