"""How close generated pictures come to real ones."""
