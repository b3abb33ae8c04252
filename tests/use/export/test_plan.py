"""The plan of a net for the page's engine, and the error for a net that the engine cannot run."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
import wasmtime
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from ganlib.models.upsample import Double
from ganlib.support.errors import UserError
from ganlib.use.export import web
from ganlib.use.export.plan import PANEL, plan


def test_compiled_product_is_that_of_its_source() -> None:
    assert (web.PAGE / "gemm.wasm").read_bytes() == wasmtime.wat2wasm((web.PAGE / "gemm.wat").read_text(encoding="utf-8"))


def multiplied(planned: dict, weights: np.ndarray, values: np.ndarray) -> np.ndarray:
    """A planned layer's product and bias, read as the engine reads them."""
    count, columns = planned["inputs"], planned["columns"]
    panels = weights[planned["weight"] : planned["weight"] + count * columns].reshape(-1, count, PANEL)
    product = values @ panels.transpose(1, 0, 2).reshape(count, columns)
    return product[..., : planned["outputs"]] + weights[planned["bias"] : planned["bias"] + planned["outputs"]]


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("linear", [nn.Linear(5, 12, bias=False), spectral_norm(nn.Linear(5, 12, bias=False))])
def test_batch_norm_spectral_norm_and_the_order_of_a_map_are_folded_into_the_product(linear: nn.Module, affine: bool) -> None:
    torch.manual_seed(0)
    net = nn.Sequential(linear, nn.Unflatten(1, (3, 2, 2)), nn.BatchNorm2d(3, affine=affine), nn.ReLU())
    with torch.no_grad():
        for tensor in (*net[2].parameters(), net[2].running_mean):
            tensor.normal_()
        net[2].running_var.uniform_(0.5, 2)
    net.eval()
    z = torch.randn(1, 5)
    made = plan(net, z, ())
    assert [layer["op"] for layer in made.layers] == ["dense"]
    expected = net(z).permute(0, 2, 3, 1).flatten().detach().numpy()
    np.testing.assert_allclose(np.maximum(multiplied(made.layers[0], made.weights, z[0].numpy()), 0), expected, atol=1e-6)


class Between(nn.Module):
    """Two nets and a function between them."""

    def __init__(self, first: nn.Module, function: Callable[[Tensor], Tensor], second: nn.Module | None = None) -> None:
        super().__init__()
        self.first, self.function, self.second = first, function, second or (lambda picture: picture)

    def forward(self, z: Tensor) -> Tensor:
        return self.second(self.function(self.first(z)))


def mapped(*layers: nn.Module, inputs: int = 4) -> nn.Sequential:
    """The layers on a map of 2x2 pixels and three channels."""
    return nn.Sequential(nn.Linear(inputs, 12), nn.Unflatten(1, (3, 2, 2)), *layers)


def as_map(row: Tensor) -> Tensor:
    return row.view(1, 3, 2, 2)


AFTER = "the net computes something after its last layer; "
BETWEEN = "the net computes something outside of its layers before "


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: mapped(nn.Conv2d(3, 3, 5, padding=2)), "the page cannot run Conv2d(3, 3, kernel_size=(5, 5), "),
        (lambda: mapped(nn.PixelShuffle(1)), "the page cannot run PixelShuffle("),
        (lambda: mapped(nn.Upsample(scale_factor=3)), "the page cannot run Upsample("),
        (lambda: mapped(nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)), "the page cannot run Upsample("),
        (lambda: mapped(nn.ReLU(), nn.BatchNorm2d(3)), "the page cannot run BatchNorm2d(3, "),
        (lambda: mapped(nn.BatchNorm2d(3, track_running_stats=False)), "the page cannot run BatchNorm2d(3, "),
        (lambda: mapped(Double(2), nn.Tanh()), "the page cannot run Tanh() there; it runs Linear, "),
        (lambda: Between(mapped(), lambda maps: 2 * maps), AFTER),
        (lambda: Between(nn.Linear(4, 12), as_map), AFTER),
        (lambda: Between(nn.Linear(4, 4), lambda row: 2 * row, mapped()), f"{BETWEEN}Linear("),
        (lambda: Between(mapped(), lambda maps: maps.flatten(1), mapped(inputs=12)), f"{BETWEEN}Linear("),
        (lambda: Between(nn.Linear(4, 12), as_map, nn.ConvTranspose2d(3, 3, 4, 2, 1)), f"{BETWEEN}ConvTranspose2d("),
    ],
)
def test_net_that_the_engine_cannot_run_is_refused_in_one_line(make: Callable[[], nn.Module], said: str) -> None:
    with pytest.raises(UserError) as raised:
        plan(make().eval(), torch.randn(1, 4), ())
    assert str(raised.value).startswith(f"--format web: {said}")
    assert str(raised.value).endswith("--format onnx takes any net")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("layer", "planned"),
    [(nn.LeakyReLU(0.3), {"activation": "leaky", "parameter": 0.3}), (nn.ELU(0.5), {"activation": "elu", "parameter": 0.5})],
)
def test_activation_is_planned_with_its_parameter(layer: nn.Module, planned: dict) -> None:
    assert planned.items() <= plan(mapped(layer).eval(), torch.randn(1, 4), ()).layers[0].items()


@pytest.mark.parametrize(("largest", "shown"), [(65505.0, "65505"), (float("nan"), "nan")])
def test_weight_beyond_half_precision_is_refused(largest: float, shown: str) -> None:
    assert np.frombuffer(web.to_half(np.float32([-65504, 0.5])), "<f2").tolist() == [-65504, 0.5]
    with pytest.raises(UserError, match=f"^--format web: a weight of {shown} is out of range of half precision, whose limit is 65504; "):
        web.to_half(np.float32([0.5, -largest]))


def test_directions_of_a_linear_net_are_its_axes_by_their_strength() -> None:
    strength = np.array([1.0, 9.0, 4.0])

    class Axes:
        def z(self, seeds: range) -> np.ndarray:
            return np.random.default_rng(1).normal(size=(len(seeds), 3))

        def from_latents(self, z: np.ndarray) -> np.ndarray:
            return np.broadcast_to((128 + 5 * strength * z)[:, :, None, None], (len(z), 3, 32, 32)).copy()

    found = web.directions(Axes())
    np.testing.assert_allclose(abs(found), np.eye(3)[[1, 2, 0]], atol=0.15)
