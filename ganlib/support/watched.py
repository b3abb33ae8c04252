"""Links in data/checked/ to what lies outside the pipeline. DVC follows them, so that `dvc status` notices a change there."""

import os
from collections.abc import Mapping
from importlib.metadata import distribution
from pathlib import Path

from ganlib.support import paths


def link_packages(packages: Mapping[str, str]) -> dict[str, str]:
    """Link to a file of each package that changes with its version; returns the versions, without the build for some hardware (+cu130)."""
    found = {name: distribution(name) for name in packages}
    for name, file in packages.items():
        _link(paths.CHECKED / "installed" / Path(file).parts[0], Path(str(found[name].locate_file(file))).absolute())
    return {name: package.version.partition("+")[0] for name, package in found.items()}


def link_source(place: Path | None) -> None:
    """Link to a folder of pictures, or to a zip and to the folder that may hold its tables. A line of text stands for no link."""
    _link(paths.CHECKED / "source", place)
    _link(paths.CHECKED / "beside", place.parent if place and place.is_file() else None)


def _link(link: Path, target: Path | None) -> None:
    """Make a symbolic link, relative for a target in the checkout, which may be moved with it; a copy if the system allows no links."""
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    if target is None or (target / ".dvc").exists():  # DVC looks into no other repository
        link.write_text("nothing to watch\n", encoding="utf-8")  # DVC warns of empty files
        return
    try:
        link.symlink_to(os.path.relpath(target, link.parent) if target.is_relative_to(Path.cwd()) else target)
    except OSError:
        link.write_bytes(target.read_bytes() if target.is_file() else b"")
