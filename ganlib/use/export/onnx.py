"""A generator as one ONNX file, weights inside, for any runtime."""

import json
from pathlib import Path

import torch
from torch import Tensor, nn

from ganlib.core import random
from ganlib.core.images import to_uint8
from ganlib.support.files import replacing
from ganlib.use.sampling import Sampler

OPSET = 20


class Levels(nn.Module):
    """z (and conditions) to (n, 3, S, S) uint8: whoever runs it needs to know no pixel range."""

    def __init__(self, net: nn.Module, pixel_range: tuple[float, float]) -> None:
        super().__init__()
        self.net, self.pixel_range = net, pixel_range

    def forward(self, *inputs: Tensor) -> Tensor:
        return to_uint8(self.net(*inputs), self.pixel_range)


def export(generator: Sampler, path: Path) -> str:
    """Write the file and return what it holds, in a line.

    Inputs: `z` (batch, latent_size) float32 and, where the report has conditions, `conditions` (batch, groups) int64 row numbers; output:
    `pictures` (batch, 3, S, S) uint8. Its metadata names the report, the prior of z and the conditions' values.
    """
    settings, run = generator.settings, generator.run
    inputs = {"z": random.sample_latent(settings.prior, 2, settings.latent_size, torch.Generator())}
    if run.given:
        inputs["conditions"] = torch.zeros(2, len(run.given), dtype=torch.int64)
    program = torch.onnx.export(
        Levels(generator.net, settings.pixel_range).eval(),
        tuple(inputs.values()),
        input_names=list(inputs),
        output_names=["pictures"],
        dynamo=True,
        # Any but DYNAMIC warns where two inputs have one batch; its own name for the axis is replaced below.
        dynamic_shapes={"inputs": tuple({0: torch.export.Dim.DYNAMIC} for _ in inputs)},
        opset_version=OPSET,
        verbose=False,
    )
    program.rename_axes({str(program.model.graph.inputs[0].shape[0]): "batch"})
    program.model.metadata_props.update({"report": run.name, "prior": settings.prior, "conditions": json.dumps(run.given)})
    with replacing(path) as target:
        program.save(target)
    return f"{run.name}, opset {OPSET}, inputs {' and '.join(inputs)}, output pictures (batch, 3, {settings.size}, {settings.size}) uint8"
