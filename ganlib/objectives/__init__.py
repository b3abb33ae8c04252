"""What the two nets of a GAN want of each other."""
