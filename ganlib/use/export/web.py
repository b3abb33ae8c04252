"""A generator as one HTML file that generates faces in the browser, opened from disk and without a network."""

import base64
import gzip
import json
from pathlib import Path
from string import Template
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ganlib.support.errors import UserError
from ganlib.support.files import replacing
from ganlib.use import information
from ganlib.use.export.licence import restrictions
from ganlib.use.export.plan import OTHER, plan
from ganlib.use.sampling import Sampler

PAGE = Path(__file__).parent / "page"
SCRIPTS = ("latents.js", "engine.js", "page.js")
DIRECTIONS = 8
FACES = 1000  # from which the directions are computed
POOLED = 32  # edge to which pictures are downsampled for that
REACH = 0.5  # range of a slider to either side, as a share of the mean length of z


def export(sampler: Sampler, path: Path) -> str:
    """Write the page and return a line about it, followed by CelebA's restrictions where they may apply."""
    known = information.describe(sampler.run)
    page = Template((PAGE / "page.html").read_text(encoding="utf-8")).substitute(
        name=known["report"],
        size=known["size"],
        about=_about(known),
        style=(PAGE / "page.css").read_text(encoding="utf-8").strip(),
        data="\n".join(_data(sampler)),
        script="\n".join((PAGE / script).read_text(encoding="utf-8").strip() for script in SCRIPTS),
    )
    with replacing(path) as target:
        target.write_text(page, encoding="utf-8")
    written = f"a page of {len(page) / 1e6:.1f} MB that generates faces with {known['report']}; open it in a browser"
    return "\n".join([written, *restrictions(known)])


def directions(sampler: Sampler) -> NDArray[np.float32]:
    """The unit directions (8, latent_size) of z along which pictures change most, in descending order.

    They are the left singular vectors of the covariance of z and picture. For a gaussian z that covariance is the mean Jacobian (Stein's
    lemma: E[z g(z)] = E[dg / dz]), so the net need not be differentiated.
    """
    z = sampler.z(range(FACES))
    pictures = torch.from_numpy(sampler.from_latents(z)).float()
    pooled = torch.nn.functional.adaptive_avg_pool2d(pictures, POOLED).flatten(1).numpy()
    left, _, _ = np.linalg.svd(z.T @ (pooled - pooled.mean(axis=0)), full_matrices=False)
    return left.T[:DIRECTIONS]


def _data(sampler: Sampler) -> list[str]:
    """The HTML elements that the scripts read."""
    settings, run = sampler.settings, sampler.run
    z = sampler.z(range(FACES))
    planned = plan(sampler.net, torch.from_numpy(z[:1]), [torch.tensor([sampler.rows({})])] if run.condition_values else [])
    meta = {
        "name": run.name,
        "size": settings.size,
        "prior": settings.prior,
        "latentSize": settings.latent_size,
        "range": settings.pixel_range,
        "reach": round(REACH * float(np.linalg.norm(z, axis=1).mean()), 4),
        "directions": [[round(float(value), 4) for value in direction] for direction in directions(sampler)],
        "conditions": [{"name": group, "values": values} for group, values in run.condition_values.items()],
    }
    return [
        _element("meta", "application/json", json.dumps(meta).replace("<", r"\u003c")),
        _element("plan", "application/json", json.dumps({"layers": planned.layers, "tables": planned.tables})),
        _element("wasm", "application/gzip", _packed((PAGE / "gemm.wasm").read_bytes())),
        _element("weights", "application/gzip", _packed(to_half(planned.weights))),
    ]


def to_half(weights: NDArray[np.float32]) -> bytes:
    """The weights in half precision, which changes a picture by one level at most; a UserError if one is out of its range."""
    largest, limit = float(abs(weights).max()), float(np.finfo(np.float16).max)
    if not largest <= limit:
        raise UserError(f"--format web: a weight of {largest:g} is out of range of half precision, whose limit is {limit:g}; {OTHER}")
    return weights.astype("<f2").tobytes()


def _element(name: str, kind: str, text: str) -> str:
    return f'<script id="{name}" type="{kind}">{text}</script>'


def _packed(data: bytes) -> str:
    return base64.b64encode(gzip.compress(data, mtime=0)).decode()


def _about(known: dict[str, Any]) -> str:
    trained = f" trained on {pictures}" if (pictures := information.pictures(known)) else ""
    return (
        f"A generator of {known['parameters']:,} parameters{trained} runs here, on your own computer, and draws each face from"
        f" {known['z']['size']} random numbers. Nothing is sent anywhere."
    )
