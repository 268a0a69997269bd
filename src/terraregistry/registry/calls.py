"""Calls of a constructor: validation of their arguments, and descriptions of the component."""

from __future__ import annotations

import functools
import inspect
import re
from dataclasses import dataclass, field, is_dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from terraregistry.errors import InvalidArgumentsError, describe_value
from terraregistry.pretrained import declared_weights
from terraregistry.registry.arguments import ArgumentValidator
from terraregistry.registry.docstrings import argument_texts
from terraregistry.registry.locations import Location, library_of, locate
from terraregistry.registry.signatures import effective_signature, render_signature

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from terraregistry.errors import Problem
    from terraregistry.pretrained import PretrainedWeights
    from terraregistry.registry.signatures import EffectiveSignature

__all__ = ["Call", "ComponentDescription", "call_of", "describe_call", "qualified"]

T = TypeVar("T")

_LONGEST_NOTE: Final = 400
_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True)
class ComponentDescription:
    """A description of a component, made without building it.

    Attributes:
        name: The canonical name.
        kind: The name of the kind's protocol.
        signature: The effective signature.
        summary: The first paragraph of the constructor's docstring, on one line.
        file: The file that defines the constructor; None if no Python file does.
        line: The line in that file.
        library: The distribution of the constructor; None for code that is not installed.
        version: That distribution's version.
        aliases: Other spellings of the name.
        origins: The declaring class or function of each forwarded parameter.
        texts: The text of each parameter in the docstring of its origin, where there is one.
        weights: The pretrained weights available; those loaded by default come first.
        ineffective: Arguments that would be dropped silently, each with the reason.
        synonyms: Second names of parameters, each with the first; only one of the two may be given.
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
    ineffective: Mapping[str, str] = field(default_factory=dict[str, str])
    synonyms: Mapping[str, str] = field(default_factory=dict[str, str])
    texts: Mapping[str, str] = field(default_factory=dict[str, str])

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


class Call(ArgumentValidator, Generic[T]):
    """A constructor together with the validator of its calls.

    Args:
        constructor: The class or function.
        effective: Its effective signature.
        ineffective: Arguments that the constructor would drop silently, each with the reason.
        synonyms: Second names of parameters, each with the first.
        reached: The class or function called by the constructor, whose location errors name.

    Attributes:
        constructor: The class or function.
        effective: Its effective signature.
    """

    __slots__ = ("_codes", "_reached", "constructor", "effective")

    def __init__(
        self,
        constructor: Callable[..., T],
        effective: EffectiveSignature,
        *,
        ineffective: Mapping[str, str] = _NOTHING,
        synonyms: Mapping[str, str] = _NOTHING,
        reached: object = None,
    ) -> None:
        super().__init__(effective.signature, ineffective, synonyms)
        self.constructor: Callable[..., T] = constructor
        self._reached = constructor if reached is None else reached
        self.effective: EffectiveSignature = effective
        self._codes = _codes_of(self._reached)

    @property
    def is_current(self) -> bool:
        """True if the constructor still has the code inspected: IPython's autoreload changes functions in place."""
        return _codes_of(self._reached) == self._codes

    def refused(
        self, problems: tuple[Problem, ...], component: str, registry: Callable[[], str]
    ) -> InvalidArgumentsError:
        """Make the error of a refused call, with the signature and the location of the constructor."""
        return InvalidArgumentsError(component, registry, problems, self.signature_text, self.defined_at)

    def signature_text(self) -> str:
        """Return the parameters as text, for an error."""
        return render_signature(self.effective.signature.replace(return_annotation=inspect.Signature.empty))

    def defined_at(self) -> str:
        """Return the location of the constructor as text, for an error; empty if unknown."""
        location = locate(self._reached)
        return "" if location is None else str(location)

    def describe(self, name: str, kind: str, aliases: tuple[str, ...]) -> ComponentDescription:
        """Describe the component without building it."""
        parameters = self.effective.signature.parameters
        origins = {name: origin for name, origin in self.effective.origins.items() if name in parameters}
        location: Location | None = locate(self.constructor)
        target = getattr(self.constructor, "__defined_by__", self.constructor)
        module: str = getattr(target, "__module__", None) or type(target).__module__
        library = library_of(module.partition(".")[0])
        return ComponentDescription(
            name=name,
            kind=kind,
            signature=self.effective.signature,
            summary=_summary(target),
            file=None if location is None else location.file,
            line=None if location is None else location.line,
            library=None if library is None else library[0],
            version=None if library is None else library[1],
            aliases=aliases,
            origins={name: qualified(origins[name]) for name in parameters if name in origins},
            weights=declared_weights(self.constructor),
            ineffective=dict(self._ineffective),
            synonyms=dict(self._synonyms),
            texts=argument_texts({name: origins.get(name, target) for name in parameters}),
        )


def call_of(constructor: Callable[..., T]) -> Call[T]:
    """Inspect a class or function, to validate the arguments of its calls.

    Examples:
        >>> def scaled(size: int, factor: float = 1.0): ...
        >>> [str(problem) for problem in call_of(scaled).check(kwargs={"size": "3", "facter": 2})[2]]
        ["size: expected int, got str '3'; did you mean 3?", "facter: unknown argument; did you mean 'factor'?"]
    """
    return Call(constructor, effective_signature(constructor))


# The arguments of a call are any objects.
def describe_call(name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str:
    """Return a call as text of bounded length, for a note on an exception."""
    given = [describe_value(value) for value in args]
    given += [f"{key}={describe_value(value)}" for key, value in kwargs.items()]
    text = ", ".join(given) or "no arguments"
    return f"while building {name!r} with {text if len(text) <= _LONGEST_NOTE else text[:_LONGEST_NOTE] + ' ...'}"


def _codes_of(constructor: object) -> tuple[int, ...]:
    while isinstance(constructor, functools.partial):
        constructor = constructor.func
    try:
        if not isinstance(constructor, type):
            return (id(getattr(constructor, "__code__", None)),)
        init, new = getattr(constructor, "__init__", None), getattr(constructor, "__new__", None)
        return id(getattr(init, "__code__", None)), id(getattr(new, "__code__", None))
    except Exception:  # noqa: BLE001 - attributes of somebody else's object or metaclass may raise anything
        return ()


def _summary(constructor: object) -> str:
    # A class without a docstring is not described by that of its base, such as `nn.Module`.
    own: object = vars(constructor).get("__doc__") if isinstance(constructor, type) else inspect.getdoc(constructor)
    text = inspect.cleandoc(own) if isinstance(own, str) else ""
    if (
        is_dataclass(constructor)
        and text.endswith(")")
        and text.startswith(f"{qualified(constructor).rpartition('.')[2]}(")
    ):
        return ""  # `dataclass` writes the signature where there is none
    paragraph = text.strip().partition("\n\n")[0]
    return re.sub(r"\s+", " ", paragraph)


def qualified(target: object) -> str:
    """Return the full name of a class or function, for an error or a description."""
    name: str | None = getattr(target, "__qualname__", None)
    if name is None:
        return describe_value(target)
    module = getattr(target, "__module__", None)
    return f"{module}.{name}" if module else name
