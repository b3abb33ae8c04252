"""Every column of a log and every figure of an evaluation in words: the page shows them, and docs/reading-a-run.md lists them."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Term:
    """What a figure is called, what it says and how it is written; `zero` and `one` say what these two values mean where that surprises."""

    name: str
    words: str
    form: str = ".3f"
    zero: str = ""
    one: str = ""
    unit: str = ""

    def write(self, value: str | float) -> str:
        """The value as people read it, with a true minus sign."""
        if isinstance(value, str):
            return value
        text = f"{round(value) if self.form.endswith('d') else value:{self.form}}"
        if not any(digit in text for digit in "123456789"):
            text = text.removeprefix("-")  # no -0.000
        return text.replace("-", "\N{MINUS SIGN}")

    def remark(self, value: str | float) -> str:
        """What it means that the value is exactly 0 or 1; empty where it is neither or that needs no word."""
        return {0: self.zero, 1: self.one}.get(value, "") if isinstance(value, int | float) else ""


OBEYED = "A linear classifier, fitted to real pictures, judges the fakes"

SCORES = {
    "fid": Term(
        "FID",
        "Frechet distance between reals and fakes in Inception's features; lower is better, and few pictures raise it: compare at equal N"
        " and beside the floor",
        ".0f",
    ),
    "kid": Term(
        "KID",
        "squared distance of the means in a kernel's space; lower is better, 0 for equal distributions at any N",
        zero="as near to the reals as other reals are",
    ),
    "kid_std": Term("KID, one subset", "standard deviation of KID over subsets of the pictures, of one subset's score and not of the mean"),
    "mind": Term("MIND", "Monge Inception distance, from sorted projections; lower is better; compare at equal N", ".0f"),
    "precision": Term(
        "precision",
        "share of fakes within the neighbourhood of a real picture",
        ".2f",
        zero="not one fake looks like a real picture to Inception: usual in a preview, whose faces are too rough to rank by this",
        one="every fake lies among the reals",
    ),
    "recall": Term(
        "recall",
        "share of reals within the neighbourhood of a fake",
        ".2f",
        zero="not one real picture is like the fakes: the fakes lie apart from the reals, or close together",
        one="every real picture has fakes around it, which fakes spread wide and far off have too",
    ),
    "density": Term(
        "density",
        "how many reals' neighbourhoods a fake is in, over k; 1 for equal distributions, more is possible",
        ".2f",
        zero="no fake is in any real picture's neighbourhood",
    ),
    "coverage": Term(
        "coverage",
        "share of reals with a fake in their neighbourhood; 0.97 for equal distributions",
        ".2f",
        zero="no real picture has a fake near it: the score is at its end and tells such generators apart no more",
        one="every real picture has a fake near it",
    ),
    "closer_than_held_out": Term(
        "closer than held out",
        "chance that a fake is closer to a training picture than a new real picture is; 0.5 for new pictures, 1 for copies",
        ".3f",
        zero="every fake is farther from the training pictures than new reals are: no sign of copies, and none of quality",
        one="every fake is closer to a training picture than new reals are: copies",
    ),
    "diversity_within": Term(
        "diversity within conditions",
        "distance of two fakes made for the same conditions as a share of that of two such reals; near 0 in a mode collapse",
        ".2f",
        zero="all fakes of one condition are one picture",
    ),
    "explained": Term(
        "explained by conditions",
        "share of the fakes' variance that lies between those made for different conditions; 1: a condition gives one picture",
        ".2f",
        one="two fakes of the same conditions are one picture",
    ),
    "explained_real": Term("the same of reals", "share of the reals' variance that lies between their conditions", ".2f"),
    "sharpness": Term("sharpness", "variance of the fakes' Laplacian as a share of the reals'; below 1 blurred, above 1 grainy", ".2f"),
    "fakes_out_of_range": Term(
        "out of range", "share of the scored fakes' values outside the pixel range, before clipping", ".1%", zero="none"
    ),
    "obeyed": Term(
        "obeyed",
        f"{OBEYED}: the share that shows what it was made for",
        ".0%",
        zero="no fake shows what it was made for",
        one="every fake shows it, which a generator deaf to its conditions can reach too: compare with the share among the unasked",
    ),
    "unasked": Term("unasked", f"{OBEYED}: the share that shows it without having been asked for it", ".0%"),
    "accuracy": Term("classifier's accuracy", "balanced accuracy of that classifier on held-out reals: no share means more", ".0%"),
    "excess": Term("obeyed beyond unasked", "the first of these shares less the second; 0 of a generator deaf to its conditions", ".0%"),
    "judged": Term("attributes judged", "how many of the group's attributes could be judged", "d"),
    "conditions_not_judged": Term("not judged", "conditions that could not be judged here, and the run says why"),
    "not_judged": Term("not judged", "what could not be judged here, and the run says why"),
}
"""Of an evaluation; those of a group of conditions have its name in front, as `hair_obeyed`."""

ENDS = {
    "low": "lower end of the 95% interval over which pictures were drawn, not over trainings",
    "high": "upper end of the same interval",
    "floor": "the same score of as many other reals: what a perfect generator would have",
}
"""What may follow a score's name, as `kid_low`."""

SHARES = {
    "": Term("fakes with", "share of the fakes that the classifier calls so", ".0%", zero="no fake is", one="every fake is"),
    "_real": Term("reals with", "share of the held-out reals that it calls so", ".0%"),
    "_excess": Term("fakes more than reals with", "the first of these shares less the second", "+.0%"),
    "_accuracy": Term("how well it tells", "balanced accuracy of that classifier on held-out reals", ".0%"),
}
"""Of an attribute, as `share_Smiling_real`."""

CIRCUMSTANCES = {
    "samples": Term("fakes", "N: how many fakes are scored", ",d"),
    "real_samples": Term("reals", "as many reals they are compared with", ",d"),
    "seen_samples": Term("training pictures searched", "those in which the nearest of each fake is sought", ",d"),
    "held_out_samples": Term("held-out pictures", "reals that training did not see", ",d"),
    "extractor": Term("network", "whose features are compared"),
    "protocol": Term("protocol", "whose way of resizing to the network's input"),
    "dataset": Term("data set", "its name in params.yaml"),
    "split": Term("split", "what was trained on"),
    "scale": Term("scale", "preview, evening or full"),
}
"""How scores were taken."""

TRAINING = {
    "step": Term("step", "updates made so far; of the details, all of them", ",d"),
    "steps": Term("steps", "updates that the curve demo makes", ",d"),
    "d_loss": Term("D's loss", "what the discriminator minimises", ".3g"),
    "g_loss": Term("G's loss", "what the generator minimises", ".3g"),
    "d_loss_keras": Term("D's loss, clipped", "the same as Keras computes it, with probabilities clipped at 1e-7", ".3g"),
    "g_loss_keras": Term("G's loss, clipped", "the same as Keras computes it; 16.1 at most", ".3g"),
    "d_accuracy": Term(
        "D is right",
        "share of reals and fakes that D tells right; 50% where it can tell nothing. Of the curve demo: its mean D(real), 0.5 at the end",
        ".1%",
        zero="D is wrong about every picture",
        one="D is right about every picture, and G learns little from it",
    ),
    "fooled": Term("fooled", "share of fakes that D calls real", ".1%", zero="no fake passes", one="every fake passes"),
    "diversity": Term(
        "diversity",
        "standard deviation over a sheet's fakes as a share of the reals'; about 1 for a perfect generator, under 0.05 a collapse",
        ".2f",
        zero="one picture from every z",
    ),
    "collapsed": Term("lines collapsed", "lines of the log after the first epoch with a diversity under 0.05", ",d", zero="none"),
    "saturated": Term("steps saturated", "steps at which D had been right about every picture for 100 steps or more", ",d", zero="none"),
    "real_loss": Term("loss of reals", "D's reconstruction error of reals, of values in 0 to 1", ".4f"),
    "fake_loss": Term("loss of fakes", "D's reconstruction error of fakes", ".4f"),
    "wrong_loss": Term("loss of wrong conditions", "D's reconstruction error of reals with another condition", ".4f"),
    "kept": Term("reals kept", "share of a batch's reals below the threshold", ".0%"),
    "left_out": Term("reals left out", "reals above the threshold so far", ",d", zero="none"),
    "convergence": Term("M", "BEGAN's convergence measure, of values in 0 to 1; lower is better, a low one with k near 0 is not", ".4f"),
    "balance": Term("balance", "loss of fakes over loss of reals, which k drives towards gamma", ".2f"),
    "k": Term(
        "k",
        "the weight of fakes in D's loss; 0.02 to 0.08 in a healthy long run",
        ".3f",
        zero="D is not asked to tell fakes from reals: G is ahead of gamma, or has not begun",
        one="at its upper end: D gives fakes all the weight there is, and G stays behind gamma",
    ),
    "out_of_range": Term("out of range", "share of the fakes' values outside the pixel range", ".1%", zero="none"),
    "elbo": Term("ELBO", "lower bound of the log likelihood, in nats a picture; higher is better", ",.0f", unit="nats"),
    "log_likelihood": Term("log likelihood", "how well the decoder gives pictures back, in nats a picture; higher is better", ",.0f"),
    "kl": Term("KL", "how far the codes are from the prior, in nats a picture", ".1f", zero="the codes say nothing of their pictures"),
    "distance": Term("distance", "the critic's estimate of the Wasserstein distance; it falls as G learns", ".2f"),
    "slope": Term("slope", "mean norm of the critic's gradients, held near 1", ".2f"),
    "rate_generator": Term("rate of G", "learning rate of the generator or decoder", ".2g"),
    "rate_discriminator": Term("rate of D", "learning rate of the discriminator or critic", ".2g"),
    "rate_encoder": Term("rate of the encoder", "learning rate", ".2g"),
    "d_score": Term("D's score", "mean log D(real) + log(1 - D(fake)); -1.386 where D can tell nothing", ".3f"),
    "within_bounds": Term(
        "within bounds",
        "share of curves that lie between the bounds of the real ones",
        ".1%",
        zero="no curve lies within the bounds",
        one="every curve lies within the bounds",
    ),
}
"""Columns of log.csv; the metrics and details have what a log ends with."""

TERMS = SCORES | CIRCUMSTANCES | TRAINING


def term(key: str) -> Term:
    """Of a column of log.csv or a key of the metrics and details; a KeyError says that it is in no list here."""
    if key in TERMS:
        return TERMS[key]
    stem, _, end = key.rpartition("_")
    if end in ENDS:
        of = TERMS[stem]
        return Term(f"{of.name}, {end}", ENDS[end], of.form)
    if attribute := re.fullmatch("share_(.+?)(_real|_excess|_accuracy)?", key):
        of = SHARES[attribute[2] or ""]
        return Term(f"{of.name} {attribute[1].replace('_', ' ').lower()}", of.words, of.form, of.zero, of.one)
    if end in ("obeyed", "unasked", "excess", "accuracy", "judged") and re.fullmatch("[a-z]+", stem):
        of = TERMS[end]
        return Term(f"{stem} {of.name}", of.words, of.form, of.zero, of.one)
    raise KeyError(key)
