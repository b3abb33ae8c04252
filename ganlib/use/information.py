"""What is known of a trained generator: its settings, its size, its scores and where it came from. Imports no torch."""

from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import Any, get_args

from safetensors import safe_open

from ganlib import params
from ganlib.core.tables import read_json, read_yaml
from ganlib.support import paths
from ganlib.support.types import Metric
from ganlib.use.runs import Run

SCORES = get_args(Metric)
BUFFERS = ("running_mean", "running_var", "num_batches_tracked")  # batch norm's: not learned by descent, so no parameters
STALE = "older than this training; `dvc repro evaluate@{name}` brings the scores up to date"


def describe(run: Run) -> dict[str, Any]:
    """All of it as JSON knows it. `scores` and `training` are None where the generator's file lies alone, or is not scored."""
    settings = run.settings
    return {
        "report": run.name,
        "file": str(run.file.relative_to(run.checkout.root) if run.checkout.commit else run.file),
        "commit": run.checkout.commit,
        "size": settings.size,
        "parameters": parameters(run),
        "z": {"prior": settings.prior, "size": settings.latent_size},
        "conditions": run.given,
        "training": training(run),
        "scores": scores(run),
        "settings": settings.model_dump(),
    }


def parameters(run: Run) -> int:
    """How many numbers the generator has learned."""
    with safe_open(run.file, framework="numpy") as opened:
        names = [name for name in opened.keys() if not name.endswith(BUFFERS)]  # noqa: SIM118 (not a mapping)
        return sum(prod(opened.get_slice(name).get_shape()) for name in names)


def training(run: Run) -> dict[str, Any] | None:
    """`seed` and `steps`; and, where the run was scored, `dataset` with its `kind`, `split` and `scale`."""
    file = run.get(paths.outputs(run.name).run / "config.yaml")
    if file is None:
        return None
    config = read_yaml(file)
    figures = scores(run) or {}
    data = {key: figures[key] for key in ("dataset", "split", "scale") if key in figures}
    return {key: config[key] for key in ("seed", "steps")} | data | ({"kind": _kind(run, data["dataset"])} if data else {})


def scores(run: Run) -> dict[str, Any] | None:
    """Every figure of the run's evaluation (data/scores/<report>/details.json); `stale` is there if it was of an earlier training."""
    file = run.get(paths.details(run.name))
    if file is None:
        return None
    return read_json(file) | ({"stale": STALE.format(name=run.name)} if _stale(run) else {})


def _stale(run: Run) -> bool:
    """Whether dvc.lock says that another run was scored than the one that is there."""
    folder = str(paths.outputs(run.name).run)
    for file in ("dvc.lock", "baselines/dvc.lock"):
        lock = run.get(Path(file))
        stages = read_yaml(lock)["stages"] if lock else {}
        if f"evaluate@{run.name}" in stages:
            made, scored = (
                [
                    entry["md5"]
                    for entry in stages.get(f"{stage}@{run.name}", {}).get(kind, ())
                    if entry["path"].removeprefix("../") == folder
                ]
                for stage, kind in (("train", "outs"), ("evaluate", "deps"))
            )
            return made != scored
    return False


def _kind(run: Run, dataset: str) -> str | None:
    """toons, celeba or folder, by the checkout's params.yaml; None if it no longer has that data set."""
    file = run.get(params.FILE)
    block = read_yaml(file)["datasets"].get(dataset) if file else None
    return block["kind"] if block else None


def lines(known: dict[str, Any]) -> Iterator[str]:
    """The same for people."""
    yield f"{known['report']}: {known['size']}x{known['size']} pictures of a z of {known['z']['size']} numbers, {known['z']['prior']}"
    yield f"file:        {known['file']}" + (f" at {known['commit'][:10]}" if known["commit"] else "")
    yield f"parameters:  {known['parameters']:,}"
    for group, values in known["conditions"].items():
        yield f"condition:   {group}: {', '.join(values)}"
    if training := known["training"]:
        on = f" on {training['dataset']} ({training['split']}), scale {training['scale']}" if "dataset" in training else ""
        yield f"training:    {training['steps']:,} steps{on}, seed {training['seed']}"
    if figures := known["scores"]:
        if "stale" in figures:
            yield f"scores:      {figures['stale']}"
        yield f"scores:      N = {figures['samples']:,} fakes and reals, {figures['extractor']}, protocol {figures['protocol']}"
        yield from (f"  {line}" for line in _score_lines(figures))
    else:
        yield "scores:      none beside this file"
    settings = known["settings"].items()
    yield "settings:    " + ", ".join(
        f"{key} {value}" for key, value in settings if value is not None and not isinstance(value, dict | list)
    )


def _score_lines(figures: dict[str, Any]) -> Iterator[str]:
    for score in (score for score in SCORES if score in figures):
        shown = {key.removeprefix(score): f"{value:.5g}" for key, value in figures.items() if key.startswith(score)}
        interval = f"  95% interval {shown['_low']} to {shown['_high']}" if "_low" in shown else ""
        floor = f"  floor {shown['_floor']}" if "_floor" in shown else ""
        yield f"{score.upper() if score in SCORES[:3] else score:<10} {shown['']:<10}{interval}{floor}".rstrip()
