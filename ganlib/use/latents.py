"""The z that a seed names: the same on every machine, and in a page's JavaScript (ganlib/use/export/page/latents.js).

z[i] is made of one word of 32 bits, and that of the seed and of i alone, so that a picture is the same whatever else is drawn.
"""

from collections.abc import Sequence

import numpy as np

from ganlib.support.types import Latent

SEEDS = 2**53  # a seed is below this: JavaScript holds no larger integer exactly
ROTATIONS = (13, 15, 26, 6), (17, 29, 16, 24)


def from_seeds(kind: Latent, seeds: Sequence[int], size: int) -> np.ndarray:
    """z (n, size) float32: uniform(-1, 1), gaussian N(0, 1), or gaussian scaled to the sphere of radius sqrt(size)."""
    u = (words(seeds, size) + 0.5) / 2**32
    if kind == "uniform":
        return (2 * u - 1).astype(np.float32)
    z = normal(u)
    if kind == "spherical":
        z *= np.sqrt(size / np.square(z).sum(axis=1, keepdims=True))
    return z.astype(np.float32)


def words(seeds: Sequence[int], count: int) -> np.ndarray:
    """(n, count) uint32: the first word of Threefry-2x32 with 20 rounds (Salmon et al. 2011, doi 10.1145/2063384.2063405).

    The key is the seed's lower and upper 32 bits, the counter (i, 0) for i from 0 to count - 1.
    """
    seed = np.asarray(seeds, np.uint64)[:, None]
    low, high = (seed & 0xFFFFFFFF).astype(np.uint32), (seed >> 32).astype(np.uint32)
    return threefry((low, high), (np.arange(count, dtype=np.uint32), np.zeros(count, np.uint32)))[0]


def threefry(key: tuple[np.ndarray, np.ndarray], counter: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """The two words of each key and counter, all of them arrays of uint32."""
    keys = (*key, key[0] ^ key[1] ^ np.uint32(0x1BD11BDA))
    x, y = counter[0] + keys[0], counter[1] + keys[1]
    for block in range(5):
        for rotation in ROTATIONS[block % 2]:
            x = x + y
            y = (y << np.uint32(rotation) | y >> np.uint32(32 - rotation)) ^ x
        x = x + keys[(block + 1) % 3]
        y = y + keys[(block + 2) % 3] + np.uint32(block + 1)
    return x, y


def normal(u: np.ndarray) -> np.ndarray:
    """The inverse of the normal distribution, to seven digits: PPND7 of Wichura 1988, algorithm AS 241."""
    q = u - 0.5
    r = 0.180625 - q * q
    middle = q * _ratio(r, (3.3871327179, 50.434271938, 159.29113202, 59.109374720), (1, 17.895169469, 78.757757664, 67.187563600))
    r = np.sqrt(-np.log(np.minimum(u, 1 - u)))
    near = _ratio(r - 1.6, (1.4234372777, 2.7568153900, 1.3067284816, 0.17023821103), (1, 0.73700164250, 0.12021132975))
    far = _ratio(r - 5, (6.6579051150, 3.0812263860, 0.42868294337, 0.017337203997), (1, 0.24197894225, 0.012258202635))
    return np.where(np.abs(q) <= 0.425, middle, np.where(r <= 5, near, far) * np.sign(q))


def _ratio(r: np.ndarray, above: Sequence[float], below: Sequence[float]) -> np.ndarray:
    return _polynomial(r, above) / _polynomial(r, below)


def _polynomial(r: np.ndarray, coefficients: Sequence[float]) -> np.ndarray:
    value = np.zeros_like(r)
    for coefficient in reversed(coefficients):
        value = value * r + coefficient
    return value


def slerp(a: np.ndarray, b: np.ndarray, share: float) -> np.ndarray:
    """z (size,) on the way from `a` (share 0) to `b` (share 1), along the arc between them (Shoemake 1985).

    Half way a straight line is 29% nearer to 0 than its ends, for a uniform z as for a gaussian one, and its pictures are paler.
    """
    cosine = np.dot(a, b) / (np.linalg.norm(a) * np.linalg.norm(b))
    angle = np.arccos(np.clip(cosine, -1, 1))
    if np.sin(angle) < 1e-6:
        return (1 - share) * a + share * b
    return (np.sin((1 - share) * angle) * a + np.sin(share * angle) * b) / np.sin(angle)
