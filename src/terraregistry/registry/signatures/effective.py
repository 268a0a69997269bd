"""The effective signature of a constructor: its own, with forwarded `**kwargs` replaced by the parameters that they reach."""

from __future__ import annotations

import functools
import inspect
import typing
from dataclasses import dataclass
from inspect import Parameter
from typing import Any

from terraregistry.registry.locations import unwrapped
from terraregistry.registry.signatures.annotations import evaluate
from terraregistry.registry.signatures.callables import find, special
from terraregistry.registry.signatures.found import POSITIONAL, Found, optional
from terraregistry.registry.signatures.scopes import Target

__all__ = ["EffectiveSignature", "effective_signature"]


@dataclass(frozen=True)
class EffectiveSignature:
    """What a constructor accepts.

    Attributes:
        signature: The parameters, with evaluated annotations. A `**kwargs` is among them only where it cannot be known what it
            accepts.
        origins: For each parameter that was reached through a forward, the function or class that declares it.
    """

    signature: inspect.Signature
    origins: typing.Mapping[str, object]

    @property
    def is_open(self) -> bool:
        """Whether names that are not listed may be accepted as well."""
        return any(parameter.kind is Parameter.VAR_KEYWORD for parameter in self.signature.parameters.values())


def effective_signature(constructor: object) -> EffectiveSignature:
    """Inspect what a constructor accepts, following the `**kwargs` that it forwards.

    They are followed through `super().__init__`, calls of other classes and functions (also as `f(**dict(defaults, **kwargs))` and
    `f(**{**defaults, **kwargs})`), `functools.partial`, `functools.wraps` and closures, through any number of levels. Nothing is
    called; only source is read.

    Args:
        constructor: A class, function, partial, bound method or other callable.

    Returns:
        The effective signature.

    Example:
        >>> class Base:
        ...     def __init__(self, depth: int = 4, *, width: float = 1.0) -> None: ...
        >>> class Derived(Base):
        ...     def __init__(self, name: str, **kwargs) -> None:
        ...         super().__init__(depth=2, **kwargs)
        >>> list(effective_signature(Derived).signature.parameters)
        ['name', 'width']
    """
    found = find(Target(constructor)) or Found({}, {})
    return EffectiveSignature(_signature(found, _returned(constructor)), dict(found.origins))


def _returned(constructor: object) -> Any:  # an annotation is any object
    while isinstance(constructor, functools.partial):
        constructor = constructor.func
    if isinstance(constructor, type) or isinstance(typing.get_origin(constructor), type):
        return constructor
    if not inspect.isroutine(constructor):
        call = special(type(constructor), "__call__")
        constructor = constructor if call is None else call.callable
    hints = evaluate(unwrapped(constructor), ["return"])
    return hints.get("return", inspect.Signature.empty)


def _signature(found: Found, returns: object) -> inspect.Signature:
    ordered = sorted(found.parameters.values(), key=lambda parameter: parameter.kind)
    positional: list[Parameter] = []
    named: list[Parameter] = []
    for parameter in ordered:
        if parameter.kind in POSITIONAL:
            # Behind one with a default, Python has no way to say that one is required.
            behind_optional = bool(positional) and positional[-1].default is not Parameter.empty
            positional.append(optional(parameter) if behind_optional else parameter)
        else:
            named.append(parameter)
    star = [_renamed(found.star, found.parameters)] if found.star else []
    kwargs = [_renamed(found.kwargs, found.parameters)] if found.kwargs else []
    return inspect.Signature([*positional, *star, *named, *kwargs], return_annotation=returns)


def _renamed(parameter: Parameter, taken: typing.Container[str]) -> Parameter:
    name = parameter.name
    while name in taken:
        name += "_"
    return parameter.replace(name=name)
