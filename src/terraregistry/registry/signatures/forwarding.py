"""Forwarding of a function's `**kwargs`, read from its source."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from terraregistry.registry.signatures.paths import Forward, Path, merged
from terraregistry.registry.signatures.scopes import Target
from terraregistry.registry.signatures.uses import Uses

if TYPE_CHECKING:
    from terraregistry.registry.signatures.carriers import Carrier
    from terraregistry.registry.signatures.scopes import Function, Scope

__all__ = ["paths_of"]

_MOST_PATHS: Final = 64
_Branch = Sequence[ast.AST]


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
    for statement in scope.definition.body:
        reader.visit(statement)
    return reader.paths()


class _Reader(Uses, ast.NodeVisitor):
    """Visitor of a function's body in execution order; keeps its paths apart."""

    def __init__(self, scope: Scope, kwargs: str) -> None:
        super().__init__(scope, kwargs)
        self._finished: list[Path] = []

    def paths(self) -> list[Path]:
        """Return the paths not ending in an exception."""
        return merged([*self._finished, *self.live])

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
        self.forward(Forward([Target(object)], 0, frozenset(), carrier))

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self.condition(node.test)
        self._branches([node.body], [node.orelse])

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        first, *others = node.values
        self.visit(first)
        self._branches(others, ())

    def visit_For(self, node: ast.For) -> None:
        self.visit(node.iter)
        self._loop([*node.body, *node.orelse])

    def visit_AsyncFor(self, node: ast.AsyncFor) -> None:
        self.visit(node.iter)
        self._loop([*node.body, *node.orelse])

    def visit_While(self, node: ast.While) -> None:
        self.condition(node.test)
        self._loop([*node.body, *node.orelse])

    def _loop(self, nodes: _Branch) -> None:
        """Read the body as if run once; if it always leaves, also as if never run."""
        before = [path.copy() for path in self.live]
        for node in nodes:
            self.visit(node)
        self.live = self.live or before

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
            self.live = [self.live[0], Path(escapes=True)]  # the others may do anything

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
        outer = self._finished, self.carriers.variables, self.inner
        own = {node.arg for node in ast.walk(arguments) if isinstance(node, ast.arg)}
        nodes = [node for each in body for node in ast.walk(each)]
        assigned = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        self.carriers.variables = {name: each for name, each in self.carriers.variables.items() if name not in own}
        before = [path.copy() for path in self.live]
        self._finished, self.inner = [], self.inner | own | assigned
        for node in body:
            self.visit(node)
        self.live = merged([*self.live, *self._finished]) or before  # one that only raises may never be called
        self._finished, self.carriers.variables, self.inner = outer

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
