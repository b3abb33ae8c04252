"""The z of a seed, equal on every machine and in JavaScript (ganlib/use/export/page/latents.js).

z[i] is computed from one 32-bit word, a hash of the seed and i alone, so that a picture does not depend on what else is drawn.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ganlib.support.types import Latent

SEEDS = 2**53  # a seed is below this: JavaScript holds no larger integer exactly
Words = NDArray[np.uint32]
Doubles = NDArray[np.float64]

ROTATIONS = (13, 15, 26, 6), (17, 29, 16, 24)


def from_seeds(kind: Latent, seeds: Sequence[int], size: int) -> NDArray[np.float32]:
    """z (n, size) float32: uniform(-1, 1), gaussian N(0, 1), or gaussian scaled to the sphere of radius sqrt(size)."""
    u = (words(seeds, size) + 0.5) / 2**32
    if kind == "uniform":
        return (2 * u - 1).astype(np.float32)
    z = normal(u)
    if kind == "spherical":
        z *= np.sqrt(size / np.square(z).sum(axis=1, keepdims=True))
    return z.astype(np.float32)


def words(seeds: Sequence[int], count: int) -> Words:
    """(n, count) uint32: the first word of Threefry-2x32 with 20 rounds (Salmon et al. 2011, doi 10.1145/2063384.2063405).

    The key is the lower and upper 32 bits of the seed, the counter (i, 0) for i from 0 to count - 1.
    """
    seed = np.asarray(seeds, np.uint64)[:, None]
    low, high = (seed & 0xFFFFFFFF).astype(np.uint32), (seed >> 32).astype(np.uint32)
    return threefry((low, high), (np.arange(count, dtype=np.uint32), np.zeros(count, np.uint32)))[0]


def threefry(key: tuple[Words, Words], counter: tuple[Words, Words]) -> tuple[Words, Words]:
    """The two output words of each key and counter."""
    keys = (*key, key[0] ^ key[1] ^ np.uint32(0x1BD11BDA))
    x, y = counter[0] + keys[0], counter[1] + keys[1]
    for block in range(5):
        for rotation in ROTATIONS[block % 2]:
            x = x + y
            y = (y << np.uint32(rotation) | y >> np.uint32(32 - rotation)) ^ x
        x = x + keys[(block + 1) % 3]
        y = y + keys[(block + 2) % 3] + np.uint32(block + 1)
    return x, y


def normal(u: Doubles) -> Doubles:
    """The inverse of the normal cumulative distribution, to seven digits: PPND7 of algorithm AS 241 (Wichura 1988)."""
    q = u - 0.5
    r = 0.180625 - q * q
    middle = q * _ratio(r, (3.3871327179, 50.434271938, 159.29113202, 59.109374720), (1, 17.895169469, 78.757757664, 67.187563600))
    r = np.sqrt(-np.log(np.minimum(u, 1 - u)))
    near = _ratio(r - 1.6, (1.4234372777, 2.7568153900, 1.3067284816, 0.17023821103), (1, 0.73700164250, 0.12021132975))
    far = _ratio(r - 5, (6.6579051150, 3.0812263860, 0.42868294337, 0.017337203997), (1, 0.24197894225, 0.012258202635))
    return np.where(np.abs(q) <= 0.425, middle, np.where(r <= 5, near, far) * np.sign(q))


def _ratio(r: Doubles, numerator: Sequence[float], denominator: Sequence[float]) -> Doubles:
    return np.polyval(numerator[::-1], r) / np.polyval(denominator[::-1], r)


def slerp(a: NDArray[Any], b: NDArray[Any], share: float) -> NDArray[Any]:
    """Spherical interpolation (Shoemake 1985) from `a` (share 0) to `b` (share 1), both (size,).

    The midpoint of a straight line is 29% closer to 0 than its ends, for a uniform and a gaussian z, and its pictures are paler.
    """
    cosine = np.dot(a, b) / (np.linalg.norm(a) * np.linalg.norm(b))
    angle = np.arccos(np.clip(cosine, -1, 1))
    if np.sin(angle) < 1e-6:
        return (1 - share) * a + share * b
    z: NDArray[Any] = (np.sin((1 - share) * angle) * a + np.sin(share * angle) * b) / np.sin(angle)
    return z
