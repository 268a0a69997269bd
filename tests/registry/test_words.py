"""Where texts are cut and what is listed of many."""

from __future__ import annotations

import pytest

from terraregistry.deferred import DeferredModule, stand_in
from terraregistry.problems import Problem, ProblemKind
from terraregistry.registry.signatures import OPAQUE
from terraregistry.wording import (
    COLUMNS,
    ROWS,
    describe_error,
    describe_value,
    listed,
    on_screen,
    one_line,
    portable,
    rows_of,
)


@pytest.mark.parametrize("count", [0, 1, 2, 11, 12, 13, 14, 100])
def test_a_dozen_names_are_listed(count: int) -> None:
    names = [f"n{i}" for i in range(count)]
    shown = ", ".join(names[:12])
    assert listed(names) == (f"{shown} and {count - 12} more" if count > 12 else shown or "none")
    assert listed([], "nothing") == "nothing"
    assert listed(["x" * 80]) == "x" * 80
    assert listed(["x" * 81]) == "x" * 38 + "..." + "x" * 39


@pytest.mark.parametrize("longest", [10, 11, 600])
@pytest.mark.parametrize("over", [-1, 0, 1, 100])
def test_what_is_too_long_is_cut_in_its_middle_to_just_that_length(longest: int, over: int) -> None:
    text = "".join(chr(97 + i % 26) for i in range(longest + over))
    cut = one_line(text, longest)
    if over <= 0:
        assert cut == text
    else:
        assert len(cut) == longest
        before, after = cut.split("...")
        assert text.startswith(before)
        assert text.endswith(after)
        assert 0 <= len(after) - len(before) <= 1


def test_what_no_terminal_shows_is_written_out() -> None:
    assert one_line("a\tb\x00c\u200bd\ud800") == "a\\tb\\x00c\\u200bd\\ud800"
    assert one_line("é → 漢") == "é → 漢"
    assert len(one_line("\x00" * 600)) == 600


@pytest.mark.parametrize(("length", "rows"), [(0, 1), (1, 1), (200, 1), (201, 2), (400, 2), (401, 3)])
def test_the_rows_of_a_line(length: int, rows: int) -> None:
    assert rows_of(["x" * length]) == rows
    assert rows_of(["x" * length] * 3) == 3 * rows
    assert rows_of([]) == 0


@pytest.mark.parametrize("count", [0, 1, 37, 38, 39, 40, 41, 1000])
def test_a_message_fills_a_screen_and_no_more(count: int) -> None:
    items = [f"  item {i}" for i in range(count)]
    lines = on_screen(["head"], items, ["tail"]).split("\n")
    assert rows_of(lines) <= ROWS
    assert (lines[0], lines[-1]) == ("head", "tail")
    if count <= ROWS - 2:
        assert lines[1:-1] == items
    else:
        assert len(lines) == ROWS
        assert lines[-2] == f"  ... and {count - (ROWS - 3)} more"
        assert lines[1:-2] == items[: ROWS - 3]


def test_long_items_take_their_rows() -> None:
    long = "x" * (2 * COLUMNS)
    lines = on_screen(["head"], [long] * 30, ["tail"]).split("\n")
    assert rows_of(lines) <= ROWS
    assert lines[1:-2] == [long] * 18
    assert lines[-2] == "  ... and 12 more"


@pytest.mark.parametrize(("place", "longest"), [("head", 6 * COLUMNS), ("items", 3 * COLUMNS), ("tail", 18 * COLUMNS)])
def test_each_part_of_a_message_has_a_length_of_its_own(place: str, longest: int) -> None:
    def shown(length: int) -> str:
        parts = {"head": [], "items": [], "tail": []} | {place: ["x" * length]}
        return on_screen(parts["head"], parts["items"], parts["tail"])

    assert shown(longest) == "x" * longest
    assert len(shown(longest + 1)) == longest
    assert "..." in shown(longest + 1)


@pytest.mark.parametrize("length", [0, 1, 999, 1000, 1001, 5000])
def test_the_message_of_an_exception_is_repeated_up_to_a_thousand_characters(length: int) -> None:
    text = "x" * length
    words = describe_error(ValueError(text)) if length else describe_error(ValueError())
    assert words == "ValueError" + (f": {text[:1000]}" if length else "") + (" ..." if length > 1000 else "")


def test_a_default_that_the_source_does_not_tell_is_three_dots() -> None:
    assert repr(OPAQUE) == "..."
    assert OPAQUE.samples == ()
    assert repr(type(OPAQUE)("text", 1)) == "text"
    assert type(OPAQUE)("text", 1).samples == (1,)


class WordlessError(Exception):
    """Has no working `str`."""

    def __str__(self) -> str:
        raise KeyError


def test_an_exception_without_words_is_described_by_what_happens_instead() -> None:
    assert describe_error(WordlessError()) == "WordlessError: (its str raises KeyError)"


@pytest.mark.parametrize("value", [None, "a", b"a", True, 5, 0.5])
def test_what_pickles_anywhere_stays_what_it_is(value: object) -> None:
    assert portable(value) is value
    assert describe_value(portable([1])) == "list [1]"
    assert portable(portable([1])) is not None
    assert type(portable(type("Word", (str,), {})("a"))) is str


def test_the_suggestions_of_a_problem_stay_what_they_were_where_it_was() -> None:
    problem = Problem(("part", "sizz"), ProblemKind.UNKNOWN, choices=["size", "width"])
    moved = problem.at(("model", "siez"))
    assert moved.suggestions == problem.suggestions == ("size",)
    assert str(moved) == "model.siez: unknown argument; did you mean 'size'?"
    assert problem.at(("model", "widht")).suggestions == ()
    found = Problem("name", ProblemKind.NOT_FOUND, detail="no such part", choices=["b", "a"]).at(("model", "parts"))
    assert str(found) == "model.parts: no such part; did you mean 'b' or 'a'?"


def test_a_stand_in_has_the_name_of_what_it_stands_for() -> None:
    for qualname, name in [("A", "A"), ("A.B", "B"), ("A.B.C", "C")]:
        made = stand_in("nowhere", qualname)
        assert (made.__name__, made.__qualname__, made.__module__) == (name, qualname, "nowhere")
    module = DeferredModule("nowhere")
    assert module.A is stand_in("nowhere", "A")
    assert not hasattr(module, "__path__")
    assert repr(module) == "DeferredModule('nowhere')"
