"""The z of a seed: published vectors of the integer generator, exact distribution, and independence of what else is drawn."""

import re

import numpy as np
import pytest
from scipy.special import ndtri
from scipy.stats import kstest

from ganlib.use import latents
from tests.conftest import ROOT, text

# Random123's kat_vectors, "threefry2x32 20": counter, key, result.
PUBLISHED = [
    ((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
    ((0xFFFFFFFF, 0xFFFFFFFF), (0xFFFFFFFF, 0xFFFFFFFF), (0x1CB996FC, 0xBB002BE7)),
    ((0x243F6A88, 0x85A308D3), (0x13198A2E, 0x03707344), (0xC4923A9C, 0x483DF7A0)),
]


def words(pair: tuple[int, int]) -> tuple[np.ndarray, ...]:
    return tuple(np.array([word], np.uint32) for word in pair)


@pytest.mark.parametrize(("counter", "key", "result"), PUBLISHED)
def test_threefry_gives_the_published_words(counter, key, result):
    assert latents.threefry(words(key), words(counter)) == words(result)


def test_upper_half_of_a_seed_counts():
    expected = [[int(latents.threefry(words((7, high)), words((i, 0)))[0][0]) for i in range(4)] for high in (0, 1)]
    assert latents.words([7, 7 + 2**32], 4).tolist() == expected


def test_inverse_normal_is_scipys_to_seven_digits_in_all_three_of_its_pieces():
    u = np.concatenate([np.geomspace(0.5 / 2**32, 0.5, 100_000), 1 - np.geomspace(0.5 / 2**32, 0.4, 100_000)])
    np.testing.assert_allclose(latents.normal(u), ndtri(u), rtol=2e-7, atol=1e-12)


@pytest.mark.parametrize(("kind", "law"), [("uniform", ("uniform", (-1, 2))), ("gaussian", ("norm", ()))])
def test_z_has_the_distribution_of_its_name(kind, law):
    z = latents.from_seeds(kind, range(2000), 50)
    assert z.dtype == np.float32
    assert kstest(z.ravel(), *law).pvalue > 0.01
    assert abs(np.corrcoef(z.T) - np.eye(50)).max() < 0.12  # five standard deviations of 1 / sqrt(2000)


def test_spherical_z_is_the_gaussian_one_on_the_sphere():
    gaussian, spherical = (latents.from_seeds(kind, [1, 2, 3], 10) for kind in ("gaussian", "spherical"))
    np.testing.assert_allclose(np.linalg.norm(spherical, axis=1), np.sqrt(10), rtol=1e-6)
    np.testing.assert_allclose(spherical / spherical[:, :1], gaussian / gaussian[:, :1], rtol=1e-5)


@pytest.mark.parametrize("kind", ["uniform", "gaussian", "spherical"])
def test_z_of_a_seed_is_the_same_alone_and_among_others(kind):
    np.testing.assert_array_equal(latents.from_seeds(kind, [9], 20)[0], latents.from_seeds(kind, [2**53 - 1, 9, 3], 20)[1])


def test_longer_z_begins_as_the_shorter_one_does():
    np.testing.assert_array_equal(latents.from_seeds("uniform", [9], 200)[:, :100], latents.from_seeds("uniform", [9], 100))


def test_slerp_keeps_the_length_and_divides_the_angle():
    a, b = np.array([2.0, 0, 0]), np.array([0, 2.0, 0])
    np.testing.assert_allclose(latents.slerp(a, b, 1 / 3), 2 * np.array([np.cos(np.pi / 6), np.sin(np.pi / 6), 0]), atol=1e-12)
    np.testing.assert_allclose([latents.slerp(a, b, 0), latents.slerp(a, b, 1)], [a, b], atol=1e-12)
    np.testing.assert_array_equal(latents.slerp(a, a, 0.4), a)


def test_documented_vectors_equal_those_of_the_code():
    row = r"^\| (\d+) \| (\d) \| (\d+) \| (\S+) \| (\S+) \| (\S+) \|$"
    rows = re.findall(row, text(ROOT / "docs" / "use.md"), re.MULTILINE)
    assert len(rows) == 8
    for seed, place, word, *values in rows:
        assert latents.words([int(seed)], 4)[0, int(place)] == int(word)
        for kind, value in zip(("uniform", "gaussian", "spherical"), values, strict=True):
            assert latents.from_seeds(kind, [int(seed)], 4)[0, int(place)] == pytest.approx(float(value), abs=6e-8)
