"""ganlib: train the GANs of five student reports on CelebA, and score them."""
