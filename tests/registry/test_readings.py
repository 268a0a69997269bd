"""A text that stands for another value is told as what it is, and what to write instead."""

from __future__ import annotations

import ast
import dataclasses
import json
import pickle
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from terraregistry import BACKBONE_REGISTRY, DECODER_REGISTRY, MultiSourceRegistry, Registry
from terraregistry.errors import (
    ComponentNotFoundError,
    InvalidArgumentsError,
    Replace,
    SourceNotFoundError,
    SourceUnavailableError,
)
from terraregistry.readings import names_in, unrendered, values_in
from terraregistry.sources.mmseg import is_installed

_PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)


@given(_PLAIN, st.sampled_from(["", " ", '"', "'", "\u201c"]))
def test_a_value_in_quotation_marks_is_read(value: Any, mark: str) -> None:
    for write in (repr, json.dumps):
        text = mark + write(value) + mark
        try:
            ast.literal_eval(write(value))
        except ValueError:  # JSON's words inside of a list
            continue
        assert next(values_in(text)) == value


@given(st.text(max_size=300))
def test_any_text_is_read_or_not(text: str) -> None:
    for value in values_in(text):
        assert value != text
    assert all(name and name != text for name in names_in(text))
    assert unrendered(text) in ("", "a template that is not rendered", "an interpolation that is not resolved")


@pytest.mark.parametrize("text", ["[" * 100 + "1" + "]" * 100, "-" * 100 + "1", "x" * 300])
def test_a_deep_or_long_text_is_not_read(text: str) -> None:
    assert list(values_in(text)) == []


class Part:
    """A part."""

    def __init__(
        self,
        width: int | None = 3,
        act: Literal["relu", "gelu"] = "relu",
        sizes: list[int] | None = None,
        flag: bool = False,
    ) -> None:
        self.given = (width, act, sizes, flag)


def _problem(**arguments: Any) -> tuple[str, object]:
    with pytest.raises(InvalidArgumentsError) as caught:
        Registry[Part](part=Part).build("part", **arguments)
    (problem,) = caught.value.problems
    return problem.message, problem.fix


@pytest.mark.parametrize(
    ("argument", "text", "hint", "value"),
    [
        ("width", "6", "did you mean 6?", 6),
        ("width", "None", "did you mean null (None in Python)?", None),
        ("act", "'relu'", 'did you mean "relu"?', "relu"),
        ("sizes", "(1, 2)", "did you mean [1, 2]?", [1, 2]),
        ("sizes", "[1, 2]", "did you mean [1, 2]?", [1, 2]),
        ("flag", "true", "did you mean true (True in Python)?", True),
    ],
)
def test_what_was_meant_is_said_and_fits(argument: str, text: str, hint: str, value: object) -> None:
    message, fix = _problem(**{argument: text})
    assert message.endswith(f"got str {text!r}; {hint}")
    assert fix == Replace(value)
    Registry[Part](part=Part).validate("part", **{argument: value})


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("${width}", "an interpolation that is not resolved"),
        ("???", "an interpolation that is not resolved"),
        ("{{ width }}", "a template that is not rendered"),
    ],
)
def test_what_no_tool_has_filled_in_is_named(text: str, what: str) -> None:
    assert _problem(width=text) == (f"expected int | None, got str {text!r} ({what})", None)
    with pytest.raises(ComponentNotFoundError, match=what) as caught:
        Registry[Part](part=Part).build(text)
    assert caught.value.remedy == what
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


@pytest.mark.parametrize("argument", ["width", "sizes"])
def test_a_text_that_fits_in_no_reading_has_no_fix(argument: str) -> None:
    assert _problem(**{argument: "wide"})[1] is None


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("hf-hub:timm/resnet50.a1_in1k", "timm_resnet50.a1_in1k"),
        ("hf_hub:timm/resnet18", "timm_resnet18"),
        ("\u201ctimm_resnet18\u201d", "timm_resnet18"),
        ("'prithvi_eo_tiny'", "terratorch_prithvi_eo_tiny"),
    ],
)
def test_the_name_inside_a_text_is_suggested(text: str, meant: str) -> None:
    with pytest.raises(ComponentNotFoundError) as caught:
        BACKBONE_REGISTRY.build(text)
    assert caught.value.suggestions == (meant,)
    assert meant in BACKBONE_REGISTRY


@pytest.mark.skipif(is_installed(), reason="mmsegmentation is installed")
def test_a_head_of_mmsegmentation_says_what_to_install() -> None:
    with pytest.raises(
        ComponentNotFoundError, match=r'; mmsegmentation is not installed: pip install "terraregistry\[mmseg\]" \('
    ):
        DECODER_REGISTRY.build("mmseg_UPerHead", [16])


def test_a_component_is_not_taken_for_a_source() -> None:
    registry = MultiSourceRegistry[Part](own=Registry[Part](part=Part))
    with pytest.raises(SourceNotFoundError) as caught:
        registry["own_part"]
    said = "MultiSourceRegistry[Part] has no source 'own_part', but a component: build('own_part') makes it, "
    assert str(caught.value) == said + "and find_class('own_part') returns its constructor"
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    with pytest.raises(SourceNotFoundError, match=r"did you mean 'own'\? \(mounted: own\)"):
        registry["onw"]


class Broken(Registry[Part]):
    """A source of a library that is missing."""

    def look_up(self, name: str) -> str | None:
        raise SourceUnavailableError("broken", "no libGL")


def test_a_prefix_is_not_found_also_where_no_name_can_be_looked_up() -> None:
    registry = MultiSourceRegistry[Part](own=Broken())
    with pytest.raises(SourceNotFoundError) as caught:
        registry["own_part"]
    assert not caught.value.is_component


def test_a_search_without_wildcards_finds_parts_of_names() -> None:
    registry = MultiSourceRegistry[Part](own=Registry[Part](part=Part, apartment=Part, other=Part))
    assert registry.search("part") == ["own_apartment", "own_part"]
    assert registry.search("part*") == ["own_part"]
    assert registry.search("") == []
    assert "timm_resnet18" in BACKBONE_REGISTRY.search("resnet")


def test_a_class_without_a_docstring_is_not_described_by_its_base() -> None:
    class Bare(nn.Module):
        pass

    assert Registry[Any](bare=Bare).describe("bare").summary == ""


@dataclasses.dataclass
class Options:
    names: list[str] = dataclasses.field(default_factory=list)
    part: Part = dataclasses.field(default_factory=Part)
    width: int = 3

    @classmethod
    def of(cls, names: str = "", *more: str) -> Options:
        return cls([names, *more])


def test_the_default_of_a_factory_is_shown_as_what_it_makes() -> None:
    registry = Registry[Options](options=Options)
    assert (
        str(registry.signature("options")) == "(names: list[str] = [], part: Part = Part(), width: int = 3) -> Options"
    )
    assert registry.build("options", names=["a"]).names == ["a"]
    assert str(Registry[Options](of=Options.of).signature("of")) == "(names: str = '', *more: str) -> Options"
