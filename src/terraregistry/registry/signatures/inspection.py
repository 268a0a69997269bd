"""Inspection of a constructor's source, imported lazily with the first signature."""

from __future__ import annotations

import functools
import inspect
import typing
from inspect import Parameter
from operator import attrgetter
from typing import Any

from terraregistry.registry.locations import unwrapped
from terraregistry.registry.signatures.annotations import evaluate
from terraregistry.registry.signatures.callables import find, special
from terraregistry.registry.signatures.effective import Signature
from terraregistry.registry.signatures.found import POSITIONAL, UNKNOWN, Found, optional
from terraregistry.registry.signatures.scopes import Target
from terraregistry.registry.signatures.steps import record

__all__ = ["inspected"]


def inspected(constructor: object) -> tuple[inspect.Signature, dict[str, object]]:
    """Return a constructor's signature, and the declaring callable of each parameter reached through a forward."""
    try:
        found = find(Target(constructor)) or Found()
        returned = _returned(constructor)
    except Exception as error:  # noqa: BLE001 - properties and metaclasses of others run here, and may raise anything
        kind = type(error).__name__
        record(0, lambda: f"stopped: its inspection raised {kind}; any argument is let through")
        found, returned = UNKNOWN, inspect.Signature.empty
    return _signature(found, returned), dict(found.origins)


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
    positional: list[Parameter] = []
    named: list[Parameter] = []
    for parameter in sorted(found.parameters.values(), key=attrgetter("kind")):
        if parameter.kind in POSITIONAL:
            # Behind one with a default, Python has no way to say that one is required.
            behind_optional = bool(positional) and positional[-1].default is not Parameter.empty
            positional.append(optional(parameter) if behind_optional else parameter)
        else:
            named.append(parameter)
    star = [_renamed(found.star, found.parameters)] if found.star else []
    kwargs = [_renamed(found.kwargs, found.parameters)] if found.is_open else []
    return Signature([*positional, *star, *named, *kwargs], return_annotation=returns)


def _renamed(parameter: Parameter, taken: typing.Container[str]) -> Parameter:
    name = parameter.name
    while name in taken:
        name += "_"
    return parameter.replace(name=name)
