"""TensorJoe, NTU 2017: conditional BEGAN."""
