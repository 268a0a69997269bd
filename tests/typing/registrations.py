"""Programs that register classes and functions: some that make the kind of the registry, and some that do not."""

from __future__ import annotations

import itertools
from typing import NamedTuple

__all__ = ["Program", "registrations"]

_HEAD = """\
# pyright: reportUnusedImport=false
from __future__ import annotations

import typing

from torch import Tensor, nn

from terraregistry import (
    MODEL_FACTORY_REGISTRY,
    TERRATORCH_BACKBONE_REGISTRY,
    TERRATORCH_DECODER_REGISTRY,
    TERRATORCH_NECK_REGISTRY,
    Backbone,
    Decoder,
    ModelFactory,
    Neck,
    Registry,
)

OWN_BACKBONES = Registry[Backbone]()
OWN_DECODERS = Registry[Decoder]()
OWN_NECKS = Registry[Neck]()
OWN_FACTORIES = Registry[ModelFactory]()
"""
_FORWARD = "def forward(self, x: list[Tensor], /) -> list[Tensor]: return x"
_CALL = "def __call__(self, x: list[Tensor], /) -> list[Tensor]: return x"
_BODIES = {
    "BACKBONE": (
        ["out_channels: list[int] = []", "def forward(self, x: Tensor, /) -> list[Tensor]: return [x]"],
        "def __call__(self, x: Tensor, /) -> list[Tensor]: return [x]",
        [[0, "out_channels: int = 3"], [0, None], [0, "out_channels: list[str] = []"]],
    ),
    "DECODER": (
        ["out_channels: int = 1", "def forward(self, x: list[Tensor], /) -> Tensor: return x[0]"],
        "def __call__(self, x: list[Tensor], /) -> Tensor: return x[0]",
        [
            [0, "out_channels: list[int] = []"],
            [0, None],
            [1, "def forward(self, x: int, /) -> Tensor: return Tensor()"],
        ],
    ),
    "NECK": (
        ["def process_channel_list(self, channel_list: list[int], /) -> list[int]: return channel_list", _FORWARD],
        "def __call__(self, x: list[Tensor], /, *a: typing.Any, **k: typing.Any) -> list[Tensor]: return x",
        [
            [0, None],
            [0, "process_channel_list: int = 1"],
            [0, "def process_channel_list(self) -> list[int]: return []"],
        ],
    ),
    "FACTORY": (
        ["def build_model(self, *a: typing.Any, **k: typing.Any) -> nn.Module: return nn.Identity()"],
        "",
        [
            [0, None],
            [0, "build_model: int = 1"],
            [0, "def build_model(self, *a: typing.Any, **k: typing.Any) -> int: return 1"],
        ],
    ),
}
"""For each kind: its members, `__call__` for a class that is no module, and ways to spoil one of the members."""
_LIBRARY = {
    "BACKBONE": "TERRATORCH_BACKBONE_REGISTRY",
    "DECODER": "TERRATORCH_DECODER_REGISTRY",
    "NECK": "TERRATORCH_NECK_REGISTRY",
    "FACTORY": "MODEL_FACTORY_REGISTRY",
}
_OWN = {"BACKBONE": "OWN_BACKBONES", "DECODER": "OWN_DECODERS", "NECK": "OWN_NECKS", "FACTORY": "OWN_FACTORIES"}


class Program(NamedTuple):
    """A program.

    Attributes:
        text: The program.
        registrations: For each registration, the lines that may be reported for it: those of the decorator and what it decorates.
    """

    text: str
    registrations: list[range]


def registrations(*, wrong: bool, own: bool) -> Program:
    """Write a program with every way to register a class or function of every kind.

    Args:
        wrong: Whether none of them makes the kind; otherwise all do, and it is asserted that they keep their types.
        own: Whether they are registered in registries of the program's own.

    Returns:
        The program.
    """
    lines = _HEAD.splitlines()
    places: list[range] = []
    registries = _OWN if own else _LIBRARY
    for number, (kind, is_module, spoilt) in enumerate(_variants(wrong=wrong)):
        members, call, _ = _BODIES[kind]
        body = [spoilt[1] if spoilt and place == spoilt[0] else each for place, each in enumerate(members)]
        body = [each for each in [*body, "" if is_module else call] if each]
        cls, registry = f"Part{number}", registries[kind]
        base = "(nn.Module)" if is_module else ""
        for letter, form in zip("abcd", ("", "()", f"(name='called{number}')", None), strict=True):
            name = f"{cls}{letter}"
            start = len(lines) + 1
            lines += [] if form is None else [f"@{registry}.register{form}"]
            lines += [f"class {name}{base}:", "    def __init__(self, x: int) -> None: ..."]
            lines += [f"    {each}" for each in body]
            if form is None:
                start = len(lines) + 1
                lines.append(f"{registry}.register({name})")
            places.append(range(start, start + (1 if form is None else 2)))
            lines += [] if wrong else [f"typing.assert_type({name}(x=1), {name})"]
        for form in ("", f"(name='function{number}')"):
            name = f"make{number}{'x' if form else ''}"
            places.append(range(len(lines) + 1, len(lines) + 3))
            lines += [f"@{registry}.register{form}", f"def {name}(x: int) -> {cls}a: return {cls}a(x)"]
            lines += [] if wrong else [f"typing.assert_type({name}(x=1), {cls}a)"]
    return Program("\n".join(lines) + "\n", places)


def _variants(*, wrong: bool):
    for kind, is_module in itertools.product(_BODIES, (True, False)):
        for spoilt in _BODIES[kind][2] if wrong else [None]:
            yield kind, is_module, spoilt
