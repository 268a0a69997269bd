"""Whatever goes wrong with whatever is given, the message fits on a screen, can be seen, and still says what it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terraregistry import MultiSourceRegistry, Registry
from terraregistry.errors import (
    ComponentNotFoundError,
    ComponentProtocolError,
    ConfigError,
    DuplicateComponentError,
    DuplicateSourceError,
    InvalidArgumentsError,
    InvalidRegistrationError,
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
from terraregistry.problems import Span
from terraregistry.tools.config import find_request, parse_config, read_config
from terraregistry.wording import COLUMNS, ROWS, listed, on_screen, one_line, quoted, rows_of

from .screens import fits

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def unread(text: str) -> None:
    raise parse_config(text).with_unread((), [()])  # as if all of it described the model


ODD = "\x1b[31m\n\r\t\x00\u202e\ud800\u2028é🛰"
text = st.builds(
    lambda start, part, times: start + part * times,
    *(st.text(max_size=5) | st.sampled_from(["timm_resnet18", "out_channels", ODD]), st.text(max_size=3)),
    st.sampled_from([0, 1, 70, 5_000]),
)
texts = st.lists(text, max_size=3).flatmap(lambda few: st.sampled_from([1, 1, 500]).map(lambda times: (*few,) * times))
problem = st.builds(
    lambda path, kind, expected, given, detail, choices: Problem(
        path, kind, expected=expected, given=given, detail=detail, choices=choices
    ),
    *(text | st.lists(text | st.integers() | st.none(), max_size=3).map(tuple), st.sampled_from(ProblemKind)),
    *(text, text, text, st.lists(text, max_size=3)),
)
problems = st.lists(problem, max_size=3).flatmap(
    lambda few: st.sampled_from([1, 400]).map(lambda times: (*few,) * times)
)
thing = text | st.sampled_from([None, 5, 10**5_000, b"\x00" * 10_000, ["\x1b"] * 10_000, object(), int, ConfigError])
place = st.builds(
    lambda where, line, column: where.at(where.steps, Span(line, column)),
    *(problem, st.integers(1, 10**6), st.integers(1, 10**6)),
)
ERRORS: dict[type[Exception], st.SearchStrategy[Any]] = {
    RegistryError: st.builds(RegistryError, text),
    ComponentNotFoundError: st.builds(
        ComponentNotFoundError, thing, text, texts, st.lists(text, max_size=3).map(tuple)
    ),
    SourceNotFoundError: st.builds(SourceNotFoundError, thing, text, texts),
    DuplicateComponentError: st.builds(DuplicateComponentError, text, text, text, text),
    DuplicateSourceError: st.builds(DuplicateSourceError, text, text, text, text),
    PrefixConflictError: st.builds(PrefixConflictError, text, text, st.none() | text),
    InvalidRegistrationError: st.builds(InvalidRegistrationError, thing, text, text),
    InvalidArgumentsError: st.builds(InvalidArgumentsError, text, text, problems, text, text),
    ComponentProtocolError: st.builds(ComponentProtocolError, text, text, text, text, texts, texts),
    SourceUnavailableError: st.builds(SourceUnavailableError, text, text, text),
    ReadOnlyRegistryError: st.builds(ReadOnlyRegistryError, text, text),
    ConfigError: st.builds(ConfigError, text, st.lists(place, min_size=1).map(lambda few: (*few,) * 50)),
    WeightsError: st.builds(WeightsError, text, text, text, texts, texts, texts, text),
    UnusedArgumentWarning: st.builds(UnusedArgumentWarning, text, problems),
    UntrainedBackboneWarning: st.builds(UntrainedBackboneWarning, text, text),
    TakenNameWarning: st.builds(TakenNameWarning, text, text, text),
}


@pytest.mark.parametrize("kind", ERRORS)
@given(st.data())
def test_any_error_fits_on_a_screen(kind: type[Exception], data: st.DataObject) -> None:
    error = data.draw(ERRORS[kind])
    said = str(error)
    if said or error.args != ("",):
        fits(said)
    for attribute in ("name", "component", "prefix", "source"):
        named = getattr(error, attribute, None)
        if named is not None and kind is not UntrainedBackboneWarning:
            assert quoted(named) in said
    for attribute in ("registry", "method", "remedy"):
        named = getattr(error, attribute, "")
        assert one_line(named, 100 if attribute != "remedy" else 400) in said or len(named) > 100


MANY = Registry[Any](**{f"component_number_{index}": dict for index in range(100_000)})
BOTH = MultiSourceRegistry[Any](many=MANY, few=Registry(of=dict))
CROWD = MultiSourceRegistry[Any](**{f"source{index}": Registry(of=dict) for index in range(1_000)})
LONG = "x" * 10_000_000


def of(size: int, *, colour: str = "red", **more: int) -> object:
    return None


STRICT = Registry[Any](of=of)


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (lambda: MANY.build("component_numbr_77777"), "did you mean 'component_number_77777'"),
        (lambda: BOTH.build("many_component_numbr_77777"), "did you mean 'many_component_number_77777'"),
        (lambda: BOTH.build("component_numbr_77777"), "did you mean 'many_component_number_77777'"),
        (lambda: BOTH.build("component_number"), "did you mean 'many_component_number_0'"),
        (lambda: MANY[LONG], "MANY has no component 'xxx"),
        (lambda: BOTH.describe(LONG), "BOTH has no component 'xxx"),
        (lambda: BOTH.find_class("many_" + LONG), "search('*') lists those that there are"),
        (lambda: MANY.build(ODD), r"MANY has no component '\x1b[31m\n"),
        (lambda: MANY.build([LONG] * 100), "MANY has no component list ['xxx"),
        (lambda: MANY.register(list, name="component_number_5"), "already: builtins.dict; register under another name"),
        (lambda: MANY.register(dict, name=LONG + "\n"), "a name has printable characters only"),
        (lambda: MANY.register(dict, name="new", aliases=[LONG + "\n"]), "a name has printable characters only"),
        (lambda: MANY.register_lazy("new", LONG), "write 'package.module:attribute'"),
        (lambda: CROWD.build("fo"), "did you mean 'source0_of'? (sources searched: source0, source1, source2, "),
        (lambda: CROWD["sorce7"], "did you mean 'source7'"),
        (lambda: CROWD.register_source(LONG + "-", MANY), "a prefix is an identifier, such as 'timm'"),
        (lambda: CROWD.register_source("source0_" + LONG, MANY), "mount it under another prefix"),
        (
            lambda: STRICT.build("of", "3", colour=LONG, **{LONG: LONG}),
            "  size: expected int, got str '3'; did you mean 3?",
        ),
        (lambda: STRICT.build("of", **{f"{ODD}{index}": "" for index in range(1_000)}), r"  \x1b[31m\n"),
        (lambda: STRICT.build("of", [LONG] * 100, 1, 2), "got list ['xxx"),
        (lambda: unread(f"? {'x' * 400_000}\n: 1\n" * 2), "is here a second time"),
        (lambda: unread(f"a: !{'x' * 900_000} 1"), "is not supported here; a config holds text"),
        (lambda: unread("a: !%e2%80%ae 1"), r"1:4: the tag '!\u202e' is not supported here"),
        (lambda: find_request(parse_config(f"model_factory: {{'{'x' * 900}': 1}}")), "expected the name"),
        (
            lambda: find_request(parse_config("model_factory: x\n" + "\n".join(f"{i}: 1" for i in range(900)))),
            "and 861 more",
        ),
        (lambda: read_config("a\n\x1b" + "b" * 300), r"a\n\x1bb"),
        (lambda: read_config("/" + "c/" * 100_000), "/c/c/c"),
    ],
)
def test_a_large_or_odd_input_is_answered_on_a_screen(act: Callable[[], object], said: str) -> None:
    with pytest.raises(RegistryError) as caught:
        act()
    fits(str(caught.value))
    assert said in str(caught.value)


def test_a_file_of_an_odd_name_is_named_in_a_way_that_can_be_seen(tmp_path: Path) -> None:
    file = tmp_path / "a\n\x1b[31m\udcff.yaml"
    file.write_text("{")
    with pytest.raises(ConfigError) as caught:
        read_config(file)
    fits(str(caught.value))
    assert r"a\n\x1b[31m\udcff.yaml:1:2: not valid YAML" in str(caught.value)


@given(texts, texts, texts)
def test_any_lines_fit_on_a_screen(head: tuple[str, ...], items: tuple[str, ...], tail: tuple[str, ...]) -> None:
    lines = on_screen(head[:1], items, tail[:2]).split("\n")
    assert rows_of(lines) <= ROWS
    assert all(line.isprintable() for line in lines)
    left_out = [line for line in lines if line.startswith("  ... and ") and line.endswith(" more")]
    shown = len(lines) - len(head[:1]) - len(tail[:2]) - len(left_out)
    if left_out:
        assert left_out[-1] == f"  ... and {len(items) - shown} more"
    assert lines[-1] == one_line(tail[:2][-1], 18 * COLUMNS) if tail else True


def test_as_many_items_are_shown_as_there_is_room_for() -> None:
    few, many = [str(index) for index in range(ROWS - 2)], [str(index) for index in range(ROWS)]
    assert on_screen(["head"], few, ["end"]).split("\n") == ["head", *few, "end"][: ROWS + 1]
    assert on_screen(["head"], many, ["end"]).split("\n")[-3:] == ["36", "  ... and 3 more", "end"]
    wide = ["x" * COLUMNS, "y" * (COLUMNS + 1)]
    assert rows_of(wide) == 3
    assert on_screen([], wide * 30).split("\n")[-1] == "  ... and 34 more"


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ([], "none"),
        (["a", "b"], "a, b"),
        (map(str, range(12)), "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11"),
        (map(str, range(14)), "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 2 more"),
        (["a\n", "x" * 200], r"a\n, " + "x" * 38 + "..." + "x" * 39),
    ],
)
def test_names_are_listed_up_to_a_dozen(names: Any, words: str) -> None:
    assert listed(names) == words


@given(text, st.integers(10, 100))
def test_a_line_is_one_line(text: str, longest: int) -> None:
    line = one_line(text, longest)
    assert len(line) <= longest
    assert line.isprintable()
    if len(text) <= longest and text.isprintable():
        assert line == text
