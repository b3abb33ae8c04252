"""What the Makefile says when it cannot go on."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tools import install


def make(folder: Path, target: str, **variables: str) -> str:
    """What a failing target says, in a folder whose .venv is installed."""
    shutil.copy(ROOT / "Makefile", folder)
    for name in (*install.INPUTS, ".venv/installed", "tools/install.py"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).touch()
    shutil.copy(ROOT / "tools/install.py", folder / "tools")
    done = subprocess.run(["make", target], cwd=folder, env={**os.environ, **variables}, capture_output=True, text=True)
    assert done.returncode != 0
    return done.stderr


@pytest.mark.parametrize(
    ("git", "advised"),
    [
        ("detected dubious ownership in repository; git config --global --add safe.directory here", False),
        ("not a git repository (or any of the parent directories): .git", True),
    ],
)
def test_git_says_itself_why_it_fails(tmp_path, git, advised):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "git").write_text(f"#!/bin/sh\necho 'fatal: {git}' >&2\nexit 128\n", encoding="utf-8")
    (tmp_path / "bin" / "git").chmod(0o755)
    error = make(tmp_path, "repro", PYTHON=sys.executable, PATH=f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    assert f"fatal: {git}" in error
    assert ("error: DVC needs a git repository: clone" in error) == advised


@pytest.mark.parametrize("target", ["repro", "test", "lint", "docs"])
def test_targets_refuse_an_environment_that_was_made_elsewhere(tmp_path, target):
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "pyvenv.cfg").write_text("command = /usr/bin/python3 -m venv /old place/.venv\n", encoding="utf-8")
    error = make(tmp_path, target, PYTHON=sys.executable)
    assert error.startswith("error: .venv was made in /old place: run rm -r .venv, and make installs it here\n")


def test_broken_links_are_removed_in_the_checkout_and_not_in_the_users_folders(tmp_path):
    (tmp_path / "data" / "checked").mkdir(parents=True)
    (tmp_path / "mine").mkdir()
    links = [tmp_path / name for name in ("mine/gone", "data/checked/gone", "data/checked/source")]
    for link in links:
        link.symlink_to(tmp_path / "mine" if link.name == "source" else "nowhere")
    shutil.copy(ROOT / "Makefile", tmp_path)
    subprocess.run(["make", "links"], cwd=tmp_path, check=True)
    assert [link.is_symlink() for link in links] == [True, False, True]
