"""One part of a composition, ready to be built."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, NoReturn, Protocol

from terraregistry.deferred import DeferredModule
from terraregistry.errors import ComponentProtocolError, InvalidArgumentsError
from terraregistry.problems import display_path
from terraregistry.wording import add_note

if TYPE_CHECKING:
    import inspect
    from collections.abc import Callable, Collection, Iterable, Mapping
    from inspect import Parameter
    from types import TracebackType
    from typing import TypeAlias

    from torch import nn

    from terraregistry.components.factories.part_arguments import Arguments
    from terraregistry.errors import Problem
    from terraregistry.problems import KeyPath
else:
    nn = DeferredModule("torch.nn")

__all__ = [
    "Builds",
    "Maker",
    "ModulePart",
    "NamedPart",
    "Part",
    "build_part",
    "invalid_composition",
    "is_composition",
    "noting",
]


class Builds(Protocol):
    """The registry methods used here."""

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
        """Path in the composition: `("backbone",)`, `("necks", 1)`."""
        ...

    @property
    def label(self) -> str:
        """Path and name: `backbone ('timm_resnet18')`."""
        ...

    @property
    def valid(self) -> bool:
        """True if it has no known problem."""
        ...

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """The parameters open to the caller."""
        ...

    # What a caller gave is any object.
    def value_of(self, parameter: str) -> Any:
        """Return the value given for a parameter, or None."""
        ...

    def takes(self, parameter: str) -> bool:
        """Return True if the part has a parameter left unset by the caller."""
        ...

    # A part is built from channels, strides and the like.
    def build(self, *args: Any, **kwargs: Any) -> nn.Module:
        """Make the part."""
        ...


@dataclass(frozen=True)
class ModulePart:
    """A module constructed by the caller."""

    where: KeyPath
    module: nn.Module
    valid: bool = True

    @property
    def label(self) -> str:
        """Path and class name."""
        return f"{display_path(self.where)} ({type(self.module).__qualname__})"

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """Empty: the module exists already."""
        return {}

    def value_of(self, parameter: str) -> Any:  # whatever a module has
        """Return the attribute of that name, or None."""
        return getattr(self.module, parameter, None)

    def takes(self, parameter: str) -> bool:  # noqa: ARG002 - as of every part
        """Return False: the module exists already."""
        return False

    def build(self, *args: Any, **kwargs: Any) -> nn.Module:  # noqa: ARG002 - as of every part
        """Return the module."""
        return self.module


@dataclass(frozen=True)
class NamedPart:
    """A component by name, with the caller's arguments.

    Attributes:
        where: Its path in the composition.
        registry: The registry of its name.
        name: Its name.
        arguments: The caller's arguments.
        leading: The parameters filled by position.
        parameters: The parameters open to the caller.
        valid: True if the arguments fit the component's signature.
        title: Its name in messages, if not its path.
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
        """Path and name."""
        return f"{self.title or display_path(self.where)} ({self.name!r})"

    # Arguments are any objects.
    def with_values(self, values: Mapping[str, Any]) -> NamedPart:
        """Return the same part with other arguments, at the same paths."""
        return replace(self, arguments=replace(self.arguments, values=values))

    def value_of(self, parameter: str) -> Any:  # as above
        """Return the caller's value for a parameter, or None."""
        return self.arguments.values.get(parameter)

    def takes(self, parameter: str) -> bool:
        """Return True if the component has a parameter left unset by the caller."""
        return parameter in self.parameters and parameter not in self.arguments.values

    def build(self, *args: Any, **kwargs: Any) -> nn.Module:
        """Build the component.

        Args:
            *args: Values before the caller's arguments, such as the channels of the features.
            **kwargs: Additional arguments.

        Returns:
            The component.

        Raises:
            InvalidArgumentsError: The component refuses the values of its arguments; the error has the caller's names.
            ComponentProtocolError: The result is not a `torch.nn.Module`.
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
        """Raise a component's refusal as an error of the composition.

        Args:
            error: The component's error.

        Raises:
            InvalidArgumentsError: The error of the composition. An error about an object built by the component itself is
                raised unchanged.
        """
        if self._concerns(error):
            raise invalid_composition(map(self._located, error.problems)) from error
        raise error

    def _concerns(self, error: InvalidArgumentsError) -> bool:
        """Return True for an error about this component's arguments, not about those of an object built by it."""
        known = {*self.leading, *self.parameters}
        return all(problem.parameter in known for problem in error.problems)

    def _located(self, problem: Problem) -> Problem:
        name = problem.parameter
        if name in self.leading or (name in _SUPPLIED and name not in self.arguments.values):
            return problem.at(self.where)
        return self.arguments.located(problem)


if TYPE_CHECKING:
    Maker: TypeAlias = Callable[..., nn.Module]
    """Builder of a part: takes the part and the arguments of `Part.build`."""


# A part is built from channels, strides and the like.
def build_part(part: Part, *args: Any, **kwargs: Any) -> nn.Module:
    """Build a part for use."""
    return part.build(*args, **kwargs)


_SUPPLIED: Final = ("strides",)
"""Parameters filled by the factory, for parts with such a parameter."""


def _for(args: Collection[object]) -> str:
    return f" for channels {', '.join(map(repr, args))}" if args else ""


def _given(arguments: Arguments) -> str:
    text = str(arguments)
    return f", with {text}" if text else ""


COMPOSITION: Final = "EncoderDecoderFactory.build_model"
"""The component named in errors of a composition."""


def invalid_composition(problems: Iterable[Problem]) -> InvalidArgumentsError:
    """Make the error of a composition, with each problem listed once."""
    return InvalidArgumentsError(COMPOSITION, "MODEL_FACTORY_REGISTRY", tuple(dict.fromkeys(problems)))


def is_composition(error: InvalidArgumentsError) -> bool:
    """Return True for an error about a composition, False for one raised by a part about another component."""
    return error.component == COMPOSITION


class noting:  # noqa: N801 - it is used as a function
    """Context manager adding a note to exceptions raised inside.

    A class, since a `contextlib.contextmanager` cannot pass on a frozen exception.

    Args:
        note: The step in progress.
    """

    __slots__ = ("_note",)

    def __init__(self, note: str) -> None:
        self._note = note

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if isinstance(error, Exception):
            add_note(error, self._note)
