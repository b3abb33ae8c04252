"""Features that tests draw."""

import numpy as np


def drawn(count: int, dimensions: int = 8, *, seed: int, shift: float = 0, scale: float = 1) -> np.ndarray:
    """(count, dimensions) float32 features, Gaussian and independent."""
    return (np.random.default_rng(seed).normal(size=(count, dimensions)) * scale + shift).astype(np.float32)
