"""The reports at full scale, whichever data set params.yaml selects, and random pictures for when only shapes matter."""

from typing import Any

import numpy as np
import pandas as pd
from ruamel.yaml import YAML

from ganlib.data.celeba import ATTRIBUTES
from ganlib.data.faces import Faces
from ganlib.models.registry import settings_of
from ganlib.models.report import Report
from ganlib.params import GROUPS, PHOTOGRAPHS, SHORTER
from ganlib.support.checks import FILE

NAMES = ("dcgan112", "dcgan64", "dense64", "began64", "dcgan56")


def full(name: str, **changes: object) -> Report:
    """The report at full scale, with those of the `changes` that are settings of it."""
    values, own = _read(name)
    kind = settings_of(name)
    known = {key: value for key, value in changes.items() if key in kind.model_fields}
    return kind.model_validate({**{key: value for key, value in own.items() if key not in SHORTER}, **values["numerics"], **known})


def evening(name: str, **changes: object) -> Report:
    """The same at the evening scale, for photographs."""
    block = dict(_read(name)[1]["evening"])
    photographs = block.pop(PHOTOGRAPHS, {})
    return full(name, **{**block, **photographs, **changes})


def _read(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The values of params.yaml, and the report's own."""
    values = YAML(typ="safe").load(FILE)
    [own] = [values[group][name] for group in GROUPS if name in values[group]]
    return values, own


def faces(report: Report, count: int) -> Faces:
    """`count` pictures of random pixels at the report's size, with random attributes."""
    rng = np.random.default_rng(1)
    pixels = rng.integers(0, 256, (count, report.size, report.size, 3), dtype=np.uint8)
    table = pd.DataFrame(rng.choice([-1, 1], (count, len(ATTRIBUTES))), columns=list(ATTRIBUTES))
    return Faces(pixels, np.arange(count), table)
