"""What the reports say about themselves: the only hand-written text about a report, and none of it is a result of ours."""

from dataclasses import dataclass


@dataclass(frozen=True)
class About:
    """A report's citation, what it built, what it claims, and the parameters of its nets at its own width.

    `minutes`: of training and scoring its preview, on a core of an AMD EPYC.
    """

    citation: str = ""
    nets: str = ""
    claim: str = ""
    parameters: tuple[int, ...] = ()
    minutes: int = 0


REPORTS = {
    "dcgan112": About(
        "A. Mukashev, Visual Recognition, homework 2, National Chiao Tung University, November 2019",
        "DCGAN at 112 × 112",
        "Faces after 10, 15 and 20 epochs, judged by eye. D’s learning rate is a fifth of G’s. z is uniform; whether a normal z is better"
        " is left open.",
        (22_234_243, 17_266_689),
        10,
    ),
    "dcgan64": About(
        "Z. Zhang & L. Zhao, Celebrity Faces Generation and Optimization using DCGAN, ECE-GY 7143, New York University",
        "DCGAN at 64 × 64, G twice as wide as D",
        "Different learning rates for G and D give better pictures than equal ones; 0.0002 and 0.00005 are best. z should be Gaussian,"
        " never uniform.",
        (12_658_432, 2_765_568),
        4,
    ),
    "dense64": About(
        "I. Adly, R. Bockmon & Q. Nguyen, CSCE 479/879, homework 3, University of Nebraska–Lincoln, April 2021",
        "dense nets 100-200-100 at 64 × 64",
        "D classifies 98.63% of the pictures correctly at the end, and 98 to 100% throughout. G’s loss falls, and its faces differ little.",
        (1_291_488, 1_269_301),
        4,
    ),
    "began64": About(
        "TensorJoe, MLDS, homework 3, National Taiwan University, 2017",
        "conditional BEGAN at 64 × 64",
        "G follows its conditions, mode collapse is severe, and the convergence measure ends at 0.11.",
        (1_722_931, 11_198_963),
        8,
    ),
    "dcgan56": About(
        "A. Saviolo, Visual Recognition, homework 2, National Chiao Tung University, November 2019",
        "DCGAN with dropout at 56 × 56",
        "With a dropout of 0.5 after each layer, neither net becomes too strong. After 10 epochs there are faces, and no mode collapse.",
        (14_136_451, 4_315_713),
        4,
    ),
    "vae64": About(
        "The alternative in dense64’s assignment, which its authors did not choose; after D. P. Kingma & M. Welling, ICLR 2014",
        "convolutional VAE at 64 × 64",
        "No claim: the assignment offers a GAN or a VAE, scored by its ELBO.",
        (3_576_707, 4_396_040),
        4,
    ),
    "lsgan64": About(
        "X. Mao et al., Least Squares Generative Adversarial Networks, ICCV 2017, on dcgan64’s nets",
        "least squares GAN at 64 × 64",
        "No claim: a baseline.",
    ),
    "wgan64": About(
        "I. Gulrajani et al., Improved Training of Wasserstein GANs, NeurIPS 2017, on dcgan64’s nets",
        "WGAN with gradient penalty at 64 × 64",
        "No claim: a baseline.",
    ),
    "sngan64": About(
        "T. Miyato et al., Spectral Normalization for Generative Adversarial Networks, ICLR 2018, on dcgan64’s nets",
        "GAN with spectral norm and hinge loss at 64 × 64",
        "No claim: a baseline.",
    ),
    "r3gan64": About(
        "Y. Huang et al., The GAN is dead; long live the GAN! A Modern GAN Baseline, NeurIPS 2024, on dcgan64’s nets",
        "relativistic GAN with two gradient penalties at 64 × 64",
        "No claim: a baseline.",
    ),
    "curve": About(
        "Z. Zhang & L. Zhao’s demo of how a GAN learns",
        "dense nets, 15 points of a parabola",
        "The generated curves end between the bounds of the real ones, D(real) at 0.5, and D’s score at −2 ln 2 = −1.386.",
    ),
}


def about(report: str) -> About:
    """The texts about `report`; blank ones for a report without."""
    return REPORTS.get(report, About())
