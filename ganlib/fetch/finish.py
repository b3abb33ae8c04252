"""Gives drawings the finish of photographs: soft uneven light, grain, and the slight blur of a downscaled picture.

Without it, flat colours look unlike any photograph, and the slightest noise gives a fake away. The strengths are fitted to the statistics
of CelebA's photographs (`python -m benchmarks.finish`), not to the best scores of any GAN: more blur would lower every score.

Results are identical on all processors: only sums, products and quotients of two float64 numbers are used, which IEEE 754 rounds exactly.
No exponentials, reductions or library normal distributions.
"""

import numpy as np

EXPOSURE = 0.8  # brightness at the centre of the face
LIGHT = 0.0057  # standard deviation of the slope of the log brightness per pixel, horizontally and vertically
FALLOFF = 0.7  # limit of the log brightness far from the face
GRAIN = 4.5  # standard deviation of the noise that the colour channels share, of 255
COLOUR_GRAIN = 2.0  # and of the noise of each channel
BLUR = 0.185  # weight of each neighbour in the row and in the column; applied twice

FACE = (115.0, 88.5)  # row and column of its centre


def finished(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(H, W, 3) uint8 to (H, W, 3) uint8."""
    lit: np.ndarray = picture * _light(*picture.shape[:2], *_normal(rng, (2,)))[..., None]
    grainy: np.ndarray = lit + GRAIN * _normal(rng, (*picture.shape[:2], 1)) + COLOUR_GRAIN * _normal(rng, picture.shape)
    for axis in (0, 1, 0, 1):
        grainy = _blurred(grainy, axis)
    return np.clip(np.floor(grainy + 0.5), 0, 255).astype(np.uint8)


def _light(height: int, width: int, down: float, across: float) -> np.ndarray:
    """(H, W) brightness under a light from one side; (1 + x/2) / (1 - x/2) approximates exp(x)."""
    slope = LIGHT * down * (np.arange(height) - FACE[0])[:, None] + LIGHT * across * (np.arange(width) - FACE[1])
    logarithm = slope / (1 + abs(slope) / FALLOFF)
    light: np.ndarray = EXPOSURE * (1 + logarithm / 2) / (1 - logarithm / 2)
    return light


def _blurred(picture: np.ndarray, axis: int) -> np.ndarray:
    """Blur along one axis, with the edge pixels repeated."""
    lines = np.moveaxis(picture, axis, 0)
    blurred, share = (1 - 2 * BLUR) * lines, BLUR * lines
    blurred[1:] += share[:-1]
    blurred[0] += share[0]
    blurred[:-1] += share[1:]
    blurred[-1] += share[-1]
    return np.moveaxis(blurred, 0, axis)


def _normal(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Approximately standard normal: standardised sums of four uniform bytes."""
    total = np.zeros(shape, np.int16)
    for _ in range(4):
        total += rng.integers(0, 256, shape, dtype=np.uint8)
    normal: np.ndarray = (total - 510) / np.sqrt((256**2 - 1) / 3)
    return normal
