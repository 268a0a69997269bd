"""Uses of a function's `**kwargs` in expressions: forwarding, look-ups, changes."""

from __future__ import annotations

import ast
import functools
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from inspect import Parameter
from typing import TYPE_CHECKING, Final, cast

from terraregistry.registry.signatures.annotations import OPAQUE
from terraregistry.registry.signatures.lattice import UNKNOWN_DICT, Key, KwargsDict, PlainDict, Value, merged
from terraregistry.registry.signatures.paths import ExecutionPath, Forward
from terraregistry.registry.signatures.scopes import Target

if TYPE_CHECKING:
    from terraregistry.registry.locations import Location
    from terraregistry.registry.signatures.scopes import Scope

__all__ = ["Expressions"]

_CHANGING: Final = ("update", "setdefault", "pop", "popitem", "clear")
_LOOKING: Final = ("items", "keys", "values")
_ALL_GONE: Final = ("pop", "popitem", "clear")


class Expressions(ast.NodeVisitor):
    """Visitor of expressions, in evaluation order; an unrecognised use of the arguments keeps them.

    Attributes:
        scope: The names of the function.
        variables: The dictionaries among its variables at this point.
        live: The paths leading to this point.
        inner: Names belonging to a function inside the current one.
    """

    def __init__(self, scope: Scope, kwargs: str) -> None:
        self.scope = scope
        self.variables: dict[str, Value] = {kwargs: KwargsDict()}
        self.live: list[ExecutionPath] = [ExecutionPath()]
        self.inner: frozenset[str] = frozenset()
        self.star: ast.arg | None = scope.definition.args.vararg
        self._line = scope.definition.lineno

    @abstractmethod
    def enter(self, node: ast.Call, handed: Mapping[ast.expr, KwargsDict]) -> bool:
        """Read the body of a helper given the dictionary itself; False if it cannot be followed."""

    def visit(self, node: ast.AST) -> None:
        """Read a node; its value is used in a way unknown from the source."""
        if isinstance(node, ast.stmt):
            self._line = node.lineno
        value: object = super().visit(node)
        if isinstance(value, KwargsDict):
            self.keep(value)

    def value(self, node: ast.expr) -> Value:
        """Read an expression, and return the dictionary that it gives."""
        value: Value | None = super().visit(node)
        return UNKNOWN_DICT if value is None else value

    def location(self) -> Location:
        """Return the place of the current statement."""
        return self.scope.location(self._line)

    def keep(self, options: KwargsDict) -> None:
        """Record all arguments as stored, with a reader unknown from the source."""
        for path in self.live:
            path.kept = path.kept or self.location()
        if options.names(Key.GIVEN):
            self.forward(Forward([Target(dict)], options))

    def escape(self) -> None:
        """Record the arguments as handed to code able to change them."""
        for path in self.live:
            path.escapes = path.escapes or self.location()

    def forward(self, forward: Forward) -> None:
        """Record a forward of the arguments."""
        for path in self.live:
            path.forwards.append(forward)

    def read(self, key: str, default: object, options: KwargsDict) -> None:
        """Record a look-up, unless the value is the function's own by now."""
        if options.key(key) in (Key.LOST, Key.GIVEN):
            return
        if default is Parameter.empty and (options.open or options.key(key) is Key.MAYBE):
            default = OPAQUE  # it may be there without the caller
        for path in self.live:
            path.read(key, options.defaults.get(key, default))

    # -- the values of expressions --

    def visit_Name(self, node: ast.Name) -> Value | None:
        """Return the dictionary that a name stands for."""
        if not isinstance(node.ctx, ast.Load):
            return None
        return self.variables.get(node.id) or self._constant(node.id)

    def _constant(self, name: str) -> Value | None:
        """Return a dictionary of the module or the function around."""
        if name in self.inner or name in self.scope.assigned or name in self.scope.parameters:
            return None
        found = self.scope.look_up(name)
        if not isinstance(found, Mapping):
            return None
        items = cast("Mapping[object, object]", found)
        return PlainDict({key: value for key, value in items.items() if isinstance(key, str)})

    def visit_Dict(self, node: ast.Dict) -> Value:
        """Return the value of a dictionary display."""
        found: Value = PlainDict()
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                found = merged(found, self.value(value))
            else:
                self.visit(key)
                self.visit(value)
                name = self.key(key)
                item = UNKNOWN_DICT if name is None else PlainDict({name: self.scope.value(value)})
                found = merged(found, item)
        return found

    def visit_BinOp(self, node: ast.BinOp) -> Value | None:
        """Return the value of `under | over`."""
        if not isinstance(node.op, ast.BitOr):
            self.generic_visit(node)
            return None
        under, over = self.value(node.left), self.value(node.right)
        return merged(self._now(node.left, under), over)

    def _items(self, node: ast.expr) -> Value:
        """Return a dictionary with the items of `x.items()`, or of `list(x.items()) + list(y.items())`."""
        match node:
            case ast.Call(ast.Attribute(held, "items"), [], []):
                return self.value(held)
            case ast.Call(ast.Name("list" | "tuple"), [inner], []):
                return self._items(inner)
            case ast.BinOp(left, ast.Add(), right):
                return merged(self._items(left), self._items(right))
            case _:
                return self.value(node)

    def _now(self, node: ast.expr, value: Value) -> Value:
        """Return a value after its siblings were read, which may have changed a variable."""
        return self.variables.get(node.id, value) if isinstance(node, ast.Name) else value

    def key(self, node: ast.expr) -> str | None:
        """Return a dictionary's key; None if unknown from the source."""
        return None if isinstance(node, ast.Name) and node.id in self.inner else self.scope.key(node)

    # -- calls --

    def visit_Call(self, node: ast.Call) -> Value | None:
        """Read a call, its arguments before the call itself."""
        match node.func:
            case ast.Name("dict"):
                return self._dict(node)
            case ast.Attribute(held, "copy") if not node.args:
                return self.value(held)
            case ast.Attribute(ast.Name(name), method) if self._is_dictionary(name, method):
                self._method(node, name, method)
            case _:
                self._call(node)
        return None

    def _dict(self, node: ast.Call) -> Value:
        under = self._items(node.args[0]) if node.args else PlainDict()
        carried, given, handed = self._keywords(node)
        for options in handed.values():
            self.keep(options)
        over = functools.reduce(KwargsDict.then, carried).giving(given) if carried else given
        return merged(self._now(node.args[0], under) if node.args else under, over)

    def _call(self, node: ast.Call) -> None:
        self.visit(node.func)
        values = {each: self.value(each) for each in node.args}
        carried, given, by_name = self._keywords(node)
        handed = {**{each: value for each, value in values.items() if isinstance(value, KwargsDict)}, **by_name}
        if handed and not self.enter(node, handed):
            self._hand_over(node)
        if carried:
            options = functools.reduce(KwargsDict.then, carried)
            self._note_forward(node, replace(options, open=options.open or given.open), frozenset(given.items))

    def _keywords(self, node: ast.Call) -> tuple[list[KwargsDict], PlainDict, dict[ast.expr, KwargsDict]]:
        """Read a call's keywords: the arguments unpacked, the call's own, and the arguments given as one dictionary."""
        carried: list[KwargsDict] = []
        given = PlainDict()
        handed: dict[ast.expr, KwargsDict] = {}
        for keyword in node.keywords:
            value = self.value(keyword.value)
            if keyword.arg is not None:
                given = given.updated(PlainDict({keyword.arg: self.scope.value(keyword.value)}))
                handed |= {keyword.value: value} if isinstance(value, KwargsDict) else {}
            elif isinstance(value, KwargsDict):
                carried.append(value)
            else:
                given = given.updated(value)
        return carried, given, handed

    def _hand_over(self, node: ast.Call) -> None:
        """Record the dictionary itself as an argument: a builtin only reads it, other callees may remove items."""
        targets = self.scope.targets(node.func)
        if targets and all(getattr(target.callable, "__module__", None) == "builtins" for target in targets):
            self.keep(KwargsDict())
        else:
            self.escape()

    def _note_forward(self, node: ast.Call, options: KwargsDict, given: frozenset[str]) -> None:
        function, arguments = node.func, list(node.args)
        prepares = bool(arguments) and self._is_partial(function)
        if prepares:
            function = arguments.pop(0)
        stars = [argument.value for argument in arguments if isinstance(argument, ast.Starred)]
        star = self.star.arg if self.star is not None else ""
        passes = star not in self.scope.assigned and any(
            isinstance(each, ast.Name) and each.id == star for each in stars
        )
        unclear = len(stars) > int(passes)
        self.forward(
            Forward(
                self.callees(function, arguments, node.keywords),
                options,
                0 if unclear else len(arguments) - len(stars),
                given,
                passes,
                prepares or unclear,
                function,
                self.scope.location(node.lineno),
            )
        )

    def callees(self, function: ast.expr, arguments: list[ast.expr], keywords: list[ast.keyword]) -> list[Target]:
        """Find the possible callees of a call, with the classes and functions passed to them; empty if unknown."""
        root = function
        while isinstance(root, ast.Attribute):
            root = root.value
        if isinstance(root, ast.Name) and root.id in self.inner:
            return []
        return [self.scope.with_arguments(each, arguments, keywords) for each in self.scope.targets(function)]

    def _is_partial(self, function: ast.expr) -> bool:
        found = self.scope.targets(function)
        return bool(found) and all(target.callable is functools.partial for target in found)

    # -- methods and items of a dictionary --

    def _is_dictionary(self, name: str, method: str) -> bool:
        own = name in self.scope.assigned and method in _CHANGING
        return own or isinstance(self.variables.get(name), KwargsDict)

    def _method(self, node: ast.Call, name: str, method: str) -> None:
        options = self.variables.get(name, UNKNOWN_DICT)
        key = self.key(node.args[0]) if node.args else None
        match method, node.args:
            case "update", _:
                self._update(node, name)
            case (("pop" | "get" | "setdefault"), [_, *defaults]) if (
                isinstance(options, KwargsDict) and key is not None
            ):
                for default in defaults:
                    self.visit(default)
                absent = None if method == "get" else Parameter.empty
                value = self.scope.value(defaults[0]) if defaults else absent
                self.read(key, value, options)
                if method == "pop":
                    self.variables[name] = options.losing(key)
                elif method == "setdefault":
                    self.variables[name] = options.filled(PlainDict({key: value}))
            case _ if isinstance(options, KwargsDict):
                self.keep(KwargsDict()) if method in _LOOKING else self.escape()
            case _:  # of the function's own: what is left in it is unknown
                self._call(node)
                self.variables[name] = UNKNOWN_DICT if method in _ALL_GONE else PlainDict(options.items, open=True)

    def _update(self, node: ast.Call, name: str) -> None:
        for argument in node.args:
            self.put_over(name, self.value(argument))
        carried, given, handed = self._keywords(node)
        for options in handed.values():
            self.keep(options)
        for over in carried:
            self.put_over(name, over)
        self.put_over(name, given)

    def put_over(self, name: str, over: Value) -> None:
        """Overwrite items of a dictionary variable with another dictionary's."""
        self.variables[name] = merged(self.variables.get(name, UNKNOWN_DICT), over)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        """Read an item look-up, assignment or deletion."""
        name = node.value.id if isinstance(node.value, ast.Name) else ""
        options, key = self.variables.get(name), self.key(node.slice)
        if isinstance(options, KwargsDict) and key is not None:
            if not isinstance(node.ctx, ast.Store):
                self.read(key, Parameter.empty, options)
            if not isinstance(node.ctx, ast.Load):
                self.variables[name] = options.losing(key)
            return
        self.generic_visit(node)
        if isinstance(options, PlainDict) and isinstance(node.ctx, ast.Store):
            self.put_over(name, UNKNOWN_DICT if key is None else PlainDict({key: OPAQUE}))
        elif isinstance(options, PlainDict) and isinstance(node.ctx, ast.Del):
            self.variables[name] = UNKNOWN_DICT

    def visit_Compare(self, node: ast.Compare) -> None:
        """Read a comparison; a membership test is a use of its name."""
        match node:
            case ast.Compare(asked, [ast.In() | ast.NotIn()], [ast.Name(name)]):
                options, key = self.variables.get(name), self.key(asked)
                if isinstance(options, KwargsDict) and key is not None:
                    self.read(key, OPAQUE, options)
                    return
            case _:
                pass
        self.generic_visit(node)
