"""Stages side by side: what `dvc repro` runs one after the other. DVC decides what is stale, and runs and records each stage."""
