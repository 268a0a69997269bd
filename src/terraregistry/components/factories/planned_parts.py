"""One part of a composition, ready to be built."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn, Protocol, TypeAlias

from terraregistry.deferred import DeferredModule
from terraregistry.errors import ComponentProtocolError, InvalidArgumentsError, UntrainedBackboneWarning
from terraregistry.problems import display_path
from terraregistry.wording import add_note

if TYPE_CHECKING:
    import inspect
    from collections.abc import Callable, Iterable, Mapping
    from inspect import Parameter
    from types import TracebackType

    from torch import nn

    from terraregistry.components.factories.part_arguments import Arguments
    from terraregistry.errors import Problem
    from terraregistry.problems import KeyPath
else:
    nn = DeferredModule("torch.nn")  # the modules beside this one import it from here

__all__ = [
    "WEIGHTS",
    "AdaptedPart",
    "Builds",
    "Maker",
    "ModulePart",
    "NamedPart",
    "Part",
    "WrappedPart",
    "build_part",
    "invalid_composition",
    "is_composition",
    "nn",
    "noting",
    "unwrapped",
    "without_pretrained",
]

WEIGHTS: Final = ("pretrained", "ckpt_path", "checkpoint_path")
"""The arguments requesting weights from a backbone."""


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


class ModulePart(NamedTuple):
    """A module constructed by the caller."""

    where: KeyPath
    module: nn.Module
    valid: bool = True

    @property
    def label(self) -> str:
        """Path and class name."""
        return f"{display_path(self.where)} ({type(self.module).__qualname__})"

    def build(self, *args: Any, **kwargs: Any) -> nn.Module:  # noqa: ARG002 - as of every part
        """Return the module."""
        return self.module


class NamedPart(NamedTuple):
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
        return self._replace(arguments=self.arguments._replace(values=values))

    def value_of(self, parameter: str) -> Any:  # as above
        """Return the caller's value for a parameter, or None."""
        return self.arguments.values.get(parameter)

    def takes(self, parameter: str) -> bool:
        """Return True if the component has a parameter left unset by the caller."""
        return parameter in self.parameters and parameter not in self.arguments.values

    def build(self, *args: Any, **kwargs: Any) -> nn.Module:
        """Build the component, for channels and the like; refusals of arguments have the caller's names."""
        channels = f" for channels {', '.join(map(repr, args))}" if args else ""
        given = f", with {self.arguments}" if self.arguments.values else ""
        with noting(f"while building {self.label}{channels}{given}"):
            try:
                product = self.registry.build(self.name, *args, **self.arguments.values, **kwargs)
            except InvalidArgumentsError as error:
                self.refuse(error)
            if not isinstance(product, nn.Module):
                place = self.title or display_path(self.where)
                raise ComponentProtocolError(self.name, place, "torch.nn.Module", type(product).__qualname__)
        return product

    def refuse(self, error: InvalidArgumentsError) -> NoReturn:
        """Raise a component's refusal as an error of the composition; one about an object built by it, unchanged."""
        known = {*self.leading, *self.parameters}
        if all(problem.parameter in known for problem in error.problems):
            raise invalid_composition(map(self._located, error.problems)) from error
        raise error

    def _located(self, problem: Problem) -> Problem:
        name = problem.parameter
        supplied = name == "strides" and name not in self.arguments.values  # by the factory
        return problem.at(self.where) if supplied or name in self.leading else self.arguments.located(problem)


class WrappedPart(NamedTuple):
    """A backbone in a wrapper."""

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

    # As every part.
    def build(self, *args: Any, **kwargs: Any) -> nn.Module:
        """Build the backbone, and put the wrapper around it."""
        return self.wrapper.build(self.inner.build(*args, **kwargs))


class AdaptedPart(WrappedPart):
    """A backbone with adapters on it."""

    # As every part.
    def build(self, *args: Any, **kwargs: Any) -> nn.Module:
        """Build the backbone with adapters; warn if it has random weights, since adapters do not train them."""
        backbone = unwrapped(self)
        if isinstance(backbone, NamedPart) and WEIGHTS[0] in backbone.parameters:
            usual = {name: each.default for name, each in backbone.parameters.items()}
            given = usual | dict(backbone.arguments.values)
            if not any(given.get(name) for name in WEIGHTS):
                method = str(self.wrapper.value_of("method"))
                warnings.warn(UntrainedBackboneWarning(self.inner.label, method), stacklevel=2)
        return super().build(*args, **kwargs)


Part: TypeAlias = ModulePart | NamedPart | WrappedPart

if TYPE_CHECKING:
    Maker: TypeAlias = Callable[..., nn.Module]
    """Builder of a part: takes the part and the arguments of its `build`."""


# A part is built from channels, strides and the like.
def build_part(part: Part, *args: Any, **kwargs: Any) -> nn.Module:
    """Build a part for use."""
    return part.build(*args, **kwargs)


def unwrapped(part: Part | None) -> ModulePart | NamedPart | None:
    """Return the backbone inside of its wrappers."""
    while isinstance(part, WrappedPart):
        part = part.inner
    return part


def without_pretrained(part: Part) -> Part:
    """Leave out of a part its arguments requesting weights."""
    if isinstance(part, WrappedPart):
        return part._replace(inner=without_pretrained(part.inner))
    if not isinstance(part, NamedPart):
        return part
    given = {name: value for name, value in part.arguments.values.items() if name not in WEIGHTS}
    return part.with_values(given | ({WEIGHTS[0]: False} if WEIGHTS[0] in part.parameters else {}))


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
