"""`python -m ganlib` is the `ganlib` command."""

import sys

try:
    from ganlib.cli.main import main
except ModuleNotFoundError as error:
    if (error.name or "ganlib").startswith("ganlib"):
        raise
    sys.exit(f"error: {sys.executable} has no {error.name}: run make install, then source .venv/bin/activate")

main()
