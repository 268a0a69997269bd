"""Parameters of each kind of callable: functions, classes, methods, partials, instances, builtins."""

from __future__ import annotations

import dataclasses
import functools
import inspect
import sys
import types
import typing
from dataclasses import replace
from inspect import Parameter
from typing import Any, Final

from terraregistry.registry.signatures.annotations import NOT_EVALUATED, OPAQUE, Opaque, evaluate
from terraregistry.registry.signatures.forwarding import paths_of
from terraregistry.registry.signatures.found import (
    POSITIONAL,
    UNKNOWN,
    Found,
    all_of,
    any_of,
    both_of,
    optional,
    passed_by,
    without_positional,
)
from terraregistry.registry.signatures.scopes import Scope, Target, parse

if typing.TYPE_CHECKING:
    from terraregistry.registry.signatures.paths import Forward

__all__ = ["find", "special"]

_DEEPEST: Final = 25
_STARRED: Final = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
_Trail = tuple[object, ...]


def find(target: Target, trail: _Trail = ()) -> Found | None:
    """Find the parameters of a target.

    Args:
        target: The callee.
        trail: The callables under inspection on the way here.

    Returns:
        Its parameters; None for a function on the trail, as recursion adds no parameters.
    """
    constructor = target.callable
    if len(trail) > _DEEPEST:
        return UNKNOWN
    if constructor is object.__init__ or constructor is object.__new__:
        return Found({}, {})
    if isinstance(constructor, functools.partial):
        return _of_partial(typing.cast("functools.partial[object]", constructor), trail)
    declared = inspect.getattr_static(constructor, "__signature__", None)
    if declared is not None and not isinstance(constructor, types.FunctionType):
        return _of_signature(constructor)
    if isinstance(constructor, type):
        return _of_class(constructor, trail)
    if isinstance(constructor, types.MethodType):
        return _of_method(constructor, trail)
    if isinstance(constructor, types.FunctionType):
        return _of_function(target, trail)
    return _of_object(target, trail)


def _of_object(target: Target, trail: _Trail) -> Found | None:
    """Inspect a callable instance, an alias such as `Block[int]`, or a builtin."""
    constructor = target.callable
    origin = typing.get_origin(constructor)
    if isinstance(origin, type):
        return find(Target(origin), trail)
    call = None if inspect.isroutine(constructor) else special(type(constructor), "__call__")
    if call is not None:
        found = find(call, (*trail, call))
    else:
        found = _of_signature(constructor)
        found = without_positional(found, int(target.bound))
    wrapped = inspect.getattr_static(constructor, "__wrapped__", None)
    if found is None or found.kwargs is None or not inspect.isroutine(wrapped):
        return found
    return find(replace(target, callable=wrapped), (*trail, target))


def _of_signature(constructor: object) -> Found:
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


def _evaluated(annotation: object) -> Any:  # an annotation is any object
    return NOT_EVALUATED if isinstance(annotation, str) else annotation


def _split(parameters: dict[str, Parameter], origin: object) -> Found:
    named = {name: parameter for name, parameter in parameters.items() if parameter.kind not in _STARRED}
    stars = [parameter for parameter in parameters.values() if parameter.kind is Parameter.VAR_POSITIONAL]
    kwargs = [parameter for parameter in parameters.values() if parameter.kind is Parameter.VAR_KEYWORD]
    return Found(named, dict.fromkeys(named, origin), next(iter(stars), None), next(iter(kwargs), None))


def _of_partial(partial: functools.partial[object], trail: _Trail) -> Found | None:
    found = find(Target(partial.func), trail)
    if found is None:
        return None
    found = without_positional(found, len(partial.args))
    parameters = dict(found.parameters)
    by_name = False
    for name, parameter in found.parameters.items():
        by_name = by_name or (name in partial.keywords and parameter.kind is Parameter.POSITIONAL_OR_KEYWORD)
        named = by_name and parameter.kind is Parameter.POSITIONAL_OR_KEYWORD
        parameters[name] = parameter.replace(
            default=partial.keywords.get(name, parameter.default),
            kind=Parameter.KEYWORD_ONLY if named else parameter.kind,
        )
    return replace(found, parameters=parameters, star=None if by_name else found.star)


def _of_class(cls: type, trail: _Trail) -> Found | None:
    made = _of_constructors(cls, trail)
    call = special(type(cls), "__call__")
    if made is None or call is None or call.owner is type:
        return made
    found = find(call, (*trail, cls))
    if found is None:
        # The metaclass makes this class in the place of another one, or of itself, which adds nothing.
        return None if cls in trail else made
    if found.kwargs is None:
        return found
    # A metaclass that passes arguments on leaves the constructor's own signature in force.
    passed = made.parameters if found.star else {name: _by_name(each) for name, each in made.parameters.items()}
    return replace(
        made,
        parameters={
            **found.parameters,
            **{name: each for name, each in passed.items() if name not in found.parameters},
        },
        origins={**made.origins, **found.origins},
        star=made.star if found.star else None,
    )


def _by_name(parameter: Parameter) -> Parameter:
    return parameter.replace(kind=Parameter.KEYWORD_ONLY)


def _of_constructors(cls: type, trail: _Trail) -> Found | None:
    """Inspect `__init__` and `__new__`, unless inherited from `object`."""
    plain = {"__init__": object.__init__, "__new__": object.__new__}
    methods = [special(cls, name) for name, inherited in plain.items() if getattr(cls, name) is not inherited]
    targets = [method for method in methods if method is not None]
    written = [target for target in targets if isinstance(target.callable, types.FunctionType)]
    if targets and not written:
        return _of_signature(cls)
    found = [find(target, (*trail, cls)) for target in written]
    if not found:
        return Found({}, {})
    if len(found) == 1 or found[0] is None or found[1] is None:
        return found[0]
    return both_of(found[0], found[1])


def special(cls: type, name: str) -> Target | None:
    """Find a special method of a class, bound to an instance.

    Args:
        cls: The class.
        name: The method's name.

    Returns:
        The first definition in the MRO; None if there is none.
    """
    for owner in cls.__mro__:
        raw = owner.__dict__.get(name)
        if raw is not None:
            function = raw.__func__ if isinstance(raw, staticmethod) else raw
            return Target(function, owner, cls, bound=True)
    return None


def _of_method(method: types.MethodType, trail: _Trail) -> Found | None:
    receiver = method.__self__ if isinstance(method.__self__, type) else type(method.__self__)
    for owner in receiver.__mro__:
        raw = owner.__dict__.get(method.__name__)
        if getattr(raw, "__func__", raw) is method.__func__:
            return find(Target(method.__func__, owner, receiver, bound=True), trail)
    return find(Target(method.__func__, bound=True), trail)


def _of_function(target: Target, trail: _Trail) -> Found | None:
    function = typing.cast("types.FunctionType", target.callable)
    if target.bound and function.__code__.co_argcount == 0:
        # The object is the first of its `*args`, and goes where they go.
        found = _of_function(replace(target, bound=False), trail)
        return None if found is None else without_positional(found, 1)
    own = _own_parameters(function, target)
    if own.kwargs is None:
        return own
    unpacked = _unpacked_options(own, own.kwargs)
    arguments = ((name, id(given.callable)) for name, given in target.arguments.items())
    step = (function, target.owner, target.receiver, *arguments)
    if step in trail:
        return unpacked
    definition = parse(function.__code__)
    followed: Found | None = own
    if definition is not None and _same_parameters(function, definition):
        followed = _forwarded(own, Scope(target, function, definition), function, (*trail, step))
    if unpacked is not None:
        return unpacked if followed is None else _with_defaults(unpacked, followed)
    wrapped = function.__dict__.get("__wrapped__")
    if wrapped is not None and followed is not None and followed.kwargs is not None:
        # None is what wraps itself.
        return find(Target(wrapped, target.owner, target.receiver, target.bound), (*trail, step)) or followed
    return followed


def _same_parameters(function: types.FunctionType, definition: typing.Any) -> bool:  # an ast function of either kind
    """Guard against a source file changed since its import."""
    names = [
        argument.arg for argument in (*definition.args.posonlyargs, *definition.args.args, *definition.args.kwonlyargs)
    ]
    code = function.__code__
    return definition.name == code.co_name and names == list(
        code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    )


def _own_parameters(function: types.FunctionType, target: Target) -> Found:
    signature = inspect.signature(function, follow_wrapped=False)
    parameters = dict(list(signature.parameters.items())[int(target.bound) :])
    hints = evaluate(_annotated(function, target.owner), parameters)
    for name, made in _made_defaults(target.owner).items():
        if name in parameters and function.__name__ == "__init__":
            parameters[name] = parameters[name].replace(default=made)
    return _split(
        {
            name: parameter.replace(annotation=hints.get(name, _evaluated(parameter.annotation)))
            for name, parameter in parameters.items()
        },
        function,
    )


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


def _unpacked_options(own: Found, kwargs: Parameter) -> Found | None:
    """Read `**kwargs: Unpack[Options]` (PEP 692)."""
    older = getattr(sys.modules.get("typing_extensions"), "Unpack", typing.Unpack)  # Python 3.11 has another one
    if typing.get_origin(kwargs.annotation) not in (typing.Unpack, older):
        return None
    (given,) = typing.get_args(kwargs.annotation)
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
        own, parameters=parameters, origins={**dict.fromkeys(parameters, options), **own.origins}, kwargs=None
    )


def _with_defaults(options: Found, reached: Found) -> Found:
    """Add the defaults of the parameters reached: a `TypedDict` has types only."""
    parameters = dict(options.parameters)
    for name, parameter in parameters.items():
        default = reached.parameters[name].default if name in reached.parameters else Parameter.empty
        if parameter.default is OPAQUE and default is not Parameter.empty:
            parameters[name] = parameter.replace(default=default)
    return replace(options, parameters=parameters)


def _forwarded(own: Found, scope: Scope, function: object, trail: _Trail) -> Found | None:
    """Replace `**kwargs` by the parameters reached, and `*args` likewise if forwarded."""
    paths = paths_of(scope)
    if not paths:  # it always raises, whatever it is given
        return own
    alternatives: list[Found] = []
    for path in paths:
        reached = [_reached(forward, trail) for forward in path.forwards]
        known = [each for each in reached if each is not None]
        if len(known) == len(reached):
            alternatives.append(all_of(path, known, function))
    if not alternatives:
        return None
    passes = all(any(forward.passes_positional for forward in path.forwards) for path in paths)
    return _with_reached(own, any_of(alternatives), passes=passes)


def _with_reached(own: Found, reached: Found, *, passes: bool) -> Found:
    """Merge the parameters reached into a function's own; its own name comes first if both have it."""
    parameters = {_making_way(name, own, reached): parameter for name, parameter in own.parameters.items()}
    origins = {_making_way(name, own, reached): origin for name, origin in own.origins.items()}
    star = reached.star if passes else own.star
    for name, parameter in reached.parameters.items():
        if name not in parameters:
            # Behind a name that is taken, positional arguments still come through, but which is which cannot be said.
            hidden = star is not reached.star and parameter.kind in POSITIONAL
            parameters[name] = _by_name(optional(parameter)) if hidden and passes else parameter
            origins[name] = reached.origins[name]
        elif passes and parameter.kind in POSITIONAL:
            star = own.star
    parameters = {name: parameter.replace(name=name) for name, parameter in parameters.items()}
    kwargs = own.kwargs if reached.kwargs is not None else None
    return replace(reached, parameters=parameters, origins=origins, star=star, kwargs=kwargs)


def _making_way(name: str, own: Found, reached: Found) -> str:
    """Rename a positional-only parameter if a keyword argument may use its name."""
    if own.parameters[name].kind is Parameter.POSITIONAL_ONLY:
        while name in reached.parameters:
            name += "_"
    return name


def _reached(forward: Forward, trail: _Trail) -> Found | None:
    if forward.targets is None:
        return UNKNOWN
    found = [find(target, trail) for target in forward.targets]
    known = [each for each in found if each is not None]
    # Each by itself: what the call gives by position fills another parameter of each.
    return any_of([passed_by(forward, each) for each in known]) if known else None
