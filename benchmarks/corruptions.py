"""How each score responds to gradually corrupted real faces: noise, blur, a missing mode.

    python -m benchmarks.corruptions CELEBA

CELEBA is a folder with img_align_celeba.zip and CelebA's two tables. N faces are scored against N others, which are corrupted, at N = 250
and 500; the crop is `wide64`. Prints a table of scores, and for FID, KID and MIND the difference between neighbouring degrees in standard
errors (from the jackknife intervals). Ten minutes on two cores.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import typer
from PIL import Image, ImageFilter

from ganlib import params
from ganlib.data import cache, celeba
from ganlib.data.archive import Archive
from ganlib.data.faces import Faces
from ganlib.fidelity import inception, scores
from ganlib.support.command import run

COUNTS = (250, 500)
MOST = max(COUNTS)
NOISE = (5, 10, 20, 40, 80)  # standard deviation, of 255
BLUR = (0.5, 1, 2, 4, 8)  # radius of a Gaussian, in pixels
DROPPED = (0.25, 0.5, 0.75, 1.0)  # of the faces with DROPPED_ATTRIBUTE, which 42% of CelebA's have
DROPPED_ATTRIBUTE = "Male"
GRADED = ("fid", "kid", "mind")


def main(celeba_folder: Path) -> None:
    """Print both tables."""
    network = inception.load()
    with TemporaryDirectory() as folder:
        faces = cached(celeba_folder, Path(folder))
        real = features(network, faces[np.arange(MOST)], "reals")
        found = {}
        for corruption, degree, pictures in sides(faces):
            fake = features(network, pictures, f"{corruption} {degree}")
            found[corruption, degree] = {count: scores.compare(real[:count], fake[:count], scores.METRICS) for count in COUNTS}
    for count in COUNTS:
        typer.echo(f"\nN = {count}\n\n| | {' | '.join(scores.METRICS)} |\n|---|{'---|' * len(scores.METRICS)}")
        for (corruption, degree), at in found.items():
            typer.echo(f"| {corruption} {degree} | {' | '.join(f'{at[count][metric]:.4g}' for metric in scores.METRICS)} |")
        typer.echo(f"\n| from one degree to the next, N = {count} | {' | '.join(GRADED)} |\n|---|{'---|' * len(GRADED)}")
        for before, after in neighbours(list(found)):
            gaps = (gap(found[before][count], found[after][count], metric) for metric in GRADED)
            typer.echo(f"| {after[0]} {before[1]} to {after[1]} | {' | '.join(f'{value:.1f}' for value in gaps)} |")


def cached(source: Path, folder: Path) -> Faces:
    """The crop of every face."""
    box = params.load().crop("wide64")
    with Archive(source / celeba.ARCHIVE) as pictures:
        cache.build(celeba.read(pictures, source), box, box.size, None, 0, folder / "faces")
    return Faces.open(folder / "faces", "all")


def sides(faces: Faces) -> Iterator[tuple[str, float, np.ndarray]]:
    """Each corruption and degree with its MOST (3, S, S) pictures; degree 0 is uncorrupted."""
    others = faces[np.arange(MOST, 2 * MOST)]
    rng = np.random.default_rng(0)
    yield "none", 0, others
    for degree in NOISE:
        noisy = others + degree * rng.standard_normal(others.shape)
        yield "noise", degree, np.clip(np.round(noisy), 0, 255).astype(np.uint8)
    for degree in BLUR:
        yield "blur", degree, np.stack([blurred(picture, degree) for picture in others])
    shown = faces.table[DROPPED_ATTRIBUTE].to_numpy() == 1
    for degree in DROPPED:
        stays = ~shown | (rng.random(len(shown)) >= degree)
        stays[:MOST] = False
        yield "dropped", degree, faces[np.flatnonzero(stays)[:MOST]]


def blurred(picture: np.ndarray, radius: float) -> np.ndarray:
    """(3, S, S) uint8."""
    return np.asarray(Image.fromarray(picture.transpose(1, 2, 0)).filter(ImageFilter.GaussianBlur(radius))).transpose(2, 0, 1)


def features(network: Callable, pictures: np.ndarray, desc: str) -> np.ndarray:
    """(N, 2048) float32."""
    return inception.features(network, [pictures], desc, len(pictures))


def neighbours(keys: list[tuple[str, float]]) -> Iterator[tuple[tuple[str, float], tuple[str, float]]]:
    """Each degree with the previous one; the first with None."""
    before = keys[0]
    for key in keys[1:]:
        yield (before if before[0] == key[0] else keys[0]), key
        before = key


def gap(before: dict[str, float], after: dict[str, float], metric: str) -> float:
    """A score's increase in standard errors; an interval extends 2.093 of them to either side (Student's t with 19 degrees)."""
    errors = [(at[f"{metric}_high"] - at[f"{metric}_low"]) / 2 / 2.093 for at in (before, after)]
    return (after[metric] - before[metric]) / np.hypot(*errors)


if __name__ == "__main__":
    run(main)
