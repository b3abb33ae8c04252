"""Writes docs/seeds.md out of docs/seeds.csv, and the README's column of scores (`python -m docs.seeds`)."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pandas as pd

from ganlib import params

PAGE, README = Path("docs/seeds.md"), Path("README.md")

# Of a report's own figures, those that the README names: the words, the column, its form.
OWN = {
    "dense64": [("D right in {}", "d_accuracy", ".0%")],
    "began64": [("M {}", "convergence", ".3f")],
    "vae64": [("ELBO {} nats", "elbo", ",.0f")],
    "curve": [("D(real) {}", "d_real", ".3f"), ("score {}", "d_score", ".3f"), ("{} of curves within bounds", "within_bounds", ".0%")],
}

INTRODUCTION = """# How far one training lies from the next

One training is one draw. Another seed gives another generator, and so may the same seed on another processor or number of
threads, where sums are taken in another order: what begins as rounding grows, within some hundred steps, to another training.
So a score of ours stands with others of its kind. `python -m benchmarks.seeds` trains and scores.
[seeds.csv](seeds.csv) has all figures of each training, and `python -m docs.seeds` makes this page of them. Generators are
averages (`ema`); N is 250.
"""
PREVIEW = """
## The preview on drawn faces

In brackets: the standard deviation as a share of the mean.
"""
KERNELS = """
## Other kernels

The same settings and seed 1, with the libraries held to kernels for processors without AVX (`ATEN_CPU_CAPABILITY=default
ONEDNN_MAX_CPU_ISA=SSE41`): nineteen in twenty bytes of the weights are others then. The last column says how far such a score
lies outside of the range over seeds, in standard deviations.
"""
PHOTOGRAPHS = """
## The preview on photographs

5,000 faces of CelebA (`dataset: celeba_preview`), seed 1.
"""
EVENING = """
## An evening's run on drawn faces

`datasets.toons.scale: evening`, seed 1. The sheets are in [evening/](evening).
"""


def main() -> None:
    """Write both."""
    PAGE.write_text(page(), encoding="utf-8")
    README.write_text(with_scores(README.read_text(encoding="utf-8")), encoding="utf-8")


def page() -> str:
    """docs/seeds.md."""
    seeds, evening = trainings("toons", "preview"), trainings("toons", "evening")
    text = INTRODUCTION + PREVIEW + table(["processor", "trainings", "KID", "its range", "FID", "coverage"], over_seeds(seeds))
    header = ["KID over seeds", "KID with the other kernels", "outside by"]
    text += KERNELS + table(header, beside(seeds, trainings("toons", "preview", other_kernels=True)))
    text += PHOTOGRAPHS + table(["KID", "FID", "precision", "coverage"], single(trainings("celeba_preview", "preview")))
    return text + EVENING + table(["KID", "FID", "precision", "coverage", "steps"], single(evening, "step")) if len(evening) else text


def table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Markdown."""
    header = ["", *header]
    return "".join(f"\n| {' | '.join(row)} |" for row in [header, ["---"] * len(header), *rows]) + "\n"


def over_seeds(found: pd.DataFrame) -> Iterator[list[str]]:
    """Each report's scores over its trainings on each processor."""
    for report, on_all in of_each_report(found):
        for (cpu, kernels), of in on_all.groupby(["cpu", "kernels"]):
            kid, mean = of["kid"], of["kid"].mean()
            yield [
                f"`{report}`",
                f"{cpu}, {kernels}",
                str(len(of)),
                f"{mean:.3f} ({kid.std() / mean:.0%})",
                span(kid, ".3f"),
                span(of["fid"], ".0f"),
                span(of["coverage"], ".3f"),
            ]


def beside(seeds: pd.DataFrame, others: pd.DataFrame) -> Iterator[list[str]]:
    """Each report's KID with other kernels, beside those over seeds."""
    for report, of in of_each_report(others):
        kid, (other,) = seeds[seeds["report"] == report]["kid"], of["kid"]
        yield [f"`{report}`", span(kid, ".3f"), f"{other:.3f}", f"{max(kid.min() - other, other - kid.max(), 0) / kid.std():.1f}"]


def single(found: pd.DataFrame, *more: str) -> Iterator[list[str]]:
    """Each report's scores where it has one training."""
    for report, of in of_each_report(found):
        (row,) = of.to_dict("records")
        figures = [f"{row['kid']:.3f}", f"{row['fid']:.0f}", f"{row['precision']:.3f}", f"{row['coverage']:.3f}"]
        yield [f"`{report}`", *figures, *(f"{row[figure]:,}" for figure in more)]


def with_scores(readme: str) -> str:
    """The README with the last column of its systems' rows made anew."""
    for report, of in trainings("toons", "preview").groupby("report"):
        kid, fid, steps = of["kid"], of["fid"].mean(), of["step"].iloc[0]
        ours = [f"{kid.mean():.3f}, {span(kid, '.3f')} ({fid:.0f})"] if kid.notna().all() else []
        ours += [words.format(span(of[figure], form)) for words, figure, form in OWN.get(report, ())]
        ours = "; ".join([*ours, f"{len(of)} trainings of {steps:,} steps"])
        readme = re.sub(rf"^(\| `{report}` .* \| ).*? \|$", lambda row, ours=ours: f"{row[1]}{ours} |", readme, flags=re.MULTILINE)
    return readme


def trainings(dataset: str, scale: str, other_kernels: bool = False) -> pd.DataFrame:
    """The rows of seeds.csv, with the processor's own kernels or with others."""
    found = pd.read_csv("docs/seeds.csv")
    return found[(found["dataset"] == dataset) & (found["scale"] == scale) & (found["kernels"].str.contains("-") == other_kernels)]


def of_each_report(found: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """In the order of params.yaml."""
    return [(report, found[found["report"] == report]) for report in params.load().reports if (found["report"] == report).any()]


def span(values: pd.Series, form: str) -> str:
    """From the smallest to the largest, or the one that both are."""
    low, high = f"{values.min():{form}}", f"{values.max():{form}}"
    return low if low == high else f"{low} to {high}"


if __name__ == "__main__":
    main()
