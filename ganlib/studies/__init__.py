"""Claims of the reports, tested over seeds: what is compared, how it is judged, and how the answer is put in words."""
