"""Uses of a function's `**kwargs` in expressions: forwarding, look-ups, changes."""

from __future__ import annotations

import ast
import functools
from abc import abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from terraregistry.registry.signatures.annotations import OPAQUE
from terraregistry.registry.signatures.carriers import Carrier, Carriers, held_by_items
from terraregistry.registry.signatures.paths import REQUIRED, Forward, Path

if TYPE_CHECKING:
    from terraregistry.registry.locations import Location
    from terraregistry.registry.signatures.scopes import Scope, Target

__all__ = ["Uses"]

_ADDING: Final = ("update", "setdefault")
_REMOVING: Final = ("pop", "popitem", "clear")
_LOOKING: Final = ("items", "keys", "values", "copy")


class Uses(ast.NodeVisitor):
    """Visitor of expressions, in evaluation order; an unrecognised use of the arguments keeps them.

    Attributes:
        carriers: The variables holding the arguments at this point.
        live: The paths leading to this point.
        inner: Names belonging to a function inside the current one.
    """

    def __init__(self, scope: Scope, kwargs: str) -> None:
        self.carriers: Carriers = Carriers(scope, kwargs)
        self.live: list[Path] = [Path()]
        self.inner: frozenset[str] = frozenset()
        self._scope = scope
        self._line = scope.definition.lineno
        star = scope.definition.args.vararg
        self._star = star.arg if star else None

    @abstractmethod
    def condition(self, node: ast.expr) -> None:
        """Read a condition."""

    @abstractmethod
    def enter(self, node: ast.Call) -> bool:
        """Read the body of a helper given the dictionary itself; False if it cannot be followed."""

    def visit(self, node: ast.AST) -> None:
        """Read a node, keeping the line of the statement."""
        if isinstance(node, ast.stmt):
            self._line = node.lineno
        super().visit(node)

    def location(self) -> Location:
        """Return the place of the current statement."""
        return self._scope.location(self._line)

    def visit_Name(self, node: ast.Name) -> None:
        """Record a use without special handling."""
        if isinstance(node.ctx, ast.Load) and node.id in self.carriers.variables:
            self.keep()

    def keep(self) -> None:
        """Record all arguments as stored, with a reader unknown from the source."""
        for path in self.live:
            path.kept = path.kept or self.location()

    def escape(self) -> None:
        """Record the arguments as handed to code able to change them."""
        for path in self.live:
            path.escapes = path.escapes or self.location()

    def _read(self, key: str, default: object, carrier: Carrier) -> None:
        if key in carrier.hidden or key in carrier.fixed:  # the function's own by now
            return
        if default is REQUIRED and (carrier.opaque or key in carrier.perhaps):  # it may be there without the caller
            default = OPAQUE
        for path in self.live:
            path.read(key, carrier.defaults.get(key, default))

    def visit_Call(self, node: ast.Call) -> None:
        """Read a call, its arguments before the call itself."""
        if self._is_method_of_carrier(node) or self._is_change_of_variable(node) or self.enter(node):
            return
        self.visit(node.func)
        for argument in node.args:
            if self.read_carrier(argument) is None:
                self.visit(argument)
            else:
                self._hand_over(node)
        carried: list[Carrier] = []
        for keyword in node.keywords:
            carrier = self.read_carrier(keyword.value)
            if carrier is None:
                self.visit(keyword.value)
            elif keyword.arg is None:
                carried.append(carrier)
            else:
                self._hand_over(node)
        if carried:
            self._note_forward(node, functools.reduce(Carrier.then, carried))

    def read_carrier(self, node: ast.expr) -> Carrier | None:
        """Read an expression if it is a carrier, and return its final state, as its parts may remove items.

        Args:
            node: The expression; not read unless it is a carrier.

        Returns:
            The carrier; None for any other expression.
        """
        carrier = self.carriers.of(node)
        if carrier is None:
            return None
        self._visit_parts(node)
        return self.carriers.of(node) or carrier

    def _visit_parts(self, node: ast.expr) -> None:
        parts: list[ast.expr | None] = []
        match node:
            case ast.Call(args=arguments, keywords=keywords):
                parts = [*((held_by_items(each) or each) for each in arguments), *(each.value for each in keywords)]
            case ast.Dict(keys=keys, values=values):
                parts = [*keys, *values]
            case ast.BinOp(left=left, right=right):
                parts = [left, right]
            case ast.BoolOp(values=values):
                parts = [*values]
            case ast.IfExp(test=test, body=body, orelse=orelse):
                self.condition(test)
                parts = [body, orelse]
            case ast.DictComp(value=value):
                parts = [value]
            case _:  # a name
                pass
        for part in parts:
            if part is not None and self.read_carrier(part) is None:
                self.visit(part)

    def _hand_over(self, node: ast.Call) -> None:
        """Record the dictionary itself as an argument: a builtin only reads it, other callees may remove items."""
        targets = self._scope.targets(node.func) or []
        builtin = all(getattr(target.callable, "__module__", None) == "builtins" for target in targets)
        if targets and builtin:
            self.keep()
        else:
            self.escape()

    def _note_forward(self, node: ast.Call, carrier: Carrier) -> None:
        function, arguments = node.func, list(node.args)
        made_by_partial = self._is_partial(function) and bool(arguments)
        if made_by_partial:
            function = arguments.pop(0)
        stars = [argument.value for argument in arguments if isinstance(argument, ast.Starred)]
        changed = self._star in self._scope.assigned
        passes = not changed and any(isinstance(star, ast.Name) and star.id == self._star for star in stars)
        given, opaque = self._given_by(node)
        forward = Forward(
            self.callees(function, arguments, node.keywords),
            None if len(stars) > int(passes) else len(arguments) - len(stars),
            given,
            replace(carrier, opaque=carrier.opaque or opaque),
            passes,
            made_by_partial,
            function,
            self._scope.location(node.lineno),
        )
        self.forward(forward)

    def forward(self, forward: Forward) -> None:
        """Record a forward of the arguments."""
        for path in self.live:
            path.forwards.append(forward)

    def _given_by(self, node: ast.Call) -> tuple[frozenset[str], bool]:
        """Return a call's own names, and True if there may be more."""
        names = frozenset(keyword.arg for keyword in node.keywords if keyword.arg is not None)
        unpacked = [keyword.value for keyword in node.keywords if keyword.arg is None]
        held = [self.carriers.contents(value) for value in unpacked if self.carriers.of(value) is None]
        return names.union(*(contents for contents, _ in held)), any(more for _, more in held)

    def callees(
        self, function: ast.expr, arguments: list[ast.expr], keywords: list[ast.keyword]
    ) -> list[Target] | None:
        """Find the possible callees of a call, with the classes and functions passed to them; None if unknown."""
        root = function
        while isinstance(root, ast.Attribute):
            root = root.value
        if isinstance(root, ast.Name) and root.id in self.inner:
            return None
        targets = self._scope.targets(function)
        if targets is None:
            return None
        return [self._scope.arguments_for(target, arguments, keywords) for target in targets]

    def _is_partial(self, function: ast.expr) -> bool:
        found = self._scope.targets(function)
        return found is not None and all(target.callable is functools.partial for target in found)

    # -- methods and items of the dictionary --

    def _key(self, node: ast.expr) -> str | None:
        return None if isinstance(node, ast.Name) and node.id in self.inner else self._scope.key(node)

    def _is_method_of_carrier(self, node: ast.Call) -> bool:
        match node.func:
            case ast.Attribute(value=ast.Name(id=name), attr=method) if name in self.carriers.variables:
                pass
            case _:
                return False
        key = self._key(node.args[0]) if node.args else None
        match method, node.args:
            case (("pop" | "get" | "setdefault"), [_, *defaults]) if key is not None:
                for default in defaults:
                    self.visit(default)
                absent = None if method == "get" else REQUIRED
                self._look_up(name, method, key, self._scope.value(defaults[0]) if defaults else absent)
            case "update", _:
                self._update(name, node)
            case _ if method in _LOOKING:
                self.keep()
            case _:
                self.escape()
        return True

    def _look_up(self, name: str, method: str, key: str, default: object) -> None:
        carrier = self.carriers.variables[name]
        self._read(key, default, carrier)
        if method == "pop":
            self.carriers.variables[name] = carrier.hiding([key])
        elif method == "setdefault":
            self.carriers.variables[name] = carrier.then(Carrier(defaults={key: default}))

    def _update(self, name: str, node: ast.Call) -> None:
        for argument in node.args:
            self.put_over(name, argument)
        for keyword in node.keywords:
            if keyword.arg is None:
                self.put_over(name, keyword.value)
            else:
                self.visit(keyword.value)
                self.carriers.variables[name] = self.carriers.variables[name].hiding([keyword.arg])

    def put_over(self, name: str, over: ast.expr) -> None:
        """Overwrite a carrier with another dictionary's items."""
        carrier = self.read_carrier(over)
        if carrier is not None:
            self.carriers.variables[name] = carrier.over(self.carriers.variables[name])
        else:
            self.visit(over)  # which may take something out of the carrier
            self.carriers.variables[name] = self.carriers.overwritten(self.carriers.variables[name], over)

    def _is_change_of_variable(self, node: ast.Call) -> bool:
        """Record changes of a dictionary (no carrier yet): `options.update(kwargs)` makes it one."""
        match node.func:
            case ast.Attribute(value=ast.Name() as variable, attr=method) if method in _ADDING or method in _REMOVING:
                pass
            case _:
                return False
        match node:
            case ast.Call(args=[over], keywords=[]) | ast.Call(args=[], keywords=[ast.keyword(arg=None, value=over)]):
                if method == "update" and self.becomes_carrier(variable, over):
                    return True
            case _:
                pass
        if method in _REMOVING:
            self.carriers.note_removal(variable.id)
        else:
            self.carriers.note_change(variable.id)
        return False

    def becomes_carrier(self, variable: ast.Name, over: ast.expr) -> bool:
        """Merge the arguments into a dictionary made by the function; return True if done."""
        carrier = self.read_carrier(over) if variable.id in self._scope.assigned else None
        if carrier is None:
            return False
        self.carriers.variables[variable.id] = self.carriers.filled(carrier, variable)
        return True

    def visit_Subscript(self, node: ast.Subscript) -> None:
        """Read an item look-up, assignment or deletion."""
        key = self._key(node.slice)
        match node:
            case ast.Subscript(value=ast.Name(id=name)) if key is not None and name in self.carriers.variables:
                carrier = self.carriers.variables[name]
                if not isinstance(node.ctx, ast.Store):
                    self._read(key, REQUIRED, carrier)
                if not isinstance(node.ctx, ast.Load):
                    self.carriers.variables[name] = carrier.hiding([key])
            case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store()) if key is not None:
                self.carriers.note_item(name, key)
            case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store()):
                self.carriers.note_change(name)
                self.generic_visit(node)
            case ast.Subscript(value=ast.Name(id=name), ctx=ast.Del()):
                self.carriers.note_removal(name)
                self.generic_visit(node)
            case _:
                self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        """Read a comparison; a membership test is a use of its name."""
        match node:
            case ast.Compare(left=asked, ops=[ast.In() | ast.NotIn()], comparators=[held]):
                carrier, key = self.carriers.of(held), self._key(asked)
                if carrier is not None and key is not None:
                    self._read(key, OPAQUE, carrier)
                    return
            case _:
                pass
        self.generic_visit(node)
