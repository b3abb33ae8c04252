"""The training loop of the image reports, and what it leaves behind."""
