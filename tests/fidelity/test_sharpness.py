"""Sharpness of pictures whose Laplacian is known."""

import pytest
import torch

from ganlib.fidelity.sharpness import sharpness

BOARD = torch.arange(8)[:, None].add(torch.arange(8)).remainder(2) * 10


def grey(values: torch.Tensor) -> torch.Tensor:
    """(H, W) to one picture of equal channels."""
    return values.to(torch.uint8).expand(1, 3, *values.shape)


def test_flat_and_evenly_rising_pictures_have_no_edge():
    assert sharpness([grey(torch.full((8, 8), 7))]) == 0
    assert sharpness([grey(torch.arange(64).reshape(8, 8))]) == pytest.approx(0, abs=1e-6)


def test_chessboard_has_a_laplacian_of_four_steps_up_and_down():
    assert sharpness([grey(BOARD)]) == pytest.approx(40**2, rel=1e-5)


def test_colours_weigh_as_in_bt601_and_pictures_are_averaged_over_batches():
    for channel, weight in enumerate((0.299, 0.587, 0.114)):
        picture = torch.zeros(1, 3, 8, 8, dtype=torch.uint8)
        picture[:, channel] = BOARD
        assert sharpness([picture]) == pytest.approx((40 * weight) ** 2, rel=1e-5)
    flat = torch.cat([grey(torch.zeros(8, 8))] * 2)
    assert sharpness([grey(BOARD), flat]) == pytest.approx(40**2 / 3, rel=1e-5)
