"""Finds a study whose setting changes nothing, from the first run of each arm, before the other seeds are trained."""

from pathlib import Path

import torch
from safetensors.torch import load_file

from ganlib.studies import paths
from ganlib.studies.declarations import FILE, Declarations
from ganlib.studies.stored import MADE_OF
from ganlib.support.errors import UserError


def check(declared: Declarations, dataset: str, trial: str) -> None:
    """Raise a UserError if a declared study compares `trial` with one whose first run ended with the same nets."""
    for name in declared.declared:
        arms = declared.studies[name].trials
        if trial in arms and len(arms) > 1 and equal_nets(*(paths.run(dataset, arm, declared.seeds[0]) for arm in arms)):
            raise UserError(
                f"{FILE}: declared.{name}: not testable: the setting changes nothing; with seed {declared.seeds[0]}, {' and '.join(arms)}"
                " end with equal nets: remove the study, or change its trials"
            )


def equal_nets(one: Path, other: Path) -> bool:
    """Whether the trainings in two folders are complete and ended with the same nets."""
    if not all((run / MADE_OF).exists() for run in (one, other)):
        return False
    ours, theirs = (
        {(*path.parts[-2:], key): weights for path in run.glob("*/*.safetensors") for key, weights in load_file(path).items()}
        for run in (one, other)
    )
    return bool(ours) and ours.keys() == theirs.keys() and all(torch.equal(weights, theirs[key]) for key, weights in ours.items())
