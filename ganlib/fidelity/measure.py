"""Two sets of pictures scored against each other, wherever they lie: the work of `ganlib score`."""

import warnings
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np

from ganlib.device import device
from ganlib.errors import UserError
from ganlib.fidelity import inception, scores
from ganlib.fidelity.frechet import Statistics
from ganlib.fidelity.inception import Inception
from ganlib.fidelity.samples import Pictures, open_cache
from ganlib.settings import EXTRACTOR, Protocol

SEED = 0  # of KID's subsets and of the halves that make the floor, so that equal pictures have equal scores


def measure(
    fakes: Path, reals: Path, metrics: Collection[str], protocol: Protocol, weights: Path | None, skip_broken: bool
) -> dict[str, Any]:
    """The scores named in `metrics`, the floors of FID and KID where there are twice as many reals as fakes, and how all was taken.

    Each side is a folder or .zip of pictures, a .npy of them, or the .npz of their statistics, which serve FID alone.
    """
    places = (fakes, reals)
    for place in places:
        if not place.exists():
            raise UserError(f"{place}: does not exist")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="PIL")  # on damaged metadata, of pictures that are then read whole or refused
        opened = [_open(place, protocol, skip_broken) for place in places]
        network = None if all(isinstance(side, Statistics) for side in opened) else inception.load(device(), weights, protocol)
        fake, real = (_features(network, side, f"features of {place}") for side, place in zip(opened, places, strict=True))
    figures: dict[str, Any] = scores.compare(real, fake, metrics, seed=SEED)
    fake_count, real_count = (side.count if isinstance(side, Statistics) else len(side) for side in (fake, real))
    if isinstance(real, np.ndarray) and fake_count and real_count >= 2 * fake_count:
        figures |= scores.floor(*scores.halves(real, fake_count, seed=SEED), metrics, seed=SEED)
    figures |= {"fake_samples": fake_count, "real_samples": real_count, "extractor": EXTRACTOR, "protocol": protocol}
    skipped = [str(file) for side in opened if isinstance(side, Pictures) for file in side.broken]
    return figures | ({"skipped": skipped} if skipped else {})


def _open(place: Path, protocol: Protocol, skip_broken: bool) -> Pictures | np.ndarray | Statistics:
    if place.is_dir() or place.suffix == ".zip":
        return Pictures.open(place, skip_broken)
    match place.suffix:
        case ".npy":
            return open_cache(place)
        case ".npz":
            return Statistics.load(place, EXTRACTOR, protocol)
        case _:
            raise UserError(f"{place}: is neither a folder nor a .zip, .npy or .npz")


def _features(network: Inception | None, side: Pictures | np.ndarray | Statistics, desc: str) -> np.ndarray | Statistics:
    if isinstance(side, Statistics):
        return side
    return inception.features(network, side.batches() if isinstance(side, Pictures) else side, desc, len(side))
