"""Forwarding of a function's `**kwargs`, read from its source."""

from __future__ import annotations

import ast
import inspect
import types
import typing
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from terraregistry.registry.signatures.annotations import OPAQUE
from terraregistry.registry.signatures.carriers import Carrier
from terraregistry.registry.signatures.loops import rounds_of
from terraregistry.registry.signatures.paths import Forward, Path, merged
from terraregistry.registry.signatures.scopes import Scope, Target, definition_of
from terraregistry.registry.signatures.uses import Uses

if TYPE_CHECKING:
    from terraregistry.registry.signatures.scopes import Function

__all__ = ["paths_of"]

_MOST_PATHS: Final = 64
_MOST_HELPERS: Final = 5
_Branch = Sequence[ast.AST]
_State = tuple[list[Path], dict[str, Carrier]]
_NOT_RUN: Final = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR
"""Flags of functions that a call does not run."""


def paths_of(scope: Scope) -> list[Path]:
    """Find the paths of a function's `**kwargs`.

    Args:
        scope: The function's names.

    Returns:
        The paths to the function's end, with the use of the arguments on each; empty if the source has no `**kwargs`.
    """
    kwargs = scope.definition.args.kwarg
    if kwargs is None:  # it has changed since it was imported
        return []
    reader = _Reader(scope, kwargs.arg)
    reader.read()
    return reader.paths()


class _Reader(Uses, ast.NodeVisitor):
    """Visitor of a function's body in execution order; keeps its paths apart."""

    def __init__(self, scope: Scope, kwargs: str, helpers: tuple[object, ...] = ()) -> None:
        super().__init__(scope, kwargs)
        self._finished: list[Path] = []
        self._left: list[dict[str, Carrier]] = []
        self._continued: list[_State] = []
        self._broken: list[_State] = []
        self._helpers = helpers

    def read(self) -> None:
        """Read the whole body."""
        for statement in self._scope.definition.body:
            self.visit(statement)
        self._finish()

    def paths(self) -> list[Path]:
        """Return the paths not ending in an exception."""
        return merged(self._finished)

    # -- assignments --

    def visit_Assign(self, node: ast.Assign) -> None:
        match node.targets:
            case [ast.Name(id=name)]:
                self._assign(name, node.value)
            case _:
                self.visit(node.value)
                for target in node.targets:
                    self.visit(target)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None and isinstance(node.target, ast.Name):
            self._assign(node.target.id, node.value)
        elif node.value is not None:
            self.visit(node.value)
            self.visit(node.target)

    def _assign(self, name: str, value: ast.expr) -> None:
        carrier = self.read_carrier(value)
        if carrier is None:
            self.visit(value)
            self.carriers.variables.pop(name, None)
        else:
            self.carriers.variables[name] = carrier

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        match node:
            case ast.AugAssign(target=ast.Name() as variable, op=ast.BitOr()):
                if variable.id in self.carriers.variables:
                    self.put_over(variable.id, node.value)
                    return
                if self.becomes_carrier(variable, node.value):
                    return
            case ast.AugAssign(target=ast.Subscript(value=holder, slice=key)):  # it is looked up before it is set
                self.visit(ast.Subscript(holder, key, ast.Load()))
            case _:
                pass
        self.visit(node.value)
        self.visit(node.target)

    # -- where a way ends, or several begin --

    def visit_Raise(self, node: ast.Raise) -> None:
        """End the path. Arguments shown in a message do not count as used."""
        del node
        self.live = []

    def visit_Return(self, node: ast.Return) -> None:
        if node.value is not None:
            self.visit(node.value)
        self._finish()

    def _finish(self) -> None:
        if self.live:
            self._left.append(dict(self.carriers.variables))
        self._finished += self.live
        self.live = []

    def visit_Assert(self, node: ast.Assert) -> None:
        self.condition(node.test)
        match node.test:
            case ast.UnaryOp(op=ast.Not(), operand=asked) if (carrier := self._whether_any(asked)) is not None:
                self._refuse_the_rest(carrier)
            case _:
                pass

    def visit_If(self, node: ast.If) -> None:
        self.condition(node.test)
        asked = self._whether_any(node.test)
        negated = isinstance(node.test, ast.UnaryOp)
        if asked is not None and not negated and not node.orelse and isinstance(node.body[-1], ast.Raise):
            self._refuse_the_rest(asked)
        else:
            self._branches(node.body, node.orelse)

    def _refuse_the_rest(self, carrier: Carrier) -> None:
        """Continue with no arguments left, as if forwarded to a callable without parameters."""
        self.forward(Forward([Target(object)], 0, frozenset(), carrier, location=self.location()))

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self.condition(node.test)
        self._branches([node.body], [node.orelse])

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        first, *others = node.values
        self.visit(first)
        self._branches(others, ())

    def visit_For(self, node: ast.For) -> None:
        self.visit(node.iter)
        rounds = rounds_of(node, self._scope, self.carriers.variables)
        self._loop(node.body, rounds or [{}])
        for statement in node.orelse:
            self.visit(statement)
        for name in rounds[0] if rounds else ():
            del self._scope.known[name]

    def visit_AsyncFor(self, node: ast.AsyncFor) -> None:
        self.visit(node.iter)
        self._loop([*node.body, *node.orelse])

    def visit_While(self, node: ast.While) -> None:
        self.condition(node.test)
        self._loop([*node.body, *node.orelse])

    def visit_Continue(self, node: ast.Continue) -> None:
        del node
        self._leave_for(self._continued)

    def visit_Break(self, node: ast.Break) -> None:
        del node
        self._leave_for(self._broken)

    def _leave_for(self, states: list[_State]) -> None:
        states.append((self.live, dict(self.carriers.variables)))
        self.live = []

    def _loop(self, nodes: _Branch, rounds: Sequence[Mapping[str, object]] = ({},)) -> None:
        """Read the body as if run once a round; if it always leaves, also as if never run."""
        before = [path.copy() for path in self.live], dict(self.carriers.variables)
        outer = self._continued, self._broken
        self._broken = []
        for known in rounds:
            self._scope.known |= known
            self._continued = []
            for node in nodes:
                self.visit(node)
            self._land(self._continued)
        self._land(self._broken)
        self._continued, self._broken = outer
        if not self.live:
            self.live, self.carriers.variables = before

    def _land(self, states: list[_State]) -> None:
        """Continue with the union of this state and others."""
        joined = [(live, variables) for live, variables in [(self.live, self.carriers.variables), *states] if live]
        if states and joined:
            self.carriers.join([variables for _, variables in joined])
        self.live = merged([path for live, _ in joined for path in live])

    def visit_Try(self, node: ast.Try) -> None:
        self._try(node)

    def visit_TryStar(self, node: ast.TryStar) -> None:
        self._try(node)

    def _try(self, node: ast.Try | ast.TryStar) -> None:
        self._branches([*node.body, *node.orelse], *([handler] for handler in node.handlers))
        for statement in node.finalbody:
            self.visit(statement)

    def visit_Match(self, node: ast.Match) -> None:
        self.visit(node.subject)
        last = node.cases[-1]
        complete = isinstance(last.pattern, ast.MatchAs) and last.pattern.pattern is None and last.guard is None
        branches: list[_Branch] = [[case] for case in node.cases]
        self._branches(*branches, *([] if complete else [()]))

    def condition(self, node: ast.expr) -> None:
        """Read a condition; testing for remaining arguments does not use them."""
        match node:
            case ast.BoolOp(values=[first, *others]):
                self.condition(first)
                self._branches([other for other in others if self._whether_any(other) is None], ())
            case _ if self._whether_any(node) is None:
                self.visit(node)
            case _:
                pass

    def _whether_any(self, node: ast.expr) -> Carrier | None:
        """Return the carrier tested for emptiness by a condition."""
        match node:
            case ast.UnaryOp(op=ast.Not(), operand=asked):
                return self._whether_any(asked)
            case ast.Call(func=ast.Name(id="bool" | "len"), args=[asked], keywords=[]):
                return self.carriers.of(asked)
            case ast.Compare(left=asked, ops=[ast.Gt() | ast.NotEq()], comparators=[other]) if not _holds(other):
                return self._whether_any(asked)
            case ast.Name():
                return self.carriers.of(node)
            case _:
                return None

    def _branches(self, *branches: _Branch) -> None:
        """Read each branch from the same state, and join the results."""
        before, variables = self.live, self.carriers.variables
        after: list[Path] = []
        left: list[dict[str, Carrier]] = []
        for nodes in branches:
            self.live = [path.copy() for path in before]
            self.carriers.variables = dict(variables)
            for node in nodes:
                self.visit(node)
            if self.live:
                after += self.live
                left.append(self.carriers.variables)
        self.carriers.join(left)
        self.live = merged(after)
        if self.live and len(self.live) + len(self._finished) > _MOST_PATHS:
            self.live = [self.live[0], Path(escapes=self.location())]  # the others may do anything

    # -- helpers given the dictionary itself --

    def enter(self, node: ast.Call) -> bool:
        keywords = {keyword.arg: keyword.value for keyword in node.keywords}
        carried = [each for each in [*node.args, *keywords.values()] if self.carriers.of(each) is not None]
        if len(carried) != 1 or None in keywords or any(isinstance(each, ast.Starred) for each in node.args):
            return False
        target, definition = self._helper(node)
        if target is None or definition is None:
            return False
        arguments = definition.args
        names = [each.arg for each in [*arguments.posonlyargs, *arguments.args]][int(target.bound) :]
        given: dict[str, ast.expr] = {**dict(zip(names, node.args, strict=False)), **keywords}  # type: ignore[dict-item]
        scope = Scope(target, typing.cast("types.FunctionType", target.callable), definition)
        parameter = next((name for name, each in given.items() if each is carried[0]), "")
        if len(node.args) > len(names) or parameter in scope.assigned or parameter not in scope.parameters:
            return False
        values = {name: self._scope.value(each) for name, each in given.items() if name != parameter}
        scope.known = {
            name: value for name, value in values.items() if value is not OPAQUE and name not in scope.assigned
        }
        self.visit(node.func)
        for each in given.values():
            if each is not carried[0]:
                self.visit(each)
        carrier = self.read_carrier(carried[0])
        inner = _Reader(scope, parameter, (*self._helpers, target.callable))
        inner.carriers.variables[parameter] = carrier or Carrier()
        inner.live, inner._star = self.live, None  # its own `*args` stay empty
        inner.read()
        self.live = inner.paths()
        if isinstance(carried[0], ast.Name):
            inner.carriers.join(inner._left)
            self.carriers.variables[carried[0].id] = inner.carriers.variables.get(parameter, Carrier())
        return True

    def _helper(self, node: ast.Call) -> tuple[Target | None, Function | None]:
        """Return the only possible callee and its definition, unless under inspection already."""
        targets = self.callees(node.func, node.args, node.keywords)
        function = targets[0].callable if targets is not None and len(targets) == 1 else None
        known = isinstance(function, types.FunctionType) and function not in self._helpers
        if targets is None or not known or len(self._helpers) >= _MOST_HELPERS:
            return None, None
        helper = typing.cast("types.FunctionType", function)
        return targets[0], None if helper.__code__.co_flags & _NOT_RUN else definition_of(helper)

    # -- functions inside --

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._function(node)

    def _function(self, node: Function) -> None:
        for outside in [*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)]:
            self.visit(outside)
        self._inside(node.args, node.body)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._inside(node.args, [node.body])

    def _inside(self, arguments: ast.arguments, body: _Branch) -> None:
        """Read an inner function as if run in place; its own parameters are not the outer function's names."""
        outer = self._finished, self._left, self.carriers.variables, self.inner
        own = {node.arg for node in ast.walk(arguments) if isinstance(node, ast.arg)}
        nodes = [node for each in body for node in ast.walk(each)]
        assigned = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        self.carriers.variables = {name: each for name, each in self.carriers.variables.items() if name not in own}
        before = [path.copy() for path in self.live]
        self._finished, self._left, self.inner = [], [], self.inner | own | assigned
        for node in body:
            self.visit(node)
        self.live = merged([*self.live, *self._finished]) or before  # one that only raises may never be called
        self._finished, self._left, self.carriers.variables, self.inner = outer

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """Record arguments used inside as escaped; class bodies are not followed."""
        if any(isinstance(each, ast.Name) and each.id in self.carriers.variables for each in ast.walk(node)):
            self.escape()


def _holds(node: ast.expr) -> bool:
    """Return False for a comparison's operand `0` or `{}`."""
    match node:
        case ast.Constant(value=0) | ast.Dict(keys=[]):
            return False
        case _:
            return True
