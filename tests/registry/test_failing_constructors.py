"""What a constructor raises keeps its type and its traceback, gains a note, and is never taken for anything else."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path  # noqa: TC003 - read at run time
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


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(2), GeneratorExit()], ids=lambda e: type(e).__name__)
def test_what_ends_the_program_goes_through_a_source_of_somebody_else_untouched(error: BaseException) -> None:
    class Ending(Plain):
        def __contains__(self, name: object) -> bool:
            raise error

        def __iter__(self) -> Iterator[str]:
            raise error

    built = MultiSourceRegistry[Any](p=Plain(failing(error)), q=Registry(part=int))
    asked = MultiSourceRegistry[Any](p=Ending(int), q=Registry(part=int))
    for ask in (
        lambda: built.build("part"),
        lambda: "part" in asked,
        lambda: list(asked),
        lambda: asked.build("p_part"),
    ):
        with pytest.raises(type(error)) as info:
            ask()
        assert info.value is error
        assert not hasattr(error, "__notes__")
    assert asked.build("q_part") == built.build("q_part") == 0


# -- exceptions that are hard to handle --


@dataclass(frozen=True)
class FrozenError(Exception):
    code: int


class SlottedError(Exception):
    __slots__ = ("code",)


class UnchangingError(Exception):
    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{name} cannot be set")


class NotelessError(Exception):
    def add_note(self, note: str) -> None:
        raise RuntimeError("no notes")


class WordlessError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")

    __repr__ = __str__


@pytest.mark.parametrize("kind", [FrozenError, SlottedError, UnchangingError, NotelessError, WordlessError])
@pytest.mark.parametrize("sort", [lambda make: Registry(part=make), Plain], ids=["ours", "somebody else's"])
def test_an_exception_that_cannot_be_changed_or_printed_is_raised_and_not_another(
    kind: type[Exception], sort: Callable[..., Any]
) -> None:
    error = kind(1)
    registry = MultiSourceRegistry[Any](p=sort(failing(error)), q=Registry(part=int))
    with pytest.raises(kind) as info:
        registry.build("part", size=2)
    assert info.value is error
    assert error.__context__ is None
    assert error.__notes__ == ["while building 'p_part' with size=int 2"]


@pytest.mark.parametrize(
    "notes", [5, None, ("a",), "text", [WordlessError()]], ids=["5", "None", "tuple", "str", "wordless"]
)
def test_an_exception_whose_notes_are_no_list_of_strings_is_raised_as_it_is(notes: object) -> None:
    error = ValueError(3)
    error.__notes__ = notes  # type: ignore[assignment]  # that is what is wrong with it
    registry = Registry[Any](part=failing(error))
    caught: Exception | None = None
    try:
        registry.build("part")
    except ValueError as raised:  # not by pytest.raises, which wants to read the notes
        caught = raised
    assert caught is error
    assert error.__notes__ == (["while building 'part' with no arguments"] if notes is None else notes)


def test_an_exception_that_is_raised_again_and_again_does_not_gather_notes_without_end() -> None:
    error = ValueError("always the same one")
    registry = Registry[Any](part=failing(error))
    for size in range(1000):
        with pytest.raises(ValueError, match="always"):
            registry.build("part", size=size)
    error.add_note("said by somebody else")
    assert error.__notes__ == [
        *(f"while building 'part' with size=int {size}" for size in range(10)),
        "while building more around that",
        "said by somebody else",
    ]


# -- components that build themselves --

SELF = Registry[Any]()
ABOVE = MultiSourceRegistry[Any](
    p=SELF, q=MultiSourceRegistry(r=SELF), s=Plain(lambda size: ABOVE.build("s_part", size=size))
)


@SELF.register
def one(depth: int = 0, path: Path | None = None, sizes: tuple[int, ...] = (), text: str = "") -> object:
    return SELF.build("one", depth=depth + 1, path=path, sizes=list(sizes), text=text)


@SELF.register
def many(depth: int = 0, path: Path | None = None, sizes: tuple[int, ...] = (), text: str = "") -> object:
    return ABOVE.build("q_r_many", depth + 1, path, list(sizes), text)


@SELF.register
def spec(depth: int = 0, sizes: tuple[int, ...] = ()) -> object:
    return ABOVE.validate("p_spec", depth=depth + 1, sizes=[*sizes]).build()


def below(frames: int, call: Callable[[], object]) -> object:
    """Call with some frames more on the stack."""
    return call() if frames == 0 else below(frames - 1, call)


@pytest.mark.parametrize("limit", [1_000, 20_000])
@pytest.mark.parametrize("name", ["p_one", "p_many", "q_r_many", "p_spec", "s_part"])
def test_a_component_that_builds_itself_is_a_recursion_error_of_bounded_length(name: str, limit: int) -> None:
    given: dict[str, Any] = (
        {} if name == "s_part" else {"sizes": [1, 2]} if name == "p_spec" else {"text": "x" * 10_000}
    )
    before = sys.getrecursionlimit()
    for frames in range(24 if limit == 1_000 else 2):  # wherever in the registry the stack ends
        sys.setrecursionlimit(limit)
        try:
            below(frames, lambda: ABOVE.build(name, **given))
        except BaseException as error:  # noqa: BLE001 - of which kind it is asserted below
            found = error
        finally:
            sys.setrecursionlimit(before)
        assert type(found) is RecursionError
        *notes, last = found.__notes__
        assert last == "while building more around that"
        assert len(notes) == 10
        assert all(note.startswith("while building '") and len(note) < 500 for note in notes)
        contexts, at = 0, found.__context__
        while at is not None:
            contexts, at = contexts + 1, at.__context__
        assert contexts < 10
        del found, at
    assert SELF.validate("one").kwargs == {}


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
