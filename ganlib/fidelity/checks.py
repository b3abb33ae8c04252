"""What every score asks of the features that it is given."""

import numpy as np

from ganlib.errors import UserError


def require(metric: str, at_least: int, **sides: np.ndarray) -> None:
    """Refuse (N, D) features of fewer than `at_least` pictures, or with a value that is not finite; sides go by their name (`real=...`)."""
    for side, features in sides.items():
        name = side.replace("_", "-")
        if len(features) < at_least:
            raise UserError(f"{metric} needs {at_least} or more {name} pictures, not {len(features)}")
        bad = np.flatnonzero(~np.isfinite(features).all(axis=1))
        if len(bad):
            raise UserError(
                f"{metric}: {len(bad)} of {len(features)} {name} pictures have features that are not finite, first row {bad[0]}"
            )
