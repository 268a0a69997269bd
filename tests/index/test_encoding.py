"""What is written is read back, and what is damaged is never taken for an index."""

from __future__ import annotations

import ast
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terraregistry.index import Index, ParameterKind
from terraregistry.index.checks import DamagedIndexError
from terraregistry.index.encoding import decode, encode

from .descriptions import indexes, keys, small_index, small_key

if TYPE_CHECKING:
    from terraregistry.index.keys import Key

_WHOLE = encode(small_index(("x", "y")), small_key)


def _assert_sound(index: Index) -> None:
    """Whatever was read can be written into a stub: types are expressions, names are names, references lead somewhere."""
    for registry in index.registries:
        assert {source for _, source in registry.sources} <= {each.reference for each in index.registries}
        for component in registry.components:
            assert component.name.isprintable()
            assert index.find(registry.reference, component.name) is not None
            types = [component.product]
            for parameter in component.signature.parameters:
                assert isinstance(parameter.kind, ParameterKind)
                assert parameter.name.isidentifier()
                types += [parameter.type, parameter.accepts]
            for each in types:
                assert not any(isinstance(node, (ast.Call, ast.Lambda)) for node in ast.walk(ast.parse(each.text)))
                ast.parse(f"def f(x: {each.text} = ...) -> {each.text}: ...")
                ast.parse("".join(f"import {module}\n" for module in each.imports))


@given(indexes(), keys)
def test_what_is_written_is_read_back_and_names_are_found_as_before(index: Index, key: Key) -> None:
    text = encode(index, key)
    assert text.isascii()
    assert decode(text) == (index, key)
    assert decode(text.encode()) == (index, key)
    assert encode(*decode(text)) == text
    read, _ = decode(text)
    for registry in index.registries:
        assert read.spellings(registry.reference) == index.spellings(registry.reference)


@given(st.integers(0, 8 * len(_WHOLE) - 1))
def test_a_flipped_bit_is_noticed_or_harmless(bit: int) -> None:
    data = bytearray(_WHOLE.encode())
    data[bit // 8] ^= 1 << bit % 8
    try:
        index, _ = decode(bytes(data))
    except DamagedIndexError:
        return
    _assert_sound(index)


@given(st.integers(0, len(_WHOLE) - 1))
def test_what_is_cut_short_is_no_index(length: int) -> None:
    with pytest.raises(DamagedIndexError):
        decode(_WHOLE[:length])


@given(st.binary(max_size=200))
def test_any_bytes_are_no_index(data: bytes) -> None:
    with pytest.raises(DamagedIndexError):
        decode(data)


_HOSTILE = st.one_of(
    st.sampled_from(
        [None, True, -1, 10**30, 1.5, "", "\n", "a b", "__import__('os')", "x # y", "int\n", " int", "(" * 500, "a.b:c"]
    ),
    st.sampled_from(
        [[], {}, [[]], [[1, 2]], ["int", ["os; import sys"]], "../../etc", "\ud800", "int) -> int: ...", "1+"]
    ),
    st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3), max_leaves=4),
)


def _places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    steps = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [path, *(place for step, inner in steps for place in _places(inner, (*path, step)))]


_PLACES = _places(json.loads(_WHOLE))


@given(st.sampled_from(_PLACES[1:]), _HOSTILE)
def test_a_hostile_value_in_any_place_is_noticed_or_harmless(place: tuple[Any, ...], value: Any) -> None:
    data = json.loads(_WHOLE)
    holder = data
    for step in place[:-1]:
        holder = holder[step]
    holder[place[-1]] = value
    try:
        index, _ = decode(json.dumps(data))
    except DamagedIndexError:
        return
    _assert_sound(index)


@pytest.mark.parametrize(
    "data",
    [
        "[" * 100_000,
        '{"key":' * 50_000,
        "null",
        "[]",
        "{}",
        "NaN",
        "1" * 10_000,
        b"\xff\xfe{}",
        _WHOLE.replace('"types":', '"sorts":'),
        _WHOLE[:-1] + ',"more":1}',
        _WHOLE.replace('"package:INNER",', '"package:OUTER",'),
        _WHOLE.replace('[["in","package:INNER"]]', '[["in","package:OUTER"]]'),
        _WHOLE.replace('[["in","package:INNER"]]', '[["in","package:ELSEWHERE"]]'),
        _WHOLE.replace('"tent"', '"net"'),
        _WHOLE.replace('"weights"', '"channels"'),
        _WHOLE.replace('"keyword-only"', '"positional-only"'),
        _WHOLE.replace("\"'none'\"", '"len"'),
        _WHOLE.replace("int | None", "int | print()"),
        _WHOLE.replace("int | None", "int # None"),
        _WHOLE.replace("package:Net", "package:Net()"),
    ],
    ids=range(20),
)
def test_what_is_no_index_is_refused(data: str | bytes) -> None:
    assert data != _WHOLE
    with pytest.raises(DamagedIndexError):
        decode(data)
