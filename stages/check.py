"""Refuse a mistake in params.yaml or in a report's imports before any stage removes its old results: data/checked/."""

import os
from importlib.metadata import distribution
from pathlib import Path

from ganlib import params
from ganlib.core.tables import write_yaml
from ganlib.support import codehash, paths
from ganlib.support.command import run
from ganlib.support.errors import UserError
from ganlib.support.files import replacing

# The packages that compute, and a file of each that changes with its version.
PACKAGES = {
    "pillow": "PIL/_version.py",
    "numpy": "numpy/version.py",
    "scipy": "scipy/version.py",
    "simplejpeg": "simplejpeg/__init__.py",
    "torch": "torch/version.py",
    "torchvision": "torchvision/version.py",
}
NETS_OF_BASELINES = "dcgan64"  # the one report that baselines/dvc.yaml lists
ROOT = Path(__file__).parents[1]


def main() -> None:
    """Check params.yaml and the reports' imports, and write what the other stages depend on."""
    settings = params.load()
    for name in (*settings.reports, *settings.baselines):
        refuse_imports(name, NETS_OF_BASELINES if name in settings.baselines else None, ROOT)
    # Each file changes only with its own values, so a stage that depends on one does not run again after every check.
    with replacing(paths.CHECKED / "params.txt") as target:
        target.write_text("params.yaml is sound\n", encoding="utf-8")
    write_yaml(settings.data.read_by_download(), paths.CHECKED / "download.yaml")
    write_yaml(settings.data.read_by_prepare(), paths.CHECKED / "prepare.yaml")
    write_environment(PACKAGES)


def refuse_imports(name: str, allowed: str | None, root: Path) -> None:
    """Raise a UserError if a report imports the code of another, except `allowed`: its stages do not depend on that folder."""
    for file in codehash.closure(codehash.report_files(name, root), root):
        if file.parts[:2] == ("ganlib", "reports") and file.parts[2] not in (name, allowed):
            raise UserError(
                f"ganlib/reports/{name}: imports {file.as_posix()}, whose edits would not make {name} stale: copy that code into"
                f" ganlib/reports/{name}, or move it to ganlib/models"
            )


def write_environment(packages: dict[str, str]) -> None:
    """Write the versions of `packages`, and link to one file of each, so that `dvc status` notices an upgrade."""
    found = {name: distribution(name) for name in packages}
    # Without the build for some hardware (+cpu, +cu130).
    write_yaml({name: package.version.partition("+")[0] for name, package in found.items()}, paths.CHECKED / "environment.yaml")
    for name, file in packages.items():
        _link(paths.CHECKED / "installed" / Path(file).parts[0], Path(str(found[name].locate_file(file))).absolute())


def _link(link: Path, target: Path) -> None:
    """Make a symbolic link, relative for a .venv in the checkout, which may be moved with it; a copy if the system allows no links."""
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    try:
        link.symlink_to(os.path.relpath(target, link.parent) if target.is_relative_to(Path.cwd()) else target)
    except OSError:
        link.write_bytes(target.read_bytes())


if __name__ == "__main__":
    run(main)
