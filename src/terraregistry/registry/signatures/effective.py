"""The effective signature of a constructor: its own, with forwarded `**kwargs` replaced by the parameters that they reach."""

from __future__ import annotations

import functools
import inspect
import types
import typing
from dataclasses import dataclass, replace
from inspect import Parameter
from typing import Any, Final

from terraregistry.registry.signatures.annotations import NOT_EVALUATED, OPAQUE, evaluate
from terraregistry.registry.signatures.forwarding import REQUIRED, Forward, Usage, usage_of
from terraregistry.registry.signatures.scopes import Scope, Target, parse

__all__ = ["EffectiveSignature", "effective_signature"]

_DEEPEST: Final = 25
_POSITIONAL: Final = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
_OPEN_PARAMETERS: Final = (Parameter("args", Parameter.VAR_POSITIONAL), Parameter("kwargs", Parameter.VAR_KEYWORD))


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


@dataclass(frozen=True)
class _Found:
    """The parameters of one callable, on the way to a signature.

    Attributes:
        parameters: Those with a name of their own, in order.
        origins: Who declares each.
        star: The `*args` parameter, where any number of positional arguments is accepted.
        kwargs: The `**kwargs` parameter, where unknown names may be accepted.
    """

    parameters: dict[str, Parameter]
    origins: dict[str, object]
    star: Parameter | None = None
    kwargs: Parameter | None = None


_UNKNOWN: Final = _Found({}, {}, *_OPEN_PARAMETERS)


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
    found = _of_callable(Target(constructor), 0)
    return EffectiveSignature(_signature(found, _returned(constructor)), dict(found.origins))


def _returned(constructor: object) -> Any:  # an annotation is any object
    while isinstance(constructor, functools.partial):
        constructor = constructor.func
    if isinstance(constructor, type):
        return constructor
    if not inspect.isroutine(constructor):
        call = _special(type(constructor), "__call__")
        constructor = constructor if call is None else call.callable
    hints = evaluate(inspect.unwrap(typing.cast("typing.Callable[..., object]", constructor)), ["return"])
    return hints.get("return", inspect.Signature.empty)


def _signature(found: _Found, returns: object) -> inspect.Signature:
    ordered = sorted(found.parameters.values(), key=lambda parameter: parameter.kind)
    positional: list[Parameter] = []
    named: list[Parameter] = []
    optional = False
    for parameter in ordered:
        has_default = parameter.default is not Parameter.empty
        # A parameter without a default after one with it can only be given by name.
        if parameter.kind in _POSITIONAL and not (optional and not has_default):
            optional = optional or has_default
            positional.append(parameter)
        else:
            named.append(parameter.replace(kind=Parameter.KEYWORD_ONLY))
    star = [_renamed(found.star, found.parameters)] if found.star else []
    kwargs = [_renamed(found.kwargs, found.parameters)] if found.kwargs else []
    return inspect.Signature([*positional, *star, *named, *kwargs], return_annotation=returns)


def _renamed(parameter: Parameter, taken: typing.Container[str]) -> Parameter:
    name = parameter.name
    while name in taken:
        name += "_"
    return parameter.replace(name=name)


def _of_callable(target: Target, depth: int) -> _Found:
    constructor = target.callable
    if depth > _DEEPEST:
        return _UNKNOWN
    if isinstance(constructor, functools.partial):
        return _of_partial(typing.cast("functools.partial[object]", constructor), depth)
    declared = inspect.getattr_static(constructor, "__signature__", None)
    if declared is not None and not isinstance(constructor, type(effective_signature)):
        return _of_signature(constructor)
    if isinstance(constructor, type):
        return _of_class(constructor, depth)
    if isinstance(constructor, types.MethodType):
        return _of_method(constructor, depth)
    if isinstance(constructor, types.FunctionType):
        return _of_function(replace(target, callable=constructor), depth)
    if not inspect.isroutine(constructor):
        call = _special(type(constructor), "__call__")
        if call is not None:
            return _of_callable(call, depth + 1)
    return _of_signature(constructor)


def _of_signature(constructor: object) -> _Found:
    """Take what `inspect` says, for what has no source or declares its signature."""
    try:
        signature = inspect.signature(typing.cast("typing.Callable[..., object]", constructor))
    except (TypeError, ValueError):
        return _UNKNOWN
    hints = evaluate(constructor, signature.parameters)
    parameters = {
        name: parameter.replace(annotation=hints.get(name, _evaluated(parameter.annotation)))
        for name, parameter in signature.parameters.items()
    }
    return _split(parameters, constructor)


def _evaluated(annotation: object) -> Any:  # an annotation is any object
    return NOT_EVALUATED if isinstance(annotation, str) else annotation


def _split(parameters: dict[str, Parameter], origin: object) -> _Found:
    named = {name: parameter for name, parameter in parameters.items() if parameter.kind not in _STARRED}
    stars = [parameter for parameter in parameters.values() if parameter.kind is Parameter.VAR_POSITIONAL]
    kwargs = [parameter for parameter in parameters.values() if parameter.kind is Parameter.VAR_KEYWORD]
    return _Found(named, dict.fromkeys(named, origin), next(iter(stars), None), next(iter(kwargs), None))


_STARRED: Final = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)


def _of_partial(partial: functools.partial[object], depth: int) -> _Found:
    found = _of_callable(Target(partial.func), depth + 1)
    parameters = _without_positional(found.parameters, len(partial.args))
    by_name = False
    for name, parameter in list(parameters.items()):
        by_name = by_name or (name in partial.keywords and parameter.kind is Parameter.POSITIONAL_OR_KEYWORD)
        named = by_name and parameter.kind is Parameter.POSITIONAL_OR_KEYWORD
        parameters[name] = parameter.replace(
            default=partial.keywords.get(name, parameter.default),
            kind=Parameter.KEYWORD_ONLY if named else parameter.kind,
        )
    return replace(found, parameters=parameters)


def _of_class(cls: type, depth: int) -> _Found:
    if type(cls).__call__ is not type.__call__ and "__call__" in vars(type(cls)):
        call = _special(type(cls), "__call__")
        found = _UNKNOWN if call is None else _of_callable(replace(call, receiver=type(cls)), depth + 1)
        # A metaclass that only passes its arguments on leaves the constructor's own signature in force.
        if found.kwargs is None:
            return found
    for name, plain in (("__init__", object.__init__), ("__new__", object.__new__)):
        method = _special(cls, name)
        if method is not None and getattr(cls, name) is not plain:
            return _of_callable(method, depth + 1)
    return _Found({}, {})


def _special(cls: type, name: str) -> Target | None:
    for owner in cls.__mro__:
        raw = owner.__dict__.get(name)
        if raw is not None:
            function = raw.__func__ if isinstance(raw, staticmethod) else raw
            return Target(function, owner, cls, bound=True)
    return None


def _of_method(method: types.MethodType, depth: int) -> _Found:
    receiver = method.__self__ if isinstance(method.__self__, type) else type(method.__self__)
    for owner in receiver.__mro__:
        raw = owner.__dict__.get(method.__name__)
        if getattr(raw, "__func__", raw) is method.__func__:
            return _of_callable(Target(method.__func__, owner, receiver, bound=True), depth + 1)
    return _of_callable(Target(method.__func__, None, None, bound=True), depth + 1)


def _of_function(target: Target, depth: int) -> _Found:
    function = typing.cast("types.FunctionType", target.callable)
    own = _own_parameters(function, bound=target.bound)
    if own.kwargs is None and own.star is None:
        return own
    unpacked = _unpacked_options(own)
    if unpacked is not None:
        return unpacked
    definition = parse(function.__code__)
    found = _UNKNOWN
    if definition is not None and _same_parameters(function, definition):
        scope = Scope(target, function, definition)
        found = _forwarded(own, usage_of(scope), function, depth) if own.kwargs else own
    wrapped = function.__dict__.get("__wrapped__")
    if wrapped is not None and found.kwargs is not None:
        return _of_callable(Target(wrapped, target.owner, target.receiver, target.bound), depth + 1)
    return own if found is _UNKNOWN else found


def _same_parameters(function: types.FunctionType, definition: typing.Any) -> bool:  # an ast function of either kind
    """Guard against a source file that has changed since it was imported."""
    names = [
        argument.arg for argument in (*definition.args.posonlyargs, *definition.args.args, *definition.args.kwonlyargs)
    ]
    code = function.__code__
    return names == list(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])


def _own_parameters(function: types.FunctionType, *, bound: bool) -> _Found:
    signature = inspect.signature(function, follow_wrapped=False)
    parameters = dict(list(signature.parameters.items())[int(bound) :])
    hints = evaluate(function, parameters)
    return _split(
        {name: parameter.replace(annotation=hints.get(name, NOT_EVALUATED)) for name, parameter in parameters.items()},
        function,
    )


def _unpacked_options(own: _Found) -> _Found | None:
    """Read `**kwargs: Unpack[Options]` (PEP 692)."""
    annotation = own.kwargs.annotation if own.kwargs is not None else None
    if typing.get_origin(annotation) is not typing.Unpack:
        return None
    (options,) = typing.get_args(annotation)
    required: frozenset[str] = getattr(options, "__required_keys__", frozenset())
    parameters = dict(own.parameters)
    for name, hint in typing.get_type_hints(options).items():
        default = Parameter.empty if name in required else OPAQUE
        parameters[name] = Parameter(name, Parameter.KEYWORD_ONLY, annotation=hint, default=default)
    return replace(
        own, parameters=parameters, origins={**dict.fromkeys(parameters, options), **own.origins}, kwargs=None
    )


def _forwarded(own: _Found, usage: Usage, function: object, depth: int) -> _Found:
    reached = _combine([(_reached(forward, depth), forward) for forward in usage.forwards], usage)
    parameters, origins = dict(own.parameters), dict(own.origins)
    kept = _names_read(usage, reached)
    for name, default in kept.items():
        known = reached.parameters.get(name)
        annotation = known.annotation if known is not None else NOT_EVALUATED
        value = Parameter.empty if default is REQUIRED else default
        if name not in parameters:
            parameters[name] = Parameter(name, Parameter.KEYWORD_ONLY, annotation=annotation, default=value)
            origins[name] = function
    passes_positional = any(forward.passes_positional for forward in usage.forwards)
    for name, parameter in reached.parameters.items():
        if name not in parameters:
            parameters[name] = parameter
            origins[name] = reached.origins[name]
    kwargs = own.kwargs if usage.escapes or reached.kwargs is not None else None
    star = own.star
    if star is not None and passes_positional and not usage.escapes:
        star = reached.star
    return _Found(parameters, origins, star, kwargs)


def _names_read(usage: Usage, reached: _Found) -> dict[str, object]:
    """Keep the names that the function itself takes from the arguments.

    One that it only looks at goes on to the callee, which refuses it if it does not know it.
    """
    strict = bool(usage.forwards) and reached.kwargs is None
    return {
        name: default
        for name, default in usage.reads.items()
        if name in usage.popped or not strict or name in reached.parameters
    }


def _combine(found: list[tuple[_Found, Forward]], usage: Usage) -> _Found:
    """Put together what several forwards accept: each call that is always made must accept them, of branches any one."""
    if not found:
        return _Found({}, {})
    certain = [] if usage.exclusive else [parameters for parameters, forward in found if not forward.conditional]
    if not certain:
        return _any_of([parameters for parameters, _ in found])
    closed = [parameters for parameters in certain if parameters.kwargs is None]
    first, *others = closed or certain
    names = [name for name in first.parameters if all(name in other.parameters for other in others)]
    return replace(first, parameters={name: first.parameters[name] for name in names})


def _any_of(alternatives: list[_Found]) -> _Found:
    parameters: dict[str, Parameter] = {}
    origins: dict[str, object] = {}
    for found in alternatives:
        for name, parameter in found.parameters.items():
            parameters[name] = _either(parameters[name], parameter) if name in parameters else parameter
            origins.setdefault(name, found.origins[name])
    if len(alternatives) > 1:
        for name, parameter in parameters.items():
            everywhere = all(name in found.parameters for found in alternatives)
            if parameter.default is Parameter.empty and not everywhere:
                parameters[name] = parameter.replace(default=OPAQUE)
    star = next((found.star for found in alternatives if found.star is not None), None)
    kwargs = next((found.kwargs for found in alternatives if found.kwargs is not None), None)
    return _Found(parameters, origins, star, kwargs)


def _either(one: Parameter, other: Parameter) -> Parameter:
    """Join what two alternatives say of one parameter: its type if they agree, and optional where one has a default."""
    annotation = one.annotation if one.annotation == other.annotation else NOT_EVALUATED
    default = one.default if one.default is not Parameter.empty else other.default
    kind = one.kind if one.kind is other.kind else Parameter.KEYWORD_ONLY
    return one.replace(annotation=annotation, default=default, kind=kind)


def _reached(forward: Forward, depth: int) -> _Found:
    if forward.targets is None:
        return _UNKNOWN
    found = _any_of([_of_callable(target, depth + 1) for target in forward.targets])
    carrier = forward.carrier
    given = forward.keywords | carrier.fixed | carrier.hidden
    if forward.positional is None:
        parameters = {name: _optional(parameter) for name, parameter in found.parameters.items()}
    else:
        parameters = _without_positional(found.parameters, forward.positional)
    remaining: dict[str, Parameter] = {}
    for name, parameter in parameters.items():
        if name in given or (parameter.kind is Parameter.POSITIONAL_ONLY and not forward.passes_positional):
            continue
        kept = _optional(parameter) if carrier.opaque or forward.partial else parameter
        if name in carrier.defaults:
            kept = kept.replace(default=carrier.defaults[name])
        remaining[name] = kept if forward.passes_positional else kept.replace(kind=Parameter.KEYWORD_ONLY)
    return replace(found, parameters=remaining)


def _optional(parameter: Parameter) -> Parameter:
    return parameter.replace(default=OPAQUE) if parameter.default is Parameter.empty else parameter


def _without_positional(parameters: dict[str, Parameter], count: int) -> dict[str, Parameter]:
    filled = [name for name, parameter in parameters.items() if parameter.kind in _POSITIONAL][:count]
    return {name: parameter for name, parameter in parameters.items() if name not in filled}
