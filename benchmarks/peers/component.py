"""The component that every peer registers and builds: eight keyword arguments of the usual types."""

from __future__ import annotations

import sys
from typing import Any, Literal, Optional, get_type_hints

__all__ = ["ARGUMENTS", "Component", "another_component", "configs"]

ARGUMENTS: dict[str, Any] = {  # of eight types
    "depth": 4,
    "rate": 0.1,
    "bias": True,
    "act": "relu",
    "widths": [64, 128, 256],
    "size": (224, 224),
    "pool": "avg",
    "limit": None,
}


class Component:
    """A constructor with eight keyword arguments."""

    def __init__(
        self,
        *,
        depth: int = 2,
        rate: float = 0.0,
        bias: bool = False,
        act: str = "gelu",
        widths: list[int] | None = None,
        size: tuple[int, int] = (1, 1),
        pool: Literal["avg", "max"] = "avg",
        limit: Optional[int] = None,  # noqa: UP045 - as people write it
    ) -> None:
        self.depth, self.rate, self.bias, self.act = depth, rate, bias, act
        self.widths, self.size, self.pool, self.limit = widths, size, pool, limit


Component.__init__.__annotations__ |= get_type_hints(Component.__init__)  # some read annotations as they are


def another_component(name: str) -> type[Component]:
    """Make a class that no library has seen yet; it can be imported by its name.

    Args:
        name: The name of the class.

    Returns:
        The class, which takes what `Component` takes.
    """
    made = type(name, (Component,), {"__module__": __name__, "__init__": _constructor_of_its_own()})
    setattr(sys.modules[__name__], name, made)
    return made


def _constructor_of_its_own() -> Any:  # a function, as the body of a class has it
    """Copy the constructor: what is kept by function is not known for it."""
    from types import FunctionType

    model = Component.__init__
    made = FunctionType(model.__code__, model.__globals__, model.__name__)
    made.__kwdefaults__ = dict(model.__kwdefaults__ or {})
    made.__annotations__ = dict(model.__annotations__)
    return made


def configs(count: int = 1_000) -> tuple[list[str], list[list[tuple[str, dict[str, Any]]]]]:
    """Write down configs, each of a backbone, two necks and a decoder, no two the same.

    Args:
        count: How many.

    Returns:
        The names of the components, 24 backbones, 6 necks and 6 decoders, and the configs: names with arguments.
    """
    backbones, necks, decoders = (
        [f"{kind}_{i}" for i in range(many)] for kind, many in (("backbone", 24), ("neck", 6), ("decoder", 6))
    )
    written: list[list[tuple[str, dict[str, Any]]]] = []
    for i in range(count):
        chosen = (backbones[i % 24], necks[i % 6], necks[(i // 6) % 6], decoders[(i // 36) % 6])
        written.append([(name, _arguments(i, place)) for place, name in enumerate(chosen)])
    return [*backbones, *necks, *decoders], written


def _arguments(config: int, place: int) -> dict[str, Any]:
    return ARGUMENTS | {
        "depth": config,
        "rate": place / 10,
        "widths": [place + 1, config + 1, 64],
        "pool": ("avg", "max")[config % 2],
        "limit": (None, config)[config % 2],
    }
