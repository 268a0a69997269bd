"""Parameters as declared: by a function's definition, by `inspect.signature`, by a `TypedDict`."""

from __future__ import annotations

import dataclasses
import inspect
import sys
import types
import typing
from dataclasses import replace
from inspect import Parameter
from typing import Any, Final

from terraregistry.registry.signatures.annotations import NOT_EVALUATED, OPAQUE, Opaque, evaluate
from terraregistry.registry.signatures.found import UNKNOWN, Found
from terraregistry.registry.signatures.lattice import Verdict
from terraregistry.registry.signatures.wider import wider_parameter

if typing.TYPE_CHECKING:
    from terraregistry.registry.signatures.scopes import Target

__all__ = ["by_inspection", "own_parameters", "unpacked_options", "with_defaults"]

_STARRED: Final = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)


def own_parameters(function: types.FunctionType, target: Target) -> Found:
    """Read a function's own parameters, without the one filled by its object."""
    signature = inspect.signature(function, follow_wrapped=False)
    parameters = dict(list(signature.parameters.items())[int(target.bound) :])
    hints = evaluate(_annotated(function, target.owner), parameters)
    for name, made in _made_defaults(target.owner).items():
        if name in parameters and function.__name__ == "__init__":
            parameters[name] = parameters[name].replace(default=made)
    for name, parameter in parameters.items():
        annotation = hints.get(name, _evaluated(parameter.annotation))
        parameters[name] = parameter.replace(annotation=wider_parameter(function, name, annotation))
    return _split(parameters, function)


def by_inspection(constructor: object) -> Found:
    """Use `inspect.signature`, for a callable without source or with a declared signature."""
    try:
        signature = inspect.signature(typing.cast("typing.Callable[..., object]", constructor))
    except (TypeError, ValueError):
        return UNKNOWN
    hints = evaluate(constructor, signature.parameters)
    parameters = {
        name: parameter.replace(annotation=hints.get(name, _evaluated(parameter.annotation)))
        for name, parameter in signature.parameters.items()
    }
    return _split(parameters, constructor)


def unpacked_options(own: Found) -> Found | None:
    """Read `**kwargs: Unpack[Options]` (PEP 692)."""
    older = getattr(sys.modules.get("typing_extensions"), "Unpack", typing.Unpack)  # Python 3.11 has another one
    if typing.get_origin(own.kwargs.annotation) not in (typing.Unpack, older):
        return None
    (given,) = typing.get_args(own.kwargs.annotation)
    options = typing.get_origin(given) or given
    required: frozenset[str] | None = getattr(options, "__required_keys__", None)
    if required is None:  # it is no `TypedDict`
        return None
    parameters = dict(own.parameters)
    hints = evaluate(_in_module(options.__module__, options.__annotations__), options.__annotations__)
    for name, hint in hints.items():
        # Of string annotations, the class itself does not know which are marked, and of one that fails nobody does.
        mark = typing.get_origin(hint)
        unmarked = name in required and mark is not typing.NotRequired and hint is not NOT_EVALUATED
        needed = mark is typing.Required or unmarked
        annotation = typing.get_args(hint)[0] if mark in (typing.Required, typing.NotRequired) else hint
        default = Parameter.empty if needed else OPAQUE
        parameters[name] = Parameter(name, Parameter.KEYWORD_ONLY, annotation=annotation, default=default)
    return replace(
        own, parameters=parameters, origins={**dict.fromkeys(parameters, options), **own.origins}, rest=Verdict.REFUSES
    )


def with_defaults(options: Found, reached: Found) -> Found:
    """Add the defaults of the parameters reached: a `TypedDict` has types only."""
    parameters = dict(options.parameters)
    for name, parameter in parameters.items():
        default = reached.parameters[name].default if name in reached.parameters else Parameter.empty
        if parameter.default is OPAQUE and default is not Parameter.empty:
            parameters[name] = parameter.replace(default=default)
    return replace(options, parameters=parameters)


def _split(parameters: dict[str, Parameter], origin: object) -> Found:
    named = dict(parameters)
    starred = {parameter.kind: named.pop(name) for name, parameter in parameters.items() if parameter.kind in _STARRED}
    found = Found(named, dict.fromkeys(named, origin), starred.get(Parameter.VAR_POSITIONAL))
    kwargs = starred.get(Parameter.VAR_KEYWORD)
    return found if kwargs is None else replace(found, kwargs=kwargs, rest=Verdict.UNKNOWN)


def _evaluated(annotation: object) -> Any:  # an annotation is any object
    return NOT_EVALUATED if isinstance(annotation, str) else annotation


def _made_defaults(owner: type | None) -> dict[str, Opaque]:
    """Return the defaults made by a dataclass's factories in each call; its `__init__` has a sentinel for them."""
    if owner is None or not dataclasses.is_dataclass(owner) or "__dataclass_fields__" not in vars(owner):
        return {}
    made = {each.name: each.default_factory for each in dataclasses.fields(owner) if each.init}
    empty: dict[object, str] = {list: "[]", dict: "{}", tuple: "()"}
    return {
        name: Opaque(empty.get(factory) or f"{getattr(factory, '__qualname__', type(factory).__name__)}()")
        for name, factory in made.items()
        if factory is not dataclasses.MISSING
    }


def _annotated(function: types.FunctionType, owner: type | None) -> object:
    """Return the holder of a function's annotations: the namespace of a NamedTuple's own method has no names."""
    if owner is None or not hasattr(owner, "_fields") or not issubclass(owner, tuple):
        return function
    return _in_module(owner.__module__, function.__annotations__)


def _in_module(name: str, annotations: dict[str, Any]) -> object:
    module = sys.modules.get(name)
    return types.SimpleNamespace(__annotations__=annotations, __globals__=vars(module) if module else {})
