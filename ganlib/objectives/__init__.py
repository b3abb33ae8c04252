"""How nets learn from each other: what reports share. An objective of one report alone lies in the report's folder."""
