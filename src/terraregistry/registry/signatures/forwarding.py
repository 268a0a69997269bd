"""Where a function's `**kwargs` go: read from its source."""

from __future__ import annotations

import ast
import functools
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from terraregistry.registry.signatures.annotations import OPAQUE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from terraregistry.registry.signatures.scopes import Scope, Target

__all__ = ["Forward", "Usage", "usage_of"]

REQUIRED: Final = object()


@dataclass(frozen=True)
class Carrier:
    """A dictionary that has the caller's keyword arguments in it, and what else it has.

    Attributes:
        fixed: Names that collide with what the function itself gives.
        hidden: Names whose value the function overwrites without a word.
        defaults: Names that the function gives a value, which the caller may replace.
        opaque: Whether it also has names that the source does not tell.
    """

    fixed: frozenset[str] = frozenset()
    hidden: frozenset[str] = frozenset()
    defaults: Mapping[str, object] = field(default_factory=dict[str, object])
    opaque: bool = False

    def plus(self, other: Carrier) -> Carrier:
        """Combine what two steps on the way do to the same arguments."""
        return Carrier(
            self.fixed | other.fixed,
            self.hidden | other.hidden,
            {**other.defaults, **self.defaults},
            self.opaque or other.opaque,
        )


@dataclass(frozen=True)
class Forward:
    """One call that the keyword arguments are passed to.

    Attributes:
        targets: What may be called there; None where that cannot be known.
        positional: How many positional arguments the call gives itself; None where that cannot be known.
        keywords: The names that the call gives itself.
        carrier: What happened to the arguments on the way.
        passes_positional: Whether the function's `*args` are passed on as well.
        conditional: Whether the call is in a branch.
        partial: Whether the call is only prepared, as by `functools.partial`.
    """

    targets: list[Target] | None
    positional: int | None
    keywords: frozenset[str]
    carrier: Carrier
    passes_positional: bool
    conditional: bool
    partial: bool = False


@dataclass
class Usage:
    """Everything that a function does with its `**kwargs`.

    Attributes:
        forwards: The calls that they are passed to.
        reads: The names that the function itself looks up, with their defaults (`REQUIRED` where there is none).
        popped: Those of them that it takes out.
        escapes: Whether they reach a place that the source does not tell.
        exclusive: Whether some forward ends the function, so that a later one is an alternative to it.
    """

    forwards: list[Forward] = field(default_factory=list[Forward])
    reads: dict[str, object] = field(default_factory=dict[str, object])
    popped: set[str] = field(default_factory=set[str])
    escapes: bool = False
    exclusive: bool = False


def usage_of(scope: Scope) -> Usage:
    """Find out where the `**kwargs` of a function go.

    Args:
        scope: The function's names; it has a `**kwargs` parameter.

    Returns:
        What the function does with them.
    """
    reader = _Reader(scope)
    for statement in scope.definition.body:
        reader.visit(statement)
    return reader.usage


class _Reader(ast.NodeVisitor):
    """Reads one function's body; a use of the arguments that no method here knows is an escape."""

    def __init__(self, scope: Scope) -> None:
        self.usage = Usage()
        self._scope = scope
        arguments = scope.definition.args
        self._star = arguments.vararg.arg if arguments.vararg else None
        name = arguments.kwarg.arg if arguments.kwarg else ""
        self._carriers = {name: Carrier()}
        self._depth = 0
        self._in_return = False
        # Twice: a carrier may be made of one that is assigned further down, in a loop.
        for _ in range(2):
            for variable, values in scope.assigned.items():
                self._note_carrier(variable, values)

    def _note_carrier(self, variable: str, values: list[ast.expr | None]) -> None:
        found = [carrier for carrier in (self._carrier(value) for value in values if value is not None) if carrier]
        if found:
            known = self._carriers.get(variable, found[0])
            self._carriers[variable] = functools.reduce(Carrier.plus, found, known)

    # -- expressions that are the arguments, or made of them --

    def _carrier(self, node: ast.expr) -> Carrier | None:
        match node:
            case ast.Name(id=name):
                return self._carriers.get(name)
            case ast.Call(func=ast.Name(id="dict")):
                return self._dict_call(node)
            case ast.Call(func=ast.Attribute(value=value, attr="copy"), args=[]):
                return self._carrier(value)
            case ast.Dict():
                return self._display(node)
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                return self._union(left, right)
            case ast.IfExp(body=body, orelse=orelse):
                return self._carrier(body) or self._carrier(orelse)
            case _:
                return None

    def _dict_call(self, node: ast.Call) -> Carrier | None:
        named = {keyword.arg: self._scope.value(keyword.value) for keyword in node.keywords if keyword.arg is not None}
        unpacked = [keyword.value for keyword in node.keywords if keyword.arg is None]
        carried = [carrier for carrier in map(self._carrier, unpacked) if carrier]
        first = self._carrier(node.args[0]) if len(node.args) == 1 else None
        if carried:
            below, opaque = self._contents(node.args[0]) if node.args else ({}, False)
            opaque = opaque or len(unpacked) > len(carried)
            return carried[0].plus(Carrier(frozenset(named), frozenset(), below, opaque))
        if first is not None:
            return first.plus(Carrier(frozenset(), frozenset(named), {}, bool(unpacked)))
        return None

    def _display(self, node: ast.Dict) -> Carrier | None:
        found: Carrier | None = None
        below = Carrier()
        for key, value in zip(node.keys, node.values, strict=True):
            carrier = self._carrier(value) if key is None else None
            if carrier is not None:
                found = carrier if found is None else found.plus(carrier)
                continue
            contents, opaque = self._contents(value) if key is None else self._item(key, value)
            if found is None:
                below = below.plus(Carrier(defaults=contents, opaque=opaque))
            else:
                found = found.plus(Carrier(hidden=frozenset(contents), opaque=opaque))
        return None if found is None else found.plus(below)

    def _union(self, left: ast.expr, right: ast.expr) -> Carrier | None:
        above, below = self._carrier(right), self._carrier(left)
        if above is not None:
            contents, opaque = self._contents(left)
            return above.plus(Carrier(defaults=contents, opaque=opaque))
        if below is not None:
            contents, opaque = self._contents(right)
            return below.plus(Carrier(hidden=frozenset(contents), opaque=opaque))
        return None

    def _item(self, key: ast.expr, value: ast.expr) -> tuple[dict[str, object], bool]:
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            return {key.value: self._scope.value(value)}, False
        return {}, True

    def _contents(self, node: ast.expr) -> tuple[dict[str, object], bool]:
        """Read what another dictionary holds, and say whether it may hold more than that."""
        match node:
            case ast.Dict(keys=keys, values=values):
                items = [self._item(key, value) for key, value in zip(keys, values, strict=True) if key is not None]
                named = {name: value for contents, _ in items for name, value in contents.items()}
                return named, len(named) < len(keys)
            case ast.Call(func=ast.Name(id="dict"), args=[], keywords=keywords):
                named = {
                    keyword.arg: self._scope.value(keyword.value) for keyword in keywords if keyword.arg is not None
                }
                return named, len(named) < len(keywords)
            case ast.Name(id=name):
                values = [value for value in self._scope.assigned.get(name, []) if value is not None]
                if len(values) == 1 and len(self._scope.assigned[name]) == 1 and not isinstance(values[0], ast.Name):
                    return self._contents(values[0])
                return {}, True
            case _:
                return {}, True

    # -- statements and expressions that use them --

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load) and node.id in self._carriers:
            self.usage.escapes = True

    def visit_Call(self, node: ast.Call) -> None:
        if self._is_method_of_carrier(node):
            return
        carried = [
            carrier for keyword in node.keywords if keyword.arg is None and (carrier := self._carrier(keyword.value))
        ]
        if carried and not (isinstance(node.func, ast.Name) and node.func.id == "dict"):
            self._note_forward(node, functools.reduce(Carrier.plus, carried))
        for child in [node.func, *node.args, *(keyword.value for keyword in node.keywords)]:
            if self._carrier(child) is None or (carried and child not in self._unpacked(node)):
                self.visit(child)
            elif child not in self._unpacked(node):
                self.usage.escapes = True

    def _unpacked(self, node: ast.Call) -> list[ast.expr]:
        return [keyword.value for keyword in node.keywords if keyword.arg is None]

    def _note_forward(self, node: ast.Call, carrier: Carrier) -> None:
        function, arguments = node.func, list(node.args)
        made_by_partial = self._is_partial(function) and bool(arguments)
        if made_by_partial:
            function = arguments.pop(0)
        stars = [argument.value for argument in arguments if isinstance(argument, ast.Starred)]
        passes = any(isinstance(star, ast.Name) and star.id == self._star for star in stars)
        others = len(self._unpacked(node)) > 1
        named = frozenset(keyword.arg for keyword in node.keywords if keyword.arg is not None)
        targets = self._scope.targets(function)
        if targets is not None:
            call = ast.Call(func=function, args=arguments, keywords=node.keywords)
            targets = [self._scope.arguments_for(target, call) for target in targets]
        if self._depth and self._in_return:
            self.usage.exclusive = True
        self.usage.forwards.append(
            Forward(
                targets,
                None if len(stars) > int(passes) else len(arguments) - len(stars),
                named,
                replace(carrier, opaque=carrier.opaque or others),
                passes,
                bool(self._depth),
                made_by_partial,
            )
        )

    def _is_partial(self, function: ast.expr) -> bool:
        found = self._scope.targets(function)
        return found is not None and all(target.callable is functools.partial for target in found)

    def _is_method_of_carrier(self, node: ast.Call) -> bool:
        match node.func:
            case ast.Attribute(value=ast.Name(id=name), attr=method) if name in self._carriers:
                pass
            case _:
                return False
        match method, node.args:
            case (("pop" | "get" | "setdefault"), [ast.Constant(value=str(key)), *defaults]):
                absent = None if method == "get" else REQUIRED
                self._note_read(key, self._scope.value(defaults[0]) if defaults else absent, popped=method == "pop")
                for default in defaults:
                    self.visit(default)
            case "update", _:
                for argument in [*node.args, *(keyword.value for keyword in node.keywords)]:
                    self.visit(argument)
            case _:
                self.usage.escapes = True
        return True

    def _note_read(self, key: str, default: object, *, popped: bool) -> None:
        if default is REQUIRED and self._depth:
            default = OPAQUE
        if self.usage.reads.get(key, REQUIRED) is REQUIRED:
            self.usage.reads[key] = default
        if popped:
            self.usage.popped.add(key)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        match node:
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str(key))) if name in self._carriers:
                if isinstance(node.ctx, ast.Load):
                    self._note_read(key, REQUIRED, popped=False)
                elif isinstance(node.ctx, ast.Del):
                    self._note_read(key, OPAQUE, popped=True)
            case _:
                self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        match node:
            case ast.Compare(left=ast.Constant(value=str(key)), ops=[ast.In() | ast.NotIn()], comparators=[held]) if (
                self._carrier(held) is not None
            ):
                self._note_read(key, OPAQUE, popped=False)
            case _:
                self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        single = len(node.targets) == 1 and isinstance(node.targets[0], ast.Name)
        if single and self._carrier(node.value) is not None:
            return
        self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None and (not isinstance(node.target, ast.Name) or self._carrier(node.value) is None):
            self.visit(node.value)

    def visit_Raise(self, node: ast.Raise) -> None:
        """A message may show them: that is no use of theirs."""

    def visit_Return(self, node: ast.Return) -> None:
        self._in_return = True
        self.generic_visit(node)
        self._in_return = False

    def visit_If(self, node: ast.If) -> None:
        self._test(node.test)
        self._branches([*node.body, *node.orelse])

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self._test(node.test)
        self._branches([node.body, node.orelse])

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        self._test(node.values[0])
        self._branches([value for value in node.values[1:] if not isinstance(value, ast.Name)])

    def visit_For(self, node: ast.For) -> None:
        self.visit(node.iter)
        self._branches([*node.body, *node.orelse])

    def visit_While(self, node: ast.While) -> None:
        self._test(node.test)
        self._branches([*node.body, *node.orelse])

    def visit_Try(self, node: ast.Try) -> None:
        for statement in [*node.body, *node.orelse, *node.finalbody]:
            self.visit(statement)
        self._branches(list(node.handlers))

    def visit_Match(self, node: ast.Match) -> None:
        self.visit(node.subject)
        self._branches(list(node.cases))

    def _test(self, node: ast.expr) -> None:
        """Read a condition: asking whether there are any arguments left is no use of them."""
        match node:
            case ast.Name() | ast.UnaryOp(op=ast.Not(), operand=ast.Name()):
                return
            case _:
                self.visit(node)

    def _branches(self, nodes: Sequence[ast.AST]) -> None:
        self._depth += 1
        for node in nodes:
            self.visit(node)
        self._depth -= 1
