"""Refuse a params.yaml with a mistake in it before any stage removes its old results: data/checked/."""

from io import StringIO

from ruamel.yaml import YAML

from ganlib import params, paths
from ganlib.files import replacing
from stages import run


def main() -> None:
    """Check params.yaml, every block of it, and write down what the data stages read of the chosen data set's."""
    data = params.load().data
    # What is written is the same until one of these values changes: stages that depend on it follow the check without being run again.
    _write("params.txt", "params.yaml is sound\n")
    for name, values in (("download.yaml", data.read_by_download()), ("prepare.yaml", data.read_by_prepare())):
        text = StringIO()
        YAML().dump(values, text)
        _write(name, text.getvalue())


def _write(name: str, text: str) -> None:
    with replacing(paths.CHECKED / name) as target:
        target.write_text(text)


if __name__ == "__main__":
    run(main)
