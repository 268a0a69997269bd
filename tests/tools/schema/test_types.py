"""Types: a schema takes the YAML values that a registry takes for the annotation."""

from __future__ import annotations

import enum
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from terraregistry.indexing.portable import portable_type
from terraregistry.registry.schemas import accepts
from terraregistry.tools.schema.schema_parts import TypeSchemas


class Band(enum.Enum):
    RED = "red"
    SEVEN = 7


class Plain:
    pass


VALUES = {f"{__name__}.Band": "('red', 7)", f"{__name__}.Plain": "()"}


def schema_of(annotation):
    return TypeSchemas(VALUES).of(portable_type(annotation).text)


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (int, {"type": "integer"}),
        (typing.Any, True),
        (object, True),
        (bytes, False),
        (Plain, False),
        (Callable[[int], str], False),
        (Plain | None, {"type": "null"}),
        (Path, {"type": "string"}),
        (int | float | None, {"type": ["null", "number"]}),
        (typing.Literal["a", 1] | None, {"enum": ["a", 1, None]}),
        (typing.Literal["a"] | None, {"enum": ["a", None]}),
        (Band, {"enum": ["red", 7]}),
        (tuple[int, int], {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2}),
        (
            tuple[int, str],
            {
                "type": "array",
                "prefixItems": [{"type": "integer"}, {"type": "string"}],
                "minItems": 2,
                "maxItems": 2,
            },
        ),
        (int | list[int], {"type": ["integer", "array"], "items": {"type": "integer"}}),
        (
            list[int] | list[str],
            {
                "anyOf": [
                    {"type": "array", "items": {"type": "integer"}},
                    {"type": "array", "items": {"type": "string"}},
                ]
            },
        ),
        (Mapping[str, int] | None, {"type": ["null", "object"], "additionalProperties": {"type": "integer"}}),
    ],
)
def test_a_type_has_a_schema(annotation, expected):
    assert schema_of(annotation) == expected


def test_a_class_of_which_nothing_is_known_takes_anything():
    assert TypeSchemas({}).of("some.Protocol") is True


LEAVES = st.sampled_from(
    [int, float, bool, str, None, Path, typing.Any, Plain, Band, Callable[..., int], typing.Literal["a", 3], list, dict]
)
ANNOTATIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        inner.map(lambda each: list[each]),
        inner.map(lambda each: Sequence[each]),
        inner.map(lambda each: Iterable[each]),
        inner.map(lambda each: tuple[each, ...]),
        inner.map(lambda each: dict[str, each]),
        st.lists(inner, min_size=1, max_size=3).map(lambda each: tuple[tuple(each)]),
        st.lists(inner, min_size=2, max_size=3).map(lambda each: typing.Union[tuple(each)]),  # noqa: UP007 - made at run time
    ),
    max_leaves=6,
)
YAML = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 9) | st.sampled_from([0.5, "a", "red", "x/y", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=6,
)


@given(ANNOTATIONS, YAML)
def test_a_schema_takes_what_the_registries_take(annotation, value):
    fits = jsonschema.Draft202012Validator(schema_of(annotation)).is_valid(value)
    assert fits == accepts(annotation, value)
