"""The stage that comes first: imports between reports are refused, and DVC notices an upgraded package."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from ganlib.models import registry
from ganlib.support.errors import UserError
from stages import check
from tests.conftest import ROOT


def test_report_that_imports_another_ones_code_is_refused_in_one_line(tmp_path):
    """An edit of that code would make only the other report's stages stale."""
    folder = tmp_path / "ganlib" / "reports" / "mine"
    folder.mkdir(parents=True)
    shutil.copytree(ROOT / "ganlib" / "reports" / "dcgan64", folder.parent / "dcgan64")
    shutil.copytree(ROOT / "ganlib" / "models", tmp_path / "ganlib" / "models")
    (folder / "settings.py").write_text("from ganlib.models.report import Dcgan\n", encoding="utf-8")
    check.refuse_imports("mine", None, tmp_path)
    (folder / "settings.py").write_text("def build():\n    from ganlib.reports.dcgan64.nets import Generator\n", encoding="utf-8")
    with pytest.raises(UserError) as error:
        check.refuse_imports("mine", None, tmp_path)
    assert str(error.value) == (
        "ganlib/reports/mine: imports ganlib/reports/dcgan64/nets.py, whose edits would not make mine stale: copy that code into"
        " ganlib/reports/mine, or move it to ganlib/models"
    )
    check.refuse_imports("mine", "dcgan64", tmp_path)


def test_baselines_use_only_the_nets_of_the_report_that_their_stage_lists():
    pipeline = YAML(typ="safe").load(ROOT / "baselines" / "dvc.yaml")["stages"]["baseline"]["do"]
    reports = {path for path in pipeline["deps"] if path.startswith("ganlib/reports/")}
    assert reports == {"ganlib/reports/${key}", f"ganlib/reports/{check.NETS_OF_BASELINES}"}
    for name in registry.names():
        check.refuse_imports(name, check.NETS_OF_BASELINES, ROOT)


PIPELINE = """
stages:
  check:
    cmd: 'python -c "from stages import check; check.write_environment(dict(thing=\\"thing/version.py\\"))"'
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
    [line] = re.findall(r"^\t@(test ! -d data/checked .*)  #", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    dvc("sh", "-c", line)
    assert dvc("status").startswith("check:")


def test_links_into_the_checkouts_own_environment_move_with_it(tmp_path, monkeypatch):
    install(tmp_path / "old" / ".venv", "1.0")
    monkeypatch.chdir(tmp_path / "old")
    monkeypatch.syspath_prepend(str(tmp_path / "old" / ".venv"))
    check.write_environment({"thing": "thing/version.py"})
    (tmp_path / "old").rename(tmp_path / "new")
    assert (tmp_path / "new/data/checked/installed/thing").read_text(encoding="utf-8") == "1.0"
