"""The training loop of the image GANs, that of the curve demo, and what both leave behind."""
