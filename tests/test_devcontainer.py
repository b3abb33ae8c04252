"""The dev container: its file by the specification at containers.dev, its set-up and its Python by ours."""

import json
import re
import tomllib

import jsonschema
from packaging.specifiers import SpecifierSet

from tests.conftest import ROOT, text

STRINGS = {"type": "object", "additionalProperties": {"type": "string"}}
# What the specification's JSON schema says of the properties that the file uses; the schema itself is in no package.
SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "image": {"type": "string"},
        "postCreateCommand": {"type": ["string", "array", "object"]},
        "remoteEnv": STRINGS,
        "customizations": {"type": "object", "additionalProperties": {"type": "object"}},
    },
    "required": ["image"],
    "additionalProperties": False,
}
CONTAINER = json.loads(text(ROOT / ".devcontainer" / "devcontainer.json"))


def test_file_is_valid():
    jsonschema.validate(CONTAINER, SCHEMA)


def test_setup_is_makes_own_and_python_is_new_enough():
    assert CONTAINER["postCreateCommand"] == "make CPU=1 install"
    (version,) = re.findall(r"^mcr\.microsoft\.com/devcontainers/python:(3\.\d+)-", CONTAINER["image"])
    assert version in SpecifierSet(tomllib.loads(text(ROOT / "pyproject.toml"))["project"]["requires-python"])
