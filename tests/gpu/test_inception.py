"""Inception's features on a GPU are those of the CPU."""

import numpy as np
import pytest

from ganlib.fidelity import inception


@pytest.mark.parametrize("protocol", ["pytorch-fid", "clean"])
def test_features_equal_those_of_the_cpu(protocol):
    pictures = np.random.default_rng(1).integers(0, 256, (200, 3, 64, 64), dtype=np.uint8)
    found = [inception.features(inception.load(device, protocol=protocol), pictures, "features") for device in ("cuda", "cpu")]
    np.testing.assert_allclose(found[0], found[1], rtol=1e-3, atol=1e-3)
