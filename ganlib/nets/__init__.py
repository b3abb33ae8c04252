"""The networks of the reports, and nothing else."""
