"""One part of a composition, ready to be built."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, NoReturn, Protocol

from terraregistry.components.factories.composition_errors import invalid_composition, noting
from terraregistry.deferred import DeferredModule
from terraregistry.errors import ComponentProtocolError, InvalidArgumentsError
from terraregistry.problems import display_path

if TYPE_CHECKING:
    import inspect
    from collections.abc import Callable, Collection, Mapping
    from inspect import Parameter
    from typing import TypeAlias

    from torch import nn

    from terraregistry.components.factories.part_arguments import Arguments
    from terraregistry.errors import Problem
    from terraregistry.problems import KeyPath
else:
    nn = DeferredModule("torch.nn")

__all__ = ["Builds", "Maker", "ModulePart", "NamedPart", "Part", "build_part"]


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
    def where(self) -> KeyPath:
        """Its place in the composition: `("backbone",)`, `("necks", 1)`."""
        ...

    @property
    def label(self) -> str:
        """Its place and name: `backbone ('timm_resnet18')`."""
        ...

    @property
    def valid(self) -> bool:
        """Whether nothing is known to be wrong with it."""
        ...

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """The parameters that a caller can give."""
        ...

    # What a caller gave is any object.
    def value_of(self, parameter: str) -> Any:
        """Return what a parameter was given, or None."""
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

    where: KeyPath
    module: nn.Module
    valid: bool = True

    @property
    def label(self) -> str:
        """Its place and the name of its class."""
        return f"{display_path(self.where)} ({type(self.module).__qualname__})"

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """None: the module is made already."""
        return {}

    def value_of(self, parameter: str) -> Any:  # whatever a module has
        """Return the attribute of that name, or None."""
        return getattr(self.module, parameter, None)

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
        valid: Whether the arguments fit the component's signature.
        title: What it is called in words, if not by its place.
    """

    where: KeyPath
    registry: Builds
    name: str
    arguments: Arguments
    leading: tuple[str, ...]
    parameters: Mapping[str, Parameter]
    valid: bool = True
    title: str = ""

    @property
    def label(self) -> str:
        """Its place and its name."""
        return f"{self.title or display_path(self.where)} ({self.name!r})"

    # Arguments are any objects.
    def with_values(self, values: Mapping[str, Any]) -> NamedPart:
        """Make the same part with other arguments, as if the caller had written them in the same places."""
        return replace(self, arguments=replace(self.arguments, values=values))

    def value_of(self, parameter: str) -> Any:  # as above
        """Return what the caller gave for a parameter, or None."""
        return self.arguments.values.get(parameter)

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
        with noting(f"while building {self.label}{_for(args)}{_given(self.arguments)}"):
            try:
                product = self.registry.build(self.name, *args, **self.arguments.values, **kwargs)
            except InvalidArgumentsError as error:
                self.refuse(error)
            if not isinstance(product, nn.Module):
                place = self.title or display_path(self.where)
                raise ComponentProtocolError(self.name, place, "torch.nn.Module", type(product).__qualname__)
        return product

    def refuse(self, error: InvalidArgumentsError) -> NoReturn:
        """Raise what the component refuses as a mistake in the composition.

        Args:
            error: What the component raised.

        Raises:
            InvalidArgumentsError: The error of the composition; one about something that the component builds itself is
                raised as it is.
        """
        if self._concerns(error):
            raise invalid_composition(map(self._located, error.problems)) from error
        raise error

    def _concerns(self, error: InvalidArgumentsError) -> bool:
        """Tell an error about this component's arguments from one about those of something that it builds itself."""
        known = {*self.leading, *self.parameters}
        return all(problem.parameter in known for problem in error.problems)

    def _located(self, problem: Problem) -> Problem:
        name = problem.parameter
        if name in self.leading or (name in _SUPPLIED and name not in self.arguments.values):
            return problem.at(self.where)
        return self.arguments.located(problem)


if TYPE_CHECKING:
    Maker: TypeAlias = Callable[..., nn.Module]
    """Makes a part: it takes the part, and what `Part.build` takes."""


# A part is built from channels, strides and the like.
def build_part(part: Part, *args: Any, **kwargs: Any) -> nn.Module:
    """Make a part, as it is used."""
    return part.build(*args, **kwargs)


_SUPPLIED: Final = ("strides",)
"""What a factory gives to a part that asks for it."""


def _for(args: Collection[object]) -> str:
    return f" for channels {', '.join(map(repr, args))}" if args else ""


def _given(arguments: Arguments) -> str:
    text = str(arguments)
    return f", with {text}" if text else ""
