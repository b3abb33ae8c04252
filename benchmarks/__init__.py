"""The same work done by ganlib and as a user would do it otherwise, in one run, as a ratio."""
