"""One part of a composition: checked when a model is planned, made when it is built."""

from __future__ import annotations

from dataclasses import dataclass
from inspect import Parameter
from typing import TYPE_CHECKING, Any, Final, Protocol

from torch import nn

from terraregistry.components.factories.arguments import parameter_of
from terraregistry.components.factories.problems import invalid_composition, not_found, noting, unlike
from terraregistry.errors import ComponentNotFoundError, ComponentProtocolError, InvalidArgumentsError

if TYPE_CHECKING:
    import inspect
    from collections.abc import Collection, Mapping

    from terraregistry.components.factories.arguments import Arguments
    from terraregistry.errors import Problem

__all__ = ["Builds", "ModulePart", "NamedPart", "Part", "plan_part"]


class Builds(Protocol):
    """What a registry is asked for here."""

    # Each component has arguments and a product of its own.
    def build(self, name: str, /, *args: Any, **kwargs: Any) -> Any:
        """Build a component."""
        ...

    def validate(self, name: str, /, *args: Any, **kwargs: Any) -> object:
        """Check the arguments of a component."""
        ...

    def signature(self, name: str) -> inspect.Signature:
        """Return the effective signature of a component."""
        ...


class Part(Protocol):
    """One part, ready to be built."""

    @property
    def where(self) -> str:
        """Its place in the composition: `backbone`, `necks[1]`."""
        ...

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """The parameters that a caller can give."""
        ...

    def takes(self, parameter: str) -> bool:
        """Say whether the part has a parameter that the caller did not give."""
        ...

    # A part is built from channels, strides and the like.
    def build(self, *args: Any, **kwargs: Any) -> nn.Module:
        """Make the part."""
        ...


@dataclass(frozen=True)
class ModulePart:
    """A module that the caller made."""

    where: str
    module: nn.Module

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """None: the module is made already."""
        return {}

    def takes(self, parameter: str) -> bool:  # noqa: ARG002 - as of every part
        """A module is made already: it takes nothing."""
        return False

    def build(self, *args: Any, **kwargs: Any) -> nn.Module:  # noqa: ARG002 - as of every part
        """Return the module."""
        return self.module


@dataclass(frozen=True)
class NamedPart:
    """A component by name, with the arguments that the caller gave.

    Attributes:
        where: Its place in the composition.
        registry: Where its name is looked up.
        name: Its name.
        arguments: What the caller gave for it.
        leading: The parameters that are filled by position.
        parameters: The parameters that a caller can give.
    """

    where: str
    registry: Builds
    name: str
    arguments: Arguments
    leading: tuple[str, ...]
    parameters: Mapping[str, Parameter]

    def takes(self, parameter: str) -> bool:
        """Say whether the component has a parameter that the caller did not give."""
        return parameter in self.parameters and parameter not in self.arguments.values

    def build(self, *args: Any, **kwargs: Any) -> nn.Module:
        """Build the component.

        Args:
            *args: What comes before the caller's arguments, such as the channels of the features.
            **kwargs: What is added to them.

        Returns:
            The component.

        Raises:
            InvalidArgumentsError: The component refuses the values of its arguments; they are named as the caller wrote them.
            ComponentProtocolError: What was built is no `torch.nn.Module`.
        """
        with noting(f"while building {self.where} ({self.name!r}){_for(args)}{_given(self.arguments)}"):
            try:
                product = self.registry.build(self.name, *args, **self.arguments.values, **kwargs)
            except InvalidArgumentsError as error:
                if self._concerns(error):
                    raise invalid_composition(map(self._located, error.problems)) from error
                raise
            if not isinstance(product, nn.Module):
                raise ComponentProtocolError(self.name, self.where, "torch.nn.Module", type(product).__qualname__)
        return product

    def _concerns(self, error: InvalidArgumentsError) -> bool:
        """Tell an error about this component's arguments from one about those of something that it builds itself."""
        known = {*self.leading, *self.parameters}
        return all(parameter_of(problem.path) in known for problem in error.problems)

    def _located(self, problem: Problem) -> Problem:
        return problem.at(self.where) if parameter_of(problem.path) in self.leading else self.arguments.located(problem)


def plan_part(
    where: str,
    registry: Builds,
    given: str | nn.Module,
    arguments: Arguments,
    leading: tuple[object, ...],
    problems: list[Problem],
    *,
    kind: type,
    name_at: str = "",
) -> Part | None:
    """Check one part, without constructing anything.

    Args:
        where: Its place in the composition.
        registry: Where its name is looked up.
        given: Its name, or the part itself.
        arguments: What the caller gave for it.
        leading: What it will be built from before these, with any values of the right types.
        problems: Where problems are added.
        kind: The protocol that a module has to satisfy.
        name_at: Where the caller wrote the name, if not at `where`.

    Returns:
        The part; None where there is no such component.
    """
    if isinstance(given, nn.Module):
        problems += arguments.unused(f"{where} is a module that is made already")
        problems += unlike(kind, given, where)
        return ModulePart(where, given)
    try:
        registry.validate(given, *leading, **arguments.values)
    except ComponentNotFoundError as error:
        problems.append(not_found(name_at or where, error))
        return None
    except InvalidArgumentsError as error:
        problems += [arguments.located(problem) for problem in error.problems]
    named = [each for each in registry.signature(given).parameters.values() if each.kind not in _STARRED]
    free = {parameter.name: parameter for parameter in named[len(leading) :]}
    return NamedPart(where, registry, given, arguments, tuple(each.name for each in named[: len(leading)]), free)


_STARRED: Final = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)


def _for(args: Collection[object]) -> str:
    return f" for channels {', '.join(map(repr, args))}" if args else ""


def _given(arguments: Arguments) -> str:
    text = str(arguments)
    return f", with {text}" if text else ""
