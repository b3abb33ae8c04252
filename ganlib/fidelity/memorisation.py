"""Whether a generator copies its training pictures (Meehan et al. 2020, "A Non-Parametric Test to Detect Data-Copying").

Compares thumbnails, not Inception's features: of all training pictures they cost seconds instead of minutes, and a copy's artefacts move
its features farther from the original than another real picture's are.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from ganlib.fidelity.pairs import nearest, require

SIDE = 16  # of a thumbnail: blur, grain and shifts by a pixel or two of a copy are averaged out
NEIGHBOURS = 50  # as Carlini et al. 2023 chose
CLOSEST = 10


class Memorisation(NamedTuple):
    """What `memorisation` found.

    `share`: the probability that a fake is nearer to the training pictures than a held-out picture is, ties counted half: the
    Mann-Whitney statistic of Meehan et al. 2020, without their cells. 0.5 for new pictures, 1 for copies.
    `fakes` and `training` (n,): indices of the ten nearest pairs, nearest first.
    """

    share: float
    fakes: np.ndarray
    training: np.ndarray


def memorisation(fake: np.ndarray, training: np.ndarray, held_out: np.ndarray) -> Memorisation:
    """From (N, D) thumbnails of fakes, of all pictures that the generator was trained on, and of held-out pictures.

    How near a picture is to the training pictures is its distance to the nearest over the mean distance to the 50 nearest (Carlini et al.
    2023, "Extracting Training Data from Diffusion Models", section 5.1): blurred pictures are close to many, copies to one. Fakes and
    held-out pictures are measured alike, so the share is 0.5 for fakes like the held-out pictures, at any number of either.
    A side without pictures is a UserError.
    """
    require("memorisation", 1, fake=fake, training=training, held_out=held_out)
    nearness, rows = _nearness(fake, training)
    new = np.sort(_nearness(held_out, training)[0])
    farther = len(new) - (np.searchsorted(new, nearness, "left") + np.searchsorted(new, nearness, "right")) / 2
    closest = np.argsort(nearness, kind="stable")[:CLOSEST]
    return Memorisation(float(farther.mean() / len(new)), closest, rows[closest])


def thumbnails(batches: Iterable[np.ndarray | Tensor]) -> np.ndarray:
    """Batches of (n, 3, S, S) uint8 pictures to (N, 768) float32: averaged down to 16 x 16 pixels, in 0 to 255."""
    return torch.cat([adaptive_avg_pool2d(torch.as_tensor(batch).cpu().float(), SIDE).flatten(1) for batch in batches]).numpy()


def _nearness(pictures: np.ndarray, training: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(N,) in 0 to 1, and (N,) indices of the nearest training pictures."""
    distances, rows = nearest(pictures, training, min(NEIGHBOURS, len(training)))
    mean = distances.mean(axis=1)
    return distances[:, 0] / np.where(mean > 0, mean, 1), rows[:, 0]
