"""Where a run comes from: the commit it is compared with, what was changed since, hashes and versions."""

import hashlib
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from ganlib.core.tables import read_yaml
from ganlib.support import paths
from ganlib.support.errors import UserError
from ganlib.use.runs import Run

# What determines a result, besides the pictures.
CODE = ("ganlib", "stages", "baselines", "dvc.yaml", "params.yaml", "requirements.txt", "requirements-inception.txt")


def base(run: Run, since: str | None) -> str | None:
    """The commit that the run's code and settings are compared with; None outside git.

    `since`, or the last commit shared with origin's default branch or, without an origin, with HEAD. A UserError if `since` is unknown.
    """
    if since:
        found = _git(run, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{since}^{{commit}}")
        if found is None:
            raise UserError(f"--since {since}: unknown Git revision; name a commit, branch or tag of this checkout")
        return found.decode().strip()
    for other in ("refs/remotes/origin/HEAD", "HEAD"):
        if found := _git(run, "merge-base", run.checkout.commit or "HEAD", other):
            return found.decode().strip()
    return None


def changes(run: Run, commit: str) -> bytes:
    """A patch for `git apply`: how CODE, with files that git does not track yet, differs from `commit`; empty if it does not."""
    with tempfile.TemporaryDirectory() as folder:
        index = {"GIT_INDEX_FILE": f"{folder}/index"}  # the user's own index stays as it is
        _git(run, "read-tree", run.checkout.commit or commit, **index)
        if not run.checkout.commit:
            _git(run, "add", "--all", "--", *(path for path in CODE if (run.checkout.root / path).exists()), **index)
        return _git(run, "diff-index", "--cached", "--patch", "--binary", commit, "--", *CODE, **index) or b""


def at(run: Run, commit: str, path: Path) -> bytes | None:
    """The contents of a file of the run's checkout at `commit`; None if it did not exist."""
    return _git(run, "show", f"{commit}:./{path.as_posix()}")


def hashes(run: Run, stage: dict[str, Any]) -> dict[str, str]:
    """SHA-256 of the generator, and the MD5s of pictures and run in `stage`, the training in dvc.lock."""
    found = {run.file.name: f"sha256 {hashlib.sha256(run.file.read_bytes()).hexdigest()}"}
    for entry in (*stage.get("deps", ()), *stage.get("outs", ())):
        if entry["path"].startswith(("data/faces/", "data/runs/")):
            found[entry["path"]] = f"md5 {entry['md5']}"
    return found


def versions(run: Run, stage: dict[str, Any]) -> dict[str, str]:
    """The packages that the run was trained with; empty if no data/checked/environment.yaml, which no cache keeps, is of `stage`."""
    path = paths.CHECKED / "environment.yaml"
    trained_with = {entry["md5"] for entry in stage.get("deps", ()) if entry["path"] == path.as_posix()}
    for file in (run.get(path), path):
        if file and file.exists() and hashlib.md5(file.read_bytes(), usedforsecurity=False).hexdigest() in trained_with:
            return dict(read_yaml(file))
    return {}


def _git(run: Run, *arguments: str, **variables: str) -> bytes | None:
    """The output of git in the run's checkout; None if it fails."""
    root = Path() if run.checkout.commit else run.checkout.root
    command = ["git", "-C", str(root), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, check=False, env={**os.environ, **variables})  # noqa: S603 (git itself)
    except FileNotFoundError:
        return None
    return done.stdout if done.returncode == 0 else None
