"""What errors are made of where little is given, how long what they repeat may be, and how many keys they list."""

from __future__ import annotations

import copy
import inspect
import pickle
from typing import TYPE_CHECKING, Any

import pytest

from terraregistry import errors
from terraregistry.errors import (
    ComponentNotFoundError,
    ComponentProtocolError,
    DuplicateComponentError,
    DuplicateSourceError,
    InvalidArgumentsError,
    PrefixConflictError,
    Problem,
    ProblemKind,
    ReadOnlyRegistryError,
    RegistryError,
    SourceNotFoundError,
    SourceUnavailableError,
    TakenNameWarning,
    UntrainedBackboneWarning,
    UnusedArgumentWarning,
    WeightsError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

BARE: list[tuple[Callable[[], Exception], dict[str, Any], str]] = [
    (
        lambda: ComponentNotFoundError("a", "R"),
        {"name": "a", "registry": "R", "sources": (), "suggestions": ()},
        "R has no component 'a'; search('*') lists those that there are",
    ),
    (
        lambda: SourceNotFoundError("a", "R"),
        {"prefix": "a", "registry": "R", "sources": (), "suggestions": ()},
        "R has no source 'a' (mounted: none)",
    ),
    (
        lambda: DuplicateComponentError("a", "R", "b"),
        {"name": "a", "registry": "R", "taken_by": "b", "defined_at": ""},
        "R has a component 'a' already: b; register under another name, or with override=True to replace it",
    ),
    (
        lambda: DuplicateSourceError("a", "R", "b"),
        {"prefix": "a", "registry": "R", "taken_by": "b", "defined_at": ""},
        "R has a source 'a' already: b; mount under another prefix, or unregister_source() it first",
    ),
    (
        lambda: PrefixConflictError("1", "R"),
        {"prefix": "1", "registry": "R", "conflicts_with": None},
        "R cannot mount a source under '1': a prefix is an identifier, such as 'timm'",
    ),
    (
        lambda: InvalidArgumentsError("a", "R", ()),
        {"component": "a", "registry": "R", "problems": (), "signature": "", "defined_at": ""},
        "0 problems in the arguments of 'a' (R)",
    ),
    (
        lambda: ComponentProtocolError("a", "R", "Kind", "Made"),
        {"component": "a", "registry": "R", "kind": "Kind", "product": "Made", "missing": (), "wrong": ()},
        "'a' of R built a Made, which is no Kind; have its constructor return a Kind",
    ),
    (
        lambda: SourceUnavailableError("a", "no"),
        {"source": "a", "reason": "no", "remedy": ""},
        "the source 'a' is unavailable: no; mend or unregister it",
    ),
    (lambda: ReadOnlyRegistryError("R"), {"registry": "R", "remedy": ""}, "R is read-only"),
    (
        lambda: WeightsError("a", "", "no"),
        {
            "component": "a",
            "origin": "",
            "reason": "no",
            "missing": (),
            "surplus": (),
            "misshapen": (),
            "remedy": "",
        },
        "no weights for 'a': no\ngive the file of a state dict that fits, or build it without weights",
    ),
    (lambda: RegistryError("one", 2), {"args": ("one", 2)}, "one, 2"),
    (RegistryError, {"args": ()}, ""),
]


@pytest.mark.parametrize(("make", "facts", "message"), BARE)
def test_what_there_is_of_an_error_with_nothing_to_spare(
    make: Callable[[], Exception], facts: dict[str, Any], message: str
) -> None:
    error = make()
    assert {name: getattr(error, name) for name in facts} == facts
    assert str(error) == message
    assert repr(error) == f"{type(error).__name__}({message!r})"
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(again) is type(error)
        assert {name: getattr(again, name) for name in facts} == facts
        assert str(again) == message
        assert not hasattr(again, "__notes__")


def test_all_of_the_errors_are_among_those() -> None:
    named = {type(make()) for make, _, _ in BARE}
    every = {each for each in vars(errors).values() if inspect.isclass(each) and issubclass(each, RegistryError)}
    assert every - named == {errors.ConfigError, errors.InvalidRegistrationError}


def test_notes_go_where_the_error_goes() -> None:
    error = ReadOnlyRegistryError("R")
    error.add_note("while building")
    again = pickle.loads(pickle.dumps(error))
    assert again.__notes__ == ["while building"]
    again.add_note("more")
    assert error.__notes__ == ["while building"]


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 12, 30])
@pytest.mark.parametrize("title", ["missing", "surplus", "misshapen"])
def test_ten_keys_are_listed_and_the_others_counted(title: str, count: int) -> None:
    keys = tuple(f"layer.{i}" for i in range(count))
    head, *lines, last = str(WeightsError("a", "file", "no", **{title: keys}, remedy="mend it")).split("\n")
    assert (head, last) == ("no weights from file for 'a': no", "mend it")
    more = [f"  {title}: {count - 10} more"] if count > 10 else []
    assert lines == [f"  {title}: {key}" for key in keys[:10]] + more


@pytest.mark.parametrize("count", [1, 5, 6, 7])
def test_five_wrong_members_are_said(count: int) -> None:
    wrong = tuple(f"has m{i} = 1, not int" for i in range(count))
    error = ComponentProtocolError("a", "R", "Kind", "Made", ("x", "y"), wrong)
    assert str(error) == (
        "'a' of R built a Made, which is no Kind: it lacks x, y; "
        + "; ".join(wrong[:5])
        + "; have its constructor return a Kind"
    )


LONG = "".join(chr(97 + i % 26) for i in range(2000))


def cut(longest: int) -> str:
    before = (longest - 3) // 2
    return LONG[:before] + "..." + LONG[before + 3 - longest :]


@pytest.mark.parametrize(
    ("error", "parts"),
    [
        (DuplicateComponentError("a", LONG, "b"), [cut(100)]),
        (DuplicateComponentError("a", "R", LONG), [cut(100)]),
        (DuplicateComponentError("a", "R", "b", LONG), [cut(600)]),
        (DuplicateSourceError("a", LONG, "b"), [cut(100)]),
        (ComponentNotFoundError("a", LONG), [cut(100)]),
        (SourceNotFoundError("a", LONG), [cut(100)]),
        (PrefixConflictError("1", LONG), [cut(100)]),
        (ComponentProtocolError("a", LONG, LONG, LONG), [cut(100)] * 4),
        (ComponentProtocolError("a", "R", "K", "M", (), (LONG,)), [cut(300)]),
        (SourceUnavailableError("a", LONG, LONG), [cut(400)] * 2),
        (ReadOnlyRegistryError(LONG, LONG), [cut(100), cut(400)]),
        (WeightsError("a", LONG, LONG, (LONG,), remedy=LONG), [cut(600), cut(400), cut(200), cut(400)]),
        (InvalidArgumentsError("a", LONG, ()), [cut(100)]),
        (InvalidArgumentsError("a", "R", (), "()", LONG), [cut(600)]),
        (InvalidArgumentsError(LONG, "R", (), "()"), [cut(100) + "()"]),
        (UntrainedBackboneWarning(LONG, LONG), [cut(100)] * 2),
        (TakenNameWarning("a", LONG, LONG), [cut(100), cut(600)]),
    ],
)
def test_how_much_is_repeated_of_what_is_long(error: Exception, parts: list[str]) -> None:
    rest = str(error)
    for part in parts:
        _, found, rest = rest.partition(part)
        assert found, str(error)
    assert "..." not in rest.replace("signature: ", "")


@pytest.mark.parametrize("count", [1, 2])
def test_warnings_count_what_they_list(count: int) -> None:
    problems = tuple(Problem(f"a{i}", ProblemKind.UNUSED, detail="nobody reads it") for i in range(count))
    head, *lines = str(UnusedArgumentWarning("part", problems)).split("\n")
    counted = "1 argument" if count == 1 else "2 arguments"
    assert head == f"{counted} of 'part' that nothing reads, dropped; remove or correct what is listed"
    assert lines == [f"  a{i}: nobody reads it" for i in range(count)]
    error = InvalidArgumentsError("part", "R", problems)
    assert str(error).startswith(f"{count} problem{'s' * (count > 1)} in the arguments of 'part' (R)\n  a0: ")


def test_facts_that_are_worked_out_when_they_are_asked_for() -> None:
    asked: list[str] = []

    def answer(name: str, value: Any) -> Any:
        return lambda: (asked.append(name), value)[1]

    error = InvalidArgumentsError("a", answer("registry", "R"), (), answer("signature", "(x)"), answer("at", "f:1"))
    missing = ComponentNotFoundError("a", answer("registry", "R"), (), answer("suggestions", ("b",)))
    assert asked == []
    assert (error.registry, error.signature, error.defined_at) == ("R", "(x)", "f:1")
    assert (missing.registry, missing.suggestions, missing.suggestions) == ("R", ("b",), ("b",))
    assert asked == ["registry", "signature", "at", "registry", "suggestions"]
    assert str(error) == "0 problems in the arguments of 'a' (R)\nsignature: a(x)\ndefined at: f:1"
    assert str(missing) == "R has no component 'a'; did you mean 'b'?"
