"""Trains the GANs of student reports on CelebA, scores them, and draws pictures with the trained generators."""

import os
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ganlib.use.sampling import Sampler


def load(run: str | os.PathLike[str], rev: str | None = None) -> "Sampler":
    """Load a trained generator, whose `sample(seeds, **conditions)` returns (n, 3, S, S) uint8 pictures.

    `run` is a report, a folder such as data/runs/dcgan64 or a .safetensors file; `rev` is the commit or experiment to read it from.
    """
    # Imported by name: every stage imports this file, and a static import would make ganlib.use a dependency of all of them.
    sampler: Sampler = import_module("ganlib.use.sampling").load(os.fspath(run), rev)
    return sampler
