import hashlib

import numpy as np
import pytest

from ganlib.data import finish
from ganlib.data.finish import finished

GREY = np.full((218, 178, 3), 128, np.uint8)


def alone(monkeypatch, **strengths: float) -> None:
    """All strengths 0 but these."""
    for name in ("LIGHT", "BLUR", "GRAIN", "COLOUR_GRAIN"):
        monkeypatch.setattr(finish, name, strengths.get(name, 0.0))


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_no_strength_changes_nothing(monkeypatch):
    alone(monkeypatch)
    picture = rng().integers(0, 256, (40, 30, 3), dtype=np.uint8)
    assert np.array_equal(finished(picture, rng()), picture)


def test_finish_has_the_same_bits_everywhere():
    """Taken once on an AMD EPYC; sums, products and quotients of float64 are the same on every processor."""
    picture = rng(2).integers(0, 256, (218, 178, 3), dtype=np.uint8)
    assert hashlib.sha256(finished(picture, rng())).hexdigest()[:16] == "?"


def test_finish_follows_its_seed():
    assert np.array_equal(finished(GREY, rng(1)), finished(GREY, rng(1)))
    assert not np.array_equal(finished(GREY, rng(1)), finished(GREY, rng(2)))


@pytest.mark.parametrize(("name", "between_colours"), [("GRAIN", 0.0), ("COLOUR_GRAIN", 8.0)])
def test_grain_is_white_and_of_the_standard_deviation_stated(monkeypatch, name, between_colours):
    alone(monkeypatch, **{name: 8.0})
    grain = finished(GREY, rng()).astype(float) - 128
    assert abs(grain.mean()) < 0.1
    assert grain.std() == pytest.approx(8, rel=0.02)
    assert abs((grain[1:] * grain[:-1]).mean()) < 0.5
    assert (grain[..., 0] - grain[..., 1]).std() == pytest.approx(between_colours * 2**0.5, rel=0.03)


def test_blur_takes_its_share_from_each_neighbour(monkeypatch):
    alone(monkeypatch, BLUR=0.25)
    point = np.zeros((5, 5, 3), np.uint8)
    point[2, 2] = 160
    expected = np.zeros((5, 5))
    expected[1:4, 1:4] = [[10, 20, 10], [20, 40, 20], [10, 20, 10]]
    assert np.array_equal(finished(point, rng())[..., 0], expected)


def test_blur_leaves_flat_colours_to_the_edge(monkeypatch):
    alone(monkeypatch, BLUR=0.25)
    assert np.array_equal(finished(GREY, rng()), GREY)


def test_light_is_smooth_and_differs_between_the_sides_of_a_face(monkeypatch):
    alone(monkeypatch, LIGHT=0.16)
    pictures = [finished(GREY, rng(seed)).astype(float)[..., 0] for seed in range(40)]
    for picture in pictures:
        assert np.abs(np.diff(picture, axis=0)).max() <= 4
        assert np.abs(np.diff(picture, axis=1)).max() <= 4
    ratios = [np.log2(picture[:, 40].mean() / picture[:, -40].mean()) for picture in pictures]
    assert 0.05 < np.std(ratios) < 0.4
    assert np.mean([picture.mean() for picture in pictures]) == pytest.approx(128, rel=0.05)
