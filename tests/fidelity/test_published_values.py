"""The values in the documentation of torchmetrics 1.9, whose Inception is torch-fidelity's conversion of the same graph.

https://lightning.ai/docs/torchmetrics/v1.9.0/image/frechet_inception_distance.html (FID on the 64 features after the first max pool:
12.6388) and .../kernel_inception_distance.html (KID with subsets of 50: 0.0312, standard deviation 0.0025).
"""

import numpy as np
import pytest
import torch
from torch import Tensor

from ganlib.fidelity import inception
from ganlib.fidelity.frechet import Statistics, frechet_distance
from ganlib.fidelity.inception import Inception
from ganlib.fidelity.kernel import kid


@pytest.fixture(scope="module")
def pictures() -> tuple[Tensor, Tensor]:
    """The two sets of 100 of its doctest, drawn after the random weights of its network."""
    with torch.random.fork_rng():
        torch.manual_seed(42)
        torch.rand(23816528)
        return tuple(torch.randint(low, high, (100, 3, 299, 299), dtype=torch.uint8) for low, high in ((0, 200), (100, 255)))


@pytest.fixture(scope="module")
def network() -> Inception:
    """Under `clean`, which leaves pictures of 299 x 299 as they are and takes (x - 128) / 128 of them, as torch-fidelity does."""
    return inception.load(protocol="clean")


def test_fid_on_64_features_is_the_published_one(network: Inception, pictures: tuple[Tensor, Tensor]) -> None:
    @torch.inference_mode()
    def first_pool(some: Tensor) -> np.ndarray:
        return np.concatenate([network.network[:4](network.prepare(part)).mean((2, 3)).numpy() for part in some.split(10)])

    real, fake = (Statistics.of(first_pool(side)) for side in pictures)
    assert frechet_distance(real, fake) == pytest.approx(12.6388, abs=1e-4)


@pytest.mark.slow
def test_kid_is_the_published_one(network: Inception, pictures: tuple[Tensor, Tensor]) -> None:
    # the published mean is rounded, and varies by a tenth of the subsets' deviation around the estimate from all pairs
    found = kid(*(inception.features(network, side, desc="noise") for side in pictures))
    assert found == pytest.approx(0.0312, abs=3 * 0.00025)
