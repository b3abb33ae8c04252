"""A photograph's finish for a drawing: soft uneven light, a slight blur, grain.

A drawing's flat colours give every fake away by its slightest noise, so that a discriminator has nothing to learn. The strengths below are
those at which drawn faces have the figures of CelebA's photographs (`python -m benchmarks.finish`), not those at which a GAN does best:
more blur would lower every score. Sums, products and quotients of float64 are rounded alike on every processor, and nothing else is
used: no exponential, no sum of many, no normal distribution but that of a few bytes' sum.
"""

import numpy as np

LIGHT = 0.16  # standard deviation of the light at the nine points of its field
BLUR = 0.25  # the share of a pixel that comes from each neighbour in its row, and then in its column
GRAIN = 5.0  # standard deviation, in levels of 255, of what the colours share
COLOUR_GRAIN = 2.0  # and of each colour's own


def finished(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(H, W, 3) uint8 of a drawing of the same shape."""
    height, width, _ = picture.shape
    light = 1 + LIGHT * _field(_normal(rng, (3, 3)), height, width)
    lit = _blurred(_blurred(picture * light[..., None], axis=0), axis=1)
    grain = GRAIN * _normal(rng, (height, width, 1)) + COLOUR_GRAIN * _normal(rng, picture.shape)
    return np.clip(np.floor(lit + grain + 0.5), 0, 255).astype(np.uint8)


def _field(points: np.ndarray, height: int, width: int) -> np.ndarray:
    """(H, W): the smooth surface that 3x3 points hold (Bezier's, of degree 2)."""
    down, across = _bernstein(height), _bernstein(width)
    return sum(points[i, j] * (down[i][:, None] * across[j]) for i in range(3) for j in range(3))


def _bernstein(count: int) -> tuple[np.ndarray, ...]:
    place = (np.arange(count) + 0.5) / count
    return (1 - place) * (1 - place), 2 * place * (1 - place), place * place


def _blurred(picture: np.ndarray, axis: int) -> np.ndarray:
    padded = np.pad(picture, [(1, 1) if axis == side else (0, 0) for side in range(3)], mode="edge")
    before, after = (padded.take(range(start, start + picture.shape[axis]), axis) for start in (0, 2))
    return (1 - 2 * BLUR) * picture + BLUR * (before + after)


def _normal(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Near to normal, of mean 0 and variance 1: sums of four bytes."""
    total = rng.integers(0, 256, (4, *shape), dtype=np.uint8).sum(axis=0, dtype=np.int64)
    return (total - 510) / np.sqrt((256**2 - 1) / 3)
