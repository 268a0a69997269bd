"""What a registry keeps of one component: its constructor, and what validates and describes calls of it."""

from __future__ import annotations

import importlib
import inspect
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from terraregistry.errors import InvalidArgumentsError, SourceUnavailableError, describe_value
from terraregistry.pretrained import declared_weights
from terraregistry.registry.arguments import ArgumentValidator, InvalidArguments
from terraregistry.registry.locations import Location, library_of, locate
from terraregistry.registry.signatures import effective_signature, render_signature

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from terraregistry.pretrained import PretrainedWeights
    from terraregistry.registry.signatures import EffectiveSignature

__all__ = ["Call", "ComponentDescription", "Entry", "describe_call"]

T = TypeVar("T")

_LONGEST_NOTE = 400


@dataclass(frozen=True)
class ComponentDescription:
    """What is known of a component without building it.

    Attributes:
        name: The canonical name.
        kind: The name of the kind's protocol.
        signature: The effective signature.
        summary: The first paragraph of the constructor's docstring, on one line.
        file: The file that defines the constructor; None where no Python file does.
        line: The line in that file.
        library: The distribution that the constructor came with; None for code that was not installed.
        version: That distribution's version.
        aliases: Other spellings of the name.
        origins: For each parameter that was reached through a forward, what declares it.
        weights: The pretrained weights that there are; first those that are loaded unless others are asked for.
    """

    name: str
    kind: str
    signature: inspect.Signature
    summary: str
    file: str | None
    line: int | None
    library: str | None
    version: str | None
    aliases: tuple[str, ...] = ()
    origins: Mapping[str, str] = field(default_factory=dict[str, str])
    weights: tuple[PretrainedWeights, ...] = ()

    def __str__(self) -> str:
        """Return the description as a few lines of text."""
        lines = [f"{self.name}{render_signature(self.signature)}", *([f"  {self.summary}"] if self.summary else [])]
        if self.file is not None:
            lines.append(f"  defined at {self.file}:{self.line}")
        if self.library is not None:
            lines.append(f"  from {self.library} {self.version}")
        if self.aliases:
            lines.append(f"  also called {', '.join(self.aliases)}")
        return "\n".join(lines)


class Call(Generic[T]):
    """A constructor together with what validates the arguments of its calls.

    Attributes:
        constructor: The class or function.
        effective: What it accepts.
        accept: Validates keyword arguments at full speed, once a first call has been validated; raises a ValueError that says
            nothing to a user. None before that, for a call that has more to say than its signature does, and for parameters
            that have no names to a caller.
    """

    __slots__ = ("_validator", "accept", "constructor", "effective")

    def __init__(self, constructor: Callable[..., T], effective: EffectiveSignature) -> None:
        self.constructor: Callable[..., T] = constructor
        self.effective: EffectiveSignature = effective
        self._validator: ArgumentValidator | None = None
        self.accept: Callable[[Mapping[str, Any]], dict[str, Any]] | None = None

    # The arguments of a call are any objects.
    def validate(
        self, args: tuple[Any, ...], kwargs: Mapping[str, Any], component: str, registry: Callable[[], str]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Validate the arguments of one call.

        Args:
            args: The positional arguments.
            kwargs: The keyword arguments.
            component: The component's name, for the error.
            registry: Tells where it is registered, for the error.

        Returns:
            The arguments to call with.

        Raises:
            InvalidArgumentsError: They do not fit the effective signature.
        """
        if self._validator is None:
            self._validator = ArgumentValidator(self.effective.signature)
            self.accept = None if self._validator.reserved else self._validator.accept
        try:
            return self._validator(args, kwargs)
        except InvalidArguments as error:
            problems = error.problems
        raise InvalidArgumentsError(component, registry, problems, self.signature_text, self.defined_at)

    def signature_text(self) -> str:
        """Put the parameters into words, for an error."""
        return render_signature(self.effective.signature.replace(return_annotation=inspect.Signature.empty))

    def defined_at(self) -> str:
        """Say where the constructor is defined, for an error."""
        location = locate(self.constructor)
        return "" if location is None else str(location)


class Entry(Generic[T]):
    """One component of a registry.

    Attributes:
        name: Its canonical name.
        ready: What validates and makes calls of it, once there has been one; None where that depends on the arguments.
    """

    __slots__ = ("_constructor", "_reference", "name", "ready")

    def __init__(self, name: str, constructor: Callable[..., T] | None = None, reference: str = "") -> None:
        self.name: str = name
        self._constructor = constructor
        self._reference = reference
        self.ready: Call[T] | None = None

    @property
    def constructor(self) -> Callable[..., T]:
        """The constructor, imported now where it was registered lazily.

        Raises:
            SourceUnavailableError: What a lazy registration refers to cannot be imported.
        """
        if self._constructor is None:
            self._constructor = self._load()
        return self._constructor

    def _load(self) -> Any:  # what is imported is checked when it has made something
        """Import what was registered lazily."""
        return _import(self.name, self._reference)

    def call(self, kwargs: Mapping[str, Any]) -> Call[T]:  # the arguments of a call are any objects
        """Return what validates and makes calls.

        Args:
            kwargs: The keyword arguments of the call, for components whose signature depends on one of them.

        Returns:
            The constructor and its effective signature, inspected once.
        """
        del kwargs
        if self.ready is None:
            self.ready = Call(self.constructor, effective_signature(self.constructor))
        return self.ready

    def describe(self, name: str, kind: str, aliases: tuple[str, ...]) -> ComponentDescription:
        """Describe the component.

        Args:
            name: The canonical name where it was asked for.
            kind: The name of the kind's protocol.
            aliases: Other spellings of the name.

        Returns:
            What is known of it without building it.
        """
        call = self.call({})
        location: Location | None = locate(call.constructor)
        target = getattr(call.constructor, "__defined_by__", call.constructor)
        module: str = getattr(target, "__module__", None) or type(target).__module__
        library = library_of(module.partition(".")[0])
        return ComponentDescription(
            name=name,
            kind=kind,
            signature=call.effective.signature,
            summary=_summary(target),
            file=None if location is None else location.file,
            line=None if location is None else location.line,
            library=None if library is None else library[0],
            version=None if library is None else library[1],
            aliases=aliases,
            origins={name: _qualified(origin) for name, origin in call.effective.origins.items()},
            weights=declared_weights(call.constructor),
        )

    def taken_by(self) -> tuple[str, str]:
        """Say what the name is taken by, and where that is defined."""
        if self._constructor is None:
            return self._reference, ""
        location = locate(self._constructor)
        return _qualified(self._constructor), "" if location is None else str(location)


# The arguments of a call are any objects.
def describe_call(name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str:
    """Put a call into words, for a note on an exception.

    Args:
        name: The component's name.
        args: The positional arguments.
        kwargs: The keyword arguments.

    Returns:
        Text of bounded length.
    """
    given = [describe_value(value) for value in args]
    given += [f"{key}={describe_value(value)}" for key, value in kwargs.items()]
    text = ", ".join(given) or "no arguments"
    return f"while building {name!r} with {text if len(text) <= _LONGEST_NOTE else text[:_LONGEST_NOTE] + ' ...'}"


def _import(name: str, reference: str) -> Any:  # as above
    module, _, attribute = reference.partition(":")
    try:
        target: object = importlib.import_module(module)
        for part in attribute.split("."):
            target = getattr(target, part)
    except Exception as error:
        reason = f"{reference} cannot be imported: {type(error).__name__}: {error}"
        raise SourceUnavailableError(name, reason) from error
    if not callable(target):
        raise SourceUnavailableError(name, f"{reference} is {describe_value(target)}, not a class or function")
    return target


def _summary(constructor: object) -> str:
    text = inspect.getdoc(constructor) or ""
    paragraph = text.strip().partition("\n\n")[0]
    return re.sub(r"\s+", " ", paragraph)


def _qualified(target: object) -> str:
    name: str | None = getattr(target, "__qualname__", None)
    if name is None:
        return describe_value(target)
    module = getattr(target, "__module__", None)
    return f"{module}.{name}" if module else name
