"""A photograph's finish for a drawing: soft uneven light, grain, and the slight blur of a picture that was made smaller.

Flat colours are unlike any photograph, and a fake is given away by its slightest noise. The strengths below are those at which drawn faces
have the figures of CelebA's photographs (`python -m benchmarks.finish`), not those at which a GAN does best: more blur would lower every
score.

Every bit is the same on every processor: float64 sums, products and quotients of two numbers are rounded alike everywhere, and nothing else
is used, no exponential, no sum of many, no normal distribution but that of a few bytes' sum.
"""

import numpy as np

EXPOSURE = 0.8  # the light at the middle of the face
LIGHT = 0.0057  # standard deviation of the slope of the light's logarithm, a pixel, across the face and down
FALLOFF = 0.7  # where that logarithm ends far from the face
GRAIN = 4.5  # standard deviation, in levels of 255, of what the colours share
COLOUR_GRAIN = 2.0  # and of each colour's own
BLUR = 0.185  # the share of a pixel that comes from each neighbour in its row and in its column; twice

FACE = (115.0, 88.5)  # row and column of its middle


def finished(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(H, W, 3) uint8 of a drawing of the same shape."""
    lit = picture * _light(*picture.shape[:2], *_normal(rng, (2,)))[..., None]
    grainy = lit + GRAIN * _normal(rng, (*picture.shape[:2], 1)) + COLOUR_GRAIN * _normal(rng, picture.shape)
    for axis in (0, 1, 0, 1):
        grainy = _blurred(grainy, axis)
    return np.clip(np.floor(grainy + 0.5), 0, 255).astype(np.uint8)


def _light(height: int, width: int, down: float, across: float) -> np.ndarray:
    """(H, W): how bright the light is that comes from one side; (1 + x/2) / (1 - x/2) is near to exp(x) and takes no exponential."""
    slope = LIGHT * down * (np.arange(height) - FACE[0])[:, None] + LIGHT * across * (np.arange(width) - FACE[1])
    logarithm = slope / (1 + abs(slope) / FALLOFF)
    return EXPOSURE * (1 + logarithm / 2) / (1 - logarithm / 2)


def _blurred(picture: np.ndarray, axis: int) -> np.ndarray:
    """Along one axis; at the edge a pixel is its own neighbour."""
    lines = np.moveaxis(picture, axis, 0)
    blurred, share = (1 - 2 * BLUR) * lines, BLUR * lines
    blurred[1:] += share[:-1]
    blurred[0] += share[0]
    blurred[:-1] += share[1:]
    blurred[-1] += share[-1]
    return np.moveaxis(blurred, 0, axis)


def _normal(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Near to normal, of mean 0 and variance 1: sums of four bytes."""
    total = np.zeros(shape, np.int16)
    for _ in range(4):
        total += rng.integers(0, 256, shape, dtype=np.uint8)
    return (total - 510) / np.sqrt((256**2 - 1) / 3)
