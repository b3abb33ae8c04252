"""`python -m ganlib` is the `ganlib` command."""

from ganlib.cli import main

main()
