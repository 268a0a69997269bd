"""pyright catches every mistake in a call with a literal name, and refuses no right call."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .cases import Mistake, right_cases, wrong_cases
from .checking import pyright, right_program, wrong_program

if TYPE_CHECKING:
    from pathlib import Path

    from terraregistry.index import Index

_IN_EVERY_MODE = {"reportDeprecated": "error"}


def _refused(index: Index, folder: Path, count: int, mode: str, **settings: str) -> list[str]:
    program, lines = right_program(right_cases(index, count))
    reports = pyright(program, folder, mode=mode, **settings).reports
    return [f"{lines[line].call if line in lines else line}: {messages}" for line, messages in reports.items()]


def _missed(index: Index, folder: Path, mistakes: list[Mistake], count: int, mode: str, **settings: str) -> list[str]:
    cases = [case for mistake in mistakes for case in wrong_cases(index, mistake, count)]
    program, lines = wrong_program(cases)
    reports = pyright(program, folder, mode=mode, **settings).reports
    elsewhere = [f"line {line}: {reports[line]}" for line in reports.keys() - lines.keys()]
    return elsewhere + [f"{case.mistake}: {case.call}" for line, case in lines.items() if line not in reports]


# -- a part --


def test_right_calls_have_their_exact_types_and_wrong_ones_are_reported(index: Index, tmp_path: Path) -> None:
    assert _refused(index, tmp_path / "right", 30, "strict") == []
    assert _missed(index, tmp_path / "wrong", list(Mistake), 4, "strict") == []


# -- all of it --


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mode", "settings"),
    [("strict", {}), ("recommended", {}), ("standard", _IN_EVERY_MODE)],
    ids=str,
)
def test_no_right_call_is_refused(mode: str, settings: dict[str, str], index: Index, tmp_path: Path) -> None:
    cases = right_cases(index, 450)
    assert len({case.name for case in cases}) >= 300
    assert {case.call.split(".")[2] for case in cases} >= {
        each.reference.partition(":")[2]
        for each in index.registries
        if each.reference.startswith("terraregistry.library:") and (each.components or each.sources)
    }
    assert _refused(index, tmp_path, 450, mode, **settings) == []


@pytest.mark.slow
@pytest.mark.parametrize("mistake", Mistake)
def test_every_mistake_is_caught(mistake: Mistake, index: Index, tmp_path: Path) -> None:
    assert _missed(index, tmp_path, [mistake], 100, "strict") == []


@pytest.mark.slow
@pytest.mark.parametrize(("mode", "settings"), [("recommended", {}), ("standard", _IN_EVERY_MODE)], ids=str)
def test_mistakes_are_caught_in_other_modes(mode: str, settings: dict[str, str], index: Index, tmp_path: Path) -> None:
    assert _missed(index, tmp_path, list(Mistake), 30, mode, **settings) == []


# -- what is not a literal, and what is not called at once --

_OTHERS = """
from typing import Final, Literal, assert_type

from terraregistry import BACKBONE_REGISTRY, DECODER_REGISTRY, TERRATORCH_DECODER_REGISTRY, Backbone, ComponentSpec
from terraregistry.components.decoders.fcn import FCNDecoder
from terraregistry.library_types import TerratorchDecoderRegistry
from terraregistry.sources.timm.backbone import TimmBackbone

NAME: Final = "FCNDecoder"
TYPO: Final = "FCNDecodr"


def dynamic(name: str, literal: Literal["resnet18", "timm_resnet34"]) -> None:
    assert_type(BACKBONE_REGISTRY.build(name, anything=1), Backbone)
    assert_type(BACKBONE_REGISTRY.validate(name, anything=1), ComponentSpec[Backbone])
    assert_type(BACKBONE_REGISTRY.build(f"{name}_x"), Backbone)
    assert_type(BACKBONE_REGISTRY.build(literal), TimmBackbone)



assert_type(DECODER_REGISTRY.build(NAME, [1]), FCNDecoder)
assert_type(BACKBONE_REGISTRY.build("resnet18.a1_in1k", pretrained=True), TimmBackbone)
assert_type(DECODER_REGISTRY["terratorch"], TerratorchDecoderRegistry)
assert_type(DECODER_REGISTRY["terratorch"].build(NAME, [1]), FCNDecoder)
assert_type(DECODER_REGISTRY.find_class("FCNDecoder"), type[FCNDecoder])
assert_type(TERRATORCH_DECODER_REGISTRY["FCNDecoder"], type[FCNDecoder])
assert_type(TERRATORCH_DECODER_REGISTRY["FCNDecoder"]([1], num_convs=2), FCNDecoder)
DECODER_REGISTRY.build(TYPO, [1])  # wrong
DECODER_REGISTRY["terratorch"].build(TYPO, [1])  # wrong
DECODER_REGISTRY.find_class("FCNDecodr")  # wrong
TERRATORCH_DECODER_REGISTRY["FCNDecodr"]([1])  # wrong
TERRATORCH_DECODER_REGISTRY["FCNDecoder"]([1], num_conv=2)  # wrong
TERRATORCH_DECODER_REGISTRY["FCNDecoder"]("1")  # wrong
"""


@pytest.mark.slow
def test_names_that_are_known_by_other_ways_are_checked_and_others_let_through(tmp_path: Path) -> None:
    wrong = {number for number, line in enumerate(_OTHERS.splitlines(), 1) if line.endswith("# wrong")}
    reports = pyright(_OTHERS, tmp_path).reports
    assert set(reports) == wrong, reports


def test_the_messages(tmp_path: Path) -> None:
    program = (
        "from terraregistry import DECODER_REGISTRY\n"
        'DECODER_REGISTRY.build("FCNDecodr", [1])\n'
        'DECODER_REGISTRY.build("FCNDecoder", [1], num_conv=2)\n'
        'DECODER_REGISTRY.build("FCNDecoder").nothing\n'
    )
    reports = pyright(program, tmp_path).reports
    deprecated = 'The method "build" in class "DecoderRegistry" is deprecated\n\xa0\xa0'
    takes = "the arguments do not fit; it takes: embed_dim, channels, num_convs, in_index"
    assert reports[2] == (f"{deprecated}there is no component of this name, or its arguments do not fit",)
    assert reports[3] == (deprecated + takes,)
    assert deprecated + takes in reports[4]
    assert any('Cannot access attribute "nothing" for class "Refused"' in message for message in reports[4])


@pytest.mark.slow
@pytest.mark.xfail(reason="pyright keeps the overloads that refuse where an argument is unpacked or Any", strict=True)
@pytest.mark.parametrize("arguments", ["x", "embed_dim=x", "[1], **options", "*values"])
def test_arguments_that_only_show_when_the_program_runs_are_let_through(arguments: str, tmp_path: Path) -> None:
    program = (
        "from typing import Any\nfrom terraregistry import DECODER_REGISTRY\n"
        "def make(x: Any, values: list[list[int]], **options: int) -> None:\n"
        f"    DECODER_REGISTRY.build('FCNDecoder', {arguments})\n"
    )
    assert pyright(program, tmp_path).reports == {}
