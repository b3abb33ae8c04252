"""FID of a generator: its fakes' features against those of as many real pictures."""

import torch
from torch.nn import Module

from ganlib.data.faces import Faces, spread
from ganlib.errors import UserError
from ganlib.fidelity import inception
from ganlib.fidelity.frechet import Statistics
from ganlib.generator import generate
from ganlib.reports import Report


def real_statistics(faces: Faces, count: int) -> Statistics:
    """Of `count` pictures of the split, evenly spaced."""
    if count > len(faces):
        raise UserError(f"params.yaml: fid_samples: {count} real pictures asked for, and the split holds {len(faces)}")
    network = inception.load(_device())
    batches = (faces[rows] for rows in torch.from_numpy(spread(count, len(faces))).split(inception.BATCH))
    return Statistics.of(inception.features(network, batches, "features of reals", count))


def fake_statistics(generator: Module, report: Report, faces: Faces, count: int, seed: int) -> Statistics:
    """Of `count` fakes; their conditions are those of real pictures drawn with replacement."""
    rng = torch.Generator().manual_seed(seed)
    conditions = torch.from_numpy(faces.conditions(report.conditions))[torch.randint(len(faces), (count,), generator=rng)]
    network = inception.load(_device())
    fakes = generate(generator.to(_device()), report, conditions, rng)
    return Statistics.of(inception.features(network, fakes, "features of fakes", count))


def _device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
