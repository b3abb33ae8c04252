"""Zhang & Zhao's 1-D demo of how a GAN learns: its settings, its nets and its training."""
