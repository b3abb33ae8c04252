"""What fidelity and training know of each other."""

import ast
from pathlib import Path

import pytest

from tests.conftest import ROOT


def imported(path: Path) -> set[str]:
    """Every module that a file names in an import, at its top or inside a function; `from a import b` counts as a and as a.b."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


@pytest.mark.parametrize(("package", "other"), [("fidelity", "training"), ("training", "fidelity")])
def test_fidelity_and_training_stand_side_by_side(package: str, other: str) -> None:
    files = sorted((ROOT / "ganlib" / package).rglob("*.py"))
    assert files
    for path in files:
        assert not any(f"{name}.".startswith(f"ganlib.{other}.") for name in imported(path)), path
