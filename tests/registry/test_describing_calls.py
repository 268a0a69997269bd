"""What is said of a constructor and of a call of it, where there is little to say, or much."""

from __future__ import annotations

import fnmatch
import functools
import itertools
from importlib import metadata
from typing import Any

import pytest

from terraregistry import MultiSourceRegistry, Registry
from terraregistry.errors import DuplicateComponentError, InvalidArgumentsError, SourceUnavailableError
from terraregistry.registry import schemas
from terraregistry.registry.locations import library_of, locate


class Part:
    """The first paragraph,
    on two lines.

    The second one.

    The third one.
    """

    def __init__(self, size: int = 1) -> None:
        self.size = size


def fail(*args: Any, **kwargs: Any) -> None:
    raise ValueError("no")


def test_the_summary_is_the_first_paragraph_on_one_line() -> None:
    assert Registry[Any](part=Part).describe("part").summary == "The first paragraph, on two lines."


def test_a_description_without_a_summary_has_no_line_for_one() -> None:
    def bare(size: int = 1) -> None: ...

    described = Registry[Any](bare=bare).describe("bare")
    assert str(described).splitlines() == [
        "bare(size: int = 1) -> None",
        f"  defined at {__file__}:{bare.__code__.co_firstlineno}",
    ]


def test_what_says_that_it_is_defined_by_something_else_is_described_as_that() -> None:
    def entry(size: int = 1) -> Part:
        return Part(size)

    entry.__defined_by__ = Part  # type: ignore[attr-defined]  # as the sources do
    registry = Registry[Any](entry=entry)
    described = registry.describe("entry")
    assert described.summary == "The first paragraph, on two lines."
    assert (described.file, described.line) == locate(Part) == locate(entry)
    from torch import nn

    entry.__defined_by__ = nn.Conv2d  # type: ignore[attr-defined]
    described = registry.describe("entry")
    assert (described.library, described.version) == ("torch", metadata.version("torch"))


def test_the_library_of_an_object_is_that_of_its_class_where_it_says_no_module() -> None:
    class Made:
        __module__ = "torch"

        def __init__(self) -> None:
            self.__module__ = None  # type: ignore[assignment]  # as of functions that C has made

        def __call__(self) -> int:
            return 1

    assert Registry[Any](made=Made()).describe("made").library == "torch"
    assert Registry[Any](made=str.upper).describe("made").library is None
    assert Registry[Any](made=[].append).describe("made").library is None


@pytest.mark.parametrize(
    ("package", "library"),
    [("yaml", "PyYAML"), ("torch", "torch"), ("segmentation_models_pytorch", "segmentation_models_pytorch")],
)
def test_the_library_of_a_package(package: str, library: str) -> None:
    assert library_of(package) == (library, metadata.version(library))


@pytest.mark.parametrize("package", ["tests", "no_such_package", "builtins", "os"])
def test_what_was_not_installed_is_of_no_library(package: str) -> None:
    assert library_of(package) is None


@pytest.mark.parametrize(
    ("constructor", "taken_by"),
    [
        (Part, f"{__name__}.Part"),
        (fail, f"{__name__}.fail"),
        (len, "builtins.len"),
        ([].append, "list.append"),  # says that it has no module
        (str.upper, "str.upper"),  # says nothing of modules
        (functools.partial(Part, 2), "partial"),
    ],
)
def test_what_a_name_is_taken_by(constructor: Any, taken_by: str) -> None:
    registry = Registry[Any](part=constructor)
    with pytest.raises(DuplicateComponentError) as caught:
        registry.register(object, name="part")
    assert caught.value.taken_by == taken_by
    location = locate(constructor)
    assert caught.value.defined_at == ("" if location is None else str(location))


def test_what_no_python_file_defines_is_defined_nowhere() -> None:
    with pytest.raises(InvalidArgumentsError) as caught:
        Registry[Any](size=len).build("size")
    assert caught.value.defined_at == ""
    assert "defined at" not in str(caught.value)


@pytest.mark.parametrize(
    ("args", "kwargs", "words"),
    [
        ((), {}, "no arguments"),
        ((1,), {}, "int 1"),
        ((1, "a"), {"b": 2, "c": None}, "int 1, str 'a', b=int 2, c=None"),
    ],
)
def test_the_note_of_a_failing_constructor_lists_the_arguments(args: Any, kwargs: Any, words: str) -> None:
    with pytest.raises(ValueError, match="no") as caught:
        Registry[Any](fail=fail).build("fail", *args, **kwargs)
    assert caught.value.__notes__ == [f"while building 'fail' with {words}"]


@pytest.mark.parametrize("length", [399, 400, 401, 402, 500])
def test_the_note_of_a_failing_constructor_is_cut_after_400_characters(length: int) -> None:
    with pytest.raises(ValueError, match="no") as caught:
        Registry[Any](fail=fail).build("fail", **{"a" * (length - len("=int 1")): 1})
    [note] = caught.value.__notes__
    words = note.removeprefix("while building 'fail' with ")
    full = "a" * (length - len("=int 1")) + "=int 1"
    assert words == (full if length <= 400 else full[:400] + " ...")


def test_what_validates_an_argument_is_made_once_when_the_argument_is_first_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def taking(size: int, /, *more: Any, depth: int = 0, width: float = 1.0, **names: Any) -> Any:
        return size, more, depth, width, names

    made: list[str] = []
    make = schemas.argument_validator
    monkeypatch.setattr(schemas, "argument_validator", lambda each: made.append(each.name) or make(each))
    registry = Registry[Any](taking=taking)
    for _ in range(2):
        assert registry.build("taking", 1) == (1, (), 0, 1.0, {})
    assert made == ["size"]
    for _ in range(2):
        assert registry.build("taking", 3, "a", None, depth=4, size=5) == (3, ("a", None), 4, 1.0, {"size": 5})
        with pytest.raises(InvalidArgumentsError, match="size: expected int, got str '3'"):
            registry.build("taking", "3", depth=1)
    assert made == ["size", "depth"]


def test_a_missing_argument_without_an_annotation_is_missing_and_no_more() -> None:
    def bare(size, *, count: int, **names): ...

    with pytest.raises(InvalidArgumentsError) as caught:
        Registry[Any](bare=bare).build("bare")
    assert [str(problem) for problem in caught.value.problems] == ["size: missing", "count: missing; expected int"]


def test_a_search_for_what_is_no_text_is_refused_by_name() -> None:
    with pytest.raises(InvalidArgumentsError) as caught:
        Registry[Any]().search(5)  # type: ignore[arg-type]  # that is what is refused
    assert (caught.value.component, caught.value.registry) == ("search", "a registry")
    assert [str(problem) for problem in caught.value.problems] == ["pattern: expected str, got int 5"]


def test_every_short_glob_finds_what_the_standard_library_finds() -> None:
    names = ["a", "]", "!", "[", "a]", "]!"]
    registry = Registry[Any](**dict.fromkeys(names, int))
    for length in range(6):
        for letters in itertools.product("a[]!*", repeat=length):
            pattern = "".join(letters)
            whole = pattern if not pattern or {*"*["} & {*letters} else f"*{pattern}*"
            assert sorted(registry.search(pattern)) == sorted(
                each for each in names if fnmatch.fnmatchcase(each, whole)
            )


def test_a_scope_can_be_used_again_once_it_is_closed() -> None:
    registry = Registry[Any]()
    scope = registry.scope()
    for _ in range(2):
        with scope:
            registry.register(Part)
            with pytest.raises(RuntimeError) as caught, scope:
                pass
            assert str(caught.value) == "this scope is open already; each scope() is for one `with`"
        assert [*registry] == []


@pytest.mark.parametrize("ask", ["signature", "describe", "find_class", "build", "validate"])
def test_what_one_of_our_registries_says_is_said_by_those_that_it_is_mounted_in(ask: str) -> None:
    one = Registry[Any]()
    one.register_lazy("gone", "no_such_module_at_all:thing")
    several = MultiSourceRegistry[Any](outer=MultiSourceRegistry[Any](inner=one))
    with pytest.raises(SourceUnavailableError) as caught:
        getattr(several, ask)("gone")
    assert caught.value.source == "gone"
    assert caught.value.reason.startswith("no_such_module_at_all:thing cannot be imported: ModuleNotFoundError")
