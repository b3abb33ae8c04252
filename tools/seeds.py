"""Writes docs/seeds.md from benchmarks/seeds.csv (`python -m tools.seeds`)."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks import luck
from benchmarks.seeds import EVENING
from ganlib import params
from ganlib.core.tables import read_json
from ganlib.page.glossary import entry

ENDS = ("low", "high", "floor")
FIGURES = {"precision": "precision", "recall": "recall", "coverage": "coverage", "closer_than_held_out": "`closer_than_held_out`"}
TABLE, PAGE = Path("benchmarks/seeds.csv"), Path("docs/seeds.md")

# Metrics of single reports: text, column, format.
OWN = {
    "dense64": [("D's accuracy {}", "d_accuracy", ".0%")],
    "began64": [("M {}", "convergence", ".3f")],
    "vae64": [("ELBO {} nats", "elbo", ",.0f")],
    "curve": [("D(real) {}", "d_real", ".3f"), ("score {}", "d_score", ".3f"), ("{} of curves within bounds", "within_bounds", ".0%")],
}

# What an evening's training says of itself at its end: text, column, format, and the report's own value.
AT_THE_END = {"d_accuracy": ("D is right in {}", ".0%", {"dense64": " (98.6%)"}), "convergence": ("M {}", ".3f", {"began64": " (0.11)"})}

INTRODUCTION = """# Variation over seeds

Every training is a random draw: another seed gives another generator. The same seed on another processor, or with
another number of threads, may do so too: sums are computed in another order, and within a few hundred steps the
rounding differences grow into a different training. Scores are therefore reported over several trainings.
`python -m benchmarks.seeds` trains and scores them, [benchmarks/seeds.csv](../benchmarks/seeds.csv) holds all metrics,
and `make docs` writes this page from it. A further training falls outside the range of three in one of
two cases. All scores are of EMA generators and at N = 250, if nothing else is said.
"""
PREVIEWS = {
    "celeba_preview": """
## The preview on photographs

CelebA's first 5,000 pictures, enlarged from half size, so a little soft: `dataset: celeba_preview` with a `source` that
holds only these, and whose `list_eval_partition.txt` has the first 4,000 in the training split and 500 in each of the
others. A download takes 5,000 others, at full size, which may score differently. In parentheses:
the standard deviation relative to the mean.
""",
    "toons": """
## The preview on drawn faces

The default data set. In parentheses: the standard deviation relative to the mean.
""",
}
KERNELS = """
## The same seed on another processor

Seed 1 of the preview on drawn faces, trained on a second processor, whose kernels add in another order. The last column
is the distance of its KID from the range over seeds on the first, in standard deviations over seeds; 0.0 is within it.
"""
LUCK = """
## Where the luck comes from

`python -m benchmarks.luck` trains previews over ten seeds of one source of randomness, the others held at seed 1, and
of all sources at once ([benchmarks/luck.csv](../benchmarks/luck.csv): one thread of an Intel Xeon with AVX-512). The
raw generator is scored, as in studies. `fakes` is z of the scored fakes: one generator, drawn from ten times. *Spread*:
the standard deviation of the logarithm of the score's excess over its floor (0.07 is about 7%). *Share*: the variance
from one source divided by that from all sources at once. *Left over*: 100% minus the sum of the shares. It is near 0 if
the effects of the sources add up, and below 0 if they interact, since an interaction counts in the share of each. With
95% intervals.
For comparison: "The FID Lottery" (arXiv 2606.20536) reports spreads of FID of 1 to 2% for models like diffusion
models, and does not split them.

The interval of the share of each source of a training contains 100%: in these runs, trainings that share their weights
or the order of their pictures were not measurably more alike than trainings that share nothing. In `dense64` what is
left over is below 0, so its sources interact; in `dcgan64` ten runs of each cannot tell. The z of the scored fakes
contribute least.
"""
MOMENTS = """
## One moment or five

The spread of KID over the same runs with all seeds: at the end (N fakes), and of the mean over five moments of the last
quarter (N / 5 fakes each, so as many Inception passes). Where the interval of their ratio lies below 1, the mean over
moments is the better outcome of a study ([studies.md](studies.md#adding-a-study)).
"""
EVENINGS = {
    "celeba_preview": """
## The evening scale on photographs

`scale: evening` and `samples: 1000` for the same pictures, seed 1, one training of each report, which took at most
an hour of one core of a Xeon (`began64` an hour and a half of an EPYC's). In parentheses: the
95% interval over pictures, and the floor. The sheets are in [evening/photographs/](evening/photographs/README.md), with
the terms of CelebA: non-commercial research only.
""",
    "toons": """
## The evening scale on drawn faces

`scale: evening` and `samples: 1000` for `toons`, seed 1, one training of each report. The sheets are in
[evening/](evening); the generators, in half precision, come with ganlib as the pretrained ones ([use.md](use.md)).
[example.html](example.html) is what `ganlib page` wrote about them, with a few of their sheets.
""",
}


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")


def page() -> str:
    """The contents of docs/seeds.md."""
    seeds = trainings("toons", "preview")
    text = INTRODUCTION
    for dataset, heading in PREVIEWS.items():
        header = ["processor", "trainings", "KID", "range", "FID", "coverage"]
        text += heading + table(header, over_seeds(trainings(dataset, "preview")))
    text += table(["metrics of single reports"], own(seeds))
    header = ["first processor", "KID over seeds", "second", "KID of seed 1", "distance"]
    text += KERNELS + table(header, beside(seeds))
    if luck.TABLE.exists():
        found = pd.read_csv(luck.TABLE)
        if sources := list(luck_of(found)):
            text += LUCK + table(["source", "runs", "KID: spread", "share", "FID: spread", "share"], sources)
        header = ["data set", "runs", "KID at the end: spread", "over five moments", "ratio"]
        text += MOMENTS + table(header, moments_of(found))
    for dataset, heading in EVENINGS.items():
        if len(evening := trainings(dataset, "evening")):
            header = ["KID", "FID", *FIGURES.values(), "steps", "last step (the report's own)", "processor"]
            text += heading + table(header, evenings(evening, EVENING[dataset]))
    return text


def table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table, with a blank heading for the first column."""
    header = ["", *header]
    return "".join(f"\n| {' | '.join(row)} |" for row in [header, ["---"] * len(header), *rows]) + "\n"


def over_seeds(found: pd.DataFrame) -> Iterator[list[str]]:
    """Scores of each report over its trainings on each processor."""
    for report, on_all in of_each_report(found):
        for (cpu, kernels), of in on_all.groupby(["cpu", "kernels"]):
            kid, mean = of["kid"], of["kid"].mean()
            yield [
                f"`{report}`",
                f"{cpu}, {kernels}",
                str(len(of)),
                f"{mean:.3f} ({kid.std() / mean:.0%})" if len(of) > 1 else f"{mean:.3f}",
                span(kid, ".3f"),
                span(of["fid"], ".0f"),
                span(of["coverage"], ".3f"),
            ]


def beside(found: pd.DataFrame) -> Iterator[list[str]]:
    """KID of each report's seed 1 on other processors, beside the range over seeds on one."""
    for report, on_all in of_each_report(found):
        of = on_one_processor(on_all)
        kid = of["kid"]
        others = on_all[(on_all["kernels"] != of["kernels"].iloc[0]) & (on_all["seed"] == 1)]
        for kernels, other in zip(others["kernels"], others["kid"], strict=True):
            distance = max(kid.min() - other, other - kid.max(), 0) / kid.std()
            yield [f"`{report}`", of["kernels"].iloc[0], span(kid, ".3f"), kernels, f"{other:.3f}", f"{distance:.1f}"]


def evenings(found: pd.DataFrame, folder: Path) -> Iterator[list[str]]:
    """Scores of each report with one training; `folder` has the other figures of some, in <report>.json."""
    for report, of in of_each_report(found):
        (known,) = of.to_dict("records")
        if (file := folder / f"{report}.json").exists():
            known |= read_json(file)

        def score(name: str, known: dict[str, Any] = known) -> str:
            value, *ends = (entry(name).format(float(known[key])) for key in (name, *(f"{name}_{end}" for end in ENDS)) if key in known)
            return "{} ({} to {}; {})".format(value, *ends) if ends else value

        figures = (f"{float(known[figure]):.2f}" if figure in known else "" for figure in FIGURES)
        yield [
            f"`{report}`",
            score("kid"),
            score("fid"),
            *figures,
            f"{int(known['step']):,}",
            at_the_end(of.iloc[0]),
            f"{known['cpu']}, {known['kernels']}",
        ]


def at_the_end(row: pd.Series) -> str:
    """D's accuracy and BEGAN's measure of a training at its last step, beside the report's own; `vae64` has neither."""
    known = [(key, *of) for key, of in AT_THE_END.items() if pd.notna(row[key])]
    return "; ".join(text.format(f"{row[key]:{form}}") + own.get(row["report"], "") for key, text, form, own in known)


def luck_of(found: pd.DataFrame) -> Iterator[list[str]]:
    """The spread and the share of each source of each report, and what is left over; nothing of a report that has the pilot alone."""
    for (report, dataset), of in found.groupby(["report", "dataset"], sort=False):
        values = {score: luck.log_excess(of, score) for score in ("kid", "fid")}
        shares = {score: luck.decompose(by_source) for score, by_source in values.items()}
        for source in [*values["kid"], "left over"] if len(values["kid"]) > 1 else ():
            row = [f"`{report}` ({dataset})", source, str(len(values["kid"][source])) if source in values["kid"] else ""]
            for score in ("kid", "fid"):
                row.append(estimated(luck.spread(values[score][source])) if source in values[score] else "")
                row.append(estimated(shares[score][source]) if source in shares[score] else "")
            yield row


def moments_of(found: pd.DataFrame) -> Iterator[list[str]]:
    """The spread of each report's KID at one moment and at five, over the runs that have both."""
    for (report, dataset), of in found[found["source"] == luck.ALL].groupby(["report", "dataset"], sort=False):
        end, moments = (luck.log_excess(of, score)[luck.ALL] for score in ("kid", "kid_moments"))
        ratio = luck.ratio_of_spreads(moments, end)
        shown = f"{ratio.value:.2f} ({ratio.low:.2f} to {ratio.high:.2f})"
        yield [f"`{report}`", dataset, str(len(end)), estimated(luck.spread(end)), estimated(luck.spread(moments)), shown]


def estimated(found: luck.Estimate) -> str:
    """A share in per cent with its interval."""
    return f"{found.value:.0%} ({found.low:.0%} to {found.high:.0%})"


def own(found: pd.DataFrame) -> Iterator[list[str]]:
    """The metrics of single reports over their trainings."""
    for report, metrics in OWN.items():
        rows = found[found["report"] == report]
        yield [f"`{report}`", "; ".join(text.format(span(rows[column], form)) for text, column, form in metrics)]


def trainings(dataset: str, scale: str) -> pd.DataFrame:
    """The rows of a data set at a scale."""
    found = pd.read_csv(TABLE)
    return found[(found["dataset"] == dataset) & (found["scale"] == scale)]


def on_one_processor(found: pd.DataFrame) -> pd.DataFrame:
    """The rows of one report on the processor with the most of its trainings, or the last of several such."""
    return max((of for _, of in found.groupby(["cpu", "kernels"])), key=lambda of: (len(of), of.index.max()))


def of_each_report(found: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Rows by report, in the order of params.yaml."""
    return [(report, found[found["report"] == report]) for report in params.load().reports if (found["report"] == report).any()]


def span(values: pd.Series, form: str) -> str:
    """The range of the values, or the value if all are equal."""
    low, high = f"{values.min():{form}}", f"{values.max():{form}}"
    return low if low == high else f"{low} to {high}"


if __name__ == "__main__":
    main()
