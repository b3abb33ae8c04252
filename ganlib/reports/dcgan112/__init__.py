"""A. Mukashev, NCTU 2019: DCGAN at 112 pixels, D's rate a fifth of G's."""
