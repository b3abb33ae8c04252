"""The Inception of 2015-12-05, the only network whose pool3 features make a Frechet distance an FID (Heusel et al. 2017).

The layers follow Szegedy et al. 2016 as in that frozen graph; a protocol defines how pictures are resized and scaled for its input.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganlib.core.device import from_device, to_device, without_tf32
from ganlib.fidelity.weights import Layer, find_weights, read_weights
from ganlib.support import console, parallel
from ganlib.support.errors import UserError
from ganlib.support.parallel import parallel_map
from ganlib.support.types import Protocol

Pictures = np.ndarray | Tensor  # (n, 3, H, W) uint8
Group = list[Pictures]

DIMENSIONS = 2048
SIDE = (299, 299)

# Batch sizes; the features do not depend on them. From 16 on, PyTorch uses oneDNN for 1x1 convolutions on a single thread too, which saves
# a tenth or more; larger batches save nothing. 128 pictures take about 2 GB of a GPU's memory.
BATCH = 16
GPU_BATCH = 128


def like_pytorch_fid(pictures: Tensor) -> Tensor:
    """pytorch-fid 0.3.0: bilinear without antialiasing, then [0, 255] to [-1, 1]."""
    return 2 * F.interpolate(pictures.float() / 255, SIDE, mode="bilinear", align_corners=False) - 1


def like_clean_fid(pictures: Tensor) -> Tensor:
    """clean-fid 0.1.35 (Parmar et al. 2022): Pillow's antialiased bicubic on floats, clipped but not rounded, then to [-1, 0.992].

    In float64, as Pillow's filter weights are: float32 is off by up to 0.007 of 255.
    """
    resized = F.interpolate(pictures.double(), SIDE, mode="bicubic", antialias=True, align_corners=False)
    return (resized.clamp_(0, 255).float() - 128) / 128


PREPARE: dict[Protocol, Callable[[Tensor], Tensor]] = {"pytorch-fid": like_pytorch_fid, "clean": like_clean_fid}


class Convolution(nn.Module):
    """A convolution with its batch norm folded into the weights, then ReLU."""

    weight: Tensor
    bias: Tensor

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
    """Chains of layers on the same input, concatenated along the channels."""

    def __init__(self, *chains: list[nn.Module]) -> None:
        super().__init__(nn.Sequential(*chain) for chain in chains)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([chain(x) for chain in self], 1)


def network(layers: Iterator[Layer]) -> nn.Sequential:
    """The graph up to pool3, (N, 3, 299, 299) in [-1, 1] -> (N, 2048); consumes `layers` in the order in which kernels are named."""
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
    """Batches of (n, 3, H, W) uint8 RGB pictures, each of any size -> (N, 2048) float32 pool3 features."""

    def __init__(self, layers: list[Layer], protocol: Protocol) -> None:
        super().__init__()
        self.network = network(iter(layers))
        self.protocol = protocol

    @torch.inference_mode()
    def forward(self, *batches: Tensor) -> Tensor:
        prepared = torch.cat([self.prepare(pictures) for pictures in batches]).contiguous(memory_format=torch.channels_last)
        found: Tensor = self.network(prepared)
        return found

    def prepare(self, pictures: Tensor) -> Tensor:
        """(n, 3, H, W) uint8 -> (n, 3, 299, 299) float32, the protocol's input of the network."""
        if pictures.dtype != torch.uint8:
            raise TypeError(f"pictures are uint8, not {pictures.dtype}")
        return PREPARE[self.protocol](pictures)


def load(device: torch.device | str = "cpu", weights: Path | None = None, protocol: Protocol = "pytorch-fid") -> Inception:
    """The pretrained network on `device`, from the file `weights` or from where `find_weights` looks."""
    return Inception(read_weights(find_weights(weights)), protocol).to(device)


def features(
    inception: Inception,
    pictures: Pictures | Iterable[Pictures],
    desc: str,
    total: int | None = None,
    batch_size: int | None = None,
) -> np.ndarray:
    """(N, 2048) float32 features of (N, 3, H, W) uint8 pictures, or of an iterable of such batches with about `total` pictures in all.

    Runs the network on `batch_size` pictures at a time, by default 16 on a CPU and 128 on a GPU, with a progress bar `desc`. On a CPU
    each core takes whole batches: cores that share a layer wait for each other. Memory: one copy of the features and a few batches.
    Features that are not finite are a UserError that names the picture.
    """
    device = next(inception.buffers()).device
    on_cpu = device.type == "cpu"
    workers = parallel.core_count() if on_cpu else 1
    batches, total = ([pictures], len(pictures)) if isinstance(pictures, Pictures) else (pictures, total)

    def extract(group: Group) -> Callable[[], Tensor]:
        tensors = (part if isinstance(part, Tensor) else torch.from_numpy(np.array(part)) for part in group)
        return from_device(inception(*(part if part.device == device else to_device(part, device) for part in tensors)))

    found, count = np.empty((total or 0, DIMENSIONS), np.float32), 0
    with (
        without_tf32(),  # here and not in each worker, since the flags are global
        console.bar(total=total, desc=desc, unit="picture", disable=total == 0) as bar,
        ThreadPoolExecutor(workers, initializer=torch.set_num_threads, initargs=(1,)) as pool,
    ):
        groups = regroup(batches, batch_size or (BATCH if on_cpu else GPU_BATCH))
        # On a GPU three batches are in flight, so that it never waits for the CPU.
        for arriving in parallel_map(pool, extract, groups, pending=max(3, 2 * workers)):
            some = arriving().numpy()
            if count + len(some) > len(found):
                _resize(found, (count + len(some)) * 5 // 4)
            if not np.isfinite(some).all():
                bad = count + int(np.flatnonzero(~np.isfinite(some).all(axis=1))[0])
                raise UserError(
                    f"{desc}: features of picture {bad} (0-based) are not finite: a GPU fault, not a bad picture; try GANLIB_DEVICE=cpu"
                )
            found[count : count + len(some)] = some
            count += len(some)
            bar.update(len(some))
    _resize(found, count)
    return found


def regroup(batches: Iterable[Pictures], size: int) -> Iterator[Group]:
    """Regroup batches to `size` pictures: lists of slices, since batches may differ in height and width."""
    group, room = [], size
    for batch in batches:
        rest = batch
        while len(rest):
            group.append(rest[:room])
            rest, room = rest[room:], room - len(group[-1])
            if not room:
                yield group
                group, room = [], size
    if group:
        yield group


def _resize(features: np.ndarray, count: int) -> None:
    """Resize to `count` rows in place, by realloc, so that there are never two copies."""
    features.resize((count, DIMENSIONS), refcheck=False)
