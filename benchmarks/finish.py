"""Statistics of photographs to which the finish of drawn faces is fitted (`ganlib/fetch/finish.py`), and those of drawn faces.

    python -m benchmarks.finish CELEBA

CELEBA is a folder with img_align_celeba.zip. All statistics are of the luminance, 0 to 255:

brightness  its mean
light       how unevenly faces are lit: the standard deviation, from the quartiles, of log2(left half / right half) of the face
noise       the standard deviation of grain, from the median absolute second difference both ways (Immerkaer 1996, robust through the
            median), of the picture and of one half as large; the median over pictures
slope       of the power spectrum's logarithm over the frequency's between 0.05 and 0.4 cycles a pixel; sharp edges make it shallower,
            blur steeper; the median over pictures
"""

from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import typer
from PIL import Image

from ganlib.data import celeba
from ganlib.fetch import finish, toons
from ganlib.support.command import run

COUNT = 1000
MAD = 0.6745  # the median of |x| of a normal x with standard deviation 1
LEFT, RIGHT = np.s_[115:150, 59:88], np.s_[115:150, 89:118]  # of the face, between eyes and mouth, mirror images about column 88


def main(celeba_folder: Path) -> None:
    """Print a line for each kind of picture."""
    typer.echo(
        f"exposure {finish.EXPOSURE}, light {finish.LIGHT}, grain {finish.GRAIN} and {finish.COLOUR_GRAIN}, blur {finish.BLUR};"
        f" {COUNT} pictures each"
    )
    for name, pictures in {
        "photographs": photographs(celeba_folder),
        "drawn, flat": drawn(finished=False),
        "drawn, finished": drawn(finished=True),
    }.items():
        typer.echo(f"{name}: " + ", ".join(f"{figure} {value:.3f}" for figure, value in figures(pictures).items()))


def photographs(folder: Path) -> Iterator[np.ndarray]:
    """The first COUNT photographs."""
    with ZipFile(folder / celeba.ARCHIVE) as archive:
        for name in sorted(name for name in archive.namelist() if name.endswith(".jpg"))[:COUNT]:
            yield np.asarray(Image.open(BytesIO(archive.read(name))).convert("RGB"))


def drawn(*, finished: bool) -> Iterator[np.ndarray]:
    """Drawn faces, decoded from JPEG."""
    for number in range(1, COUNT + 1):
        _, jpeg = toons.face(0, finished, number)
        yield np.asarray(Image.open(BytesIO(jpeg)))


def figures(pictures: Iterable[np.ndarray]) -> dict[str, float]:
    """The statistics of (H, W, 3) uint8 pictures."""
    rows = []
    for picture in pictures:
        grey = picture @ np.array([0.299, 0.587, 0.114])
        ratio = np.log2((grey[LEFT].mean() + 1) / (grey[RIGHT].mean() + 1))
        rows.append((grey.mean(), ratio, noise(grey), noise(halved(grey)), slope(grey[20:198])))
    brightness, ratios, fine, coarse, slopes = np.array(rows).T
    return {
        "brightness": brightness.mean(),
        "light": np.ptp(np.percentile(ratios, [25, 75])) / (2 * MAD),
        "noise": np.median(fine),
        "at half size": np.median(coarse),
        "slope": np.median(slopes),
    }


def halved(grey: np.ndarray) -> np.ndarray:
    """Means of 2x2; an odd last row or column is left out."""
    height, width = (side // 2 for side in grey.shape)
    return grey[: 2 * height, : 2 * width].reshape(height, 2, width, 2).mean(axis=(1, 3))


def noise(grey: np.ndarray) -> float:
    """Of (H, W); the filter 1 -2 1 in both directions has a gain of 6 on white noise."""
    both = np.diff(np.diff(grey, 2, axis=0), 2, axis=1)
    return float(np.median(np.abs(both)) / 6 / MAD)


def slope(grey: np.ndarray) -> float:
    """Of a square picture under a Hann window: the least-squares line through the mean power of each frequency, both as logarithms."""
    size = len(grey)
    window = np.hanning(size)
    power = np.abs(np.fft.fft2((grey - grey.mean()) * window * window[:, None])) ** 2
    frequency = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.fftfreq(size))
    ring = np.round(frequency * size).astype(int).ravel()
    means = np.bincount(ring, power.ravel()) / np.bincount(ring)
    chosen = np.arange(round(0.05 * size), round(0.4 * size))
    return float(np.polyfit(np.log(chosen), np.log(means[chosen]), 1)[0])


if __name__ == "__main__":
    run(main)
