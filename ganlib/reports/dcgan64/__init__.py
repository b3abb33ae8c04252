"""Z. Zhang & L. Zhao, NYU: DCGAN at 64 pixels, G twice as wide as D, D's rate a quarter of G's."""
