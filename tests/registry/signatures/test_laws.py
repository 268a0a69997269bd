"""Laws of effective signatures, for random parameters and random programs: partials, subclasses, wrappers, and a fixed point."""

from __future__ import annotations

import functools
import inspect
from inspect import Parameter
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from terraregistry.registry.signatures import effective_signature

from .test_random_programs import Program, load, programs
from .test_statements import written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

NAMES = ("alpha", "beta", "gamma", "delta")
LAWS = settings(deadline=None, suppress_health_check=list(HealthCheck))


def parameters(constructor: object) -> dict[str, Parameter]:
    return dict(effective_signature(constructor).signature.parameters)


@st.composite
def headers(draw: Any) -> str:
    """Parameters of a function, as they are written."""
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=4))
    positional = draw(st.integers(0, len(names)))
    only = draw(st.integers(0, positional))
    required = draw(st.integers(0, positional))
    texts = [name if index < required else f"{name}={index}" for index, name in enumerate(names[:positional])]
    named = [draw(st.sampled_from([name, f"{name}=9"])) for name in names[positional:]]
    star = draw(st.sampled_from(["*rest", "*"])) if named else draw(st.sampled_from(["*rest", ""]))
    return ", ".join([*texts[:only], *(["/"] if only else []), *texts[only:], *([star] if star else []), *named])


def function_with(header: str) -> Any:
    return written(f"def make({header}): ...\n")


def class_with(header: str) -> Any:
    return written(f"class make:\n    def __init__({', '.join(filter(None, ['self', header]))}): ...\n")


def passing_on(function: Callable[..., object]) -> Callable[..., object]:
    def again(*args: object, **kwargs: object) -> object:
        return function(*args, **kwargs)

    return again


def wrapping(function: Callable[..., object]) -> Callable[..., object]:
    @functools.wraps(function)
    def again(*args: object, **kwargs: object) -> object:
        return function(*args, **kwargs)

    return again


class Declared:
    """A callable with a signature that it declares."""

    def __init__(self, signature: inspect.Signature) -> None:
        self.__signature__ = signature

    def __call__(self, *args: object, **kwargs: object) -> None: ...


@LAWS
@given(header=headers())
def test_without_kwargs_it_is_the_signature_of_python(header: str) -> None:
    for thing in (function_with(header), class_with(header)):
        assert parameters(thing) == dict(inspect.signature(thing).parameters)


@LAWS
@given(header=headers(), count=st.integers(0, 2), names=st.sets(st.sampled_from(NAMES), max_size=2))
def test_of_a_partial_it_is_the_signature_of_python(header: str, count: int, names: set[str]) -> None:
    function = function_with(header)
    partial = functools.partial(function, *range(count), **dict.fromkeys(names, 7))
    try:
        expected = inspect.signature(partial)
    except ValueError:  # it cannot be called
        assume(False)
    assert parameters(partial) == dict(expected.parameters)
    assert parameters(functools.partial(passing_on(function))) == parameters(function)


@LAWS
@given(header=headers())
def test_what_only_passes_on_changes_nothing(header: str) -> None:
    function, cls = function_with(header), class_with(header)

    class Child(cls):  # type: ignore[misc,valid-type]  # made above
        def __init__(self, *args: object, **kwargs: object) -> None:
            super().__init__(*args, **kwargs)

    class Grandchild(Child): ...

    assert parameters(Child) == parameters(Grandchild) == parameters(cls)
    for passing in (passing_on, wrapping):
        assert parameters(passing(function)) == parameters(passing(passing(function))) == parameters(function)
        assert parameters(passing(cls)) == parameters(cls)


@LAWS
@given(header=headers())
def test_what_only_passes_on_by_name_leaves_the_names(header: str) -> None:
    cls = class_with(header)

    class Child(cls):  # type: ignore[misc,valid-type]  # made above
        def __init__(self, **kwargs: object) -> None:
            super().__init__(**kwargs)

    positional = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)
    named = {name: each for name, each in parameters(cls).items() if each.kind in positional}
    assert parameters(Child) == {name: each.replace(kind=Parameter.KEYWORD_ONLY) for name, each in named.items()}


@LAWS
@given(header=headers())
def test_of_a_function_with_the_signature_as_its_own_it_is_the_same(header: str) -> None:
    first = effective_signature(passing_on(function_with(header))).signature
    again = effective_signature(Declared(first)).signature
    assert again.parameters == first.parameters
    assert str(again).partition(" -> ")[0] == str(first).partition(" -> ")[0]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    return tmp_path_factory.mktemp("laws")


@LAWS
@given(program=programs())
def test_the_laws_hold_for_random_programs(folder: Path, program: Program) -> None:
    try:
        module = load(folder, program.source)
    except TypeError:  # no consistent order of the bases
        return
    constructor = eval(program.entry, vars(module))
    found = effective_signature(constructor)
    expected = dict(found.signature.parameters)
    told = program.source.partition("\n\n\n")[2]
    assert parameters(Declared(found.signature)) == expected, told
    assert parameters(functools.partial(constructor)) == expected, told
    assert same_names(parameters(passing_on(constructor)), expected), told
    assert same_names(parameters(wrapping(constructor)), expected), told


def same_names(one: Mapping[str, Parameter], other: Mapping[str, Parameter]) -> bool:
    """Whether both take the same names, each with the same default, and the same number by position."""
    kinds = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
    texts = [{name: str(each) for name, each in found.items() if each.kind not in kinds} for found in (one, other)]
    stars = [{each.kind for each in found.values() if each.kind in kinds} for found in (one, other)]
    return texts[0] == texts[1] and stars[0] == stars[1]
