"""Arrays that belong together, as one file."""

from pathlib import Path
from typing import Self

import numpy as np

from ganlib.files import replacing


class Arrays:
    """What a dataclass of arrays inherits to be kept as a .npz; equal arrays give equal bytes."""

    def save(self, path: Path) -> None:
        """Write the file whole or not at all."""
        with replacing(path) as target, target.open("wb") as file:
            np.savez(file, **vars(self))

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote."""
        with np.load(path, allow_pickle=False) as stored:
            return cls(**stored)
