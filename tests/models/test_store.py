"""The inputs of a generator, its pictures, and nets as files."""

import json

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file
from torch import Tensor, nn

from ganlib.core import random
from ganlib.core.images import to_uint8
from ganlib.models import registry, store
from ganlib.models.store import load
from ganlib.support.errors import UserError
from ganlib.support.paths import Outputs
from tests import painted


def generate(generator, report, conditions, rng):
    return (to_uint8(pictures, report.pixel_range) for pictures in store.generate(generator, report, conditions, rng))


class Ramp(nn.Module):
    """Pictures whose rows go from one end of a pixel range to the other; it records its inputs."""

    def __init__(self, low: float, high: float) -> None:
        super().__init__()
        self.levels = nn.Parameter(torch.linspace(low, high, 256))
        self.inputs = []

    def forward(self, *inputs: Tensor) -> Tensor:
        self.inputs.append((*inputs, torch.is_inference_mode_enabled()))
        return self.levels[None, None, :, None].expand(len(inputs[0]), 3, 256, 2)


def seeded() -> torch.Generator:
    return torch.Generator().manual_seed(7)


@pytest.mark.parametrize("kind", ["uniform", "gaussian", "spherical"])
def test_z_is_of_the_reports_own_kind_and_size(kind: str) -> None:
    ramp = Ramp(-1, 1)
    settings = painted.report("dcgan64", latent=kind, latent_size=5)
    list(generate(ramp, settings, torch.zeros(20, 0, dtype=torch.int64), seeded()))
    ((z, inference),) = ramp.inputs
    assert torch.equal(z, random.sample_latent(kind, 20, 5, seeded()))
    assert inference


@pytest.mark.parametrize(("name", "low", "high"), [("dcgan64", -1, 1), ("dense64", 0, 1)])
def test_reports_pixel_range_is_scaled_to_0_to_255(name: str, low: float, high: float) -> None:
    (pictures,) = generate(Ramp(low, high), painted.report(name), torch.zeros(3, 0, dtype=torch.int64), seeded())
    assert pictures.dtype == torch.uint8
    np.testing.assert_array_equal(pictures, np.broadcast_to(np.arange(256)[:, None], (3, 3, 256, 2)))


def test_each_picture_has_its_own_row_of_conditions_in_batches() -> None:
    ramp = Ramp(0, 1)
    conditions = torch.arange(250)[:, None] % torch.tensor([3, 2])
    batches = list(generate(ramp, painted.report("began64"), conditions, seeded()))
    assert [len(batch) for batch in batches] == [100, 100, 50]
    assert torch.equal(torch.cat([rows for _, rows, _ in ramp.inputs]), conditions)


def test_inference_mode_does_not_leak_to_the_caller() -> None:
    batches = generate(Ramp(-1, 1), painted.report("dcgan64"), torch.zeros(250, 0, dtype=torch.int64), seeded())
    next(batches)
    assert not torch.is_inference_mode_enabled()
    weight = nn.Parameter(torch.ones(1))
    (weight * torch.ones(1)).sum().backward()  # as a training between two batches does
    batches.close()


class Numerics(nn.Module):
    """Pictures that say whether TF32 is allowed, in convolutions and in products."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))

    def forward(self, z: Tensor) -> Tensor:
        flags = torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32
        return torch.tensor(flags).float().expand(len(z), 3, 1, 2)


@pytest.mark.parametrize("allowed", [True, False])
def test_pictures_do_not_depend_on_the_numerics_of_a_training_before(allowed: bool) -> None:
    """A generator's pictures are drawn several times, for its features, its pixels and the nearest pairs."""
    of_training = torch.backends.cudnn, torch.backends.cuda.matmul
    before = [backend.allow_tf32 for backend in of_training]
    try:
        for backend in of_training:
            backend.allow_tf32 = allowed
        (pictures,) = store.generate(Numerics(), painted.report("dcgan64"), torch.zeros(3, 0, dtype=torch.int64), seeded())
        assert not pictures.any()
        assert [backend.allow_tf32 for backend in of_training] == [allowed, allowed]
    finally:
        for backend, value in zip(of_training, before, strict=True):
            backend.allow_tf32 = value


def test_stored_generator_draws_the_same_pictures(tmp_path) -> None:
    generator, settings = painted.painter(hair=[[0.1, 0, 0], [0.3, 0, 0], [0.6, 0, 0]], eyes=[[0, 0.2, 0], [0, 0.7, 0]], reach=0.05)
    outputs = painted.run(Outputs.below(tmp_path), {4: (generator, settings)})
    again, stored = load(outputs.run / "generator.safetensors")
    conditions = torch.cartesian_prod(torch.arange(3), torch.arange(2))
    before, after = (torch.cat([*generate(net, own, conditions, seeded())]) for net, own in ((generator, settings), (again, stored)))
    assert torch.equal(before, after)
    z = random.sample_latent("uniform", 6, 3, seeded()).numpy()
    expected = 255 * (
        np.float32([[0.1, 0.2, 0]] * 6) + [[0, 0, 0], [0, 0.5, 0], [0.2, 0, 0], [0.2, 0.5, 0], [0.5, 0, 0], [0.5, 0.5, 0]] + 0.05 * z
    )
    np.testing.assert_allclose(after.float().mean((2, 3)), expected.clip(0), atol=0.51)


DENSE = {"net": "generator", "report": "dense64", "settings": painted.report("dense64").model_dump()}


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (None, "not a net that `train` wrote: 'config'"),
        ("no JSON", "not a net that `train` wrote: "),
        ([1], "not a net that `train` wrote: list indices"),
        ("generator", "not a net that `train` wrote: string indices"),
        ({"net": "generator"}, "not a net that `train` wrote: 'report'"),
        ({**DENSE, "report": "dcgan99"}, "a net of the report dcgan99, which this ganlib does not have; it has"),
        ({**DENSE, "settings": {**DENSE["settings"], "lr_x": 1}}, "trained by another version of ganlib: lr_x: Extra"),
        ({**DENSE, "net": "critic"}, "a net named critic, and this report has generator and discriminator"),
        (DENSE, "its weights do not fit the generator of its settings: Error(s) in"),
    ],
)
def test_file_that_is_not_a_trained_net_is_one_line(tmp_path, config: object, said: str) -> None:
    path = tmp_path / "other.safetensors"
    metadata = {"config": config if config == "no JSON" else json.dumps(config)} if config else None
    save_file({"weight": np.zeros(2, np.float32)}, path, metadata=metadata)
    with pytest.raises(UserError) as error:
        load(path)
    assert str(error.value).startswith(f"{path}: {said}")
    assert "\n" not in str(error.value)


def test_bytes_that_are_no_safetensors_are_one_line(tmp_path) -> None:
    path = tmp_path / "generator.safetensors"
    path.write_bytes(b"\x80\x02no")
    with pytest.raises(UserError, match="not a net that `train` wrote"):
        load(path)


def test_buffers_are_not_counted_as_parameters(tmp_path) -> None:
    normed = nn.utils.parametrizations.spectral_norm(nn.Linear(3, 4))
    net = nn.Sequential(normed, nn.BatchNorm1d(4), nn.utils.spectral_norm(nn.Linear(4, 2)))
    store.save(net, "discriminator", "dcgan64", painted.report("dcgan64"), tmp_path / "net.safetensors")
    assert registry.count_parameters(tmp_path / "net.safetensors") == (12 + 4) + (4 + 4) + (8 + 2)
