"""Where pictures come from, and the cache that training reads."""
