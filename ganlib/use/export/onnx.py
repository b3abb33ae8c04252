"""A generator as one ONNX file with its weights, for any runtime."""

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ganlib.core import random
from ganlib.core.images import to_uint8
from ganlib.support.files import replacing
from ganlib.use.sampling import Sampler

OPSET = 20


class Uint8Output(nn.Module):
    """A generator whose pictures are (n, 3, S, S) uint8, so that its users need no pixel range."""

    def __init__(self, net: nn.Module, pixel_range: tuple[float, float]) -> None:
        super().__init__()
        self.net, self.pixel_range = net, pixel_range

    def forward(self, *inputs: Tensor) -> Tensor:
        return to_uint8(self.net(*inputs), self.pixel_range)


def export(sampler: Sampler, path: Path) -> str:
    """Write the file and return a line about its inputs and output.

    Inputs: `z` (batch, latent_size) float32 and, for a report with conditions, `conditions` (batch, groups) int64 row numbers. Output:
    `pictures` (batch, 3, S, S) uint8. The metadata holds the report, the prior of z and the conditions' values.
    """
    settings, run = sampler.settings, sampler.run
    inputs = {"z": random.sample_latent(settings.prior, 2, settings.latent_size, torch.Generator())}
    if run.condition_values:
        inputs["conditions"] = torch.zeros(2, len(run.condition_values), dtype=torch.int64)
    program: Any = torch.onnx.export(  # never None with dynamo=True
        Uint8Output(sampler.net, settings.pixel_range).eval(),
        tuple(inputs.values()),
        input_names=list(inputs),
        output_names=["pictures"],
        dynamo=True,
        # Anything but DYNAMIC warns when two inputs share their batch axis; the exporter's name for that axis is replaced below.
        dynamic_shapes={"inputs": tuple({0: torch.export.Dim.DYNAMIC} for _ in inputs)},
        opset_version=OPSET,
        verbose=False,
    )
    program.rename_axes({str(program.model.graph.inputs[0].shape[0]): "batch"})
    program.model.metadata_props.update({"report": run.name, "prior": settings.prior, "conditions": json.dumps(run.condition_values)})
    with replacing(path) as target:
        program.save(target)
    return f"{run.name}, opset {OPSET}, inputs {' and '.join(inputs)}, output pictures (batch, 3, {settings.size}, {settings.size}) uint8"
