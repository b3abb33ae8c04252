"""ganlib: train the GANs of student reports on CelebA, and score them."""
