"""The plan of a net for the page's engine, and the line for a net that the engine cannot run."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
import wasmtime
from torch import Tensor, nn

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


def test_batch_norm_and_the_order_of_a_map_are_folded_into_the_product_before_them() -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(5, 3 * 4, bias=False), nn.Unflatten(1, (3, 2, 2)), nn.BatchNorm2d(3), nn.ReLU())
    with torch.no_grad():
        for tensor in (net[2].weight, net[2].bias, net[2].running_mean):
            tensor.normal_()
        net[2].running_var.uniform_(0.5, 2)
    net.eval()
    z = torch.randn(1, 5)
    made = plan(net, z, ())
    assert [layer["op"] for layer in made.layers] == ["dense"]
    expected = net(z).permute(0, 2, 3, 1).flatten().detach().numpy()
    np.testing.assert_allclose(np.maximum(multiplied(made.layers[0], made.weights, z[0].numpy()), 0), expected, atol=1e-6)


class Doubled(nn.Sequential):
    """Does something of its own behind its last layer."""

    def forward(self, z: Tensor) -> Tensor:
        return 2 * super().forward(z)


class Scaled(nn.Sequential):
    """Does something of its own before its second layer."""

    def forward(self, z: Tensor) -> Tensor:
        return self[1](2 * self[0](z))


def mapped(*layers: nn.Module) -> nn.Sequential:
    """The layers on a map of 2x2 pixels and three channels."""
    return nn.Sequential(nn.Linear(4, 12), nn.Unflatten(1, (3, 2, 2)), *layers)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: mapped(nn.Conv2d(3, 3, 5, padding=2)), "the page's engine has no Conv2d there; it has Linear, "),
        (lambda: mapped(nn.PixelShuffle(1)), "the page's engine has no PixelShuffle there"),
        (lambda: mapped(nn.ReLU(), nn.BatchNorm2d(3)), "the page's engine has no BatchNorm2d there"),
        (lambda: mapped(nn.LeakyReLU(0.1)), "the page's engine has no LeakyReLU there"),
        (lambda: mapped(Double(), nn.Tanh()), "the page's engine has no Tanh there"),
        (lambda: Doubled(*mapped()), "the page cannot do what the net does behind its last layer; "),
        (lambda: Scaled(nn.Linear(4, 4), mapped()), "the page cannot do what the net does before its Linear, which is no layer; "),
    ],
)
def test_net_that_the_engine_cannot_run_is_refused_in_one_line(make: Callable[[], nn.Module], said: str) -> None:
    with pytest.raises(UserError) as raised:
        plan(make().eval(), torch.randn(1, 4), ())
    assert str(raised.value).startswith(f"--format web: {said}")
    assert str(raised.value).endswith("--format onnx takes any net")


def test_directions_of_a_net_that_is_linear_are_its_own_axes_by_their_strength(monkeypatch: pytest.MonkeyPatch) -> None:
    strength = np.array([1.0, 9.0, 4.0])

    class Axes:
        def z(self, seeds: range) -> np.ndarray:
            return np.random.default_rng(1).normal(size=(len(seeds), 3))

        def from_latents(self, z: np.ndarray) -> np.ndarray:
            return np.broadcast_to((128 + 5 * strength * z)[:, :, None, None], (len(z), 3, 32, 32)).copy()

    found = web.directions(Axes())
    np.testing.assert_allclose(abs(found), np.eye(3)[[1, 2, 0]], atol=0.15)
