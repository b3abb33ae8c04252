"""Pictures by their seeds: what a seed names, conditions, and D's choice among candidates."""

from pathlib import Path

import numpy as np
import pytest
import torch

import ganlib
from ganlib.models import store
from ganlib.support.errors import UserError
from ganlib.use import latents
from tests import painted
from tests.use.lively import NARROW, REPORTS, below, trained


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """data/runs of a checkout, with a narrow run of every report."""
    root = tmp_path_factory.mktemp("checkout")
    for name in REPORTS:
        trained(below(root, name), name, **NARROW)
    return root / "data" / "runs"


@pytest.mark.parametrize("name", REPORTS)
def test_seed_determines_its_picture_in_any_batch(runs: Path, name: str) -> None:
    generator = ganlib.load(runs / name)
    size = generator.settings.size
    many = generator.sample(range(70)).astype(int)
    assert many.shape == (70, 3, size, size)
    assert abs(many - many[0])[1:].max(axis=(1, 2, 3)).min() > 50  # no two alike, so that the next lines can fail
    assert abs(many[[69, 7]] - generator.sample([69, 7])).max() <= 1
    assert abs(many[7] - generator.sample([7])[0]).max() <= 1


@pytest.mark.parametrize("name", REPORTS)
def test_picture_is_the_nets_output_for_the_seeds_z(runs: Path, name: str) -> None:
    generator = ganlib.load(runs / name)
    net, settings = store.load(runs / name / "generator.safetensors")
    z = torch.from_numpy(latents.from_seeds(settings.prior, [5], settings.latent_size))
    low, high = settings.pixel_range
    with torch.inference_mode():
        values = net(z, *([torch.zeros(1, len(settings.condition_groups), dtype=torch.int64)] if settings.condition_groups else []))
    expected = np.clip((values.numpy() - low) / (high - low) * 255, 0, 255).round()
    assert abs(generator.sample([5]) - expected).max() <= 1


@pytest.fixture
def painter(tmp_path: Path) -> Path:
    """began64's generator, which draws one colour: a red of hair's, a green of eyes', and 0.1 z added to both and to blue."""
    generator, settings = painted.painter(hair=[[0.2, 0, 0], [0.4, 0, 0], [0.6, 0, 0]], eyes=[[0, 0.3, 0], [0, 0.8, 0]], reach=0.1)
    return painted.run(below(tmp_path, "began64"), {8: (generator, settings)}).run


def test_conditions_choose_by_name_and_are_unspecified_by_default(painter: Path) -> None:
    generator = ganlib.load(painter)
    z = latents.from_seeds("uniform", [3], 3)[0]

    def colour(**conditions: str) -> np.ndarray:
        return generator.sample([3], **conditions)[0, :, 20, 20]

    black = {"hair": "Black_Hair", "eyes": "Eyeglasses"}
    for conditions, red, green in [({}, 0.2, 0.3), ({"hair": "Blond_Hair"}, 0.6, 0.3), (black, 0.4, 0.8)]:
        expected = np.clip(np.float32([red, green, 0]) + 0.1 * z, 0, 1) * 255
        np.testing.assert_allclose(colour(**conditions), expected, atol=0.51)
    np.testing.assert_array_equal(colour(), colour(hair="unspecified", eyes="unspecified"))


HAIR = "one of unspecified, Black_Hair, Blond_Hair"
CONDITIONS = "began64 has no condition hat; it has hair (unspecified, Black_Hair, Blond_Hair), eyes (unspecified, Eyeglasses)"


@pytest.mark.parametrize(
    ("seed", "conditions", "said"),
    [
        (1, {"hair": "Blonde_Hair"}, "hair=Blonde_Hair: Blonde_Hair is unknown, did you mean 'Blond_Hair'?; " + HAIR),
        (1, {"hat": "Hat"}, f"hat=Hat: {CONDITIONS}"),
        (-1, {}, "seed -1: must be 0 to 9007199254740991"),  # what JavaScript can represent exactly
        (2**53, {}, "seed 9007199254740992: must be 0 to 9007199254740991"),
    ],
)
def test_unknown_condition_and_seed_out_of_range_are_refused(painter: Path, seed: int, conditions: dict[str, str], said: str) -> None:
    with pytest.raises(UserError) as raised:
        ganlib.load(painter).sample([seed], **conditions)
    assert str(raised.value) == said


def test_best_of_takes_the_candidate_that_d_reconstructs_best(runs: Path) -> None:
    generator = ganlib.load(runs / "began64")
    discriminator, _ = store.load(runs.parent / "nets" / "began64" / "discriminator.safetensors")
    condition = torch.tensor([[2, 0]])

    def energy(seed: int) -> float:
        with torch.inference_mode():
            picture = generator.net(torch.from_numpy(latents.from_seeds("uniform", [seed], 64)), condition)
            return float((discriminator(picture, condition) - picture).abs().mean())

    chosen = generator.best_of(4, [30, 2], hair="Blond_Hair")
    for best, candidates in zip(chosen, (range(120, 124), range(8, 12)), strict=True):
        assert best == min(candidates, key=energy)


@pytest.mark.parametrize("name", [name for name in REPORTS if name != "began64"])
def test_best_of_is_refused_without_an_energy_of_a_discriminator(runs: Path, name: str) -> None:
    with pytest.raises(UserError, match=f"^--best-of: {name} has no discriminator that reconstructs pictures"):
        ganlib.load(runs / name).best_of(4, [1])


def test_best_of_without_the_discriminators_file_is_one_line(painter: Path) -> None:
    with pytest.raises(UserError, match=r"^--best-of: data/nets/began64/discriminator.safetensors: not found"):
        ganlib.load(painter).best_of(4, [1])
