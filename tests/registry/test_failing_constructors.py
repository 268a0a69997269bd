"""What a constructor raises keeps its type and its traceback, gains a note, and is never taken for anything else."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from typing import Any

import pytest

from terraregistry import MultiSourceRegistry, Registry
from terraregistry.errors import (
    ComponentNotFoundError,
    InvalidArgumentsError,
    Problem,
    ProblemKind,
    RegistryError,
    SourceNotFoundError,
    SourceUnavailableError,
)


class PeculiarError(Exception):
    def __init__(self, code: int, *, hint: str) -> None:
        super().__init__(code)
        self.hint = hint


ERRORS: list[BaseException] = [
    KeyError("resnet18"),
    ValueError("3 is no depth"),
    TypeError("__init__() missing 1 required positional argument: 'x'"),
    AttributeError("no attribute 'build'"),
    ImportError("no CUDA"),
    LookupError(),
    StopIteration(5),
    RuntimeError("out of memory"),
    NotImplementedError(),
    AssertionError(),
    OSError(2, "No such file", "weights.pt"),
    UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
    ExceptionGroup("several", [ValueError(1), KeyError(2)]),
    PeculiarError(3, hint="none"),
    RecursionError(),
    MemoryError(),
    RegistryError("ours"),
    ComponentNotFoundError("part", "another registry"),
    SourceNotFoundError("part", "another registry"),
    SourceUnavailableError("timm", "gone"),
    InvalidArgumentsError("part", "another registry", (Problem("x", ProblemKind.MISSING),)),
]
raises_anything = pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)


class Plain(AbstractSet[str]):
    """A minimal source, whose `build` raises."""

    def __init__(self, constructor: Callable[..., object]) -> None:
        self.constructor = constructor

    def __iter__(self) -> Iterator[str]:
        return iter(["part"])

    def __len__(self) -> int:
        return 1

    def __contains__(self, name: object) -> bool:
        return name == "part"

    def build(self, name: str, /, size: int = 1) -> object:
        return self.constructor(size)


def deep_inside(error: BaseException) -> None:
    raise error


def failing(error: BaseException) -> Callable[..., object]:
    def construct(size: int = 1) -> object:
        deep_inside(error)
        return None

    return construct


class Options:
    """Takes whatever it is given."""

    def __init__(self, **options: object) -> None:
        self.options = options


def swallowing(error: BaseException) -> Callable[..., object]:
    def construct(**kwargs: object) -> object:
        options = Options(**kwargs)
        deep_inside(error)
        return options

    return construct


def caught(error: BaseException, build: Callable[..., object], *args: Any, **kwargs: Any) -> BaseException:
    error.__notes__ = []
    with pytest.raises(type(error)) as info:
        build(*args, **kwargs)
    assert info.value is error
    assert [frame.name for frame in traceback.extract_tb(error.__traceback__)][-2:] == ["construct", "deep_inside"]
    assert error.__cause__ is None
    assert error.__context__ is None
    return error


@raises_anything
def test_of_one_source(error: BaseException) -> None:
    registry = Registry[Any]()
    registry.register(failing(error), name="part", aliases=["old"])
    assert caught(error, registry.build, "part").__notes__ == ["while building 'part' with no arguments"]
    assert caught(error, registry.build, "old", 3).__notes__ == ["while building 'old' with int 3"]
    assert caught(error, registry.validate("part", size=2).build).__notes__ == ["while building 'part' with size=int 2"]
    assert "part" in registry


@raises_anything
@pytest.mark.parametrize("sort", [lambda make: Registry(part=make), Plain], ids=["ours", "somebody else's"])
def test_of_several_sources_without_trying_the_next(error: BaseException, sort: Callable[..., Any]) -> None:
    registry = MultiSourceRegistry[Any](first=sort(failing(error)), second=Registry(part=int, first_part=int))
    for name in ("part", "first_part"):
        notes = caught(error, registry.build, name, size=3).__notes__
        assert notes == ["while building 'first_part' with size=int 3"]
    assert registry.resolve("part") == ("first", "part")
    assert registry.build("second_part") == 0


@raises_anything
def test_of_a_registry_in_a_registry(error: BaseException) -> None:
    inner = MultiSourceRegistry[Any](b=Registry(part=failing(error)), c=Plain(failing(error)))
    registry = MultiSourceRegistry[Any](a=inner, z=Registry(part=int))
    for name, full in [("part", "a_part"), ("a_b_part", "a_b_part"), ("a_c_part", "a_c_part"), ("b_part", "a_b_part")]:
        notes = caught(error, registry.build, name).__notes__
        assert notes == [f"while building {full!r} with no arguments"]


def test_notes_that_were_there_stay() -> None:
    error = ValueError(5)

    def construct() -> None:
        error.add_note("said by the constructor")
        raise error

    with pytest.raises(ValueError, match="5"):
        Registry[Any](part=construct).build("part")
    assert error.__notes__ == ["said by the constructor", "while building 'part' with no arguments"]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(2), GeneratorExit()], ids=lambda e: type(e).__name__)
def test_what_ends_the_program_goes_through_untouched(error: BaseException) -> None:
    registry = MultiSourceRegistry[Any](p=Registry(part=failing(error)))
    with pytest.raises(type(error)) as info:
        registry.build("part")
    assert info.value is error
    assert not hasattr(error, "__notes__")


class Wordless:
    def __repr__(self) -> str:
        raise RuntimeError("no words")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "None"),
        (True, "bool True"),
        (1.5, "float 1.5"),
        ("text", "str 'text'"),
        ("x" * 10_000, f"str '{'x' * 27}...{'x' * 28}'"),
        ([1, 2], "list [1, 2]"),
        (list(range(1000)), "list [0, 1, 2, 3, 4, 5, 6, 7, ...]"),
        ({"a": {"b": {"c": {"d": 1}}}}, "dict {'a': {'b': {'c': {...}}}}"),
        ((), "tuple ()"),
        (int, "class int"),
        (len, "builtin_function_or_method"),
        (Wordless(), "Wordless"),
        (object(), "object"),
    ],
)
def test_how_the_note_describes_an_argument(value: object, shown: str) -> None:
    error = ValueError()
    registry = Registry[Any](part=swallowing(error))
    assert caught(error, registry.build, "part", given=value).__notes__ == [f"while building 'part' with given={shown}"]


def test_the_note_is_of_bounded_length() -> None:
    error = ValueError()
    registry = Registry[Any](part=swallowing(error))
    many = {f"argument_{index}": "x" * 100 for index in range(1000)}
    (note,) = caught(error, registry.build, "part", **many).__notes__
    assert len(note) < 500
    assert note.endswith(" ...")
    (note,) = caught(error, registry.build, "part", given=[Wordless()]).__notes__
    assert note.startswith("while building 'part' with given=list [<Wordless instance at ")


def test_arguments_that_are_refused_are_no_failure_of_the_constructor() -> None:
    def construct(size: int) -> object:
        raise AssertionError("must not be called")

    registry = MultiSourceRegistry[Any](first=Registry(part=construct), second=Registry(part=int))
    for attempt in (registry.build, registry.validate):
        for args, kwargs in [((), {}), (("1",), {}), ((), {"sise": 1}), ((1, 2), {}), ((1,), {"size": 1})]:
            with pytest.raises(InvalidArgumentsError) as info:
                attempt("part", *args, **kwargs)
            assert info.value.component == "first_part"
            assert not hasattr(info.value, "__notes__")


def test_a_parameter_may_have_any_name() -> None:
    def construct(
        name: int, self: int, args: int, kwargs: int, shown: int, registry: int, bare: int, prefix: int
    ) -> list[int]:
        return [name, self, args, kwargs, shown, registry, bare, prefix]

    given = {"name": 1, "self": 2, "args": 3, "kwargs": 4, "shown": 5, "registry": 6, "bare": 7, "prefix": 8}
    one = Registry[Any](part=construct)
    registry = MultiSourceRegistry[Any](p=one, q=MultiSourceRegistry(r=one), s=Named(construct))
    for build in (one.build, registry.build):
        assert build("part", **given) == list(range(1, 9))
    for name in ("q_r_part", "s_part", "part"):
        assert registry.build(name, **given) == registry.validate(name, **given).build() == list(range(1, 9))
    spec = one.validate("part", **given)
    assert type(spec).from_dict({"name": "part", "kwargs": spec.kwargs}, one) == spec


class Named(Plain):
    def build(self, name: str, /, *args: object, **kwargs: object) -> object:
        return self.constructor(*args, **kwargs)
