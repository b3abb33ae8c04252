"""Trained nets as .safetensors files that need nothing else to be loaded, and the pictures of a generator."""

import json
from collections.abc import Iterator
from pathlib import Path

import torch
from safetensors.torch import load_file
from safetensors.torch import save as to_bytes
from torch import Tensor
from torch.nn import Module

from ganlib.core import random
from ganlib.core.device import without_tf32
from ganlib.models.registry import read_header
from ganlib.models.report import Report
from ganlib.support.errors import UserError
from ganlib.support.files import replacing

BATCH = 100


def save(module: Module, net: str, name: str, report: Report, path: Path) -> None:
    """Write the weights of one net of the report `name`, with the resolved settings in the file's metadata."""
    config = json.dumps({"report": name, "net": net, "settings": report.model_dump()})
    weights = {key: tensor.contiguous().cpu() for key, tensor in module.state_dict().items()}
    with replacing(path) as target:
        # One metadata key: safetensors writes several in random order, and equal runs must give equal bytes.
        # Python writes the bytes, since safetensors' own writer does not report a full disk.
        target.write_bytes(to_bytes(weights, metadata={"config": config}))


def load(path: Path) -> tuple[Module, Report]:
    """The net, in eval mode on the CPU, and the settings of its training; a UserError if the file is not a net that `train` wrote."""
    net, _, report = read_header(path)
    nets = report.build()
    if net not in nets:
        raise UserError(f"{path}: a net named {net}, and this report has {' and '.join(nets)}")
    try:
        nets[net].load_state_dict(load_file(path))
    except RuntimeError as error:  # names each missing, unexpected or misshapen weight, over several lines
        raise UserError(f"{path}: its weights do not fit the {net} of its settings: {' '.join(str(error).split())[:200]}") from None
    return nets[net].eval().to(memory_format=torch.channels_last), report


def generate(generator: Module, report: Report, conditions: Tensor, rng: torch.Generator) -> Iterator[Tensor]:
    """Batches of (n, 3, S, S) float32 in the report's pixel range, one picture for each row of `conditions` (N, K) int64; K may be 0.

    The same at each call on one device, whatever numerics a training has set there.
    """
    device = next(generator.parameters()).device
    for rows in conditions.split(BATCH):
        z = random.sample_latent(report.prior, len(rows), report.latent_size, rng).to(device)
        condition = (rows.to(device),) if report.condition_groups else ()
        with without_tf32(), torch.inference_mode():  # ends before the yield: the caller may be about to train
            pictures = generator(z, *condition)
        yield pictures
