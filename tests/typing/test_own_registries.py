"""Registries of a project: after `terraregistry typings` pyright knows their names, arguments and products."""

from __future__ import annotations

import sys

import pytest

from terraregistry.index import Index
from terraregistry.tools.typings import write_typings

from .checking import pyright

pytestmark = pytest.mark.slow

_PARTS = '''
from typing import Protocol

from torch import nn

from terraregistry import Decoder, MultiSourceRegistry, Registry


class Head(Protocol):
    @property
    def classes(self) -> int: ...


class Neuron:
    def __init__(self, width: int = 1) -> None:
        self.width = width


class Neurons(Registry[Neuron]):
    """A registry with a class of its own."""


HEADS = Registry[Head]()
NEURONS = Neurons(plain=Neuron)
DECODERS = Registry[Decoder]()


@HEADS.register(name="linear", aliases=["dense"])
class LinearHead(nn.Module):
    def __init__(self, channels: int, *, classes: int = 2) -> None:
        super().__init__()
        self.classes: int = classes
        self.channels: int = channels


@DECODERS.register
class Deepest(nn.Module):
    def __init__(self, channels: list[int]) -> None:
        super().__init__()
        self.out_channels: int = channels[-1]

    def forward(self, features: list, /):
        return features[-1]


MOUNTED = MultiSourceRegistry[Head](own=HEADS)
'''
_USE = """
import functools
from collections.abc import Callable
from typing import Any, Literal, assert_type

from parts_of_a_project import DECODERS, HEADS, MOUNTED, NEURONS, Deepest, Head, LinearHead, Neuron
from terraregistry import DECODER_REGISTRY, ComponentSpec, Decoder, MultiSourceRegistry, Registry, Source
from torch import nn


def right(name: str, anything: Any, options: dict[str, Any], either: Literal["linear", "dense"]) -> None:
    made: LinearHead = HEADS.build("linear", 8, classes=3)
    made.channels
    HEADS.build("dense", **options).channels
    head: Head = HEADS.build(name, 8)
    head = HEADS.build(anything, 8)
    head = HEADS.build(f"{name}_of", 8)
    head = HEADS.build(either, 8)
    module: nn.Module = HEADS.build("linear", channels=8)
    assert_type(HEADS.builder("linear")(8), LinearHead)
    HEADS.builder(name)(8).classes
    spec: ComponentSpec[Head] = HEADS.validate("linear", 8)
    HEADS.validate("linear", 8).build().channels
    MOUNTED.build("own_linear", 8).classes
    neuron: Neuron = NEURONS.build("plain", width=2)
    neuron = Registry[Neuron]().build("of no module")
    deepest: Deepest = DECODERS.build("Deepest", [8])
    source: Source[Head] = HEADS
    mounted = MultiSourceRegistry[Head](own=HEADS)
    several = MultiSourceRegistry[Decoder](own=DECODERS, smp=DECODER_REGISTRY["smp"])
    several.build("own_Deepest", [8]).out_channels
    general: MultiSourceRegistry[Decoder] = DECODER_REGISTRY
    general.build("FCNDecoder", [8], channels=8).out_channels
    own = Registry[Decoder]()
    own.build("of no module", [8]).out_channels
    of_anything: Registry[Any] = Registry()
    of_anything.build("x", 3).y
    make: Callable[..., Head] = HEADS.build
    partial = functools.partial(HEADS.build, "linear")
    list(map(HEADS.build, ["linear"]))
    print(head, module, spec, neuron, deepest, source, mounted, make, partial)


def wrong() -> None:
    HEADS.build("linaer", 8)  # wrong
    HEADS.build("linear")  # wrong
    HEADS.build("linear", "8")  # wrong
    HEADS.build("linear", 8, clases=3)  # wrong
    HEADS.build("linear", 8, 3)  # wrong
    HEADS.validate("linaer", 8)  # wrong
    HEADS.validate("linear", 8, clases=3)  # wrong
    HEADS.builder("linaer")(8)  # wrong
    HEADS.builder("linear")("8")  # wrong
    MOUNTED.build("own_linaer", 8)  # wrong
    NEURONS.build("plane")  # wrong
    NEURONS.build("plain", widht=2)  # wrong
    DECODERS.build("Deepest")  # wrong
    decoder: Decoder = HEADS.build("linear", 8)  # wrong
    print(decoder)
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "parts_of_a_project.py").write_text(_PARTS)
    __import__("parts_of_a_project")
    yield tmp_path
    del sys.modules["parts_of_a_project"]


def test_names_arguments_and_products_are_checked(project):
    stubs = write_typings(Index.of(()), project / "typings", ["parts_of_a_project"])
    assert [each.name for each in stubs] == ["library_types.pyi", "base.pyi"]
    stubs[0].unlink()  # without an index it has nothing
    wrong = {number for number, line in enumerate(_USE.splitlines(), 1) if line.endswith("# wrong")}
    assert set(pyright(_USE, project, mode="standard").reports) == wrong


def test_a_stub_of_registries_that_are_gone_is_removed(project):
    write_typings(Index.of(()), project / "typings", ["parts_of_a_project"])
    assert [each.name for each in write_typings(Index.of(()), project / "typings")] == ["library_types.pyi"]
    assert not (project / "typings/terraregistry-stubs/registry/base.pyi").exists()
