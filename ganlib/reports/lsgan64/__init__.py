"""A baseline: dcgan64's nets with the least-squares losses of Mao et al. 2017."""
