"""pyproject.toml, by which `pip install .` makes a working ganlib, lists what ganlib imports and agrees with requirements.txt."""

import ast
import shutil
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from importlib.metadata import packages_distributions

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import ROOT, python, text
from tools.oldest import oldest

PROJECT = tomllib.loads(text(ROOT / "pyproject.toml"))["project"]


def requirements(lines: list[str]) -> dict[str, Requirement]:
    return {canonicalize_name(found.name): found for found in map(Requirement, lines)}


def imported() -> Iterator[str]:
    """The first part of each module's name that ganlib imports anywhere."""
    for path in (ROOT / "ganlib").rglob("*.py"):
        for node in ast.walk(ast.parse(text(path))):
            if isinstance(node, ast.Import):
                yield from (alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level:
                yield node.module.partition(".")[0]


def test_every_package_that_ganlib_imports_is_listed():
    listed, owners = requirements(PROJECT["dependencies"]), packages_distributions()
    foreign = set(imported()) - sys.stdlib_module_names - {"ganlib"}
    assert {name for name in foreign if not {canonicalize_name(owner) for owner in owners[name]} & listed.keys()} == set()


def test_every_pin_of_requirements_is_allowed():
    pinned = requirements([line for line in text(ROOT / "requirements.txt").splitlines() if line and not line.startswith("#")])
    for name, listed in requirements([*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["tests"]]).items():
        (pin,) = pinned[name].specifier
        assert pin.version in listed.specifier, name


def test_oldest_versions_are_those_where_the_ranges_begin():
    pins = requirements([*oldest(PROJECT)])
    for name, listed in requirements(PROJECT["dependencies"]).items():
        (pin,) = pins[name].specifier
        assert (pin.operator, pin.version) in [("==", begin.version) for begin in listed.specifier if begin.operator in (">=", "~=")]
    assert "pytest" in pins
    assert "ruff" not in pins


def test_wheel_has_every_file_of_the_package(tmp_path):
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "ganlib", tmp_path / "ganlib", ignore=shutil.ignore_patterns("__pycache__"))
    build = "from setuptools import build_meta; print(build_meta.build_wheel('dist'))"
    python("-c", build, cwd=tmp_path).check_returncode()
    (wheel,) = (tmp_path / "dist").glob(f"ganlib-{PROJECT['version']}-*.whl")
    files = {str(path.relative_to(tmp_path)) for path in (tmp_path / "ganlib").rglob("*") if path.is_file()}
    packed = zipfile.ZipFile(wheel).namelist()
    assert {name for name in packed if name.startswith("ganlib/")} == files
    assert f"ganlib-{PROJECT['version']}.dist-info/licenses/LICENSE" in packed
