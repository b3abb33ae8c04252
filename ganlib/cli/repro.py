"""The command that runs a pipeline."""

import os
from typing import Annotated

import typer


def repro(
    targets: Annotated[
        list[str] | None, typer.Argument(metavar="TARGET", help="As for `dvc repro`. Default: dvc.yaml.", show_default=False)
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option("--jobs", "-j", min=1, metavar="N", help="Stages at once. Default: as many as cores.", show_default=False),
    ] = None,
    keep_going: Annotated[
        bool, typer.Option("--keep-going/--fail-fast", "-k/-x", help="After a failure, start what does not need it, or nothing.")
    ] = True,
) -> None:
    """Run the stale stages of a pipeline side by side.

    It runs what `dvc repro` would run, in the order of DVC's graph; DVC records each stage, in dvc.lock as always. OMP_NUM_THREADS, unless
    set, is the number of cores divided by N. On one GPU, choose an N whose trainings fit its memory.

    A failing stage stops only what needs it, as with `dvc repro -k`; the exit status is then 1. Ctrl-C lets trainings save a checkpoint; a
    second one ends them at once. The output of each stage is in .checkpoints/logs/. Without TARGET, page.html is written at the end.

    \b
    Examples:
      ganlib repro
      ganlib repro -j 4 studies/dvc.yaml:study@unequal_rates
    """
    from ganlib.lanes import plan
    from ganlib.lanes.repro import repro as run

    if not targets:  # from a subfolder, too
        os.chdir(plan.root())
    if not run(targets or ["dvc.yaml"], jobs, keep_going):
        typer.echo("Data and pipelines are up to date.")
    if not targets:
        from ganlib.page.epilogue import epilogue

        for line in epilogue():
            typer.echo(line)
