"""pyright catches every mistake in a call with a literal name, and refuses no right call."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .cases import Mistake, right_cases, wrong_cases
from .checking import pyright, right_program, wrong_program

if TYPE_CHECKING:
    from pathlib import Path

    from terraregistry.index import Index

_MODES = ["standard", "strict", "recommended"]


def _refused(index: Index, folder: Path, count: int, mode: str) -> list[str]:
    program, lines = right_program(right_cases(index, count))
    reports = pyright(program, folder, mode=mode).reports
    return [f"{lines[line].call if line in lines else line}: {messages}" for line, messages in reports.items()]


def _missed(index: Index, folder: Path, mistakes: list[Mistake], count: int, mode: str) -> list[str]:
    cases = [case for mistake in mistakes for case in wrong_cases(index, mistake, count)]
    program, lines = wrong_program(cases)
    reports = pyright(program, folder, mode=mode).reports
    elsewhere = [f"line {line}: {reports[line]}" for line in reports.keys() - lines.keys()]
    return elsewhere + [f"{case.mistake}: {case.call}" for line, case in lines.items() if line not in reports]


# -- a part --


def test_right_calls_have_their_exact_types_and_wrong_ones_are_reported(index: Index, tmp_path: Path) -> None:
    right, _ = right_program(right_cases(index, 30))
    wrong, lines = wrong_program([case for mistake in Mistake for case in wrong_cases(index, mistake, 4)])
    above = right.count("\n")
    program = right + wrong.replace("\nmade", "\nwrong")  # variables of their own
    assert pyright(program, tmp_path, mode="standard").reports.keys() == {above + line for line in lines}


# -- all of it --


@pytest.mark.slow
@pytest.mark.parametrize("mode", _MODES)
def test_no_right_call_is_refused(mode: str, index: Index, tmp_path: Path) -> None:
    cases = right_cases(index, 450)
    assert len({case.name for case in cases}) >= 300
    assert {case.call.split(".")[2] for case in cases} >= {
        each.reference.partition(":")[2]
        for each in index.registries
        if each.reference.startswith("terraregistry.library:") and (each.components or each.sources)
    }
    assert _refused(index, tmp_path, 450, mode) == []


@pytest.mark.slow
@pytest.mark.parametrize("mode", _MODES)
def test_every_mistake_is_caught(mode: str, index: Index, tmp_path: Path) -> None:
    assert _missed(index, tmp_path, list(Mistake), 60, mode) == []


@pytest.mark.slow
def test_calls_of_builders_are_checked_and_have_their_exact_type(index: Index, tmp_path: Path) -> None:
    program, lines = right_program([case.by_builder() for case in right_cases(index, 450)], exact=True)
    assert pyright(program, tmp_path / "right", mode="standard").reports == {}
    wrong = [case.by_builder() for mistake in Mistake for case in wrong_cases(index, mistake, 60)]
    program, lines = wrong_program(wrong)
    assert pyright(program, tmp_path / "wrong", mode="standard").reports.keys() == lines.keys()


# -- what is not a literal, and what is not called at once --

_OTHERS = """
from typing import Final, Literal, assert_type

from terraregistry import (
    BACKBONE_REGISTRY,
    DECODER_REGISTRY,
    TERRATORCH_DECODER_REGISTRY,
    BackboneModule,
    Builder,
    ComponentSpec,
)
from terraregistry.components.decoders.fcn import FCNDecoder
from terraregistry.library_types import TerratorchDecoderRegistry
from terraregistry.sources.timm.backbone import TimmBackbone

NAME: Final = "FCNDecoder"
TYPO: Final = "FCNDecodr"


def dynamic(name: str, literal: Literal["resnet18", "timm_resnet34"]) -> None:
    made: BackboneModule = BACKBONE_REGISTRY.build(name, anything=1)
    spec: ComponentSpec[BackboneModule] = BACKBONE_REGISTRY.validate(name, anything=1)
    put_together: BackboneModule = BACKBONE_REGISTRY.build(f"{name}_x")
    either: BackboneModule = BACKBONE_REGISTRY.build(literal, drop_rate=0.1)
    assert_type(BACKBONE_REGISTRY.builder(name), Builder[..., BackboneModule])
    print(made, spec, put_together, either)


def by_name(decoder: FCNDecoder, backbone: TimmBackbone) -> None:
    print(decoder, backbone)


by_name(DECODER_REGISTRY.build(NAME, [1]), BACKBONE_REGISTRY.build("resnet18.a1_in1k", pretrained=True))
by_name(DECODER_REGISTRY["terratorch"].build(NAME, [1]), BACKBONE_REGISTRY.build("resnet18"))
assert_type(DECODER_REGISTRY.builder(NAME)([1]), FCNDecoder)
assert_type(DECODER_REGISTRY.builder(NAME).validate([1]), ComponentSpec[FCNDecoder])
assert_type(DECODER_REGISTRY["terratorch"], TerratorchDecoderRegistry)
assert_type(DECODER_REGISTRY.find_class("FCNDecoder"), type[FCNDecoder])
assert_type(TERRATORCH_DECODER_REGISTRY["FCNDecoder"], type[FCNDecoder])
assert_type(TERRATORCH_DECODER_REGISTRY["FCNDecoder"]([1], num_convs=2), FCNDecoder)
DECODER_REGISTRY.build(TYPO, [1])  # wrong
DECODER_REGISTRY["terratorch"].build(TYPO, [1])  # wrong
DECODER_REGISTRY.builder(TYPO)([1])  # wrong
DECODER_REGISTRY.find_class("FCNDecodr")([1])  # wrong
TERRATORCH_DECODER_REGISTRY["FCNDecodr"]([1])  # wrong
TERRATORCH_DECODER_REGISTRY["FCNDecoder"]([1], num_conv=2)  # wrong
TERRATORCH_DECODER_REGISTRY["FCNDecoder"]("1")  # wrong
by_name(DECODER_REGISTRY.build("UNetDecoder", [1], [1]), BACKBONE_REGISTRY.build("resnet18"))  # wrong
by_name(DECODER_REGISTRY.build(NAME, [1]), BACKBONE_REGISTRY.build("prithvi_eo_tiny"))  # wrong
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
        'DECODER_REGISTRY.build("FCNDecoder")\n'
        'DECODER_REGISTRY.builder("FCNDecoder")([1], num_conv=2)\n'
    )
    reports = pyright(program, tmp_path, mode="standard").reports
    unknown = '"Literal[\'FCNDecodr\']" cannot be assigned to parameter "there_is_no_component_of_this_name"'
    assert unknown in reports[2][0]
    assert reports[3] == reports[5] == ('No parameter named "num_conv"',)
    assert reports[4] == ('Argument missing for parameter "embed_dim"',)
