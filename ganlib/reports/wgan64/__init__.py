"""A baseline: dcgan64's nets as a Wasserstein GAN with gradient penalty, Gulrajani et al. 2017."""
