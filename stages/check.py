"""Refuse a mistake in params.yaml or in a report's imports before any stage removes its old results: data/checked/."""

from pathlib import Path

from ganlib import params
from ganlib.core.tables import write_yaml
from ganlib.support import codehash, paths, watched
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
SHARED_BY_BASELINES = ("baseline.py", "dcgan64")  # what baselines/dvc.yaml lists of ganlib/reports besides the own folder
ROOT = Path(__file__).parents[1]


def main() -> None:
    """Check params.yaml and the reports' imports, and write what the other stages depend on."""
    try:
        settings = params.load()
        source = settings.data.checked_source(settings.dataset)
    except UserError as error:
        raise UserError(f"{error}; `git checkout params.yaml` restores the committed settings") from None
    for name in (*settings.reports, *settings.baselines):
        codehash.check_imports(name, SHARED_BY_BASELINES if name in settings.baselines else (), ROOT)
    watched.link_source(source)
    # Each file changes only with its own values, so a stage that depends on one does not run again after every check.
    with replacing(paths.CHECKED / "params.txt") as target:
        target.write_text("params.yaml is sound\n", encoding="utf-8")
    write_yaml(settings.data.read_by_download(), paths.CHECKED / "download.yaml")
    write_yaml(settings.data.read_by_prepare(), paths.CHECKED / "prepare.yaml")
    write_yaml(watched.link_packages(PACKAGES), paths.CHECKED / "environment.yaml")


if __name__ == "__main__":
    run(main)
