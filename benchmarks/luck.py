"""Where a GAN's luck comes from: how far scores lie apart over the seeds of one source of randomness, the others held, and of all sources.

    python -m benchmarks.luck --pilot dcgan64 dense64
    python -m benchmarks.luck dcgan64 dense64

The first trains with ten seeds of all sources at once, which is enough to compare one moment with several. A row of benchmarks/luck.csv is
appended for each training, and `make docs` writes its part of docs/seeds.md. Uses the data set that params.yaml selects, whose faces and
references must exist (`dvc repro`). Several processes of the same command share the work: run one for each core. A training that has a row
is skipped; an interrupted one resumes. All rows of a report must come from one machine.

The raw generator is scored, as in studies. `kid_moments` is the mean KID over MOMENTS, of which each makes its share of the N fakes.
"""

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, NamedTuple

import numpy as np
import pandas as pd
import typer
from numpy.typing import NDArray
from scipy import stats

from benchmarks.seeds import KEY, circumstances
from ganlib import params
from ganlib.core.device import device
from ganlib.core.tables import append_row, read_csv
from ganlib.data.faces import Faces
from ganlib.fidelity import inception
from ganlib.fidelity.evaluation import Fakes
from ganlib.fidelity.reference import Reference
from ganlib.fidelity.scores import compare, floor
from ganlib.models.report import Report, Seeds, Snapshots
from ganlib.studies import scoring
from ganlib.studies.study import FaceTrial
from ganlib.support import paths
from ganlib.support.command import run
from ganlib.support.errors import DivergedError
from ganlib.support.locks import locked_if_free
from ganlib.support.paths import Outputs
from ganlib.training import loop

TABLE, RUNS = Path("benchmarks/luck.csv"), Path("data/luck")
ALL, FAKES = "all", "fakes"  # every source at once; z of the scored fakes, which needs no training
HELD = 1  # the seed of the sources that do not vary
SCORES = ("kid", "fid", "kid_moments", "kid_floor", "fid_floor")
COLUMNS = (*KEY[:4], *KEY[5:], "source", "seed", *SCORES)
MOMENTS = (0.8, 0.85, 0.9, 0.95)  # of the training, besides its end
LEVEL, DRAWS = 0.95, 100_000

Values = NDArray[np.float64]


def main(
    reports: Annotated[list[str], typer.Argument(help="Names of reports.")],
    seeds: Annotated[int, typer.Option(help="How many of each source, from 1 on.")] = 10,
    pilot: Annotated[bool, typer.Option("--pilot", help="Only the trainings that differ in all seeds.")] = False,
) -> None:
    """Train and score each report with each seed of each source."""
    for name in reports:
        for source, seed in tasks(params.load().report(name), seeds):
            if pilot and source != ALL:
                break
            row = {**circumstances(name, HELD), "source": source, "seed": str(seed)}
            key = {column: row[column] for column in COLUMNS if column not in SCORES}
            folder = RUNS / "-".join(value for column, value in key.items() if column != "cpu")
            with locked_if_free(folder) as free:
                if free and not any(key.items() <= known.items() for known in rows()):
                    found = figures(name, source, seed, folder)
                    append_row(key | {score: f"{found[score]:.6g}" if score in found else "" for score in SCORES}, TABLE)
                    typer.echo(
                        f"{name}, {source} {seed}: " + ", ".join(f"{score} {found[score]:.4g}" for score in SCORES if score in found)
                    )


def rows() -> list[dict[str, str]]:
    """The rows of the table so far."""
    return read_csv(TABLE) if TABLE.exists() else []


def tasks(report: Report, seeds: int) -> Iterator[tuple[str, int]]:
    """The sources of a report with their seeds. A source's run with HELD is that of all."""
    yield from ((ALL, seed) for seed in range(1, seeds + 1))
    trained = [source for source in Seeds.model_fields if source != "dropout" or getattr(report, "dropout", 0)]
    yield from ((source, seed) for source in (*trained, FAKES) for seed in range(1, seeds + 1) if seed != HELD)


def figures(name: str, source: str, seed: int, folder: Path) -> dict[str, float]:
    """The scores of one training; empty if it diverged."""
    settings = params.load()
    report, protocol = settings.report(name), settings.protocol
    faces, everything = (Faces.open(paths.faces(report.crop), split) for split in (settings.data.split, "all"))
    steps = FaceTrial(name, report, report.crop).steps(len(faces))
    kept = Snapshots(unit="steps", at=[round(share * steps) for share in MOMENTS])
    seeds = Seeds() if source in (ALL, FAKES) else Seeds.model_validate({source: seed})
    varied = report.model_copy(update={"ema": None, "snapshots": kept, "seeds": seeds})
    outputs, trained = Outputs.below(folder), seed if source == ALL else HELD
    # The scored fakes vary with the generator of the run in which nothing does.
    checkpoints = RUNS / "checkpoints" / (folder.name.removesuffix(f"{FAKES}-{seed}") + f"{ALL}-{HELD}" if source == FAKES else folder.name)
    try:
        loop.train(name, varied, faces, outputs, checkpoints, seed=trained, log_every=settings.log_every)
    except DivergedError as error:
        typer.echo(f"{name}, {source} {seed}: {error}")
        return {}
    real = Reference.load(paths.features(report.crop, protocol))
    network, drawn = inception.load(device(), protocol=protocol), seed if source in (ALL, FAKES) else HELD
    fakes = Fakes.of(outputs.run / "generator.safetensors", everything, real.scored_rows, drawn)
    found = compare(real.scored, fakes.features(network, f"features of {folder.name}"), ("kid", "fid"))
    assert real.floor_reals is not None
    found |= floor(real.scored, real.floor_reals, ("kid", "fid"))
    return found | {"kid_moments": scoring.kid_of_moments(outputs, real, everything, network, drawn)}


class Estimate(NamedTuple):
    """A value with its 95% interval."""

    value: float
    low: float
    high: float


def log_excess(found: pd.DataFrame, score: str) -> dict[str, Values]:
    """The logarithms of a score's excess over its floor by source, (n,) each, from one report's rows; without runs that diverged."""
    lived = found.dropna(subset=[score]).sort_values("seed")
    logarithms = np.log(lived[score] - lived[f"{score.removesuffix('_moments')}_floor"])
    held = (lived["source"] == ALL) & (lived["seed"] == HELD)
    return {
        str(source): logarithms[(lived["source"] == source) | (held & (source != ALL))].to_numpy() for source in lived["source"].unique()
    }


def decompose(values: Mapping[str, Values], draws: int = DRAWS) -> dict[str, Estimate]:
    """The share of the variance over all seeds that each source brings, the others held, and "left over", what the shares leave of 1.

    `values` (n,) by source must be normal. Without interactions nothing is left over. What sources do together is in the share of each, so
    interactions make it negative: the mean of a share over the held seeds is the source's total effect (Homma & Saltelli 1996).
    The intervals are generalized ones (Weerahandi 1993), by drawing each variance as (n - 1) s^2 / chi^2(n - 1); a share's is that of F.
    """
    rng = np.random.default_rng(0)
    variances = {source: float(of.var(ddof=1)) for source, of in values.items()}
    drawn = {source: variances[source] * (len(of) - 1) / rng.chisquare(len(of) - 1, draws) for source, of in values.items()}

    def estimate(sources: list[str], sign: int) -> Estimate:
        """`sign` -1: 1 minus the share of the sources together."""
        share, shares = (sum(of[source] for source in sources) / of[ALL] for of in (variances, drawn))
        start = (1 - sign) / 2
        low, high = np.quantile(start + sign * shares, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        return Estimate(start + sign * share, float(low), float(high))

    single = [source for source in values if source != ALL]
    return {source: estimate([source], 1) for source in single} | {"left over": estimate(single, -1)}


def spread(values: Values) -> Estimate:
    """The standard deviation of normal values (n,), with the interval of chi-squared."""
    freedom, deviation = len(values) - 1, float(values.std(ddof=1))
    low, high = (deviation * math.sqrt(freedom / stats.chi2.isf(p, freedom)) for p in ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    return Estimate(deviation, low, high)


def ratio_of_spreads(one: Values, other: Values) -> Estimate:
    """The ratio of the standard deviations of two normal values (n,) of the same runs, with the interval of Pitman's and Morgan's test.

    The test (Pitman 1939, Morgan 1939) accepts ratios of the variances from F (K - sqrt(K^2 - 1)) to F (K + sqrt(K^2 - 1)), where F is that
    of the samples and K = 1 + 2 (1 - r^2) t^2 / (n - 2).
    """
    n, correlation = len(one), float(np.corrcoef(one, other)[0, 1])
    k = 1 + 2 * (1 - correlation**2) * stats.t.ppf((1 + LEVEL) / 2, n - 2) ** 2 / (n - 2)
    ratio, root = float(one.std(ddof=1) / other.std(ddof=1)), math.sqrt(k * k - 1)
    return Estimate(ratio, ratio * math.sqrt(k - root), ratio * math.sqrt(k + root))


if __name__ == "__main__":
    run(main)
