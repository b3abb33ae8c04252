"""Real pictures in feature space: what the fakes of every report with the same crop are held against."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np

from ganlib.data.faces import Faces, evenly_spaced
from ganlib.errors import UserError
from ganlib.fidelity.arrays import Arrays

BATCH = 100

Features = Callable[[Iterable[np.ndarray], str, int], np.ndarray]


@dataclass(frozen=True, eq=False)
class Reference(Arrays):
    """float32 features of real pictures of one crop, and the rows of the cache that they are of.

    scored (N, D): those that scores are taken over; others (M, D): more of the split that training sees; held_out (H, D): of other
    splits, at most N.
    """

    scored: np.ndarray
    scored_rows: np.ndarray
    others: np.ndarray
    others_rows: np.ndarray
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
        others = np.setdiff1d(chosen, scored)
        unseen = evenly_spaced(min(samples, len(held_out)), len(held_out))
        return cls(
            extract(faces, scored, "features of reals"), faces.rows[scored],
            extract(faces, others, "features of more reals"), faces.rows[others],
            extract(held_out, unseen, "features of held-out reals"), held_out.rows[unseen],
        )  # fmt: skip

    @property
    def seen(self) -> np.ndarray:
        """(N + M, D): all of the split that training sees."""
        return np.concatenate([self.scored, self.others])

    @property
    def seen_rows(self) -> np.ndarray:
        """(N + M,): the rows of `seen`."""
        return np.concatenate([self.scored_rows, self.others_rows])

    @property
    def second(self) -> np.ndarray | None:
        """(N, D) of other real pictures, as a perfect generator's would be: held out, or of the split where those are too few."""
        enough = (side for side in (self.held_out, self.others) if len(side) >= len(self.scored))
        return next((side[evenly_spaced(len(self.scored), len(side))] for side in enough), None)
