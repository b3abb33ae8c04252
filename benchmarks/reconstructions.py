"""What limits a variational autoencoder: the scores of its reconstructions, whose z come from pictures instead of the prior.

    python -m benchmarks.reconstructions vae64

Scores the training that `python -m benchmarks.seeds` left for the settings of params.yaml, on the same machine. Pictures are encoded to the
mean of z and decoded by the averaged decoder, which draws the fakes too, and scored against the reals that fakes are scored against: those
reals themselves, and held-out pictures.
"""

from collections.abc import Iterator
from typing import Annotated

import numpy as np
import torch
import typer
from torch import Tensor

from benchmarks.seeds import RUNS, circumstances, run_folder
from ganlib import params
from ganlib.core.device import device
from ganlib.core.images import to_float, to_uint8
from ganlib.data.faces import Faces
from ganlib.fidelity import inception
from ganlib.fidelity.reference import BATCH, Reference
from ganlib.fidelity.scores import compare
from ganlib.models import store
from ganlib.support import paths
from ganlib.support.command import run
from ganlib.support.paths import Outputs

SCORES = ("kid", "fid", "precision", "coverage")


def main(name: Annotated[str, typer.Argument(help="A report with an encoder.")], seed: int = 1) -> None:
    """Print the scores of a training's reconstructions."""
    settings = params.load()
    report, protocol = settings.report(name), settings.protocol
    outputs = Outputs.below(run_folder(circumstances(name, seed), RUNS))
    encoder, decoder = (store.load(path)[0] for path in (outputs.nets / "encoder.safetensors", outputs.run / "generator.safetensors"))
    faces, reference = Faces.open(paths.faces(report.crop), "all"), Reference.load(paths.features(report.crop, protocol))
    network = inception.load(device(), protocol=protocol)

    def reconstructed(rows: np.ndarray) -> Iterator[Tensor]:
        for start in range(0, len(rows), BATCH):
            pictures = to_float(torch.from_numpy(faces[rows[start : start + BATCH]]), report.pixel_range)
            with torch.inference_mode():
                mean, _ = encoder(pictures).chunk(2, dim=1)
                yield to_uint8(decoder(mean), report.pixel_range)

    for kind, rows in (("reals", reference.scored_rows), ("held-out pictures", reference.held_out_rows)):
        features = inception.features(network, reconstructed(rows), f"features of reconstructed {kind}", len(rows))
        found = compare(reference.scored, features, SCORES)
        typer.echo(f"reconstructed {kind} (N = {len(rows):,}): " + ", ".join(f"{score} {value:.3g}" for score, value in found.items()))


if __name__ == "__main__":
    run(main)
