"""Inception's weights, read once."""

import pytest

from ganlib.fidelity.weights import Layer, find_weights, read_weights


@pytest.fixture(scope="session")
def layers() -> list[Layer]:
    return read_weights(find_weights())
