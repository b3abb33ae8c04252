"""Finds settings that change nothing, from the first run of each arm, before the other seeds are trained."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from ganlib.core import tables
from ganlib.studies import paths
from ganlib.studies.declarations import Declarations
from ganlib.studies.stored import MADE_OF


def suffice(declared: Declarations, dataset: str, trial: str) -> bool:
    """Whether further seeds of `trial` would tell nothing: it has declared studies alone, and in each the setting changes nothing."""
    studies = [arms for name in declared.declared if trial in (arms := declared.studies[name].trials)]
    return (
        bool(studies) and trial not in declared.spread_trials and all(change_nothing(dataset, arms, declared.seeds[0]) for arms in studies)
    )


def change_nothing(dataset: str, arms: Sequence[str], seed: int) -> bool:
    """Whether two arms ended with equal nets and equal sheets of fakes at `seed`; False for one arm, and until both are complete.

    A setting that acts on fakes alone, such as `sample_dropout`, leaves equal nets and other sheets.
    """
    runs = [paths.run(dataset, arm, seed) for arm in arms]
    if len(runs) < 2 or not all((run / MADE_OF).exists() for run in runs):
        return False
    scorings = [tables.read_json(paths.scoring(dataset, arm)) for arm in arms]
    return scorings[0] == scorings[1] and _have_equal_nets(*runs) and _have_equal_sheets(*runs)


def _have_equal_nets(one: Path, other: Path) -> bool:
    ours, theirs = _nets(one), _nets(other)
    return bool(ours) and ours.keys() == theirs.keys() and all(torch.equal(weights, theirs[key]) for key, weights in ours.items())


def _nets(run: Path) -> dict[Any, torch.Tensor]:
    return {(*path.parts[-2:], key): weights for path in run.glob("*/*.safetensors") for key, weights in load_file(path).items()}


def _have_equal_sheets(one: Path, other: Path) -> bool:
    ours, theirs = ({path.name: path.read_bytes() for path in run.glob("progress/samples/*.png")} for run in (one, other))
    return all(ours[name] == theirs[name] for name in ours.keys() & theirs.keys())
