"""Writes docs/ganhacks.md: the tricks of "How to train a GAN", each with its studies' findings or with the reason why there is none.

    python -m tools.ganhacks

Sources: studies/catalogue.yaml and the tables in studies/results/. The titles are those of github.com/soumith/ganhacks.
"""

from pathlib import Path
from typing import NamedTuple

from ganlib.studies import prose
from ganlib.studies.study import Study
from ganlib.support.errors import exit_on_user_error
from tools.claims import Entry, entries
from tools.seeds import table

PAGE = Path("docs/ganhacks.md")
DATASETS = ("toons", "celeba_preview")

INTRODUCTION = """# "How to train a GAN", tried

The report `dcgan64` quotes a list of tricks, ["How to train a GAN"](https://github.com/soumith/ganhacks) by S.
Chintala, E. Denton, M. Arjovsky and M. Mathieu (2016). It gives reasons for few of them and numbers for none. Here
each trick is a study: `dcgan64`'s preview with it and without it, on drawn faces (`toons`) and on photographs
(`celeba_preview`), with six seeds per arm, or twelve where six cannot tell. A finding is about this preview alone;
[studies.md](studies.md#reading-a-verdict) explains its words, and [settings.md](settings.md#a-reports-own-block) the
settings. `make docs` writes this page.

**Neither arm is tuned.** Both have the rates of the report. Tricks that make D's task easier or harder may
need another rate of D: they are compared at half and at twice that rate as well, each time with the report at the same
rate (`_slow_d`, `_fast_d`). SGD has no rate in common with Adam: three of its rates are compared with the report.

A command needs its study in `declared` of `studies/params.yaml` ([how](studies.md#declaring-a-study)), and for
photographs `dataset: celeba_preview` in `params.yaml`. A study takes some 45 minutes on two cores.
"""


class Trick(NamedTuple):
    """A section of the list: its title, the studies of it, and what they leave out, or why there is none."""

    title: str
    studies: tuple[str, ...] = ()
    note: str = ""


def at_three_rates(study: str) -> tuple[str, ...]:
    """The names of the studies of one trick with D at the report's rate, at half of it and at twice it."""
    return study, f"{study}_slow_d", f"{study}_fast_d"


TRICKS = (
    Trick("Normalize the inputs", ("inputs_normalised",)),
    Trick("A modified loss function", ("not_minimax",), "Flipped labels in G's update are the same loss."),
    Trick("Use a spherical Z", ("gaussian_z", "spherical_z"), "Interpolation on a great circle changes no training."),
    Trick("BatchNorm", ("batches_apart", "batch_or_instance_norm", "batch_norm_or_none", "instance_norm_or_none")),
    Trick("Avoid Sparse Gradients: ReLU, MaxPool", ("leaky_in_both", "average_or_max_pools", "strides_or_max_pools")),
    Trick("Use Soft and Noisy Labels", (*at_three_rates("soft_labels"), *at_three_rates("flipped_labels"))),
    Trick("DCGAN / Hybrid Models", ("convolutions_help",), "With `dense64`. A hybrid of a GAN and a VAE has no report here."),
    Trick(
        "Use stability tricks from RL",
        ("replay",),
        "Earlier checkpoints of G and D, swapped in now and then, need a second set of nets and optimizers.",
    ),
    Trick("Use the ADAM Optimizer", ("sgd_for_d_slow", "sgd_for_d_middling", "sgd_for_d_fast")),
    Trick(
        "Track failures early",
        note="A way to watch a training, not a setting. Each run here counts the steps in which D is always right, and the collapses of G"
        " ([reading-a-run.md](reading-a-run.md)).",
    ),
    Trick(
        "Dont balance loss via statistics (unless you have a good reason to)",
        note="Advice against something. The schedule that it names reads both losses before each step, so that a GPU would be waited for,"
        " and leaves the thresholds open. `began64` balances its losses by a formula.",
    ),
    Trick("If you have labels, use them", note="An auxiliary classifier needs conditions in G, a second output of D, and a loss for it."),
    Trick("Add noise to inputs, decay over time", at_three_rates("input_noise"), "Noise in every layer of G has no setting."),
    Trick("[notsure] Train discriminator more (sometimes)", at_three_rates("two_d_steps")),
    Trick("[notsure] Batch Discrimination", at_three_rates("minibatch_std")),
    Trick(
        "Discrete variables in Conditional GANs",
        note="`dcgan64` has no conditions. `began64` embeds them as the list says, but joins them to z and to D's code, not to the"
        " channels of pictures.",
    ),
    Trick("Use Dropouts in G in both train and test phase", ("dropout_always", "dropout_in_training")),
)


def main() -> None:
    """Write the page."""
    with exit_on_user_error():
        found = entries()
    PAGE.write_text(page(found), encoding="utf-8")


def page(found: list[Entry]) -> str:
    """The contents of docs/ganhacks.md, from the entries of tools.claims."""
    by_name = {entry["name"]: entry for entry in found}
    rows = [_row(number, trick, [by_name[name] for name in trick.studies]) for number, trick in enumerate(TRICKS, 1)]
    return INTRODUCTION + table(["the claims as tested", "on drawn faces", "on photographs", "commands"], rows)


def _row(number: int, trick: Trick, found: list[Entry]) -> list[str]:
    title = f"{number}. {trick.title}"
    if not found:
        return [title, f"Not tested. {trick.note}", "", "", ""]
    claims = [f"`{entry['name']}`: {entry['claim']}" for entry in found] + ([trick.note] if trick.note else [])
    commands = [f"`ganlib repro studies/dvc.yaml:study@{entry['name']}`" for entry in found]
    return [title, "<br>".join(claims), *(_findings(found, dataset) for dataset in DATASETS), "<br>".join(commands)]


def _findings(found: list[Entry], dataset: str) -> str:
    findings = [f"`{entry['name']}`: {_finding(entry, dataset)}" for entry in found if dataset in entry.get("results", {})]
    return "<br>".join(
        findings + (["not tried yet" if not findings else "the others: not tried yet"] if len(findings) < len(found) else [])
    )


def _finding(entry: Entry, dataset: str) -> str:
    result = entry["results"][dataset]
    study = Study.model_validate({key: value for key, value in entry.items() if key in Study.model_fields})
    answer = prose.answer(study, result).replace(result["answer"], f"**{result['answer']}**", 1)
    return f"{answer} ({result['seeds']} seeds)"


if __name__ == "__main__":
    main()
