"""params.yaml changed at random: it is read, or refused in one line that names the place."""

import copy
import functools
import io
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from ganlib import params
from ganlib.models import registry
from ganlib.support import checks
from ganlib.support.errors import UserError
from tests.conftest import ROOT

TEXT = (ROOT / "params.yaml").read_text(encoding="utf-8")
# 100 fixed examples by default, and 1,200 that differ from run to run among the slow tests.
THOROUGHLY = pytest.mark.parametrize("examples", [pytest.param(34, id="quick"), pytest.param(400, id="thorough", marks=pytest.mark.slow)])


def examples_of(count: int) -> settings:
    return settings(max_examples=count, deadline=None, derandomize=count < 400)


@functools.cache
def parsed() -> dict:
    return YAML(typ="safe").load(TEXT)


@functools.cache
def places() -> list[tuple[str | int, ...]]:
    """Every key of the file, as the path to it."""

    def below(value: object, path: tuple) -> list[tuple]:
        inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        return [found for key, item in inner for found in [(*path, key), *below(item, (*path, key))]]

    return below(parsed(), ())


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=10**30, max_value=10**400),
    st.floats(),
    st.text(),
    st.dates(),
    st.binary(max_size=8),
    st.sampled_from(["toons", "train", "5e-05", "1e999", "tight56", "\t", "ünï", "\u2028", "x" * 5000, "\ud7ff"]),
)
KEYS = st.one_of(st.text(max_size=8), st.integers(), st.booleans(), st.none(), st.sampled_from(["lr", "prewiew", "dcgan46", "a\nb"]))
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=6)


def read(folder, text: str | bytes) -> str | None:
    """The error message; None if the file is read."""
    path = folder / "params.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    try:
        loaded = params.load(path)
    except UserError as error:
        message = str(error)
        assert message.startswith(("params.yaml: ", f"{path}: "))
        assert message.isprintable()
        assert len(message) < 600
        return message
    assert set(loaded.reports) <= set(registry.names())
    return None


@THOROUGHLY
def test_one_change_of_a_key_or_a_value_is_read_or_refused_by_name(tmp_path, examples):
    @examples_of(examples)
    @given(
        st.sampled_from(places()),
        st.one_of(st.tuples(st.just("set"), VALUES), st.tuples(st.sampled_from(["rename", "add"]), KEYS), st.just(("remove", None))),
    )
    def check(path, change):
        values = copy.deepcopy(parsed())
        *blocks, last = path
        block = functools.reduce(lambda inner, key: inner[key], blocks, values)
        kind, new = change
        if kind == "set" or isinstance(block, list):
            block[last] = new
        elif kind == "add":
            block[new] = block[last]
        else:
            removed = block.pop(last)
            if kind == "rename":
                block[new] = removed
        text = io.StringIO()
        YAML(typ="safe").dump(values, text)
        message = read(tmp_path, text.getvalue())
        names = [*map(str, path), "the file", *([checks._key(new)] if kind in ("add", "rename") else [])]
        assert message is None or any(name in message for name in names), message

    check()


LINES = st.sampled_from("\t|  x|seed: 2|seed: [|- 1|%YAML 1.1|---|...|<<: *a|? [a]|&a a: *a|x: !!int y|\x00|\ufeff|'".split("|"))


@THOROUGHLY
def test_changed_lines_are_read_or_refused(tmp_path, examples):
    @examples_of(examples)
    @given(
        st.lists(
            st.tuples(st.integers(0, TEXT.count("\n")), st.sampled_from(["insert", "remove", "repeat", "cut", "indent"]), LINES),
            min_size=1,
            max_size=3,
        )
    )
    def check(changes):
        lines = TEXT.split("\n")
        for place, kind, line in changes:
            at = min(place, len(lines) - 1)
            match kind:
                case "insert":
                    lines.insert(at, line)
                case "remove":
                    lines[at:] = lines[at + 1 :] or [""]
                case "repeat":
                    lines.insert(at, lines[at])
                case "cut":
                    lines[at] = lines[at][: len(lines[at]) // 2]
                case "indent":
                    lines[at] = " " + lines[at]
        read(tmp_path, "\n".join(lines))

    check()


def bomb(times: int, indent: str = "") -> str:
    """Twenty keys, each of which holds the one before several times."""
    keys = "abcdefghijklmnopqrst"
    lines = [f"{b}: &{b} [{', '.join([f'*{a}'] * times)}]" for a, b in pairwise(keys)]
    return "".join(f"{indent}{line}\n" for line in ["a: &a [x, x]", *lines])


@THOROUGHLY
def test_any_text_or_bytes_are_refused_in_one_line(tmp_path, examples):
    @examples_of(examples)
    @given(st.one_of(st.text(max_size=60), st.binary(max_size=60)))
    @example("")
    @example("\n\t\n")
    @example("seed: 1\nseed: 2\n")
    @example("seed: " + "9" * 5000)
    @example("seed: 0x" + "f" * 5000)
    @example("seed: 2001-99-99")
    @example("seed: " + "[" * 5000)
    @example("a: " * 5000)
    @example("seed: &a [*a]")
    @example("? [a, b]\n: c")
    @example("? {a: b}\n: c")
    @example("!!set {a, b}")
    @example(bomb(times=4))
    @example("reports: &a {dcgan64: *a}")
    @example(TEXT.encode("utf-16"))
    @example(b"\xff\xfe\x00")
    def check(text):
        assert read(tmp_path, text) is not None or text == TEXT.encode("utf-16")

    check()


def test_bomb_of_aliases_as_a_value_is_refused_at_once(tmp_path):
    message = read(tmp_path, TEXT.replace("\nlr_g:\n", "\nlr_g:\n" + bomb(times=8, indent="  ")))
    assert message is not None
    assert message.startswith("params.yaml: lr_g: ")


def test_folder_in_the_files_place_is_one_line(tmp_path):
    (tmp_path / "params.yaml").mkdir()
    with pytest.raises(UserError, match=r"params\.yaml: Is a directory"):
        params.load(tmp_path / "params.yaml")
