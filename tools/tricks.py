"""The 17 sections of "How to train a GAN", github.com/soumith/ganhacks, and the studies of each."""

from typing import NamedTuple


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
        note="A way to watch a training, not a setting. Each run here counts the steps in which D is always right, and the collapses of G.",
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
