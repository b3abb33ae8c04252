"""DVC notices what changes outside the pipeline: an upgraded package, other pictures in a local source."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ganlib.support import watched
from tests.conftest import ROOT

WATCH = """
from ganlib.core.tables import write_yaml
from ganlib.support import paths, watched
write_yaml(watched.link_packages({"thing": "thing/version.py"}), paths.CHECKED / "environment.yaml")
"""
PIPELINE = """
stages:
  check:
    cmd: python watch.py
    outs:
      - data/checked/environment.yaml: {cache: false, persist: true}
      - data/checked/installed/thing: {cache: false, persist: true}
  train:
    cmd: python -c "import shutil; shutil.copy('data/checked/environment.yaml', 'out')"
    deps: [data/checked/environment.yaml]
    outs: [out]
"""


@pytest.fixture
def dvc(tmp_path) -> Callable[..., str]:
    """Runs dvc in a repository with the stages above."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = {**os.environ, "PATH": path, "PYTHONPATH": f"{tmp_path / 'site'}{os.pathsep}{ROOT}"}
    repository = tmp_path / "repository"
    repository.mkdir()

    def run(*arguments: str) -> str:
        done = subprocess.run(arguments, cwd=repository, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert done.returncode == 0, done.stdout
        return done.stdout

    (repository / "dvc.yaml").write_text(PIPELINE, encoding="utf-8")
    (repository / "watch.py").write_text(WATCH, encoding="utf-8")
    run("git", "init", "-q")
    run("dvc", "init", "-q")
    return lambda *arguments: run("dvc", *arguments) if arguments[0] != "sh" else run(*arguments)


def install(site: Path, version: str) -> None:
    """Install or upgrade the package `thing`, as pip does."""
    shutil.rmtree(site, ignore_errors=True)
    for file, text in (("thing/version.py", version), (f"thing-{version}.dist-info/METADATA", f"Name: thing\nVersion: {version}\n")):
        (site / file).parent.mkdir(parents=True)
        (site / file).write_text(text, encoding="utf-8")


@pytest.mark.slow
def test_upgraded_package_makes_check_stale_and_then_what_it_computed_and_make_removes_broken_links(dvc, tmp_path):
    install(tmp_path / "site", "1.0")
    dvc("repro")
    assert "up to date" in dvc("status")
    install(tmp_path / "site", "1.0+cu130")
    dvc("repro", "check")
    assert "up to date" in dvc("status")  # another build of the same version
    install(tmp_path / "site", "2.0")
    assert dvc("status").startswith("check:")
    dvc("repro", "check")
    assert dvc("status").startswith("train:")
    dvc("repro")
    assert "2.0" in (tmp_path / "repository" / "out").read_text(encoding="utf-8")
    # DVC fails on a broken link, with a line that says nothing of packages; `make` removes it.
    (tmp_path / "site" / "thing" / "version.py").unlink()
    [line] = re.findall(r"^\t@(test ! -d data/checked .*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    dvc("sh", "-c", line)
    assert dvc("status").startswith("check:")


def test_links_into_the_checkouts_own_environment_move_with_it(tmp_path, monkeypatch):
    install(tmp_path / "old" / ".venv", "1.0")
    monkeypatch.chdir(tmp_path / "old")
    monkeypatch.syspath_prepend(str(tmp_path / "old" / ".venv"))
    watched.link_packages({"thing": "thing/version.py"})
    (tmp_path / "old").rename(tmp_path / "new")
    assert (tmp_path / "new/data/checked/installed/thing").read_text(encoding="utf-8") == "1.0"


def test_link_leads_to_a_local_source_and_beside_a_zip_to_its_tables(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine" / ".dvc").mkdir(parents=True)
    (tmp_path / "mine" / "a.zip").touch()
    (tmp_path / "sets").mkdir()
    (tmp_path / "sets" / "a.zip").touch()
    checked = tmp_path / "data" / "checked"
    for place, source, beside in [
        (tmp_path / "sets", tmp_path / "sets", None),
        (tmp_path / "sets" / "a.zip", tmp_path / "sets" / "a.zip", tmp_path / "sets"),
        (tmp_path / "mine" / "a.zip", tmp_path / "mine" / "a.zip", None),  # DVC looks into no other repository
        (tmp_path / "mine", None, None),
        (None, None, None),
    ]:
        watched.link_source(place)
        for name, target in (("source", source), ("beside", beside)):
            assert (checked / name).resolve() == (target or checked / name)
