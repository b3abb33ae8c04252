"""Features that tests draw, and definitions of scores written out in float64."""

import numpy as np

from ganlib.fidelity.frechet import Statistics, frechet_distance


def drawn(count: int, dimensions: int = 8, *, seed: int = 0, shift: float = 0, scale: float = 1) -> np.ndarray:
    """(count, dimensions) float32 features, Gaussian and independent."""
    return (np.random.default_rng(seed).normal(size=(count, dimensions)) * scale + shift).astype(np.float32)


def fid(real: np.ndarray, fake: np.ndarray) -> float:
    return frechet_distance(Statistics.of(real), Statistics.of(fake))


def mmd2(real: np.ndarray, fake: np.ndarray) -> float:
    """KID by Binkowski et al. 2018: means of the kernel over distinct pairs."""

    def kernel(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return (x.astype(np.float64) @ y.T.astype(np.float64) / x.shape[1] + 1) ** 3

    def distinct(x: np.ndarray) -> float:
        return kernel(x, x)[~np.eye(len(x), dtype=bool)].mean()

    return distinct(real) + distinct(fake) - 2 * kernel(real, fake).mean()


def distances(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """(len(x), len(y)) Euclidean distances."""
    return np.sqrt(np.square(x[:, None].astype(np.float64) - y).sum(axis=2))


def nearness(pictures: np.ndarray, training: np.ndarray) -> np.ndarray:
    """Carlini et al. 2023: the distance to the nearest over the mean distance to the 50 nearest."""
    nearest = np.sort(distances(pictures, training), axis=1)[:, :50]
    return nearest[:, 0] / nearest.mean(axis=1)
