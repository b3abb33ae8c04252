"""I. Adly, R. Bockmon & Q. Nguyen, UNL 2021: dense nets in the shape of a hexagon, trained as a Keras loop does."""
