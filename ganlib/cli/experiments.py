"""The command that lists DVC's experiments. Slow imports are inside the function, to keep --help fast."""

import typer


def experiments() -> None:
    """List DVC's experiments with their changed settings and KID.

    Each is compared with the commit that it started from, whose scores come first; only what differs is shown. KID has its 95% interval
    over pictures. The last column says whether it is in the range of other trainings with the report's own settings (docs/seeds.md).
    """
    from ganlib.page.experiments import lines, show

    typer.echo("reading DVC's experiments", err=True)
    revisions = show()
    for line in lines(revisions):
        typer.echo(line)
    if not any(revision.get("experiments") for revision in revisions):
        typer.echo("no experiments yet: `dvc exp run -n NAME evaluate@dense64 -S reports.dense64.lr_d=4e-4` makes one", err=True)
