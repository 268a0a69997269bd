"""Arguments that a constructor would drop without a word, and second names of parameters."""

from __future__ import annotations

from typing import Any

import pytest

from terraregistry import Registry
from terraregistry.errors import InvalidArgumentsError, Problem, ProblemKind
from terraregistry.registry.calls import Call
from terraregistry.registry.signatures import effective_signature

INEFFECTIVE = {"colour": "no part has one", "size": "it is given by the factory"}
SYNONYMS = {"path": "checkpoint", "tag": "name"}


def closed(
    size: int = 1, path: str | None = None, checkpoint: str | None = None, tag: Any = None, name: Any = None
) -> int:
    return size


def open_(size: int = 1, **kwargs: Any) -> Any:
    return size, kwargs


def call(constructor: Any, **rules: Any) -> Call[int]:
    return Call(constructor, effective_signature(constructor), **rules)


def problems(tried: Call[int], *args: Any, **kwargs: Any) -> list[tuple[str, ProblemKind, str]]:
    found: list[list[tuple[str, ProblemKind, str]]] = []
    for _ in range(3):
        problems = tried.check(args, kwargs)[2]
        found.append([(problem.path, problem.kind, problem.message) for problem in problems])
    assert found[0] == found[1] == found[2]
    return found[0]


COLOUR = ("colour", ProblemKind.UNUSED, "no part has one")
SIZE = ("size", ProblemKind.UNUSED, "it is given by the factory")


@pytest.mark.parametrize(
    ("constructor", "kwargs", "expected"),
    [
        (closed, {}, []),
        (closed, {"path": "a"}, []),
        (closed, {"colour": "red"}, [COLOUR]),  # no parameter, and said why
        (open_, {"colour": "red"}, [COLOUR]),  # let through by the signature
        (open_, {"shape": "round"}, []),
        (closed, {"size": 2}, [SIZE]),
        (closed, {"size": "2"}, [("size", ProblemKind.TYPE, "expected int, got str '2'; did you mean 2?")]),
        (closed, {"size": 2, "colour": "red"}, [COLOUR, SIZE]),
        (open_, {"size": 2, "colour": "red"}, [COLOUR, SIZE]),
        (open_, {"colour": None}, [COLOUR]),
    ],
)
def test_what_would_be_dropped_is_said_with_its_reason(constructor: Any, kwargs: Any, expected: Any) -> None:
    assert problems(call(constructor, ineffective=INEFFECTIVE), **kwargs) == expected


def test_an_unknown_name_that_is_no_known_mistake_stays_unknown() -> None:
    [(path, kind, message)] = problems(call(closed, ineffective=INEFFECTIVE), coulor="red")
    assert (path, kind) == ("coulor", ProblemKind.UNKNOWN)
    assert message.startswith("unknown argument")


@pytest.mark.parametrize(
    ("kwargs", "twice"),
    [
        ({"path": "a"}, []),
        ({"checkpoint": "a"}, []),
        ({"path": "a", "checkpoint": "b"}, ["path"]),
        ({"path": None, "checkpoint": "b"}, []),
        ({"path": "a", "checkpoint": None}, ["path"]),
        ({"tag": "a", "name": "b"}, ["tag"]),
        ({"tag": "a", "name": "b", "path": "a", "checkpoint": "b"}, ["path", "tag"]),
        ({"tag": "a", "path": "a"}, []),
    ],
)
def test_one_parameter_is_given_under_one_of_its_names(kwargs: Any, twice: list[str]) -> None:
    found = problems(call(closed, synonyms=SYNONYMS), **kwargs)
    assert found == [
        (name, ProblemKind.DUPLICATE, f"given twice: also as {SYNONYMS[name]!r}, which means the same")
        for name in twice
    ]


def test_everything_that_is_wrong_is_said_at_once() -> None:
    tried = call(closed, ineffective=INEFFECTIVE, synonyms=SYNONYMS)
    found = problems(tried, path=3, checkpoint="b", colour="red", shape="round")
    assert [(path, kind) for path, kind, _ in found] == [
        ("path", ProblemKind.DUPLICATE),
        ("path", ProblemKind.TYPE),
        ("colour", ProblemKind.UNUSED),
        ("shape", ProblemKind.UNKNOWN),
    ]


@pytest.mark.parametrize("rules", [{"ineffective": INEFFECTIVE}, {"synonyms": SYNONYMS}, {}])
def test_calls_with_rules_of_their_own_are_never_validated_without_them(rules: Any) -> None:
    tried = call(closed, **rules)
    for _ in range(3):
        assert tried.check((), {"tag": 1}) == ((), {"tag": 1}, ())
    description = tried.describe("part", "component", ("other",))
    assert description.ineffective == rules.get("ineffective", {})
    assert description.synonyms == rules.get("synonyms", {})
    assert description.aliases == ("other",)


def test_a_problem_of_nothing_but_a_place_has_no_words_to_spare() -> None:
    problem = Problem("size", ProblemKind.INVALID)
    assert (problem.expected, problem.given, problem.detail, problem.suggestions) == ("", "", "", ())
    assert problem.message == ""
    assert str(problem) == "size: "


def test_too_many_arguments_by_position_are_a_problem_of_their_own() -> None:
    assert problems(call(closed), 1, "a", "b", 4, 5, 6, 7) == [
        ("", ProblemKind.TOO_MANY, "takes at most 5 positional arguments, got 7")
    ]


def by_position(size: int, /, *more: int, width: int = 1) -> tuple[Any, ...]:
    return size, more, width


@pytest.mark.parametrize("name", ["/size", "*", "size", "more"])
def test_what_has_no_name_to_a_caller_is_never_given_by_one(name: str) -> None:
    registry = Registry[Any](part=by_position)
    for _ in range(3):
        assert registry.build("part", 1, 2, 3, width=4) == (1, (2, 3), 4)
        with pytest.raises(InvalidArgumentsError) as caught:
            registry.build("part", **{name: 1})
        assert {problem.kind for problem in caught.value.problems} == {ProblemKind.UNKNOWN, ProblemKind.MISSING}
