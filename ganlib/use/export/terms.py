"""What may be published of a generator that learned from CelebA."""

from typing import Any

TERMS = (
    "CelebA's authors allow non-commercial research only, and forbid to publish any portion of the data or of what derives from it"
    " (https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html): a generator trained on it, and its pictures, may not be published without them"
)


def terms(known: dict[str, Any]) -> list[str]:
    """CelebA's terms as one line, unless what `information.describe` knows is that other pictures were trained on."""
    return [TERMS] if (known["training"] or {}).get("kind") in (None, "celeba") else []
