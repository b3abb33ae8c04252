"""Pictures brought from one place on the disk to another: a zip as it is, a folder as a zip."""

import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path

from ganlib import disk, paths, progress

BLOCK = 2**22


def copy(source: Path, target: Path) -> None:
    """The file `source` as `target`, with a bar."""
    size = source.stat().st_size
    with (
        disk.writing(target.parent, size),
        source.open("rb") as reader,
        target.open("wb") as writer,
        progress.bar(total=size, desc=f"copying {source.name}", unit="B", unit_scale=True) as bar,
    ):
        while block := reader.read(BLOCK):
            writer.write(block)
            bar.update(len(block))


def take(source: Path, target: Path) -> None:
    """The file `source` as `target`: what was downloaded is moved there, what is a person's own is copied."""
    if source.is_relative_to(paths.downloads()):
        shutil.move(source, target)
    else:
        copy(source, target)


def pack(pictures: Mapping[str, Path], target: Path) -> None:
    """A zip of the files under the names given, not compressed further; equal files give equal bytes."""
    with disk.writing(target.parent, sum(path.stat().st_size for path in pictures.values())), zipfile.ZipFile(target, "w") as whole:
        for name, path in progress.bar(pictures.items(), desc=f"packing {target.name}", unit="picture"):
            whole.writestr(zipfile.ZipInfo(name), path.read_bytes())
