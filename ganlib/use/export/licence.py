"""CelebA's licence, which restricts what may be published."""

from typing import Any

CELEBA = (
    "CelebA's authors allow non-commercial research only, and forbid publishing any portion of the data or anything derived from it"
    " (https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html): do not publish a generator trained on it, or its pictures, without their consent"
)


def restrictions(known: dict[str, Any]) -> list[str]:
    """CelebA's as one line; none if `known`, from `information.describe`, says that the generator was trained on other pictures."""
    return [CELEBA] if (known["training"] or {}).get("kind") in (None, "celeba") else []
