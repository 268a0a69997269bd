"""What is put around a backbone: a wrapper for time series, adapters for fine-tuning."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from terraregistry.components.factories.part_arguments import Arguments
from terraregistry.components.factories.part_planning import NOT_MADE, plan_part
from terraregistry.components.factories.planned_parts import NamedPart
from terraregistry.deferred import DeferredModule
from terraregistry.errors import Problem, ProblemKind, UntrainedBackboneWarning, describe_value
from terraregistry.index import references
from terraregistry.index.provider import DescribedRegistry
from terraregistry.problems import display_path

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from inspect import Parameter

    from torch import nn

    from terraregistry.components.factories.planned_parts import Part
    from terraregistry.problems import KeyPath
else:
    nn = DeferredModule("torch.nn")

__all__ = [
    "ADAPTERS",
    "ADAPTERS_AT",
    "TIME",
    "WEIGHTS",
    "AdaptedPart",
    "WrappedPart",
    "take_temporal",
    "with_adapters",
    "with_time",
    "without_pretrained",
]

ADAPTERS: Final = "adapters"
"""The name of what puts adapters on a backbone."""
ADAPTERS_AT: Final = "peft_config"
"""The argument of a factory that asks for them."""
TIME: Final = "TemporalWrapper"
"""The name of what applies a backbone to each image of a time series."""


class _Wrappers(DescribedRegistry[nn.Module]):
    """What is put around backbones."""

    stored_in = references.PARTS


_WRAPPERS: Final = _Wrappers()
_WRAPPERS.register_lazy(TIME, "terraregistry.components.backbones.temporal:TemporalWrapper")
_WRAPPERS.register_lazy(ADAPTERS, "terraregistry.components.backbones.adapters:adapted")
_USE: Final = "use_temporal"
_TEMPORAL: Final = "temporal_"
_PRETRAINED: Final = "pretrained"
WEIGHTS: Final = (_PRETRAINED, "ckpt_path", "checkpoint_path")
"""The arguments by which backbones are asked to load weights."""


@dataclass(frozen=True)
class WrappedPart:
    """A backbone with something around it.

    Attributes:
        inner: The backbone.
        wrapper: What is around it.
    """

    inner: Part
    wrapper: NamedPart

    @property
    def where(self) -> KeyPath:
        """The place of the backbone."""
        return self.inner.where

    @property
    def label(self) -> str:
        """The place and name of the backbone, and the name of what is around it."""
        return f"{self.inner.label} in {self.wrapper.name}"

    @property
    def valid(self) -> bool:
        """Whether nothing is known to be wrong with either."""
        return self.inner.valid and self.wrapper.valid

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """Those of the backbone."""
        return self.inner.parameters

    def value_of(self, parameter: str) -> Any:  # what a caller gave is any object
        """Return what a parameter of the backbone was given, or None."""
        return self.inner.value_of(parameter)

    def takes(self, parameter: str) -> bool:
        """Say whether the backbone has a parameter that the caller did not give."""
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
        """Build the backbone, and put adapters on it; warn of one with random weights, which they leave as they are."""
        if self._is_untrained():
            method = str(self.wrapper.value_of("method"))
            warnings.warn(UntrainedBackboneWarning(self.inner.label, method), stacklevel=2)
        return super().build(*args, **kwargs)

    def _is_untrained(self) -> bool:
        """Say whether the backbone could load weights, and is not asked to."""
        return _PRETRAINED in self.parameters and not any(map(self._asks_for, WEIGHTS))

    def _asks_for(self, parameter: str) -> bool:
        given = self.parameters[parameter].default if self.takes(parameter) else self.value_of(parameter)
        return bool(given)


def take_temporal(arguments: Arguments, parameters: Collection[str]) -> tuple[Arguments, Arguments]:
    """Take what says how a backbone is applied to time series out of its arguments.

    Args:
        arguments: The arguments of the backbone.
        parameters: What the backbone itself has parameters for, which stays among its arguments.

    Returns:
        Those of the wrapper, with `use_temporal` as it was written, and the rest.
    """
    about_time = [name for name in arguments.values if name == _USE or name.startswith(_TEMPORAL)]
    mine = {name: arguments.values[name] for name in about_time if name not in parameters}
    taken = Arguments(
        {name.removeprefix(_TEMPORAL): value for name, value in mine.items()},
        arguments.prefix + _TEMPORAL,
        arguments.inside,
    )
    return taken.written_at(_USE, arguments.path(_USE)), arguments.without(mine)


def with_time(part: Part | None, arguments: Arguments, problems: list[Problem]) -> Part | None:
    """Put a wrapper for time series around a backbone, where the caller asks for it.

    Args:
        part: The backbone; None where there is none.
        arguments: What `take_temporal` took.
        problems: Where problems are added.

    Returns:
        The backbone, with the wrapper or without.
    """
    use: object = arguments.values.get(_USE, False)
    rest = arguments.without([_USE])
    if not isinstance(use, bool):
        problems.append(Problem(arguments.path(_USE), ProblemKind.TYPE, expected="bool", given=describe_value(use)))
    if use is False:
        problems += rest.unused(f"it needs {display_path(arguments.path(_USE))}=True")
        return part
    return _around(part, TIME, rest, problems)


# What a method takes is its own.
def with_adapters(part: Part | None, given: Mapping[str, Any] | None, problems: list[Problem]) -> Part | None:
    """Put adapters on a backbone, where the caller asks for them.

    Args:
        part: The backbone; None where there is none.
        given: The method of peft, and its arguments; None for no adapters.
        problems: Where problems are added.

    Returns:
        The backbone, with adapters or without; what only the library peft can say of them is not checked.
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


def without_pretrained(part: Part) -> Part:
    """Leave out of a part what asks for weights.

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
