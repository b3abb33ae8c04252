"""Refuse a params.yaml with a mistake in it before any stage removes its old results: data/checked/."""

from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from ganlib import params
from ganlib.core.tables import write_yaml
from ganlib.support import paths
from ganlib.support.command import run
from ganlib.support.files import replacing

# The packages that compute, by the names they are imported under, and a file of each that changes with its version.
PACKAGES = {
    "PIL": ("pillow", "_version.py"),
    "numpy": ("numpy", "version.py"),
    "scipy": ("scipy", "version.py"),
    "simplejpeg": ("simplejpeg", "__init__.py"),
    "torch": ("torch", "version.py"),
    "torchvision": ("torchvision", "version.py"),
}


def main() -> None:
    """Check every block of params.yaml, and write down what the other stages depend on."""
    data = params.load().data
    # Each file changes only with its own values, so that a stage that depends on it is not run again after every check.
    with replacing(paths.CHECKED / "params.txt") as target:
        target.write_text("params.yaml is sound\n", encoding="utf-8")
    write_yaml(data.read_by_download(), paths.CHECKED / "download.yaml")
    write_yaml(data.read_by_prepare(), paths.CHECKED / "prepare.yaml")
    # The build for one kind of hardware or another (+cpu, +cu130) is the same version.
    write_yaml({name: version(name).partition("+")[0] for name, _ in PACKAGES.values()}, paths.CHECKED / "environment.yaml")
    for module, (_, file) in PACKAGES.items():
        _link(paths.CHECKED / "installed" / module, Path(find_spec(module).origin).with_name(file))


def _link(link: Path, target: Path) -> None:
    """A symbolic link, or a copy where the system allows no links."""
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    try:
        link.symlink_to(target)
    except OSError:
        link.write_bytes(target.read_bytes())


if __name__ == "__main__":
    run(main)
