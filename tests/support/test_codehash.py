"""The static closure of imports, and the pipelines' dependencies held against it."""

import ast
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from ganlib.models import registry
from ganlib.studies import depends
from ganlib.support import codehash
from ganlib.support.errors import UserError
from ganlib.training import checkpoint
from stages import check
from tests.conftest import ROOT

CODE = ("ganlib", "stages")
STUDY_TRIALS = [f"{of}{kind}" for of in ("", "second_", "spread_") for kind in ("trial", "score")]  # their code is in `settings`' files


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "reached"),
    [
        ("import ganlib.models.dense", ["ganlib/models/dense.py"]),
        ("from ganlib.models.dense import Generator", ["ganlib/models/dense.py"]),
        ("from ganlib.models import dense as layers", ["ganlib/models/dense.py"]),
        ("from ganlib.models import init_weights", []),
        ("from ganlib import latent", ["ganlib/latent.py"]),
        ("from . import latent", ["ganlib/latent.py"]),
        ("from .models import dense", ["ganlib/models/dense.py"]),
        ("def build():\n    from ganlib import latent", ["ganlib/latent.py"]),
        ("try:\n    from ganlib import latent\nexcept ImportError:\n    import torch", ["ganlib/latent.py"]),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from ganlib import latent", []),
        ("import typing\nif typing.TYPE_CHECKING:\n    import torch\nelse:\n    from ganlib import latent", ["ganlib/latent.py"]),
        ("if not x:\n    from ganlib import latent", ["ganlib/latent.py"]),
        ("import torch.nn, ganlib.latent", ["ganlib/latent.py"]),
        ("from ganlibrary import latent", []),
        ("from ganlib.support.files import replacing", []),
        ("text = 'from ganlib import latent'", []),
    ],
)
def test_import_statement_reaches_its_files(tmp_path, text, reached):
    write(tmp_path, {"ganlib/__init__.py": "", "ganlib/latent.py": "", "ganlib/models/__init__.py": "", "ganlib/models/dense.py": ""})
    write(tmp_path, {"ganlib/start.py": text, "ganlib/support/files.py": "import ganlib.latent"})
    assert codehash.closure(["ganlib/start.py"], tmp_path) == sorted(map(Path, ["ganlib/start.py", *reached]))


def test_closure_follows_files_around_a_circle(tmp_path):
    write(tmp_path, {"ganlib/a.py": "import ganlib.b", "ganlib/b.py": "import ganlib.c.d\nimport ganlib.a", "ganlib/c/d.py": ""})
    assert codehash.closure(["ganlib/a.py"], tmp_path) == [Path("ganlib", name) for name in ("a.py", "b.py", "c/d.py")]


def pipelines() -> Iterator[tuple[str, list[str], list[str], list[str | None]]]:
    """Each stage's name, the files that it runs or digests, its deps, and the reports that it runs for (None: no report)."""
    params = YAML(typ="safe").load(ROOT / "params.yaml")
    digested = [str(file) for name in (*registry.names(), "curve") for file in depends.training_code(name) + depends.scoring_code(name)]
    for file in ("dvc.yaml", "baselines/dvc.yaml", "studies/dvc.yaml"):
        for name, stage in YAML(typ="safe").load(ROOT / file)["stages"].items():
            block = stage.get("foreach", "").strip("${}")
            stage = stage.get("do", stage)
            commands = stage["cmd"] if isinstance(stage["cmd"], list) else [stage["cmd"]]
            if name not in STUDY_TRIALS:
                runs = [f"{command.split()[2].replace('.', '/')}.py" for command in commands] + (digested if name == "settings" else [])
                yield f"{file}:{name}", runs, stage.get("deps", []), list(params[block]) if block in ("reports", "baselines") else [None]


STAGES = [pytest.param(*parts, id=name) for name, *parts in pipelines()]


def covered(file: Path, listed: list[str]) -> bool:
    return any(Path(path) in (file, *file.parents) for path in listed)


def code(deps: list[str]) -> list[str]:
    return [path for path in deps if path.startswith(CODE)]


@pytest.mark.parametrize(("runs", "deps", "reports"), STAGES)
def test_stage_lists_exactly_the_folders_of_code_that_it_imports(runs, deps, reports):
    listed = code(deps)
    assert len(listed) == len(set(listed))
    assert not covered(codehash.SUPPORT / "files.py", listed)
    used = set()
    for report in reports:
        starts = [*runs, *(codehash.report_files(report, ROOT) if any("${key}" in path for path in listed) else [])]
        files = codehash.closure(starts, ROOT)
        own = {path.replace("${key}", report or ""): path for path in listed}
        assert [str(file) for file in files if not covered(file, list(own))] == []
        used |= {path for resolved, path in own.items() if any(covered(file, [resolved]) for file in files)}
    every_report = {"ganlib/reports"} if "stages/check.py" in runs else set()  # it validates each report's block, which it finds by name
    assert used | every_report == set(listed)


def test_train_and_evaluate_list_a_handful_of_folders():
    counts = {name: len(code(deps)) for name, _, deps, _ in pipelines()}
    assert (counts["dvc.yaml:train"] <= 8, counts["dvc.yaml:evaluate"] <= 9) == (True, True)


def test_every_stage_that_computes_depends_on_the_versions_of_packages():
    without = {name for name, _, deps, _ in pipelines() if "data/checked/environment.yaml" not in deps}
    assert without == {f"dvc.yaml:{name}" for name in ("check", "download", "section", "compare")}


def test_packages_hold_no_code_but_the_loader_of_generators():
    packages = [path for folder in CODE for path in (ROOT / folder).rglob("__init__.py")]
    assert [path for path in packages if ast.parse(path.read_bytes()).body] == [ROOT / "ganlib/__init__.py"]


def test_code_of_a_trial_is_that_of_the_training_it_runs_and_of_the_stage(tmp_path):
    every_training = {*codehash.closure(["ganlib/training/loop.py"], ROOT), *codehash.closure(["ganlib/curve/training.py"], ROOT)}
    assert {*codehash.closure(["ganlib/studies/trials.py"], ROOT)} <= {*every_training, *depends.TRIAL, Path("ganlib/models/registry.py")}
    assert {*checkpoint.code_of("dcgan64"), *depends.TRIAL} == {*depends.training_code("dcgan64")}
    others = [path for path in checkpoint.code_of("dcgan64") if {"curve", *registry.names()} & {*path.parts} - {"dcgan64"}]
    assert others == []


def test_digest_changes_with_a_name_or_a_content(tmp_path):
    write(tmp_path, {"ganlib/a.py": "1", "ganlib/b.py": "1", "ganlib/other/a.py": "2"})
    digests = {codehash.digest([Path(name)], tmp_path) for name in ("ganlib/a.py", "ganlib/b.py", "ganlib/other/a.py")}
    write(tmp_path, {"ganlib/a.py": "2"})
    assert codehash.digest([Path("ganlib/a.py")], tmp_path) not in digests
    assert len(digests) == 3


def test_report_that_imports_another_ones_code_is_refused_in_one_line(tmp_path):
    """An edit of that code would make only the other report's stages stale."""
    folder = tmp_path / "ganlib" / "reports" / "mine"
    folder.mkdir(parents=True)
    shutil.copytree(ROOT / "ganlib" / "reports" / "dcgan64", folder.parent / "dcgan64")
    shutil.copytree(ROOT / "ganlib" / "models", tmp_path / "ganlib" / "models")
    (folder / "settings.py").write_text("from ganlib.models.gan import Dcgan\n", encoding="utf-8")
    codehash.check_imports("mine", (), tmp_path)
    (folder / "settings.py").write_text("def build():\n    from ganlib.reports.dcgan64.nets import Generator\n", encoding="utf-8")
    with pytest.raises(UserError) as error:
        codehash.check_imports("mine", (), tmp_path)
    assert str(error.value) == (
        "ganlib/reports/mine: imports ganlib/reports/dcgan64/nets.py, whose edits would not make mine stale: copy that code into"
        " ganlib/reports/mine, or move it to ganlib/models"
    )
    codehash.check_imports("mine", ("dcgan64",), tmp_path)


def test_baselines_use_only_the_nets_of_the_report_that_their_stage_lists():
    pipeline = YAML(typ="safe").load(ROOT / "baselines" / "dvc.yaml")["stages"]["baseline"]["do"]
    reports = {path for path in pipeline["deps"] if path.startswith("ganlib/reports/")}
    assert reports == {f"ganlib/reports/{name}" for name in ("${key}", *check.SHARED_BY_BASELINES)}
    for name in registry.names():
        codehash.check_imports(name, check.SHARED_BY_BASELINES, ROOT)
