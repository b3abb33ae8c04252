"""What is known about a trained generator: settings, size, scores and origin. Imports no torch."""

from collections.abc import Iterator
from typing import Any, get_args

from ganlib.core.tables import read_json, read_yaml
from ganlib.models.registry import count_parameters, fingerprint
from ganlib.support import paths
from ganlib.support.checks import FILE
from ganlib.support.types import Metric
from ganlib.use.runs import Run

SCORES: tuple[str, ...] = get_args(Metric)
PICTURES = {"toons": "drawn faces", "celeba": "CelebA's photographs"}  # by kind of data set
NAMES = {"fid": "FID", "kid": "KID", "mind": "MIND"}  # of scores that are acronyms


def describe(run: Run) -> dict[str, Any]:
    """Everything, ready for JSON. `training` and `scores` are None if the run is of no checkout, `scores` also before its evaluation.

    `provenance` is how a pretrained generator was made, and None for all others.
    """
    settings = run.settings
    return {
        "report": run.name,
        "file": str(run.file.relative_to(run.checkout.root) if run.checkout.commit else run.file),
        "commit": run.checkout.commit,
        "size": settings.size,
        "parameters": count_parameters(run.file),
        "z": {"prior": settings.prior, "size": settings.latent_size},
        "conditions": run.condition_values,
        "training": training(run),
        "scores": scores(run),
        "provenance": provenance(run),
        "settings": settings.model_dump(),
    }


def pictures(known: dict[str, Any]) -> str:
    """What a generator was trained on, for what `describe` returns; empty if that is not known or the user's own pictures."""
    return PICTURES.get((known["training"] or {}).get("kind", ""), "")


def training(run: Run) -> dict[str, Any] | None:
    """`seed` and `steps`, and for a run that was scored also `dataset` with its `kind`, `split` and `scale`."""
    file = run.get(paths.outputs(run.name).run / "config.yaml")
    if file is None:
        return None
    config = read_yaml(file)
    figures = scores(run) or {}
    data = {key: figures[key] for key in ("dataset", "split", "scale") if key in figures}
    return {key: config[key] for key in ("seed", "steps")} | data | ({"kind": _kind(run, data["dataset"])} if data else {})


def scores(run: Run) -> dict[str, Any] | None:
    """All figures of data/scores/<report>/details.json; with `stale`, a sentence, if they are of an earlier training."""
    file = run.get(paths.details(run.name))
    if file is None:
        return None
    figures: dict[str, Any] = read_json(file)
    if figures.get("generator_md5") != fingerprint(run.file):
        settings = run.get(FILE)
        command = paths.scoring(run.name, baseline=settings is not None and run.name in read_yaml(settings)["baselines"])
        figures["stale"] = f"stale, from an earlier training; `{command}` updates them"
    return figures


def provenance(run: Run) -> dict[str, Any] | None:
    """`command`, `commit`, `processor` and versions with which a pretrained generator was made."""
    file = run.get(paths.outputs(run.name).run / "provenance.json")
    return read_json(file) if file else None


def _kind(run: Run, dataset: str) -> str | None:
    """toons, celeba or folder, according to the checkout's params.yaml; None if it no longer has that data set."""
    file = run.get(FILE)
    block = read_yaml(file)["datasets"].get(dataset) if file else None
    return block["kind"] if block else None


def lines(known: dict[str, Any]) -> Iterator[str]:
    """What `describe` returned, for people."""
    yield f"{known['report']}: {known['size']}x{known['size']} pictures, z of {known['z']['size']} numbers, {known['z']['prior']}"
    yield f"file:        {known['file']}" + (f" at {known['commit'][:10]}" if known["commit"] else "")
    yield f"parameters:  {known['parameters']:,}"
    for group, values in known["conditions"].items():
        yield f"condition:   {group}: {', '.join(values)}"
    if training := known["training"]:
        data = f" on {training['dataset']} ({training['split']}), scale {training['scale']}" if "dataset" in training else ""
        yield f"training:    {training['steps']:,} steps{data}, seed {training['seed']}"
    if made := known["provenance"]:
        yield f"made by:     {made['command']}, at commit {made['commit'][:10]}, on {made['processor']}, torch {made['torch']}"
    if figures := known["scores"]:
        if "stale" in figures:
            yield f"scores:      {figures['stale']}"
        yield f"scores:      N = {figures['samples']:,} fakes and reals, {figures['extractor']}, protocol {figures['protocol']}"
        yield from (f"  {line}" for line in _score_lines(figures))
    else:
        yield "scores:      none next to this file"
    settings = known["settings"].items()
    yield "settings:    " + ", ".join(
        f"{key} {value}" for key, value in settings if value is not None and not isinstance(value, dict | list)
    )


def _score_lines(figures: dict[str, Any]) -> Iterator[str]:
    for score in (score for score in SCORES if score in figures):
        value, low, high, floor = (
            f"{figures[key]:.5g}" if key in figures else "" for key in (score, f"{score}_low", f"{score}_high", f"{score}_floor")
        )
        interval = f"  95% interval {low} to {high}" if low else ""
        yield f"{NAMES.get(score, score):<10} {value:<10}{interval}{f'  floor {floor}' if floor else ''}".rstrip()
