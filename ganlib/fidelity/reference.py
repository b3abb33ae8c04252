"""Real pictures in feature space: what the fakes of every report with the same crop are compared with."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from ganlib.data.faces import Faces, evenly_spaced
from ganlib.fidelity.inception import DIMENSIONS
from ganlib.support.errors import UserError
from ganlib.support.files import replacing

BATCH = 100

Features = Callable[[Iterable[np.ndarray], str, int], np.ndarray]


@dataclass(frozen=True, eq=False)
class Reference:
    """float32 features of real pictures of one crop, and the rows of the cache that they are of.

    seen (M, D): pictures of the split that training sees, first the `samples` that scores are taken over, then others; held_out (H, D):
    of other splits, at most `samples`. `scored` and `others` are views, so that memory holds every feature once.
    """

    samples: int
    seen: np.ndarray
    seen_rows: np.ndarray
    held_out: np.ndarray
    held_out_rows: np.ndarray

    @classmethod
    def of(cls, features: Features, faces: Faces, held_out: Faces, *, samples: int, searched: int | None) -> Self:
        """Of `searched` pictures of the split `faces` (None: all), `samples` of which are scored, and of as many of `held_out`.

        All are evenly spaced. `features` is called with batches of (n, 3, S, S) uint8, a description and their number in all.
        """
        searched = len(faces) if searched is None else searched
        if not samples <= searched <= len(faces):
            raise UserError(
                f"params.yaml: datasets: samples {samples}, searched {searched}: the first must not be above the second, nor that above the"
                f" split's {len(faces)} pictures"
            )

        def extract(source: Faces, places: np.ndarray, desc: str) -> np.ndarray:
            batches = (source[places[start : start + BATCH]] for start in range(0, len(places), BATCH))
            return features(batches, desc, len(places))

        chosen = evenly_spaced(searched, len(faces))
        scored = chosen[evenly_spaced(samples, searched)]
        seen = np.concatenate([scored, np.setdiff1d(chosen, scored)])
        unseen = evenly_spaced(min(samples, len(held_out)), len(held_out))
        return cls(
            samples,
            extract(faces, seen, "features of reals"), faces.rows[seen],
            extract(held_out, unseen, "features of held-out reals"), held_out.rows[unseen],
        )  # fmt: skip

    @property
    def scored(self) -> np.ndarray:
        """(N, D): those that scores are taken over."""
        return self.seen[: self.samples]

    @property
    def scored_rows(self) -> np.ndarray:
        """(N,): the rows of `scored`."""
        return self.seen_rows[: self.samples]

    @property
    def others(self) -> np.ndarray:
        """(M - N, D): more of the split that training sees."""
        return self.seen[self.samples :]

    @property
    def second(self) -> np.ndarray | None:
        """(N, D) of other real pictures, as a perfect generator's would be: held out, or of the split where those are too few."""
        enough = (side for side in (self.held_out, self.others) if len(side) >= self.samples)
        return next((side[evenly_spaced(self.samples, len(side))] for side in enough), None)

    def save(self, path: Path) -> None:
        """Write a .npz, whole or not at all; equal features give equal bytes."""
        with replacing(path) as target, target.open("wb") as file:
            np.savez(file, **vars(self))

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote."""
        with np.load(path, allow_pickle=False) as stored:
            return cls(int(stored["samples"]), *(stored[name] for name in ("seen", "seen_rows", "held_out", "held_out_rows")))


def bytes_needed(faces: Faces, held_out: Faces, samples: int, searched: int | None) -> int:
    """About how much the files of a reference take: its features, a covariance and that one's root."""
    pictures = (searched or len(faces)) + min(samples, len(held_out))
    return 4 * DIMENSIONS * pictures + 2 * 8 * DIMENSIONS**2
