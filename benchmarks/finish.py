"""The figures of photographs by which drawn faces get their finish (`ganlib/data/finish.py`), beside those of drawn faces.

    python -m benchmarks.finish CELEBA

CELEBA is a folder with img_align_celeba.zip. Each figure is of the luminance, 0 to 255, and the median over the pictures but for
`light`, which is their spread:

noise   the standard deviation of grain, from the median absolute second difference both ways (Immerkaer 1996, made robust by the median)
slope   of the power spectrum's logarithm over the frequency's, between 0.05 and 0.4 cycles a pixel; sharp edges make it shallower
light   the standard deviation of log2(left cheek / right cheek), from the quartiles: how unevenly faces are lit
"""

from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import typer
from PIL import Image

from ganlib.data import celeba, finish, toons

COUNT = 1000
MAD = 0.6745  # the median of |x| of a normal x with standard deviation 1
LEFT, RIGHT = np.s_[125:150, 50:66], np.s_[125:150, 112:128]  # cheeks, level with the nose's tip, mirror images about x = 88.5


def figures(pictures: Iterable[np.ndarray]) -> dict[str, float]:
    """The figures of (H, W, 3) uint8 pictures."""
    noises, slopes, lights = [], [], []
    for picture in pictures:
        grey = picture @ np.array([0.299, 0.587, 0.114])
        noises.append(noise(grey))
        slopes.append(slope(grey[20:198]))
        lights.append(np.log2((grey[LEFT].mean() + 1) / (grey[RIGHT].mean() + 1)))
    quartiles = np.percentile(lights, [25, 75])
    return {
        "noise": float(np.median(noises)),
        "slope": float(np.median(slopes)),
        "light": float(np.ptp(quartiles) / (2 * MAD)),
    }


def noise(grey: np.ndarray) -> float:
    """Of (H, W): the filter [1 -2 1] both ways has a gain of 6 on white noise."""
    both = np.diff(np.diff(grey, 2, axis=0), 2, axis=1)
    return float(np.median(np.abs(both)) / 6 / MAD)


def slope(grey: np.ndarray) -> float:
    """Of a square picture under a Hann window: the least-squares line through the mean log power of each frequency."""
    size = len(grey)
    window = np.hanning(size)
    power = np.abs(np.fft.fft2((grey - grey.mean()) * window * window[:, None])) ** 2
    frequency = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.fftfreq(size))
    rings = np.round(frequency * size).astype(int)
    chosen = range(round(0.05 * size), round(0.4 * size))
    means = [np.log(power[rings == ring].mean()) for ring in chosen]
    return float(np.polyfit(np.log(chosen), means, 1)[0])


def drawn(*, finished: bool) -> Iterator[np.ndarray]:
    """Drawn faces as their JPEGs read."""
    for number in range(1, COUNT + 1):
        _, jpeg = toons.face(0, finished, number)
        yield np.asarray(Image.open(BytesIO(jpeg)))


def photographs(folder: Path) -> Iterator[np.ndarray]:
    """The first COUNT."""
    with ZipFile(folder / celeba.ARCHIVE) as archive:
        for name in sorted(name for name in archive.namelist() if name.endswith(".jpg"))[:COUNT]:
            yield np.asarray(Image.open(BytesIO(archive.read(name))).convert("RGB"))


def main(celeba_folder: Path) -> None:
    """Print a line for each kind of picture."""
    kinds = {
        "photographs": photographs(celeba_folder),
        "drawn, flat": drawn(finished=False),
        "drawn, finished": drawn(finished=True),
    }
    typer.echo(f"light {finish.LIGHT}, blur {finish.BLUR}, grain {finish.GRAIN} and {finish.COLOUR_GRAIN}; {COUNT} pictures each")
    for name, pictures in kinds.items():
        typer.echo(f"{name}: " + " ".join(f"{figure} {value:.3f}" for figure, value in figures(pictures).items()))


if __name__ == "__main__":
    typer.run(main)
