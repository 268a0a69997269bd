"""A type is written so that it means the same in any module."""

from __future__ import annotations

import ast
import collections
import collections.abc
import enum
import importlib
import inspect
import pathlib
import typing
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from terraregistry.index import PortableType
from terraregistry.indexing.portable import ANYTHING, accepted_type, default_text, importable, portable_type, united


class Colour(enum.Enum):
    RED = 1


T = typing.TypeVar("T", bound=pathlib.Path)
C = typing.TypeVar("C", int, str)
U = typing.TypeVar("U")

_LEAVES = st.sampled_from([int, str, bool, float, bytes, pathlib.Path, nn.Module, collections.OrderedDict[str, int]])
_LITERALS = st.lists(
    st.one_of(st.integers(-3, 3), st.booleans(), st.text(max_size=3), st.binary(max_size=2)), min_size=1, max_size=3
)


def _wider(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        inner.map(lambda each: list[each]),
        inner.map(lambda each: collections.abc.Sequence[each]),
        inner.map(lambda each: tuple[each, ...]),
        inner.map(lambda each: typing.Optional[each]),
        st.tuples(inner, inner).map(lambda pair: tuple[pair]),
        st.tuples(inner, inner).map(lambda pair: dict[pair]),
        st.tuples(inner, inner).map(lambda pair: typing.Union[pair]),
        st.tuples(inner, inner).map(lambda pair: collections.abc.Callable[[pair[0]], pair[1]]),
        st.sampled_from([int, nn.Module, pathlib.Path]).map(lambda each: type[each]),
        _LITERALS.map(lambda values: typing.Literal[tuple(values)]),
    )


def _evaluated(portable: PortableType) -> Any:
    for name in portable.imports:
        importlib.import_module(name)
    return eval(
        portable.text,
        {name.partition(".")[0]: importlib.import_module(name.partition(".")[0]) for name in portable.imports},
    )


@given(st.recursive(_LEAVES, _wider, max_leaves=6))
def test_what_is_written_evaluates_to_the_same_type(annotation: Any) -> None:
    written = portable_type(annotation)
    found = _evaluated(written)
    assert found == annotation
    assert portable_type(found) == written, "written again it is the same text"


@pytest.mark.parametrize(
    ("annotation", "text"),
    [
        (inspect.Parameter.empty, "typing.Any"),
        (Any, "typing.Any"),
        (typing.Union[int, Any], "typing.Any"),
        (list, "list[typing.Any]"),
        (tuple, "tuple[typing.Any, ...]"),
        (dict, "dict[typing.Any, typing.Any]"),
        (typing.Callable, "collections.abc.Callable[..., typing.Any]"),
        (typing.Callable[..., int], "collections.abc.Callable[..., int]"),
        (typing.List[int], "list[int]"),
        (typing.Optional[typing.Type[nn.Module]], "type[torch.nn.modules.module.Module] | None"),
        (typing.Annotated[int, "positive"], "int"),
        (typing.Final[int], "int"),
        (T, "pathlib.Path"),
        (C, "int | str"),
        (U, "typing.Any"),
        (list[U], "list[typing.Any]"),
        (collections.abc.Iterable, "collections.abc.Iterable[typing.Any]"),
        (collections.abc.Mapping, "collections.abc.Mapping[typing.Any, typing.Any]"),
        (None | int, "int | None"),
        (object, "object"),
        ("a string", "typing.Any"),
        (3, "typing.Any"),
        (len, "typing.Any"),
    ],
    ids=str,
)
def test_what_has_several_spellings_is_written_in_one(annotation: Any, text: str) -> None:
    assert portable_type(annotation).text == text


def test_a_member_of_an_enum_is_named_in_full() -> None:
    written = portable_type(typing.Literal[Colour.RED])
    assert (
        written == PortableType(f"typing.Literal[{__name__}.Colour.RED]", (__name__, "typing")) or written == ANYTHING
    )
    assert portable_type(typing.Literal[inspect._ParameterKind.VAR_KEYWORD]).text == (
        "typing.Literal[inspect._ParameterKind.VAR_KEYWORD]"
    )


def test_what_cannot_be_named_elsewhere_is_anything() -> None:
    class Local:
        pass

    assert portable_type(Local) == ANYTHING
    assert portable_type(list[Local]).text == "list[typing.Any]"
    assert importable(Local) is None
    assert importable(lambda: None) is None
    assert importable(nn.Module) == ("torch.nn.modules.module", "Module")


def test_what_is_in_a_private_module_is_named_in_the_public_one() -> None:
    from timm.models import PretrainedCfg

    assert PretrainedCfg.__module__ == "timm.models._pretrained"
    assert portable_type(PretrainedCfg) == PortableType("timm.models.PretrainedCfg", ("timm.models",))


def test_a_union_with_anything_is_anything() -> None:
    number = PortableType("int")
    assert united(number, ANYTHING) == ANYTHING
    assert united(number, number) == number
    assert united(PortableType("None"), number).text == "int | None"


_PLAIN = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=4), st.binary(max_size=4)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.text(max_size=2), inner, max_size=2),
    ),
)


@given(_PLAIN)
def test_a_default_is_read_back_or_opaque(default: Any) -> None:
    text = default_text(default)
    assert text is not None
    assert text == "..." or (repr(ast.literal_eval(text)) == repr(default) and len(text) <= 300)


class _Shouting(str):
    __slots__ = ()

    def __repr__(self) -> str:
        return "os.system('x')"


def test_what_is_no_literal_is_opaque() -> None:
    loop: list[Any] = []
    loop.append(loop)
    for default in (
        len,
        nn.ReLU,
        _Shouting("a"),
        object(),
        float("inf"),
        [float("nan")],
        loop,
        {1, 2},
        "a" * 400,
        Colour.RED,
    ):
        assert default_text(default) == "..."
    assert default_text(inspect.Parameter.empty) is None


@pytest.mark.parametrize(
    ("annotation", "default", "accepts"),
    [
        (int, 3, "int"),
        (int, None, "int | None"),
        (float, 1, "float"),
        (str, 3, "str | int"),
        (tuple[int, ...], [1, 2], "tuple[int, ...] | list[typing.Any]"),
        (typing.Optional[tuple[int, ...]], [1, 2], "tuple[int, ...] | None | list[typing.Any]"),
        (collections.abc.Sequence[int], [1, 2], "collections.abc.Sequence[int]"),
        (list[int], [1, 2], "list[int]"),
        (nn.Module, nn.ReLU, "torch.nn.modules.module.Module | collections.abc.Callable[..., typing.Any]"),
        (inspect.Parameter.empty, 3, "typing.Any"),
        (typing.Literal[1], 1, "typing.Literal[1]"),
        (typing.Literal[True], True, "typing.Literal[True]"),
        (typing.Literal[1], True, "typing.Literal[1] | bool"),
        (int, inspect.Parameter.empty, "int"),
    ],
    ids=str,
)
def test_a_parameter_accepts_its_own_default(annotation: Any, default: Any, accepts: str) -> None:
    assert accepted_type(annotation, default).text == accepts
