"""A trained net as a file that loads alone, and the pictures that a generator makes."""

import json
from collections.abc import Iterator
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as to_bytes
from torch import Tensor
from torch.nn import Module

from ganlib.core import random
from ganlib.models.registry import settings_of
from ganlib.models.report import Report
from ganlib.support.errors import UserError
from ganlib.support.files import replacing

BATCH = 100


def save(module: Module, net: str, name: str, report: Report, path: Path) -> None:
    """Write the weights of one net of the report `name`, with the resolved settings in the file's own metadata."""
    config = json.dumps({"report": name, "net": net, "settings": report.model_dump()})
    weights = {key: tensor.contiguous().cpu() for key, tensor in module.state_dict().items()}
    with replacing(path) as target:
        # One metadata key: safetensors writes several in no fixed order, and equal runs are to give equal bytes.
        # As bytes first, since safetensors' own writer would not say that the disk is full.
        target.write_bytes(to_bytes(weights, metadata={"config": config}))


def load(path: Path) -> tuple[Module, Report]:
    """The net, in eval mode on the CPU, and the settings it was trained with."""
    try:
        with safe_open(path, framework="pt") as file:
            config = json.loads((file.metadata() or {})["config"])
            weights = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (not a mapping)
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise UserError(f"{path}: is no net that `train` wrote: {error}") from None
    report = settings_of(config["report"]).model_validate(config["settings"])
    module = report.build()[config["net"]]
    module.load_state_dict(weights)
    return module.eval().to(memory_format=torch.channels_last), report


def generate(generator: Module, report: Report, conditions: Tensor, rng: torch.Generator) -> Iterator[Tensor]:
    """Batches of (n, 3, S, S) float32 in the report's pixel range, a picture for each row of `conditions` (N, K) int64; K may be 0."""
    device = next(generator.parameters()).device
    for rows in conditions.split(BATCH):
        z = random.sample_latent(report.prior, len(rows), report.latent_size, rng).to(device)
        given = (rows.to(device),) if report.condition_groups else ()
        with torch.inference_mode():  # ends before the yield: the caller may be about to train
            pictures = generator(z, *given)
        yield pictures
