"""A checkout in git with trained runs, one of them scored."""

import contextlib
import subprocess
from pathlib import Path

import numpy as np
import torch

from ganlib.core.images import save_sheet
from ganlib.core.tables import Log, write_yaml
from ganlib.models.registry import read_header
from ganlib.support import paths
from tests.page import workspace
from tests.use.lively import in_checkout


def build(root: Path) -> Path:
    """A commit of params.yaml, with a scored run of dense64 and runs of began64 and wgan64 without scores, which git ignores."""
    workspace.bare(root)
    for name in ("dense64", "began64", "wgan64"):
        outputs = in_checkout(root, name)
        settings = read_header(outputs.run / "generator.safetensors").report
        write_yaml({"report": name, "seed": 1, "steps": 30, **settings.model_dump()}, outputs.run / "config.yaml")
        log = Log(outputs.progress / "log.csv")
        for step in (10, 20, 30):
            log.write(step, dict.fromkeys(workspace.LOGS.get(name, workspace.GAN), step / 40))
    with contextlib.chdir(root):
        workspace.scored("dense64")
        save_sheet(torch.from_numpy(closest(20)), 10, paths.scores("dense64") / "closest.png")
    (root / ".gitignore").write_text("data/\nexports/\n", encoding="utf-8")
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "published")
    return root


def closest(pictures: int) -> np.ndarray:
    """The pictures (n, 3, 64, 64) of the evaluation's closest.png: picture i has the level 10 i."""
    return np.tile(np.uint8(10 * np.arange(pictures))[:, None, None, None], (1, 3, 64, 64))


def git(root: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=tests", "-c", "user.email=tests@localhost", *arguments]
    return subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout.strip()
