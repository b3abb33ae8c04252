"""FID's two costs compared with pytorch-fid 0.3.0 in one run: the features of pictures and the distance of their moments.

    python benchmarks/fid.py

Three to five minutes on two idle cores. Both get the same pictures of CelebA's shape, as bytes in memory: pytorch-fid its own network
and the batches of 50 of its `get_activations`, without the DataLoader that would decode files on the same cores; ours
`inception.features`. The distances are of 2048 features whose variances fall by a power law, as Inception's do: 2,500 a side, where the
covariances have full rank, and 1,000 a side, where they have not. Ours has the real side's root from its file, as the pipeline has.
Rounds alternate between the two, and ratios are of medians. Before anything is timed or printed the two must agree.
"""

import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parent.parent))
from pytorch_fid.fid_score import calculate_frechet_distance

from benchmarks.referee import pytorch_fid_network
from ganlib.fidelity import inception
from ganlib.fidelity.frechet import Statistics, frechet_distance
from ganlib.fidelity.weights import find_weights, read_weights
from ganlib.support.types import EXTRACTOR

PICTURES, BATCH, ROUNDS = 100, 50, 3
FULL, DEFICIENT = 2500, 1000


def interleaved(rounds: int, *sides: Callable[[], object]) -> list[float]:
    """The median seconds of each."""
    taken = [[] for _ in sides]
    for _ in range(rounds):
        for side, seconds in zip(sides, taken, strict=True):
            start = time.perf_counter()
            side()
            seconds.append(time.perf_counter() - start)
    return [median(seconds) for seconds in taken]


def inception_ratio() -> float:
    """Pictures per second, ours over theirs."""
    layers = read_weights(find_weights())
    model, network = pytorch_fid_network(layers), inception.Inception(layers, "pytorch-fid")
    pictures = np.random.default_rng(0).integers(0, 256, (PICTURES, 3, 218, 178), dtype=np.uint8)

    @torch.no_grad()
    def theirs(some: np.ndarray = pictures) -> np.ndarray:
        found = np.empty((len(some), 2048))
        for start in range(0, len(some), BATCH):
            batch = torch.from_numpy(some[start : start + BATCH]).float() / 255
            found[start : start + BATCH] = model(batch)[0].squeeze(3).squeeze(2).numpy()
        return found

    def ours(some: np.ndarray = pictures) -> np.ndarray:
        return inception.features(network, some, desc="ours")

    np.testing.assert_allclose(ours(pictures[:16]), theirs(pictures[:16]), atol=1e-3, rtol=0)
    slow, fast = interleaved(ROUNDS, theirs, ours)
    print(f"features: pytorch-fid {PICTURES / slow:.2f} pictures/s, ours {PICTURES / fast:.2f}: {slow / fast:.2f} times")
    return slow / fast


def frechet_ratio(count: int) -> float:
    """Seconds for a distance between `count` features a side, theirs over ours."""
    rng = np.random.default_rng(count)
    basis, _ = np.linalg.qr(rng.normal(size=(2048, 2048)))
    scales = np.sqrt(20) * np.arange(1, 2049) ** -0.75
    real, fake = (Statistics.of((rng.normal(size=(count, 2048)) * scales @ basis + shift).astype(np.float32)) for shift in (0, 0.05))
    with tempfile.TemporaryDirectory() as folder:
        real.save(Path(folder, "real.npz"), EXTRACTOR, "pytorch-fid")
        stored = Statistics.load(Path(folder, "real.npz"), EXTRACTOR, "pytorch-fid")
    found = []

    def theirs() -> None:
        found.append(calculate_frechet_distance(real.mu, real.sigma, fake.mu, fake.sigma))

    def ours() -> None:
        found.append(frechet_distance(stored, fake))

    slow, fast = interleaved(1, theirs, ours)
    (fast,) = interleaved(ROUNDS, ours)
    assert np.ptp(found) < 1e-3, found
    print(f"distance, {count} a side: sqrtm {slow:.1f} s, ours {fast:.2f} s: {slow / fast:.1f} times")
    return slow / fast


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # sqrtm's: `disp` is deprecated, the matrix is singular
    features = inception_ratio()
    distances = [frechet_ratio(count) for count in (FULL, DEFICIENT)]
    print(f"inception ratio {features:.2f}")
    print(f"frechet ratio {min(distances):.2f}")
