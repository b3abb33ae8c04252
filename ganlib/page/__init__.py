"""The page to read results on: one HTML file that needs nothing else."""
