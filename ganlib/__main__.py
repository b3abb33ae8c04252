"""`python -m ganlib` is the `ganlib` command."""

from ganlib.cli.main import main

main()
