"""Generators and faces of known pictures, most of a single colour.

Everything that depends on the format of reports, stored generators and the cache of faces is here.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torch.nn import Module

from ganlib import params
from ganlib.core.tables import Log, write_json
from ganlib.data.faces import INDEX, PICTURES, TABLE, Faces
from ganlib.fidelity.inception import DIMENSIONS
from ganlib.models import store
from ganlib.models.registry import names, settings_of
from ganlib.models.report import Report
from ganlib.support.paths import Outputs

SIZE = 64
GROUPS = {"hair": ["Black_Hair", "Blond_Hair"], "eyes": ["Eyeglasses"]}


class MeanColour(Module):
    """Replaces Inception: (n, 3, H, W) uint8 pictures to (n, 2048), the mean colour followed by zeros."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("place", torch.zeros(1))

    def forward(self, *batches: Tensor) -> Tensor:
        found = torch.cat([batch.float().mean((2, 3)) for batch in batches])
        return torch.nn.functional.pad(found, (0, DIMENSIONS - 3))


def report(name: str, **changes: object) -> Report:
    """The report's settings in params.yaml, with `changes`."""
    return settings_of(name).model_validate({**params.load().report(name).model_dump(), **changes})


def painter(hair: Sequence[Sequence[float]], eyes: Sequence[Sequence[float]], reach: float = 0.0) -> tuple[Module, Report]:
    """began64's generator with weights that draw one colour (red, green, blue in 0 to 1): hair's row + eyes' row + reach * z.

    `hair` has a row for no hair colour, for black and for blond, `eyes` for none and for eyeglasses; z is uniform from -1 to 1.
    """
    settings = report("began64", conditions=GROUPS, latent="uniform", latent_size=3, embedding=3, filters=3, width=1.0)
    generator = settings.build()["generator"]
    for weights in generator.parameters():
        torch.nn.init.zeros_(weights)
    tables, (join, _, lay_out, _, *layers) = generator.conditions, generator.decoder
    colours = torch.eye(3)
    with torch.no_grad():
        for table, rows in zip(tables, (hair, eyes), strict=True):
            table.weight.copy_(torch.tensor(rows))
        join.weight.copy_(torch.cat([reach * colours, colours, colours], dim=1))
        lay_out.weight.copy_(colours.repeat_interleave(lay_out.out_features // 3, dim=0))
        for layer in layers:
            if isinstance(layer, torch.nn.Conv2d):  # copies the middle of its window; ELU keeps positive values
                layer.weight[:, :, 1, 1] = colours
    return generator, settings


def grey() -> tuple[Module, Report]:
    """dense64's generator with all weights 0: the middle of its pixel range for any z."""
    settings = report("dense64")
    generator = settings.build()["generator"]
    for weights in generator.parameters():
        torch.nn.init.zeros_(weights)
    return generator, settings


def run(outputs: Outputs, made: Mapping[int, tuple[Module, Report]], losses: Sequence[float] = (1.0,)) -> Outputs:
    """A finished training: generators by step, the last one final, and a log that ends at its step."""
    *earlier, (last, (generator, settings)) = made.items()
    log = Log(outputs.progress / "log.csv")
    for step, loss in zip(range(last - len(losses) + 1, last + 1), losses, strict=True):
        log.write(step, {"d_loss": loss, "collapsed": step})
    name = next(name for name in names() if type(settings) is settings_of(name))
    for step, (snapshot, own) in earlier:
        store.save(snapshot, "generator", name, own, outputs.run / "snapshots" / f"{step:06d}.safetensors")
    store.save(generator, "generator", name, settings, outputs.run / "generator.safetensors")
    return outputs


def faces(colours: np.ndarray, table: pd.DataFrame, cache: Path) -> Faces:
    """A cache of pictures (N, S, S, 3) uint8, or of one colour each, (N, 3) uint8, and their table; all splits."""
    pictures = colours if colours.ndim == 4 else np.broadcast_to(colours[:, None, None], (len(colours), SIZE, SIZE, 3))
    cache.mkdir(parents=True, exist_ok=True)
    np.save(cache / PICTURES, pictures)
    write_json({"shape": pictures.shape, "digest": cache.name}, cache / INDEX)
    table.to_parquet(cache / TABLE)
    return Faces.open(cache, "all")
