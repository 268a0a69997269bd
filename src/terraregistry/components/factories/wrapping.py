"""Wrappers of a backbone: one for time series, and adapters for fine-tuning."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from terraregistry.components.factories.part_arguments import Arguments
from terraregistry.components.factories.part_planning import NOT_MADE, plan_part
from terraregistry.components.factories.planned_parts import WEIGHTS, AdaptedPart, NamedPart, WrappedPart, nn
from terraregistry.components.factories.rules import ADAPTERS_AT, USE_TEMPORAL
from terraregistry.errors import Problem, ProblemKind, describe_value
from terraregistry.index import PARTS
from terraregistry.index.provider import DescribedRegistry
from terraregistry.problems import display_path

if TYPE_CHECKING:
    from collections.abc import Mapping

    from terraregistry.components.factories.planned_parts import Part

__all__ = ["TIME", "with_adapters", "with_time", "without_pretrained"]

TIME: Final = "TemporalWrapper"
"""The name of the wrapper applying a backbone to each image of a time series."""
_ADAPTERS: Final = "adapters"


class _Wrappers(DescribedRegistry[nn.Module]):
    """The wrappers of backbones."""

    stored_in = PARTS


_WRAPPERS: Final = _Wrappers()
_WRAPPERS.register_lazy(TIME, "terraregistry.components.backbones.temporal:TemporalWrapper")
_WRAPPERS.register_lazy(_ADAPTERS, "terraregistry.components.backbones.adapters:adapted")


def with_time(part: Part | None, arguments: Arguments, problems: list[Problem]) -> Part | None:
    """Wrap a backbone for time series, if requested by the arguments of the wrapper, `use_temporal` among them."""
    use: object = arguments.values.get(USE_TEMPORAL, False)
    rest = arguments.without([USE_TEMPORAL])
    at = arguments.path(USE_TEMPORAL)
    if not isinstance(use, bool):
        problems.append(Problem(at, ProblemKind.TYPE, expected="bool", given=describe_value(use)))
    if use is False:
        problems += rest.unused(f"it needs {display_path(at)}=True")
        return part
    return _around(part, TIME, rest, problems, WrappedPart)


# What a method takes is its own.
def with_adapters(part: Part | None, given: Mapping[str, Any] | None, problems: list[Problem]) -> Part | None:
    """Add adapters to a backbone, if given; checks in need of the library peft are left out."""
    if given is None:
        return part
    return _around(part, _ADAPTERS, Arguments(given, inside=(ADAPTERS_AT,)), problems, AdaptedPart)


def _around(
    part: Part | None, name: str, arguments: Arguments, problems: list[Problem], kind: type[WrappedPart]
) -> Part | None:
    wrapper = plan_part(("backbone",), _WRAPPERS, name, arguments, (NOT_MADE,), problems, kind=nn.Module)
    return kind(part, wrapper) if part is not None and isinstance(wrapper, NamedPart) else part


def without_pretrained(part: Part) -> Part:
    """Leave out of a part its arguments requesting weights."""
    if isinstance(part, WrappedPart):
        return replace(part, inner=without_pretrained(part.inner))
    if not isinstance(part, NamedPart):
        return part
    given = {name: value for name, value in part.arguments.values.items() if name not in WEIGHTS}
    return part.with_values(given | ({WEIGHTS[0]: False} if WEIGHTS[0] in part.parameters else {}))
