"""Explains every column of a log and every metric of an evaluation, for the page and for docs/reading-a-run.md."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """A metric's name, its explanation, its format specification, and what a value of exactly 0 or 1 means if that is not obvious."""

    name: str
    text: str
    spec: str = ".3f"
    zero: str = ""
    one: str = ""
    unit: str = ""

    def format(self, value: str | float) -> str:
        """The value for display, with a true minus sign."""
        if isinstance(value, str):
            return value
        text = f"{round(value) if self.spec.endswith('d') else value:{self.spec}}"
        if not any(digit in text for digit in "123456789"):
            text = text.removeprefix("-")  # no -0.000
        return text.replace("-", "\N{MINUS SIGN}")

    def remark(self, value: str | float) -> str:
        """What it means that the value is exactly 0 or 1; empty for other values."""
        return {0.0: self.zero, 1.0: self.one}.get(value, "") if isinstance(value, int | float) else ""


CLASSIFIER = "according to a linear classifier of Inception’s features, trained on reals"

SCORES = {
    "fid": Entry(
        "FID",
        "Fréchet distance between Gaussians fitted to Inception’s features of reals and fakes; lower is better. Small N raises it: compare"
        " at equal N, and with the floor",
        ".0f",
    ),
    "kid": Entry(
        "KID",
        "how far the fakes are from real faces; lower is better, 0 if they are indistinguishable at any N: unbiased squared maximum mean"
        " discrepancy of Inception’s features under a cubic polynomial kernel",
        zero="as close to the reals as other reals are",
    ),
    "mind": Entry(
        "MIND",
        "Monge Inception distance: 3 D times the squared sliced Wasserstein distance of D features; lower is better; compare at equal N",
        ".0f",
    ),
    "precision": Entry(
        "precision",
        "share of fakes within the neighbourhood of a real picture",
        ".2f",
        zero="no fake is near a real picture, which is common in previews",
    ),
    "recall": Entry(
        "recall",
        "share of reals within the neighbourhood of a fake",
        ".2f",
        zero="no real picture is near a fake: the fakes are far from the reals, or too close together",
        one="every real picture is near a fake; widely scattered fakes reach this too",
    ),
    "density": Entry(
        "density",
        "number of reals’ neighbourhoods that contain a fake, on average, divided by k; 1 for equal distributions, can exceed 1",
        ".2f",
    ),
    "coverage": Entry(
        "coverage",
        "share of reals with a fake in their neighbourhood; 0.97 for equal distributions",
        ".2f",
        zero="no real picture has a fake near it; use another score to rank generators",
    ),
    "closer_than_held_out": Entry(
        "closer than held out",
        "probability that a fake is nearer to a training picture, relative to the 50 nearest ones, than a held-out real is; 0.5 for new"
        " pictures, 1 for copies",
        zero="every fake is farther from the training pictures than held-out reals are: no copies (this says nothing about quality)",
        one="every fake is nearer to the training pictures than held-out reals are: copies",
    ),
    "diversity_within": Entry(
        "diversity within conditions",
        "mean squared feature distance of two fakes with the same conditions, divided by that of two such reals; near 0 in mode collapse",
        ".2f",
        zero="fakes with the same conditions are identical",
    ),
    "explained": Entry(
        "explained by conditions",
        "share of the variance of the fakes’ features that their conditions explain (eta squared)",
        ".2f",
        one="fakes with the same conditions are identical",
    ),
    "explained_real": Entry(
        "explained by conditions, reals", "share of the variance of the reals’ features that their conditions explain", ".2f"
    ),
    "sharpness": Entry(
        "sharpness", "variance of the fakes’ Laplacian divided by that of the reals’; below 1 blurred, above 1 noisy", ".2f"
    ),
    "fakes_out_of_range": Entry("out of range", "share of the fakes’ pixel values outside the valid range, before clipping", ".1%"),
    "hit_rate": Entry(
        "hit rate",
        f"share of the fakes conditioned on an attribute that show it, {CLASSIFIER}",
        ".0%",
        zero="no fake shows the attribute it is conditioned on",
        one="every fake shows it; compare with the false alarm rate, since a generator that ignores its conditions can reach this too",
    ),
    "false_alarm_rate": Entry("false alarm rate", f"share of the other fakes that show the attribute, {CLASSIFIER}", ".0%"),
    "lift": Entry("lift", "hit rate minus false alarm rate; 0 for a generator that ignores its conditions", "+.0%"),
    "accuracy": Entry("classifier’s accuracy", "balanced accuracy of that classifier on held-out reals", ".0%"),
    "judged": Entry("attributes judged", "number of the group’s attributes that the classifier could judge", "d"),
    "not_judged": Entry("not judged", "metrics that could not be computed; the evaluation printed the reasons"),
}
"""Metrics of an evaluation; those of a group of conditions are prefixed with its name, as in `hair_hit_rate`."""

ENDS = {
    "low": "lower end of the 95% confidence interval, which covers the choice of pictures but not of seeds",
    "high": "upper end of that interval",
    "floor": "the same score for as many other real pictures, which a perfect generator would reach",
}
"""Suffixes of a score, as in `kid_low`."""

SHARES = {
    "": Entry("fakes with", f"share of the fakes that show the attribute, {CLASSIFIER}", ".0%"),
    "_real": Entry("reals with", "the same share for held-out reals", ".0%"),
    "_excess": Entry("fakes minus reals with", "difference of these two shares", "+.0%"),
    "_accuracy": Entry("accuracy for", "balanced accuracy of that classifier on held-out reals", ".0%"),
}
"""Suffixes of an attribute, as in `share_Smiling_real`."""

PROTOCOL = {
    "samples": Entry("fakes", "N, the number of fakes scored", ",d"),
    "real_samples": Entry("reals", "number of reals that the fakes are compared with", ",d"),
    "seen_samples": Entry("training pictures searched", "number of training pictures, all searched for copies", ",d"),
    "held_out_samples": Entry("held-out pictures", "number of reals that training did not see", ",d"),
    "extractor": Entry("network", "feature extractor"),
    "protocol": Entry("protocol", "how pictures are resized for the feature extractor"),
    "dataset": Entry("data set", "name in params.yaml"),
    "pictures": Entry("pictures", "start of the digest of the cropped pictures"),
    "split": Entry("split", "part of the data set used for training"),
    "scale": Entry("scale", "preview, evening or full"),
    "generator_md5": Entry("generator", "MD5 of the file of the generator that was scored"),
}
"""How an evaluation was done."""

TRAINING = {
    "step": Entry("step", "training steps so far; in metrics, the total", ",d"),
    "steps": Entry("steps", "training steps of the curve demo", ",d"),
    "d_loss": Entry("D’s loss", "loss that the discriminator minimizes", ".3g"),
    "g_loss": Entry("G’s loss", "loss that the generator minimizes", ".3g"),
    "d_loss_keras": Entry("D’s loss in Keras", "D’s loss as Keras computes it, with probabilities clipped at 1e-7", ".3g"),
    "g_loss_keras": Entry("G’s loss in Keras", "G’s loss as Keras computes it; at most 16.1", ".3g"),
    "d_accuracy": Entry(
        "D’s accuracy",
        "share of reals and fakes that D classifies correctly; 50% is chance",
        ".1%",
        one="D classifies every picture correctly, and G learns little from it",
    ),
    "d_pair_accuracy": Entry(
        "D’s accuracy on pairs", "in r3gan64, share of pairs of a real and a fake in which D ranks the real higher; 50% is chance", ".1%"
    ),
    "d_real": Entry("D(real)", "in the curve demo, mean of D(real); ends at 0.5", ".3f"),
    "fooled": Entry("fooled", "share of fakes that D classifies as real", ".1%"),
    "diversity": Entry(
        "diversity",
        "standard deviation over the eight fakes of a row of a sheet divided by that of its 64 reals; 1: as varied as real faces, below"
        " 0.05: collapse",
        ".2f",
        zero="every z gives the same picture",
    ),
    "collapsed": Entry("rows collapsed", "rows of the log after the first epoch with a diversity below 0.05", ",d"),
    "saturated": Entry("steps saturated", "steps at which D had classified everything correctly for at least 100 steps", ",d"),
    "real_loss": Entry(
        "loss of reals", "D’s mean absolute reconstruction error of the reals that are kept, for pixel values in [0, 1]", ".4f"
    ),
    "fake_loss": Entry("loss of fakes", "D’s mean absolute reconstruction error of fakes", ".4f"),
    "wrong_loss": Entry(
        "loss of wrong conditions",
        "how far D’s error of reals with a wrong condition is from `wrong_condition` times that with the right one; 0 is the goal",
        ".4f",
    ),
    "kept": Entry("reals kept", "share of the batch’s reals whose loss is at most the threshold", ".0%"),
    "left_out": Entry("reals left out", "number of reals above the threshold so far", ",d"),
    "convergence": Entry("M", "BEGAN’s convergence measure; lower is better, unless k is near 0", ".4f"),
    "balance": Entry("balance", "loss of fakes divided by loss of reals, which k drives towards gamma", ".2f"),
    "k": Entry(
        "k",
        "weight of fakes in D’s loss; 0.02 to 0.08 in a healthy long run",
        zero="D does not train on fakes, because their loss is above gamma times the reals’ or training has just begun",
        one="upper limit; the fakes’ loss stays below gamma times the reals’",
    ),
    "out_of_range": Entry("out of range", "share of the fakes’ pixel values outside the valid range", ".1%"),
    "elbo": Entry("ELBO", "evidence lower bound of the log likelihood, in nats per picture; higher is better", ",.0f", unit="nats"),
    "log_likelihood": Entry(
        "log likelihood", "log likelihood of pictures given their codes, in nats per picture; higher is better", ",.0f"
    ),
    "kl": Entry(
        "KL",
        "KL divergence of the codes from the prior, in nats per picture",
        ".1f",
        zero="the codes carry no information (posterior collapse)",
    ),
    "distance": Entry("distance", "the critic’s estimate of the Wasserstein distance; falls as G learns", ".2f"),
    "slope": Entry("slope", "mean norm of the critic’s gradient, which the penalty holds near 1", ".2f"),
    "r1": Entry("R1", "mean squared norm of D’s gradient at reals, which the penalty holds near 0", ".3g"),
    "r2": Entry("R2", "mean squared norm of D’s gradient at fakes, which the penalty holds near 0", ".3g"),
    "d_score": Entry("D’s score", "mean of log D(real) + log(1 − D(fake)); −1.386 at chance"),
    "within_bounds": Entry("within bounds", "share of generated curves between the bounds of the real curves", ".1%"),
}
"""Columns of log.csv; metrics hold the last values of counts and rates, else means of the last tenth of the rows."""

RATE = "rate_"
"""Prefix of a net's learning rate in log.csv, as in `rate_generator`."""

ENTRIES = SCORES | PROTOCOL | TRAINING


def entry(key: str) -> Entry:
    """The entry of a column of log.csv or of a metric; one without text if the glossary does not know `key`, as of a new report."""
    if key in ENTRIES:
        return ENTRIES[key]
    stem, _, end = key.rpartition("_")
    if end in ENDS and (of := entry(stem)).text:
        return Entry(f"{of.name}, {end}", ENDS[end], of.spec)
    if attribute := re.fullmatch("share_(.+?)(_real|_excess|_accuracy)?", key):
        of = SHARES[attribute[2] or ""]
        return Entry(f"{of.name} {_words(attribute[1]).lower()}", of.text, of.spec, of.zero, of.one)
    if group := re.fullmatch("([a-z]+)_(hit_rate|false_alarm_rate|lift|accuracy|judged)", key):
        of = SCORES[group[2]]
        return Entry(f"{group[1]} {of.name}", of.text, of.spec, of.zero, of.one)
    if key.startswith(RATE):
        return Entry(f"rate of the {_words(key.removeprefix(RATE))}", f"learning rate of the {_words(key.removeprefix(RATE))}", ".2g")
    return Entry(_words(key), "", ".4g")


def _words(key: str) -> str:
    return key.replace("_", " ")
