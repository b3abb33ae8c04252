"""Prints the oldest versions of ganlib's dependencies that pyproject.toml allows, and the requirements of its tests, for pip."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

LINTERS = ("ruff", "mypy", "import-linter", "pandas-stubs", "scipy-stubs", "types-")


def oldest(project: dict) -> Iterator[str]:
    """`torch==2.11` for each dependency such as `torch>=2.11,<3` or `torch~=2.11`, then what the tests need."""
    for requirement in project["dependencies"]:
        name, version = re.match(r"([\w.-]+)[~>]=([\w.]+)", requirement).groups()
        yield f"{name}=={version}"
    yield from (requirement for requirement in project["optional-dependencies"]["tests"] if not requirement.startswith(LINTERS))


def main() -> None:
    """Print a line for each, and for what builds ganlib, which a test does."""
    found = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))
    print(*oldest(found["project"]), *found["build-system"]["requires"], sep="\n")


if __name__ == "__main__":
    main()
