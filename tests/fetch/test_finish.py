import hashlib

import numpy as np
import pytest

from ganlib.fetch import finish
from ganlib.fetch.finish import finished

GREY = np.full((218, 178, 3), 128, np.uint8)


def alone(monkeypatch, **strengths: float) -> None:
    """A full exposure, and all other strengths 0 but these."""
    for name, value in ({"EXPOSURE": 1.0} | dict.fromkeys(("LIGHT", "BLUR", "GRAIN", "COLOUR_GRAIN"), 0.0) | strengths).items():
        monkeypatch.setattr(finish, name, value)


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize(("blur", "picture"), [(0, rng().integers(0, 256, (40, 30, 3), dtype=np.uint8)), (0.25, GREY)])
def test_no_strength_and_a_blur_of_flat_colours_change_nothing(monkeypatch, blur, picture):
    alone(monkeypatch, BLUR=blur)
    assert np.array_equal(finished(picture, rng()), picture)


def test_finish_has_the_same_bits_everywhere():
    """Taken once on an AMD EPYC; sums, products and quotients of float64 are the same on every processor."""
    picture = rng(2).integers(0, 256, (218, 178, 3), dtype=np.uint8)
    assert hashlib.sha256(finished(picture, rng()).tobytes()).hexdigest()[:16] == "c5f5e3e75019526d"


def test_finish_follows_its_seed():
    assert np.array_equal(finished(GREY, rng(1)), finished(GREY, rng(1)))
    assert not np.array_equal(finished(GREY, rng(1)), finished(GREY, rng(2)))


@pytest.mark.parametrize(("name", "between_colours"), [("GRAIN", 0.0), ("COLOUR_GRAIN", 8.0)])
def test_grain_is_white_and_has_the_stated_standard_deviation(monkeypatch, name, between_colours):
    alone(monkeypatch, **{name: 8.0})
    grain = finished(GREY, rng()).astype(float) - 128
    assert abs(grain.mean()) < 0.1
    assert grain.std() == pytest.approx(8, rel=0.02)
    assert abs((grain[1:] * grain[:-1]).mean()) < 0.5
    assert (grain[..., 0] - grain[..., 1]).std() == pytest.approx(between_colours * 2**0.5, rel=0.03)


def test_blur_takes_its_share_from_each_neighbour_twice(monkeypatch):
    """At a quarter two passes are the binomial 1 4 6 4 1 in either direction, over 256."""
    alone(monkeypatch, BLUR=0.25)
    point = np.zeros((7, 7, 3), np.uint8)
    point[3, 3] = 255
    row = np.array([0, 1, 4, 6, 4, 1, 0])
    assert np.abs(finished(point, rng())[..., 0] - 255 / 256 * np.outer(row, row)).max() <= 0.5


def test_light_is_the_exposure_in_the_middle_of_the_face_and_its_logarithm_has_the_slope_stated(monkeypatch):
    alone(monkeypatch, EXPOSURE=0.5, LIGHT=0.01)
    slopes = []
    for seed in range(200):
        light = finish._light(218, 178, *finish._normal(rng(seed), (2,)))
        assert light[115, 88:90].mean() == pytest.approx(0.5, rel=1e-3)
        logarithm = np.log(light)
        assert np.abs(logarithm - np.log(0.5)).max() < finish.FALLOFF + 0.05
        slopes += [logarithm[116, 88] - logarithm[115, 88], logarithm[115, 89] - logarithm[115, 88]]
    assert np.std(slopes) == pytest.approx(0.01, rel=0.15)


def test_light_is_the_same_for_all_colours(monkeypatch):
    alone(monkeypatch, LIGHT=0.01)
    picture = finished(GREY, rng())
    assert np.array_equal(picture[..., 0], picture[..., 2])
    assert np.ptp(picture) > 20
