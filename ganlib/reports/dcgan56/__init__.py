"""A. Saviolo, NCTU 2019: DCGAN at 56 pixels with dropout everywhere."""
