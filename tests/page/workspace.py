"""A checkout's results as training and evaluation write them, with painted pictures and metrics that are easy to check."""

import contextlib
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.numpy import save_file

from ganlib import params
from ganlib.core import tables
from ganlib.core.images import save_sheet
from ganlib.models.registry import fingerprint
from ganlib.page import spread, verdicts
from ganlib.page.collect import rows
from ganlib.support import paths
from ganlib.support.paths import Outputs
from tests.conftest import ROOT

STEPS = (10, 20, 30)
N = 250
SCORES = (
    {"fid": 240.0, "fid_low": 230.0, "fid_high": 250.0, "fid_floor": 43.0}
    | {"kid": 0.2, "kid_low": 0.19, "kid_high": 0.21, "kid_floor": 0.0002}
    | {"mind": 340.0, "mind_low": 330.0, "mind_high": 350.0, "mind_floor": 8.0}
    | {"precision": 0.0, "recall": 0.0, "density": 0.0, "coverage": 0.0, "closer_than_held_out": 0.001}
    | {"seen_samples": N, "held_out_samples": N, "samples": N, "real_samples": N}
    | {"extractor": "inception-2015-12-05", "protocol": "pytorch-fid", "dataset": "toons", "split": "train", "scale": "preview"}
    | {"pictures": "0a1b2c3d"}
)
OBEYED = {f"{group}_{figure}": 0.5 for group in ("hair", "eyes") for figure in ("hit_rate", "false_alarm_rate", "accuracy")}
LOGS = {
    "began64": ("real_loss", "fake_loss", "wrong_loss", "convergence", "k", "diversity"),
    "vae64": ("elbo", "log_likelihood", "kl", "diversity"),
    "curve": ("d_loss", "g_loss", "d_real", "d_score", "within_bounds"),
}
GAN = ("d_loss", "g_loss", "d_accuracy", "fooled", "diversity")


def bare(folder: Path) -> None:
    """params.yaml and the committed table of seeds; nothing has run."""
    shutil.copy(ROOT / "params.yaml", folder)
    for file in (spread.FILE, verdicts.FILE):
        (folder / file).parent.mkdir(exist_ok=True)
    shutil.copy(ROOT / spread.FILE, folder / spread.FILE)


def paint(folder: Path) -> None:
    """All reports and the curve demo, trained and scored."""
    bare(folder)
    with contextlib.chdir(folder):
        for report in params.load().reports:
            trained(report)
            scored(report)
        curve()


def trained(report: str) -> None:
    """What `train` writes for a report; no two sheets, of any reports and steps, have the same colours."""
    settings, outputs = params.load().report(report), paths.outputs(report)
    devices = [{"device": "cpu", "torch": "2.14.1"}]
    record = {"report": report, "seed": 1, "steps": STEPS[-1], **settings.model_dump(), "devices": devices}
    tables.write_yaml(record, outputs.run / "config.yaml")
    config = {"report": report, "net": "generator", "settings": settings.model_dump()}
    _net(outputs.run / "generator.safetensors", {"weight": (5, 7), "bias": (7,), "running_mean": (7,)}, config)
    _net(outputs.nets / "discriminator.safetensors", {"weight": (3, 11), "weight_u": (3,), "weight_v": (11,)}, config)
    count = len(rows(settings.model_dump().get("conditions") or {})) or 8
    shade = 100 * _place(report)
    for step in STEPS:
        _sheet(outputs.progress / "samples" / f"{step:06d}.png", count, 8, settings.size, shade + step)
    if report in ("began64", "vae64"):
        _sheet(outputs.progress / "reconstructions" / f"{STEPS[-1]:06d}.png", 8, 8, settings.size, shade + 40)
    _sheet(outputs.progress / "reals.png", 8, 8, settings.size, shade)
    _log(outputs.progress / "log.csv", LOGS.get(report, GAN))


def scored(report: str, **others: Any) -> None:
    """What `evaluate` writes for a report; `others` replace values of SCORES."""
    own = dict.fromkeys(params.load().report(report).headline, 0.25) | (OBEYED if report == "began64" else {})
    generator = paths.outputs(report).run / "generator.safetensors"
    of = {"generator_md5": fingerprint(generator)} if generator.exists() else {}
    tables.save_metrics({**SCORES, **own, **of, "step": STEPS[-1], "collapsed": 0.0, "saturated": 0.0, **others}, paths.details(report))
    kept = f"step,fid,kid\n{STEPS[0]},300,0.4\n{STEPS[-1]},240,0.2\n"
    paths.scores(report).mkdir(parents=True, exist_ok=True)
    (paths.scores(report) / "scores.csv").write_text(kept, encoding="utf-8")
    _sheet(paths.scores(report) / "closest.png", 2, 10, params.load().report(report).size, 7 + _place(report))


def curve() -> None:
    """The files of the curve demo: two curves at two steps."""
    outputs = paths.outputs("curve")
    tables.write_yaml({"seed": 1, **params.load().curve.model_dump()}, outputs.run / "config.yaml")
    _log(outputs.progress / "log.csv", LOGS["curve"])
    tables.save_metrics({"steps": 30, "d_real": 0.51, "d_score": -1.38, "within_bounds": 0.9}, paths.metrics("curve"))
    flat, steep = [1.0] * 15, [2.0] * 15
    (outputs.run / "learning.json").write_text(json.dumps({"steps": [0, 30], "curves": [[flat, flat], [steep, flat]]}), encoding="utf-8")


def _place(report: str) -> int:
    return list({**params.load().reports, **params.load().baselines}).index(report)


def _sheet(path: Path, rows: int, columns: int, size: int, shade: int) -> None:
    colours = np.random.default_rng(shade).integers(0, 256, (rows * columns, 3, 1, 1), np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_sheet(torch.from_numpy(np.broadcast_to(colours, (rows * columns, 3, size, size)).copy()), columns, path)


def _log(path: Path, columns: tuple[str, ...], steps: Sequence[int] = STEPS, unit: float = 1.0) -> None:
    log = tables.Log(path)
    for step in steps:
        log.write(step, {column: unit * step / (10 * (place + 4)) for place, column in enumerate(columns)})


def _net(path: Path, shapes: dict[str, tuple[int, ...]], config: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: np.zeros(shape, np.float32) for name, shape in shapes.items()}, path, metadata={"config": json.dumps(config)})


def claim(changes: dict[str, Any]) -> dict[str, Any]:
    """A claim of a study over three seeds, whose own side is 0.1, 0.2 and 0.3 better, with changes of its result."""
    result = {"verdict": "holds here", "seeds": 3, "difference": 0.2, "low": 0.1, "high": 0.3, "margin": 0.05, "scale": "preview"} | {
        "answer": "holds here",
        "sentence": "Its own rates score a KID lower by 0.2.",
        "effect": "20% nearer (10% to 30%)",
        "processors": ["a processor"],
        "holds": True,
        "per_seed": {"treatment": [0.1, 0.2, 0.3], "control": [-0.05, 0.0, 0.05]},
        "shares": {"dcgan64": ["gaussian_z"]},
        "replications": {"inside": 2, "outside": 1},
    }
    words = {"report": "dcgan64", "says": "better <quality>", "at": "L258", "claim": "Unequal rates are better."}
    return {"name": "rates", "state": "tested", **words, "results": {"toons": result | changes}}


UNTESTED = {"name": "cropped", "state": "not_testable", "report": "dcgan112"} | {
    "claim": "Cropped pictures make better faces.",
    "reason": "Each crop is scored against its own reals.",
}


def training(report: str, *, until: int = STEPS[1], seed: int = 1, **changes: Any) -> Path:
    """What a training of a report, with changed settings, has written after `until` of 30 steps, a minute each; its checkpoints' folder."""
    folder = paths.checkpoints() / f"{report}-{seed:016x}"
    settings, outputs = params.load().report(report).model_copy(update=changes), Outputs.below(folder)
    config = {"report": report, "seed": seed, "steps": STEPS[-1], **settings.model_dump()}
    steps = [step for step in STEPS if step <= until]
    tables.write_yaml(config, outputs.run / "config.yaml")
    _log(outputs.progress / "log.csv", LOGS.get(report, GAN), steps)
    _log(folder / "timing.csv", ("seconds",), steps, 2400)
    for step in steps:
        _sheet(outputs.progress / "samples" / f"{step:06d}.png", 8, 8, settings.size, 100 * _place(report) + step)
    return folder
