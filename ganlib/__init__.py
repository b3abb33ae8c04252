"""ganlib: train the GANs of student reports on CelebA, score them, and use what they have learned."""

import os
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ganlib.use.sampling import Sampler


def load(run: str | os.PathLike[str], rev: str | None = None) -> "Sampler":
    """A trained generator, whose `sample(seeds, **conditions)` gives (n, 3, S, S) uint8 pictures.

    `run` is a report's name, a folder such as data/runs/dcgan64 or a .safetensors file; `rev` a commit or an experiment to take it from.
    """
    # By its name: every stage imports this file, and would otherwise be taken to depend on all that lies behind it.
    return import_module("ganlib.use.sampling").load(os.fspath(run), rev)
