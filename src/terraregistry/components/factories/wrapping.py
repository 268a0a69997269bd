"""Wrappers of a backbone: one for time series, and adapters for fine-tuning."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from terraregistry.components.factories.part_arguments import Arguments
from terraregistry.components.factories.part_planning import NOT_MADE, plan_part
from terraregistry.components.factories.planned_parts import NamedPart
from terraregistry.components.factories.rules import ADAPTERS_AT, USE_TEMPORAL
from terraregistry.deferred import DeferredModule
from terraregistry.errors import Problem, ProblemKind, UntrainedBackboneWarning, describe_value
from terraregistry.index import PARTS
from terraregistry.index.provider import DescribedRegistry
from terraregistry.problems import display_path

if TYPE_CHECKING:
    from collections.abc import Mapping
    from inspect import Parameter

    from torch import nn

    from terraregistry.components.factories.planned_parts import Part
    from terraregistry.problems import KeyPath
else:
    nn = DeferredModule("torch.nn")

__all__ = [
    "ADAPTERS",
    "TIME",
    "WEIGHTS",
    "AdaptedPart",
    "WrappedPart",
    "with_adapters",
    "with_time",
    "without_pretrained",
]

ADAPTERS: Final = "adapters"
"""The name of the wrapper with adapters."""
TIME: Final = "TemporalWrapper"
"""The name of the wrapper applying a backbone to each image of a time series."""


class _Wrappers(DescribedRegistry[nn.Module]):
    """The wrappers of backbones."""

    stored_in = PARTS


_WRAPPERS: Final = _Wrappers()
_WRAPPERS.register_lazy(TIME, "terraregistry.components.backbones.temporal:TemporalWrapper")
_WRAPPERS.register_lazy(ADAPTERS, "terraregistry.components.backbones.adapters:adapted")
_PRETRAINED: Final = "pretrained"
WEIGHTS: Final = (_PRETRAINED, "ckpt_path", "checkpoint_path")
"""The arguments requesting weights from a backbone."""


@dataclass(frozen=True)
class WrappedPart:
    """A wrapped backbone.

    Attributes:
        inner: The backbone.
        wrapper: The wrapper.
    """

    inner: Part
    wrapper: NamedPart

    @property
    def where(self) -> KeyPath:
        """The path of the backbone."""
        return self.inner.where

    @property
    def label(self) -> str:
        """The path and name of the backbone, and the name of the wrapper."""
        return f"{self.inner.label} in {self.wrapper.name}"

    @property
    def valid(self) -> bool:
        """True if neither has a known problem."""
        return self.inner.valid and self.wrapper.valid

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """Those of the backbone."""
        return self.inner.parameters

    def value_of(self, parameter: str) -> Any:  # what a caller gave is any object
        """Return the value given for a parameter of the backbone, or None."""
        return self.inner.value_of(parameter)

    def takes(self, parameter: str) -> bool:
        """Return True if the backbone has a parameter left unset by the caller."""
        return self.inner.takes(parameter)

    # As every part.
    def build(self, *args: Any, **kwargs: Any) -> nn.Module:
        """Build the backbone, and put the wrapper around it."""
        return self.wrapper.build(self.inner.build(*args, **kwargs))


@dataclass(frozen=True)
class AdaptedPart(WrappedPart):
    """A backbone with adapters on it."""

    # As every part.
    def build(self, *args: Any, **kwargs: Any) -> nn.Module:
        """Build the backbone with adapters; warn if it has random weights, since adapters do not train them."""
        if self._is_untrained():
            method = str(self.wrapper.value_of("method"))
            warnings.warn(UntrainedBackboneWarning(self.inner.label, method), stacklevel=2)
        return super().build(*args, **kwargs)

    def _is_untrained(self) -> bool:
        """Return True if the backbone can load weights, and none are requested."""
        return _PRETRAINED in self.parameters and not any(map(self._asks_for, WEIGHTS))

    def _asks_for(self, parameter: str) -> bool:
        given = self.parameters[parameter].default if self.takes(parameter) else self.value_of(parameter)
        return bool(given)


def with_time(part: Part | None, arguments: Arguments, problems: list[Problem]) -> Part | None:
    """Wrap a backbone for time series, if requested.

    Args:
        part: The backbone; None if missing.
        arguments: The wrapper's arguments, from `take_temporal`.
        problems: The list to append problems to.

    Returns:
        The backbone, with the wrapper or without.
    """
    use: object = arguments.values.get(USE_TEMPORAL, False)
    rest = arguments.without([USE_TEMPORAL])
    if not isinstance(use, bool):
        problems.append(
            Problem(arguments.path(USE_TEMPORAL), ProblemKind.TYPE, expected="bool", given=describe_value(use))
        )
    if use is False:
        problems += rest.unused(f"it needs {display_path(arguments.path(USE_TEMPORAL))}=True")
        return part
    return _around(part, TIME, rest, problems)


# What a method takes is its own.
def with_adapters(part: Part | None, given: Mapping[str, Any] | None, problems: list[Problem]) -> Part | None:
    """Add adapters to a backbone, if requested.

    Args:
        part: The backbone; None if missing.
        given: The method of peft, and its arguments; None for no adapters.
        problems: The list to append problems to.

    Returns:
        The backbone, with adapters or without; checks in need of the library peft are left out.
    """
    if given is None:
        return part
    return _around(part, ADAPTERS, Arguments(given, inside=(ADAPTERS_AT,)), problems, AdaptedPart)


def _around(
    part: Part | None,
    name: str,
    arguments: Arguments,
    problems: list[Problem],
    kind: type[WrappedPart] = WrappedPart,
) -> Part | None:
    wrapper = plan_part(("backbone",), _WRAPPERS, name, arguments, (NOT_MADE,), problems, kind=nn.Module)
    if part is None or not isinstance(wrapper, NamedPart):
        return part
    return kind(part, wrapper)


def unwrapped(part: Part | None) -> Part | None:
    """Return the backbone inside of its wrappers."""
    while isinstance(part, WrappedPart):
        part = part.inner
    return part


def without_pretrained(part: Part) -> Part:
    """Leave out of a part its arguments requesting weights.

    Args:
        part: The part.

    Returns:
        The same part, with random weights.
    """
    if isinstance(part, WrappedPart):
        return replace(part, inner=without_pretrained(part.inner))
    if not isinstance(part, NamedPart):
        return part
    given = {name: value for name, value in part.arguments.values.items() if name not in WEIGHTS}
    return part.with_values(given | ({_PRETRAINED: False} if _PRETRAINED in part.parameters else {}))
