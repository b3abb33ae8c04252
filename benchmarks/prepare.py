"""Cropping many pictures: by the prepare stage, by torchvision, and only decoding their JPEGs.

    python -m benchmarks.prepare FOLDER                        # 5,000 pictures, all three, alternating; the ratios come last
    python -m benchmarks.prepare FOLDER --pictures 202599      # the stage alone at CelebA's scale and at 5,000: time and memory

FOLDER contains pictures in CelebA's layout, such as data/raw/toons; they are repeated as often as necessary.
"""

import multiprocessing
import os
import shutil
import statistics
import tempfile
import time
import zipfile
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from itertools import cycle, islice
from pathlib import Path
from typing import Annotated

import simplejpeg
import typer

from ganlib import params
from ganlib.data import cache, celeba
from ganlib.data.archive import Archive
from ganlib.support import console
from ganlib.support.command import run

COMPARED = 5000
BLOCK = 64


def main(folder: Path, pictures: int = COMPARED, crop: str = "wide64", rounds: Annotated[int, typer.Option(min=1)] = 5) -> None:
    """Compare on PICTURES of FOLDER; above 5,000, measure only the stage."""
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        if pictures > COMPARED:
            _at_scale(folder, pictures, place, crop)
            return
        _repeat(folder, pictures, place / "raw")
        with zipfile.ZipFile(place / "raw" / celeba.ARCHIVE) as whole:
            whole.extractall(place / "files")
        ours, theirs, bare = [], [], []
        for _ in range(rounds):
            seconds, memory = _stage(place, crop)
            ours.append(pictures / seconds)
            theirs.append(pictures / _torchvision(place / "files", params.load().crop(crop).size))
            bare.append(pictures / _decoding(place / "raw"))
            typer.echo(
                f"prepare@{crop} {ours[-1]:.0f}/s (peak {memory:.0f} MB), torchvision {theirs[-1]:.0f}/s, bare decoding {bare[-1]:.0f}/s"
            )
        typer.echo(f"torchvision ratio {statistics.median(a / b for a, b in zip(ours, theirs, strict=True)):.2f}")
        typer.echo(f"decoding ratio {statistics.median(a / b for a, b in zip(ours, bare, strict=True)):.2f}")


def _at_scale(folder: Path, pictures: int, place: Path, crop: str) -> None:
    for count in (COMPARED, pictures):
        _repeat(folder, count, place / str(count) / "raw")
    for count in (COMPARED, pictures, COMPARED):
        seconds, memory = _stage(place / str(count), crop)
        typer.echo(f"prepare@{crop}: {count} pictures in {seconds:.1f} s, {count / seconds:.0f} a second, peak {memory:.0f} MB")


def _repeat(folder: Path, count: int, target: Path) -> None:
    """A raw folder of `count` pictures in CelebA's layout."""
    target.mkdir(parents=True)
    with Archive(folder / celeba.ARCHIVE) as pictures, zipfile.ZipFile(target / celeba.ARCHIVE, "w") as whole:
        members = celeba.read(pictures, folder).members
        names = [f"{number:06d}.jpg" for number in range(1, count + 1)]
        for name, member in console.bar(zip(names, islice(cycle(members), count), strict=True), desc="repeating", total=count):
            whole.writestr(zipfile.ZipInfo(f"{celeba.FOLDER}/{name}"), pictures.read(member))
    attributes = " ".join("-1" for _ in celeba.ATTRIBUTES)
    rows = [f"{name} {attributes}" for name in names]
    (target / celeba.ATTRIBUTE_TABLE).write_text("\n".join([str(count), " ".join(celeba.ATTRIBUTES), *rows, ""]), encoding="utf-8")
    (target / celeba.SPLIT_TABLE).write_text("".join(f"{name} 0\n" for name in names), encoding="utf-8")


def _stage(place: Path, crop: str) -> tuple[float, float]:
    """Seconds and peak memory in MB of the stage's work in a separate process."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_build, place, crop).result()


def _build(place: Path, crop: str) -> tuple[float, float]:
    box = params.load().crop(crop)
    shutil.rmtree(place / "faces", ignore_errors=True)
    began = time.perf_counter()
    with Archive(place / "raw" / celeba.ARCHIVE) as pictures:
        cache.build(celeba.read(pictures, place / "raw"), box, box.size, None, 0, place / "faces" / crop)
    seconds = time.perf_counter() - began
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines())
    # Without the libraries' mapped files (0.5 GB for torch with CUDA); getrusage would include the parent's memory.
    return seconds, (int(status["VmHWM"].split()[0]) - int(status["RssFile"].split()[0])) / 1024


def _torchvision(files: Path, size: int) -> float:
    """Seconds of one pass written in the usual way. The crop is wide64's: the central 178x178, resized."""
    from torch.utils.data import DataLoader
    from torchvision import transforms
    from torchvision.datasets import ImageFolder

    steps = transforms.Compose([transforms.Resize(size), transforms.CenterCrop(size), transforms.ToTensor()])
    began = time.perf_counter()
    for _ in DataLoader(ImageFolder(str(files), steps), batch_size=BLOCK, num_workers=2):
        pass
    return time.perf_counter() - began


def _decoding(folder: Path) -> float:
    """Seconds to decode every JPEG from memory on all cores."""
    with Archive(folder / celeba.ARCHIVE) as whole:
        jpegs = [whole.read(name) for name in whole.entries]

    def decode(start: int) -> None:
        for jpeg in jpegs[start : start + BLOCK]:
            simplejpeg.decode_jpeg(jpeg, "RGB")

    began = time.perf_counter()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(decode, range(0, len(jpegs), BLOCK)))
    return time.perf_counter() - began


if __name__ == "__main__":
    run(main)
