"""CelebA's licence, which restricts what may be published."""

from typing import Any

CELEBA = (
    "CelebA's authors allow non-commercial research only: no commercial use of the data or of anything derived from it, and no publication"
    " of any portion of the data (https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html). They do not mention generators: ask for their consent"
    " before you publish one trained on it"
)


def restrictions(known: dict[str, Any]) -> list[str]:
    """CelebA's as one line; none if `known`, from `information.describe`, says that the generator was trained on other pictures."""
    return [CELEBA] if (known["training"] or {}).get("kind") in (None, "celeba") else []
