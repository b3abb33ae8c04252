"""Loaded by the process that trainings in children are forked from, so that not each of them reads the settings and hashes the code."""

from ganlib import params
from ganlib.models import registry
from ganlib.training import checkpoint
from tests.conftest import ROOT

params.load(ROOT / "params.yaml")
for name in registry.names():
    checkpoint.code_of(name)
