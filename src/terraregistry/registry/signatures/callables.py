"""Parameters of each kind of callable: functions, classes, methods, partials, instances, builtins."""

from __future__ import annotations

import ast
import functools
import inspect
import types
import typing
from dataclasses import replace
from inspect import Parameter
from typing import Final

from terraregistry.registry.signatures.declared import by_inspection, own_parameters, unpacked_options, with_defaults
from terraregistry.registry.signatures.found import (
    POSITIONAL,
    UNKNOWN,
    Found,
    all_of,
    any_of,
    both_of,
    by_name,
    optional,
    passed_by,
    without_positional,
)
from terraregistry.registry.signatures.made import made_by_new
from terraregistry.registry.signatures.scopes import Scope, Target, code_location, definition_of
from terraregistry.registry.signatures.steps import record

if typing.TYPE_CHECKING:
    from collections.abc import Sequence

    from terraregistry.registry.signatures.paths import ExecutionPath, Forward
    from terraregistry.registry.signatures.scopes import Function

__all__ = ["find", "special"]

_DEEPEST: Final = 25
_CallStack = tuple[object, ...]


def find(target: Target, call_stack: _CallStack = ()) -> Found | None:
    """Find the parameters of a target; None for one on the call stack, as recursion adds no parameters."""
    constructor = target.callable
    if len(call_stack) > _DEEPEST:
        record(2 * len(call_stack), lambda: f"stopped: more than {_DEEPEST} callables deep")
        return UNKNOWN
    if constructor is object.__init__ or constructor is object.__new__:
        return Found()
    if isinstance(constructor, functools.partial):
        return _of_partial(typing.cast("functools.partial[object]", constructor), call_stack)
    declared = inspect.getattr_static(constructor, "__signature__", None)
    if declared is not None and not isinstance(constructor, types.FunctionType):
        record(
            2 * len(call_stack), lambda: f"{_name(constructor)} declares its signature: __signature__", of=constructor
        )
        return by_inspection(constructor)
    if isinstance(constructor, type):
        if constructor is not object:
            record(2 * len(call_stack), lambda: f"class {_name(constructor)}", of=constructor)
        return _of_class(constructor, call_stack)
    if isinstance(constructor, types.MethodType):
        return _of_method(constructor, call_stack)
    if isinstance(constructor, types.FunctionType):
        return _of_function(target, call_stack)
    return _of_object(target, call_stack)


def _of_object(target: Target, call_stack: _CallStack) -> Found | None:
    """Inspect a callable instance, an alias such as `Block[int]`, or a builtin."""
    constructor = target.callable
    origin = typing.get_origin(constructor)
    if isinstance(origin, type):
        return find(Target(origin), call_stack)
    call = None if inspect.isroutine(constructor) else special(type(constructor), "__call__")
    if call is not None:
        found = find(call, (*call_stack, call))
    else:
        found = by_inspection(constructor)
        known = "no source; its signature is that of inspect" if found is not UNKNOWN else "no source and no signature"
        record(2 * len(call_stack), lambda: f"{_name(constructor)}: {known}")
        found = without_positional(found, int(target.bound))
    wrapped = inspect.getattr_static(constructor, "__wrapped__", None)
    if found is None or not found.is_open or not inspect.isroutine(wrapped):
        return found
    return find(replace(target, callable=wrapped), (*call_stack, target))


def _of_partial(partial: functools.partial[object], call_stack: _CallStack) -> Found | None:
    found = find(Target(partial.func), call_stack)
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


def _of_class(cls: type, call_stack: _CallStack) -> Found | None:
    made = _of_constructors(cls, call_stack)
    call = special(type(cls), "__call__")
    if made is None or call is None or call.owner is type:
        return made
    found = find(call, (*call_stack, cls))
    if found is None:
        # The metaclass makes this class in the place of another one, or of itself, which adds nothing.
        return None if cls in call_stack else made
    if not found.is_open:
        return found
    # A metaclass that passes arguments on leaves the constructor's own signature in force.
    passed = made.parameters if found.star else {name: by_name(each) for name, each in made.parameters.items()}
    return replace(
        made,
        parameters={
            **found.parameters,
            **{name: each for name, each in passed.items() if name not in found.parameters},
        },
        origins={**made.origins, **found.origins},
        star=made.star if found.star else None,
    )


def _of_constructors(cls: type, call_stack: _CallStack) -> Found | None:
    """Inspect `__init__` and `__new__`, unless inherited from `object`."""
    targets: list[Target] = []
    for name, inherited in (("__init__", object.__init__), ("__new__", object.__new__)):
        if getattr(cls, name) is not inherited and (method := special(cls, name)) is not None:
            targets.append(method)
    written = [target for target in targets if isinstance(target.callable, types.FunctionType)]
    if targets and not written:
        record(2 * len(call_stack), lambda: f"{_name(cls)}: its constructor is no Python function")
        return by_inspection(cls)
    found = [find(target, (*call_stack, cls)) for target in written]
    if not found:
        return Found()
    if len(found) == 1 or found[0] is None or found[1] is None:
        return found[0]
    makes = made_by_new(written[1], cls)
    record(2 * len(call_stack) + 1, lambda: f"__new__ makes {_MADE[makes]}")
    if True not in makes:
        return found[1]
    both = both_of(found[0], found[1])
    return any_of([both, found[1]]) if False in makes else both


_MADE: Final = {
    frozenset({True}): "an instance: __init__ gets the same arguments",
    frozenset({False}): "something else: __init__ is not called",
    frozenset({True, False}): "an instance or something else: __init__ may not be called",
}


def special(cls: type, name: str) -> Target | None:
    """Find a special method of a class, bound to an instance; None if its MRO has none."""
    for owner in cls.__mro__:
        raw = owner.__dict__.get(name)
        if raw is not None:
            function = raw.__func__ if isinstance(raw, staticmethod) else raw
            return Target(function, owner, cls, bound=True)
    return None


def _of_method(method: types.MethodType, call_stack: _CallStack) -> Found | None:
    receiver = method.__self__ if isinstance(method.__self__, type) else type(method.__self__)
    for owner in receiver.__mro__:
        raw = owner.__dict__.get(method.__name__)
        if getattr(raw, "__func__", raw) is method.__func__:
            return find(Target(method.__func__, owner, receiver, bound=True), call_stack)
    return find(Target(method.__func__, bound=True), call_stack)


def _of_function(target: Target, call_stack: _CallStack) -> Found | None:
    function = typing.cast("types.FunctionType", target.callable)
    if target.bound and function.__code__.co_argcount == 0:
        # The object is the first of its `*args`, and goes where they go.
        found = _of_function(replace(target, bound=False), call_stack)
        return None if found is None else without_positional(found, 1)
    own = own_parameters(function, target)
    record(2 * len(call_stack), lambda: _declaration(function, own), code_location(function))
    if not own.is_open:
        return own
    unpacked = unpacked_options(own)
    arguments = ((name, id(given.callable)) for name, given in target.arguments.items())
    step = (function, target.owner, target.receiver, *arguments)
    if step in call_stack:
        record(2 * len(call_stack) + 1, lambda: "recursion: it adds no parameters")
        return unpacked
    definition = definition_of(function)
    if definition is None:
        record(
            2 * len(call_stack) + 1, lambda: "stopped: its source is missing, too long, or has changed since its import"
        )
    elif _is_sink(definition):
        record(2 * len(call_stack) + 1, lambda: "ignores all arguments: any name is accepted")
        return own
    paths = [] if definition is None else _paths(target, function, definition, call_stack)
    followed = _forwarded(own, paths, function, (*call_stack, step)) if paths else own
    if unpacked is not None:
        return unpacked if followed is None else with_defaults(unpacked, followed)
    if followed is None:
        return None
    forwards = [forward for path in paths for forward in path.forwards]
    loses_star = own.star is not None and not any(forward.passes_positional for forward in forwards)
    wrapped = function.__dict__.get("__wrapped__")
    if wrapped is None or (not followed.is_open and not loses_star):
        return followed
    record(2 * len(call_stack) + 1, lambda: f"functools.wraps names {_name(wrapped)}")
    claimed = find(replace(target, callable=wrapped), (*call_stack, step))
    if claimed is None:  # it wraps itself
        return followed
    return claimed if definition is None else _believed(claimed, followed, own, forwards)


def _paths(
    target: Target, function: types.FunctionType, definition: Function, call_stack: _CallStack
) -> list[ExecutionPath]:
    from terraregistry.registry.signatures.interpreter import paths_of  # most constructors take no **kwargs

    try:
        return paths_of(Scope(target, function, definition))
    except RecursionError:
        record(2 * len(call_stack) + 1, lambda: "stopped: its source is too deeply nested")
        return []


def _believed(claimed: Found, followed: Found, own: Found, forwards: Sequence[Forward]) -> Found:
    """Join the parameters of a wrapped function with what its wrapper's source shows.

    A wrapper that passes its `**kwargs` on as a whole is believed to take no more than the wrapped function, besides the
    names it reads itself. One that takes them apart keeps its own.
    """
    if not followed.is_open and (not forwards or claimed.parameters.keys() != followed.parameters.keys()):
        return followed
    passes = not forwards or any(forward.passes_positional for forward in forwards)
    further = followed.parameters.keys() - claimed.parameters.keys()
    read = {name: by_name(optional(followed.parameters[name])) for name in followed.parameters if name in further}
    return replace(
        claimed,
        parameters={**claimed.parameters, **read},
        origins={**followed.origins, **claimed.origins},
        star=claimed.star or (None if passes else own.star),
        rest=claimed.rest if forwards else own.rest,
        kwargs=claimed.kwargs if forwards else own.kwargs,
        others={name: each for name, each in claimed.others.items() if name not in further},
    )


def _is_sink(definition: Function) -> bool:
    """Return True for a function that ignores all its arguments on purpose, as `torch.nn.Identity` does."""
    arguments = definition.args
    if arguments.vararg is None or arguments.kwarg is None or len([*arguments.posonlyargs, *arguments.args]) > 1:
        return False
    names = {arguments.vararg.arg, arguments.kwarg.arg}
    return not arguments.kwonlyargs and not any(
        isinstance(node, ast.Name) and node.id in names for node in ast.walk(definition)
    )


def _forwarded(own: Found, paths: Sequence[ExecutionPath], function: object, call_stack: _CallStack) -> Found | None:
    """Replace `**kwargs` by the parameters reached, and `*args` likewise if forwarded."""
    alternatives: list[Found] = []
    for path in paths:
        _record_losses(path, 2 * len(call_stack) - 1)
        reached = [_reached(forward, call_stack) for forward in path.forwards]
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
            parameters[name] = by_name(optional(parameter)) if hidden and passes else parameter
            origins[name] = reached.origins[name]
        elif passes and parameter.kind in POSITIONAL:
            star = own.star
    parameters = {name: parameter.replace(name=name) for name, parameter in parameters.items()}
    return replace(reached, parameters=parameters, origins=origins, star=star, kwargs=own.kwargs)


def _making_way(name: str, own: Found, reached: Found) -> str:
    """Rename a positional-only parameter if a keyword argument may use its name."""
    if own.parameters[name].kind is Parameter.POSITIONAL_ONLY:
        while name in reached.parameters:
            name += "_"
    return name


def _reached(forward: Forward, call_stack: _CallStack) -> Found | None:
    record(2 * len(call_stack) - 1, lambda: _called(forward), forward.location)
    if not forward.targets:
        record(2 * len(call_stack), lambda: "stopped: unknown from the source; any name is let through")
        return UNKNOWN
    found = [find(target, call_stack) for target in forward.targets]
    known = [each for each in found if each is not None]
    # Each by itself: what the call gives by position fills another parameter of each.
    return any_of([passed_by(forward, each) for each in known]) if known else None


# -- steps in words --


def _record_losses(path: ExecutionPath, depth: int) -> None:
    if path.kept is not None:
        record(depth, lambda: "keeps the arguments: their reader is unknown from the source", path.kept)
    if path.escapes is not None:
        record(depth, lambda: "stopped: hands the dictionary to code that may change it", path.escapes)
    if path.reads:
        record(depth, lambda: f"reads {', '.join(sorted(path.reads))}")
    if not (path.forwards or path.kept or path.escapes):
        record(depth, lambda: "passes **kwargs to nothing: no other name is accepted")


def _called(forward: Forward) -> str:
    if forward.call is None:
        return "refuses all other names"
    return f"calls {ast.unparse(forward.call)} with **kwargs"


def _declaration(function: types.FunctionType, own: Found) -> str:
    stars = [*([f"*{own.star.name}"] if own.star else []), *([f"**{own.kwargs.name}"] if own.is_open else [])]
    return f"{_name(function)}({', '.join([*own.parameters, *stars])})"


def _name(thing: object) -> str:
    name: object = getattr(thing, "__qualname__", None)
    return name.rpartition("<locals>.")[2] if isinstance(name, str) else type(thing).__qualname__
