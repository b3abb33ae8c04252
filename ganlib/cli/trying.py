"""The commands that train over several seeds. Slow imports are inside the functions, to keep --help fast."""

from typing import Annotated

import typer

Jobs = Annotated[
    int | None,
    typer.Option("--jobs", "-j", min=1, metavar="N", help="Trainings at once. Default: as many as cores.", show_default=False),
]


def try_setting(
    setting: Annotated[
        list[str],
        typer.Option("--set", "-S", metavar="KEY=VALUE", help="As in reports.dcgan64.lr_d=2e-4. Repeat for more of the same report."),
    ],
    seeds: Annotated[int, typer.Option(metavar="N", help="Trainings of each arm: 3 to 6, or 12 for a second look.")] = 6,
    outcome: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="What the arms are compared by. Default: kid; within_bounds for curve.", show_default=False),
    ] = None,
    jobs: Jobs = None,
) -> None:
    """Try a setting over several seeds, and say what it changes.

    It trains and scores the report with the changed setting and as it is, with the seeds 1 to N each, and compares them as a study does
    (docs/studies.md): holds here, the reverse here, no difference here, cannot tell yet, out of regime or not testable. params.yaml stays
    as it is. What is there already is not trained again; after Ctrl-C the same command resumes.

    The table of the runs is studies/results/<data set>/own/<name>.csv.

    \b
    Examples:
      ganlib try -S reports.dcgan64.lr_d=2e-4
      ganlib try -S reports.dense64.preview.max_steps=2000 --seeds 3 -j 4
    """
    from ganlib.lanes.sweep import sweep
    from ganlib.studies import own, paths

    study = own.resolve(setting, outcome)
    own.check_seeds(seeds, study)
    typer.echo(f"{study.study.claim} Is it?", err=True)
    typer.echo(sweep(study, seeds, jobs))
    if (table := paths.results(study.dataset, study.name)).exists():
        typer.echo(f"{table}: the runs", err=True)


def replicate(
    study: Annotated[str, typer.Argument(metavar="STUDY", help="A declared study.", show_default=False)],
    seeds: Annotated[int, typer.Option(metavar="N", help="New trainings of each arm, 1 to 12.")] = 2,
    jobs: Jobs = None,
) -> None:
    """Replicate a study's recorded runs with new seeds.

    It trains and scores each arm of a declared study with seeds that no recorded run of it has, and says of each arm and of the effect
    whether the new runs lie where the recorded ones predict (95%; docs/studies.md). What is there already is not trained again; after
    Ctrl-C the same command resumes. Another machine or version of torch is no obstacle: the answer names it.

    The record is a file in studies/replications/<study>/.

    \b
    Examples:
      ganlib replicate curve_half
      ganlib replicate curve_bounds --seeds 4 -j 2
    """
    from ganlib.lanes import sweep
    from ganlib.studies import replication

    of = replication.resolve(study, seeds)
    typer.echo(f"{of.study.claim} New seeds: {', '.join(map(str, of.seeds))}.", err=True)
    path, record = sweep.replicate(of, jobs)
    typer.echo("\n".join(record["words"]))
    typer.echo(f"{path}: the record", err=True)
