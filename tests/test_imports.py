"""The static closure of imports, and dvc.yaml held against it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from ganlib import imports
from ganlib.studies import depends
from tests.conftest import ROOT

CODE = ("ganlib", "stages")
BY_DIGEST = {"trial": ("train", "curve"), "score": ("evaluate",)}


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.mark.parametrize(
    ("text", "reached"),
    [
        ("import ganlib.nets.dense", ["ganlib/nets/__init__.py", "ganlib/nets/dense.py"]),
        ("from ganlib.nets.dense import Generator", ["ganlib/nets/__init__.py", "ganlib/nets/dense.py"]),
        ("from ganlib.nets import dense as layers", ["ganlib/nets/__init__.py", "ganlib/nets/dense.py"]),
        ("from ganlib.nets import draw", ["ganlib/nets/__init__.py"]),
        ("from ganlib import latent", ["ganlib/latent.py"]),
        ("from . import latent", ["ganlib/latent.py"]),
        ("from .nets import dense", ["ganlib/nets/__init__.py", "ganlib/nets/dense.py"]),
        ("def build():\n    from ganlib import latent", ["ganlib/latent.py"]),
        ("try:\n    from ganlib import latent\nexcept ImportError:\n    import torch", ["ganlib/latent.py"]),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from ganlib import latent", []),
        ("import typing\nif typing.TYPE_CHECKING:\n    import torch\nelse:\n    from ganlib import latent", ["ganlib/latent.py"]),
        ("if not x:\n    from ganlib import latent", ["ganlib/latent.py"]),
        ("import torch.nn, ganlib.latent", ["ganlib/latent.py"]),
        ("from ganlibrary import latent", []),
        ("text = 'from ganlib import latent'", []),
    ],
)
def test_import_statement_reaches_its_files(tmp_path, text, reached):
    write(tmp_path, {"ganlib/__init__.py": "", "ganlib/latent.py": "", "ganlib/nets/__init__.py": "", "ganlib/nets/dense.py": ""})
    write(tmp_path, {"ganlib/start.py": text})
    found = imports.closure(Path("ganlib/start.py"), tmp_path)
    assert found == {Path(path) for path in ["ganlib/__init__.py", "ganlib/start.py", *reached]}


def test_closure_follows_files_around_a_circle_and_stops_at_what_is_excused(tmp_path):
    write(
        tmp_path,
        {"ganlib/a.py": "import ganlib.b", "ganlib/b.py": "import ganlib.c.d\nimport ganlib.a", "ganlib/c/d.py": "import ganlib.e"},
    )
    write(tmp_path, {"ganlib/e.py": ""})
    assert imports.closure(Path("ganlib/a.py"), tmp_path) == {Path("ganlib", name) for name in ("a.py", "b.py", "c/d.py", "e.py")}
    assert imports.closure(Path("ganlib/a.py"), tmp_path, ["ganlib/c"]) == {Path("ganlib", name) for name in ("a.py", "b.py")}


def test_sources_of_a_report_hold_its_own_folder_and_no_other_report(tmp_path):
    write(
        tmp_path, {"stages/train.py": "from ganlib import latent", "ganlib/latent.py": "from ganlib import errors", "ganlib/errors.py": ""}
    )
    write(tmp_path, {"ganlib/reports/one/nets.py": "import ganlib.nets.dense", "ganlib/nets/dense.py": "", "ganlib/nets/dcgan.py": ""})
    write(tmp_path, {"ganlib/reports/two/nets.py": "import ganlib.nets.dcgan"})
    names = ["ganlib/latent.py", "ganlib/nets/dense.py", "ganlib/reports/one/nets.py", "stages/train.py"]
    assert imports.sources("train", "one", tmp_path) == [Path(name) for name in names]


def pipelines() -> Iterator[tuple[str, str, list[str], list[str | None]]]:
    """Each stage's pipeline file, its name, the code that it lists and the reports that it runs for; None where it is of none."""
    params = YAML(typ="safe").load(ROOT / "params.yaml")
    for file in ("dvc.yaml", "baselines/dvc.yaml", "studies/dvc.yaml"):
        for name, stage in YAML(typ="safe").load(ROOT / file)["stages"].items():
            block = stage.get("foreach", "").strip("${}")
            reports = list(params[block]) if block in ("reports", "baselines") else [None]
            if name.removeprefix("noise_") in BY_DIGEST:
                continue
            yield file, name, [path for path in stage.get("do", stage)["deps"] if path.startswith(CODE)], reports


STAGES = [pytest.param(*parts, id=f"{parts[0]}:{parts[1]}") for parts in pipelines()]


def covers(listed: str, file: Path) -> bool:
    return Path(listed) in (file, *file.parents)


@pytest.mark.parametrize(("file", "stage", "listed", "reports"), STAGES)
def test_pipeline_lists_all_code_that_can_change_a_stage_and_each_once(file, stage, listed, reports):
    assert len(listed) == len(set(listed))
    for report in reports:
        own = [path.replace("${key}", report or "") for path in listed]
        needed = imports.sources(stage, report, ROOT)
        assert [str(path) for path in needed if not any(covers(dep, path) for dep in own)] == []


@pytest.mark.parametrize(("file", "stage", "listed", "reports"), STAGES)
def test_pipeline_lists_no_code_that_its_stage_does_not_import(file, stage, listed, reports):
    starts = [ROOT / "stages" / f"{stage}.py"]
    for report in reports:
        starts += (ROOT / "ganlib" / "reports").glob(f"{report or '*'}/*.py")
    reached = set().union(*(imports.closure(start.relative_to(ROOT), ROOT) for start in starts))
    for dep in listed:
        own = [dep.replace("${key}", report or "") for report in reports]
        assert any(covers(path, file) for path in own for file in reached), dep


@pytest.mark.parametrize("path", [path for path, reason in imports.EXCUSED.items() if reason == "a docstring"])
def test_excused_package_holds_nothing_but_its_docstring(path):
    assert len(ast.parse((ROOT / path).read_text()).body) == 1


def test_every_excuse_is_for_code_that_a_stage_imports():
    for stages, excuses in [([*imports.EXCUSED_FROM], imports.EXCUSED), *(([name], own) for name, own in imports.EXCUSED_FROM.items())]:
        starts = [Path("stages", f"{stage}.py") for stage in stages]
        starts += [path.relative_to(ROOT) for path in (ROOT / "ganlib" / "reports").glob("*/*.py")]
        reached = set().union(*(imports.closure(start, ROOT) for start in starts))
        assert [path for path in excuses if not any(covers(path, file) for file in reached)] == []


@pytest.mark.parametrize(("stage", "others"), BY_DIGEST.items())
def test_trial_is_of_the_code_of_the_stages_whose_work_it_does_and_of_its_own(stage, others):
    reports = [*YAML(typ="safe").load(ROOT / "params.yaml")["reports"], None]
    digested = {path for other in others for report in reports for path in imports.sources(other, report, ROOT)}
    own = {str(path) for path in imports.sources(stage, None, ROOT) if path not in digested}
    assert own == {*{"trial": depends.TRIAL, "score": depends.SCORE}[stage]}


def test_digest_is_of_the_names_and_contents_of_the_sources_alone(tmp_path):
    write(
        tmp_path, {"stages/train.py": "from ganlib import latent", "ganlib/latent.py": "", "ganlib/reports/one/nets.py": "import ganlib.a"}
    )
    write(tmp_path, {"ganlib/a.py": "1", "ganlib/reports/two/nets.py": ""})
    found = imports.digest("train", "one", tmp_path)
    write(tmp_path, {"ganlib/reports/two/nets.py": "2", "ganlib/b.py": "3"})
    assert imports.digest("train", "one", tmp_path) == found
    with_b = imports.digest("train", "one", tmp_path, ["ganlib/b.py"])
    write(tmp_path, {"ganlib/b.py": "4"})
    assert imports.digest("train", "one", tmp_path, ["ganlib/b.py"]) not in (with_b, found)
    write(tmp_path, {"ganlib/a.py": "2"})
    assert imports.digest("train", "one", tmp_path) != found
