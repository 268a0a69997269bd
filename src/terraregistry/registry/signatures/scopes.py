"""Names in a function's source, resolved without running it."""

from __future__ import annotations

import ast
import builtins
import functools
import importlib
import inspect
import types
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from terraregistry.registry.locations import Location
from terraregistry.registry.signatures.annotations import OPAQUE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["Scope", "Target", "code_location", "definition_of", "own_nodes", "parse"]

Function = ast.FunctionDef | ast.AsyncFunctionDef
_MOST_LINES: Final = 10_000
_INNER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


@dataclass(frozen=True)
class Target:
    """A callee: a callable and, for a method, the class defining it.

    Attributes:
        callable: The class, function, partial or builtin.
        owner: The class with the method in its body, for `super()`.
        receiver: The class of the object called on, for `super()` and `self`.
        bound: True if the object called on fills the first parameter.
        arguments: Classes and functions passed by the caller, by parameter.
    """

    callable: object
    owner: type | None = None
    receiver: type | None = None
    bound: bool = False
    arguments: Mapping[str, Target] = field(default_factory=dict[str, "Target"])


@functools.lru_cache(maxsize=4096)
def parse(code: types.CodeType) -> Function | None:
    """Parse the source of a function; None without source, if that is very long, or for one of several lambdas."""
    try:
        source = inspect.getsource(code)
        if source.count("\n") > _MOST_LINES:
            return None
        # What is indented stands in a block of its own: dedenting it would change the strings that it has in it.
        tree = ast.parse("if 1:\n" + source if source[:1].isspace() else source)
    except (OSError, TypeError, SyntaxError, ValueError, MemoryError, RecursionError):
        return None
    if code.co_name == "<lambda>":
        lambdas = [node for node in ast.walk(tree) if isinstance(node, ast.Lambda)]
        return _as_function(lambdas[0]) if len(lambdas) == 1 else None
    first = next((node for node in ast.walk(tree) if isinstance(node, (*_INNER, ast.Expr))), None)
    return first if isinstance(first, Function) else None


def _as_function(node: ast.Lambda) -> ast.FunctionDef:
    returned = ast.copy_location(ast.Return(node.body), node)
    return ast.copy_location(ast.FunctionDef("<lambda>", node.args, [returned], []), node)


def definition_of(function: types.FunctionType) -> Function | None:
    """Return a function's definition; None without source, or if the file changed since its import."""
    code = function.__code__
    definition = parse(code)
    if definition is None or definition.name != code.co_name:
        return None
    arguments = definition.args
    names = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    return definition if names == [*code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]] else None


def code_location(function: types.FunctionType, line: int = 0) -> Location:
    """Return the place of a function itself, without what it wraps; lines count from its first."""
    return Location(function.__code__.co_filename, function.__code__.co_firstlineno + line)


def own_nodes(definition: Function) -> Iterator[ast.AST]:
    """Walk the nodes of a function's body, without the contents of inner functions and classes."""
    pending: list[ast.AST] = list(reversed(definition.body))
    while pending:
        node = pending.pop()
        yield node
        if not isinstance(node, _INNER):
            pending.extend(reversed(list(ast.iter_child_nodes(node))))


class Scope:
    """The names of one function: parameters, assignments, closure variables, globals.

    Attributes:
        definition: The function's definition.
        parameters: The names of its parameters.
        assigned: The expressions assigned to each of its variables; None for any other binding.
        known: Values of names at this point: loop variables, and constants passed by the caller.
    """

    def __init__(self, target: Target, function: types.FunctionType, definition: Function) -> None:
        self.definition = definition
        self._target = target
        self._function = function
        arguments = definition.args
        named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
        self.parameters: set[str] = {argument.arg for argument in named if argument is not None}
        positional = [*arguments.posonlyargs, *arguments.args]
        self._first = positional[0].arg if positional and target.owner is not None else None
        self.assigned: dict[str, list[ast.expr | None]] = {}
        self.known: dict[str, object] = {}
        self._imported: dict[str, object] = {}
        self._following: set[str] = set()
        values: dict[ast.AST, ast.expr] = {}
        for node in own_nodes(definition):
            match node:
                case ast.Assign(targets, value):
                    values |= dict.fromkeys(targets, value)
                case ast.AnnAssign(holder, _, ast.expr() as value) | ast.NamedExpr(holder, value):
                    values[holder] = value
                case ast.Name(name, ast.Store()):
                    self.assigned.setdefault(name, []).append(values.get(node))
                case ast.FunctionDef(name) | ast.AsyncFunctionDef(name) | ast.ClassDef(name):
                    self.assigned.setdefault(name, []).append(None)
                case ast.Import() | ast.ImportFrom():
                    self._note_import(node)
                case _:
                    pass

    def location(self, line: int) -> Location:
        """Return the place of a line of the parsed source."""
        first = min(each.lineno for each in [self.definition, *self.definition.decorator_list])
        return code_location(self._function, line - first)

    def value(self, node: ast.expr) -> object:
        """Evaluate a constant or a name; `OPAQUE` if unknown from the source alone."""
        try:
            literal: object = ast.literal_eval(node)
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            found = self.targets(node)
            return found[0].callable if len(found) == 1 else OPAQUE
        return literal

    def key(self, node: ast.expr) -> str | None:
        """Evaluate a dictionary key; None if unknown, or no string."""
        value = self.value(node) if isinstance(node, (ast.Constant, ast.Name)) else OPAQUE
        return value if isinstance(value, str) else None

    def targets(self, node: ast.expr) -> list[Target]:
        """Find the possible callees of an expression; empty if unknown."""
        match node:
            case ast.Name(name):
                return self._named(name)
            case ast.Attribute(ast.Call(ast.Name("super"), arguments), attribute):
                return self._of_super(attribute, arguments)
            case ast.Attribute(ast.Name(name), attribute) if name == self._first:
                receiver = self._target.receiver
                return [] if receiver is None else _method(receiver.__mro__, attribute, receiver)
            case ast.Attribute(value, attribute):
                return self._of_object(value, attribute)
            case ast.IfExp(_, body, orelse):
                return _all_known([self.targets(body), self.targets(orelse)])
            case ast.Subscript(value):
                return self.targets(value)
            case ast.Call(ast.Name("type"), [asked]) if self._is_self(asked):
                return [Target(self._target.receiver)]
            case _:
                return []

    def with_arguments(self, target: Target, arguments: list[ast.expr], keywords: list[ast.keyword]) -> Target:
        """Add to a target the classes and functions passed by a call."""
        function = target.callable
        if not isinstance(function, types.FunctionType):
            return target
        names = function.__code__.co_varnames[: function.__code__.co_argcount][int(target.bound) :]
        given: dict[str, ast.expr] = {keyword.arg: keyword.value for keyword in keywords if keyword.arg is not None}
        for name, argument in zip(names, arguments, strict=False):
            if isinstance(argument, ast.Starred):
                break
            given[name] = argument
        known = {name: self.targets(value) for name, value in given.items() if not isinstance(value, ast.Constant)}
        passed = {name: found[0] for name, found in known.items() if len(found) == 1}
        owner, receiver = target.owner, target.receiver
        if owner is None and arguments and self._is_object(arguments[0]):  # a method that a decorator wraps
            owner, receiver = self._target.owner, self._target.receiver
        return Target(function, owner, receiver, target.bound, passed)

    def _is_object(self, node: ast.expr) -> bool:
        """Return True for the receiver of this method, and for `*args` beginning with it."""
        vararg = self.definition.args.vararg
        if isinstance(node, ast.Starred) and self._first is None and self._target.owner is not None:
            return vararg is not None and isinstance(node.value, ast.Name) and node.value.id == vararg.arg
        return self._is_self(node)

    def _note_import(self, node: ast.Import | ast.ImportFrom) -> None:
        """Perform the imports of the function's own body: as registered code, it would do so itself."""
        package = self._function.__globals__.get("__package__")
        for alias in node.names:
            name = alias.asname or alias.name.partition(".")[0]
            try:
                if isinstance(node, ast.Import):
                    module = importlib.import_module(alias.name)
                    self._imported[name] = module if alias.asname else importlib.import_module(name)
                else:
                    source = importlib.import_module("." * node.level + (node.module or ""), package)
                    self._imported[name] = getattr(source, alias.name)
            except Exception:  # noqa: BLE001 - a module's import may raise anything; the name is then not known
                self.assigned.setdefault(name, []).append(None)

    def _named(self, name: str) -> list[Target]:
        if name in self.known:
            return [Target(self.known[name])]
        if name in self.assigned:
            return self._assigned(name)
        if name in self._target.arguments:
            return [self._target.arguments[name]]
        if name == self._first and self._target.receiver is not None and self._is_class_method():
            return [Target(self._target.receiver)]
        found = None if name in self.parameters else self.look_up(name)
        return [] if found is None else [Target(found)]

    def _assigned(self, name: str) -> list[Target]:
        """Follow the expressions assigned to a variable; empty if any is unknown, or needs the variable itself."""
        values = self.assigned[name]
        if name in self._following:
            return []
        self._following.add(name)
        try:
            return _all_known([[] if value is None else self.targets(value) for value in values])
        finally:
            self._following.discard(name)

    def look_up(self, name: str) -> Any:  # whatever the name is bound to
        """Return the value of a name that the function does not bind; None if there is none."""
        if name in self._imported:
            return self._imported[name]
        free = self._function.__code__.co_freevars
        if name in free and self._function.__closure__ is not None:
            try:
                return self._function.__closure__[free.index(name)].cell_contents
            except ValueError:  # an empty cell
                return None
        return self._function.__globals__.get(name, getattr(builtins, name, None))

    def _is_class_method(self) -> bool:
        raw = inspect.getattr_static(self._target.owner, self._function.__name__, None)
        return isinstance(raw, classmethod) or self._function.__name__ == "__new__"

    def _of_super(self, attribute: str, arguments: list[ast.expr]) -> list[Target]:
        owner, receiver = self._target.owner, self._target.receiver
        if arguments:
            named = self.targets(arguments[0])
            explicit = named[0].callable if named else None
            owner = explicit if isinstance(explicit, type) else None
        if owner is None or receiver is None or owner not in receiver.__mro__:
            return []
        following = receiver.__mro__[receiver.__mro__.index(owner) + 1 :]
        return _method(following, attribute, receiver)

    def _of_object(self, value: ast.expr, attribute: str) -> list[Target]:
        found: list[list[Target]] = []
        for holder in self.targets(value):
            held = holder.callable
            if isinstance(held, type):
                methods = _method(held.__mro__, attribute, held, through_class=True)
                found.append([self._on_object(method) for method in methods])
            elif isinstance(held, types.ModuleType) and hasattr(held, attribute):
                found.append([Target(getattr(held, attribute))])
            else:
                return []
        return _all_known(found)

    def _on_object(self, method: Target) -> Target:
        """Resolve `Base.__init__(self, ...)`: the object's class still decides the MRO after Base."""
        receiver = self._target.receiver
        if method.bound or receiver is None or method.receiver not in receiver.__mro__:
            return method
        return replace(method, receiver=receiver)

    def _is_self(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Name) and node.id == self._first


def _method(classes: Iterable[type], attribute: str, receiver: type, *, through_class: bool = False) -> list[Target]:
    owner = next((each for each in classes if each.__dict__.get(attribute) is not None), None)
    if owner is None:
        return []
    raw: object = owner.__dict__[attribute]
    function: object = getattr(raw, "__func__", None)
    if isinstance(raw, staticmethod):
        return [Target(function)]
    if isinstance(raw, classmethod):
        return [Target(function, owner, receiver, bound=True)]
    if isinstance(raw, type):
        return [Target(raw)]
    return [Target(raw, owner, receiver, bound=not through_class)] if callable(raw) else []


def _all_known(alternatives: Iterable[list[Target]]) -> list[Target]:
    """Return all alternatives; empty if any is unknown."""
    found = [*alternatives]
    return [target for each in found for target in each] if all(found) else []
