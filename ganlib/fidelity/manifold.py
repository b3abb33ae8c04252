"""Precision, recall, density and coverage: manifolds as balls around each picture that reach its k-th nearest neighbour."""

import numpy as np
import torch

from ganlib.core.device import device
from ganlib.fidelity.pairs import nearest, require, squared_distances

PRECISION_K = 3  # as Kynkaanniemi et al. 2019 chose
DENSITY_K = 5  # as Naeem et al. 2020 chose


def manifold(real: np.ndarray, fake: np.ndarray) -> dict[str, float]:
    """Scores of (N, D) real and (M, D) fake features, exact in float64; balls are closed.

    - precision: share of fakes in the ball of any real; recall: share of reals in the ball of any fake (k = 3; Kynkaanniemi et al. 2019)
    - density: mean number of reals' balls that contain a fake, divided by k; coverage: share of reals whose ball contains a fake (k = 5;
      Naeem et al. 2020)

    Fewer than 6 reals or 4 fakes are a UserError. Memory beyond the features: 150 MB of tiles.
    """
    require("coverage", DENSITY_K + 1, real=real)
    require("recall", PRECISION_K + 1, fake=fake)
    neighbours, _ = nearest(real, real, DENSITY_K, exclude_self=True)
    radii, wide = (torch.from_numpy(neighbours[:, k - 1] ** 2).to(device()) for k in (PRECISION_K, DENSITY_K))
    fake_radii = torch.from_numpy(nearest(fake, fake, PRECISION_K, exclude_self=True)[0][:, -1:] ** 2).to(device())

    precise, recalled, covered = (torch.zeros(count, dtype=torch.bool, device=device()) for count in (len(fake), len(real), len(real)))
    inside = 0
    for fakes, reals, squares in squared_distances(fake, real, "balls around reals and fakes"):
        precise[fakes] |= (squares <= radii[reals]).any(1)
        recalled[reals] |= (squares <= fake_radii[fakes]).any(0)
        within = squares <= wide[reals]
        covered[reals] |= within.any(0)
        inside += int(within.sum())
    return {
        "precision": float(precise.double().mean()),
        "recall": float(recalled.double().mean()),
        "density": inside / (DENSITY_K * len(fake)),
        "coverage": float(covered.double().mean()),
    }
