"""Ordinary configs are read with libyaml: what comes out is what PyYAML's own parser gives, to the last column."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from terraregistry.errors import ConfigError
from terraregistry.tools.config import loader, parse_config, reader
from terraregistry.tools.config.libyaml import compose_ordinary

EXAMPLES = [file.read_text(encoding="utf-8") for file in (Path(__file__).parents[2] / "examples").glob("*.yaml")]
PIECES = [
    *(
        "a",
        "key",
        "é",
        "中",
        "1",
        "-1",
        ".5",
        "1e-4",
        "0x1f",
        "1_0",
        "12:30:45",
        "2020-01-01",
        "true",
        "no",
        "null",
        "~",
    ),
    *(
        "b: ",
        ": ",
        ":",
        "- ",
        "-",
        "--- ",
        "---\n",
        "...",
        ", ",
        ",",
        "[",
        "]",
        "{",
        "}",
        "''",
        "'",
        '"',
        " #c",
        "#",
        "<<: ",
    ),
    *(" ", "\n", "\n  ", "\n    ", "\n\n", "=", "@", "`", "%", ";", "(", ")", "/", "+", "$", "^", "_"),
    *("&a ", "*a", "!t ", "!!str ", "? ", "|\n", ">\n", "\t", "\r\n", "\\n", "\u2028", "\x85", "\ufeff", "%YAML 1.1\n"),
]


def document(text, monkeypatch, *, quick):
    """What a text is read as with or without libyaml, or what is wrong with it."""
    with monkeypatch.context() as patch:
        patch.setattr(reader, "_compose_ordinary", lambda: compose_ordinary if quick else lambda _: None)
        try:
            read = parse_config(text)
        except ConfigError as error:
            return error.problems
    return repr(read.data), read.keys, read.values


def compare(text, monkeypatch):
    assert document(text, monkeypatch, quick=True) == document(text, monkeypatch, quick=False)


def mutated(rng):
    """A config with a few pieces put in or written over."""
    text = rng.choice(EXAMPLES)
    for _ in range(rng.randint(1, 3)):
        start = rng.randrange(len(text) + 1)
        text = text[:start] + rng.choice(PIECES) + text[start + rng.choice([0, 0, 1, 2, 5]) :]
    return text


@settings(max_examples=300)
@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_any_text_is_read_alike(text):
    event("with libyaml" if compose_ordinary(text) is not None else "without")
    with pytest.MonkeyPatch.context() as monkeypatch:
        compare(text, monkeypatch)


@settings(max_examples=300)
@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join), st.integers(1, 6), st.integers(1, 4))
def test_what_is_too_large_or_too_deep_is_so_alike(text, most, deepest):
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(loader, "MAX_NODES", most)
        monkeypatch.setattr(loader, "MAX_DEPTH", deepest)
        compare(text, monkeypatch)


@pytest.mark.parametrize("text", ["a: [" + "1," * loader.MAX_NODES + "]", "[" * 101 + "]" * 101])
def test_what_is_too_large_or_too_deep_is_not_read_again(text, monkeypatch):
    read_again = []
    monkeypatch.setattr(reader, "_compose", lambda *given: read_again.append(given))
    with pytest.raises(ConfigError, match=r"more than 100,000 keys and values|nested more than 100 levels deep"):
        parse_config(text)
    assert read_again == []


@pytest.mark.parametrize("seed", range(4))
def test_configs_with_mistakes_are_read_alike(monkeypatch, seed):
    rng = random.Random(seed)
    texts = [mutated(rng) for _ in range(40)]
    for text in texts:
        compare(text, monkeypatch)
    assert any(compose_ordinary(text) is not None for text in texts)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4, 12))
def test_many_configs_with_mistakes_are_read_alike(monkeypatch, seed):
    rng = random.Random(seed)
    for _ in range(500):
        compare(mutated(rng), monkeypatch)


def test_the_examples_are_ordinary():
    assert EXAMPLES
    assert all(compose_ordinary(text) is not None for text in EXAMPLES)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing\n",
        "a:\n",
        "[1: ]",
        "a\t",
        "a: &b 1",
        "? a",
        "a: |\n  b\n",
        "a: '",
        "---\na\n---\nb",
        "\x00",
        "a: \ud800",
    ],
)
def test_what_is_not_certain_to_be_read_alike_is_left_to_pyyaml(text):
    assert compose_ordinary(text) is None


def test_the_same_is_read_where_pyyaml_has_no_libyaml(monkeypatch):
    read = [parse_config(text) for text in EXAMPLES]
    monkeypatch.setitem(sys.modules, "terraregistry.tools.config.libyaml", None)  # as if its import failed
    reader._compose_ordinary.cache_clear()
    try:
        assert [parse_config(text) for text in EXAMPLES] == read
        assert reader._compose_ordinary()(EXAMPLES[0]) is None
    finally:
        reader._compose_ordinary.cache_clear()
