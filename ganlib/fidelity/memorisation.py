"""Whether a generator repeats its training pictures (Meehan et al. 2020, "A Non-Parametric Test to Detect Data-Copying")."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ganlib.fidelity.pairs import nearest, require

CLOSEST = 10


class Pair(NamedTuple):
    """A fake, its nearest training picture, and how far apart their features are."""

    fake: int
    training: int
    distance: float


@dataclass(frozen=True, eq=False)
class Memorisation:
    """What `memorisation` found.

    `share`: how likely a fake is closer to its nearest training picture than a held-out real is to its own, ties by half (the
    Mann-Whitney statistic of Meehan et al. 2020, over all pictures at once rather than by cells of similar ones). It is 0.5 for
    fakes like new pictures, 1 for copies, and below 0.5 for fakes farther off than new pictures are.
    `standard_error`: the share's, were it 0.5 in truth.
    `rows` and `distances` (N,): each fake's nearest training picture.
    `closest`: the ten closest pairs, closest first.
    """

    share: float
    standard_error: float
    rows: np.ndarray
    distances: np.ndarray
    closest: tuple[Pair, ...]


def memorisation(fake: np.ndarray, training: np.ndarray, held_out: np.ndarray) -> Memorisation:
    """From (N, D) features of fakes, of pictures that the generator was trained on, and of reals that it never saw.

    A side without pictures is a UserError.
    """
    require("memorisation", 1, fake=fake, training=training, held_out=held_out)
    distances, rows = (found[:, 0] for found in nearest(fake, training))
    new = np.sort(nearest(held_out, training)[0][:, 0])
    farther = len(new) - (np.searchsorted(new, distances, "left") + np.searchsorted(new, distances, "right")) / 2
    closest = np.argsort(distances, kind="stable")[:CLOSEST]
    return Memorisation(
        share=float(farther.mean() / len(new)),
        standard_error=float(np.sqrt((len(fake) + len(new) + 1) / (12 * len(fake) * len(new)))),
        rows=rows,
        distances=distances,
        closest=tuple(Pair(int(row), int(rows[row]), float(distances[row])) for row in closest),
    )
