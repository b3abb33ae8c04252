"""A generator as one HTML file that draws faces by itself: from the disk, without a network, on the visitor's own machine."""

import base64
import gzip
import json
from pathlib import Path
from string import Template
from typing import Any

import numpy as np
import torch

from ganlib.support.files import replacing
from ganlib.use import information
from ganlib.use.export.plan import plan
from ganlib.use.export.terms import terms
from ganlib.use.sampling import Sampler

PAGE = Path(__file__).parent / "page"
SCRIPTS = ("latents.js", "engine.js", "page.js")
DIRECTIONS = 8
FACES = 1000  # that the directions are taken from
POOLED = 32  # edge to which their pictures are brought
REACH = 0.5  # how far a slider goes to either side, as a share of z's usual length


def export(generator: Sampler, path: Path) -> str:
    """Write the page and return what it is, in a line; CelebA's terms follow where they may apply."""
    known = information.describe(generator.run)
    page = Template((PAGE / "page.html").read_text(encoding="utf-8")).substitute(
        name=known["report"],
        size=known["size"],
        about=_about(known),
        style=(PAGE / "page.css").read_text(encoding="utf-8").strip(),
        data="\n".join(_data(generator)),
        script="\n".join((PAGE / script).read_text(encoding="utf-8").strip() for script in SCRIPTS),
    )
    with replacing(path) as target:
        target.write_text(page, encoding="utf-8")
    return "\n".join([f"a page of {len(page) / 1e6:.1f} MB that draws faces with {known['report']}; open it in a browser", *terms(known)])


def directions(generator: Sampler) -> np.ndarray:
    """The directions (8, latent_size) of length 1 along which pictures change most, the first most of all.

    They are the left singular vectors of the covariance of z and picture. For a gaussian z that is the mean Jacobian (Stein's lemma:
    E[z g(z)] = E[dg / dz]), so it needs to know nothing of the net.
    """
    z = generator.z(range(FACES))
    pictures = torch.from_numpy(generator.from_latents(z)).float()
    pooled = torch.nn.functional.adaptive_avg_pool2d(pictures, POOLED).flatten(1).numpy()
    left, _, _ = np.linalg.svd(z.T @ (pooled - pooled.mean(axis=0)), full_matrices=False)
    return left.T[:DIRECTIONS]


def _data(generator: Sampler) -> list[str]:
    """The elements that hold what the scripts read."""
    settings, run = generator.settings, generator.run
    z = generator.z(range(FACES))
    planned = plan(generator.net, torch.from_numpy(z[:1]), [torch.tensor([generator.rows({})])] if run.given else [])
    meta = {
        "name": run.name,
        "size": settings.size,
        "prior": settings.prior,
        "latentSize": settings.latent_size,
        "range": settings.pixel_range,
        "reach": round(REACH * float(np.linalg.norm(z, axis=1).mean()), 4),
        "directions": [[round(float(value), 4) for value in direction] for direction in directions(generator)],
        "conditions": [{"name": group, "values": values} for group, values in run.given.items()],
    }
    return [
        _element("meta", "application/json", json.dumps(meta).replace("<", r"\u003c")),
        _element("plan", "application/json", json.dumps({"layers": planned.layers, "tables": planned.tables})),
        _element("wasm", "application/gzip", _packed((PAGE / "gemm.wasm").read_bytes())),
        # Half precision moves a picture by one level at most.
        _element("weights", "application/gzip", _packed(planned.weights.astype("<f2").tobytes())),
    ]


def _element(name: str, kind: str, text: str) -> str:
    return f'<script id="{name}" type="{kind}">{text}</script>'


def _packed(data: bytes) -> str:
    return base64.b64encode(gzip.compress(data, mtime=0)).decode()


def _about(known: dict[str, Any]) -> str:
    kinds = {"toons": " that learned from drawn faces", "celeba": " that learned from CelebA's photographs", "folder": ""}
    learned = kinds.get((known["training"] or {}).get("kind"), "")
    return (
        f"A generator of {known['parameters']:,} numbers{learned} runs here, on your own machine, and makes each face of"
        f" {known['z']['size']} random numbers. Nothing is sent anywhere."
    )
