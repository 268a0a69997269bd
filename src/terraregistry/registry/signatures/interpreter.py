"""The abstract interpreter: a function's statements in execution order, with its paths kept apart."""

from __future__ import annotations

import ast
import functools
import inspect
import types
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, cast

from terraregistry.registry.signatures.annotations import OPAQUE
from terraregistry.registry.signatures.expressions import Expressions
from terraregistry.registry.signatures.lattice import UNKNOWN_DICT, KwargsDict, Value, either
from terraregistry.registry.signatures.paths import ExecutionPath, Forward, merged_paths
from terraregistry.registry.signatures.scopes import Scope, Target, definition_of

if TYPE_CHECKING:
    from terraregistry.registry.signatures.scopes import Function

__all__ = ["paths_of"]

_MOST_PATHS: Final = 64
_MOST_HELPERS: Final = 5
_MOST_ROUNDS: Final = 8
_NOT_RUN: Final = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR
"""Flags of functions that a call does not run."""

_Variables = dict[str, Value]
_State = tuple[list[ExecutionPath], _Variables]


def paths_of(scope: Scope) -> list[ExecutionPath]:
    """Find the paths to a function's end, with the use of `**kwargs` on each; empty if its source has none."""
    kwargs = scope.definition.args.kwarg
    if kwargs is None:  # it has changed since it was imported
        return []
    interpreter = _Interpreter(scope, kwargs.arg)
    interpreter.run()
    return interpreter.paths()


def _joined(branches: Sequence[_Variables]) -> _Variables:
    names = dict.fromkeys(name for branch in branches for name in branch)
    values = {name: [branch.get(name, UNKNOWN_DICT) for branch in branches] for name in names}
    return {name: functools.reduce(either, each) for name, each in values.items()}


class _Interpreter(Expressions, ast.NodeVisitor):
    """Visitor of a function's body."""

    def __init__(self, scope: Scope, kwargs: str, helpers: tuple[object, ...] = ()) -> None:
        super().__init__(scope, kwargs)
        self._helpers = helpers
        self._finished: list[_State] = []
        self._continued: list[_State] = []
        self._broken: list[_State] = []

    def run(self) -> None:
        """Read the whole body."""
        self._read(self.scope.definition.body)
        self._leave_for(self._finished)

    def paths(self) -> list[ExecutionPath]:
        """Return the paths not ending in an exception."""
        return merged_paths([path for live, _ in self._finished for path in live])

    def _read(self, nodes: Sequence[ast.AST]) -> Value:
        """Read statements, or one expression, and return its value."""
        value: Value = UNKNOWN_DICT
        for node in nodes:
            if isinstance(node, ast.expr):
                value = self.value(node)
            else:
                self.visit(node)
        return value

    # -- assignments --

    def visit_Assign(self, node: ast.Assign) -> None:
        value = self.value(node.value)
        for target in node.targets:
            self._store(target, value, node.value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self._store(node.target, self.value(node.value), node.value)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> Value:
        value = self.value(node.value)
        self._store(node.target, value, node.value)
        return value

    def _store(self, target: ast.expr, value: Value, source: ast.expr) -> None:
        if not isinstance(target, ast.Name):
            if isinstance(value, KwargsDict):
                self.keep(value)
            self.visit(target)
        elif isinstance(value, KwargsDict) or not isinstance(source, ast.Name):
            self.variables[target.id] = value
        else:  # another name of a dictionary, which may be changed through it
            self.variables.pop(target.id, None)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        match node:
            case ast.AugAssign(ast.Name(name), ast.BitOr()) if name in self.variables or name in self.scope.assigned:
                self.put_over(name, self.value(node.value))
                return
            case ast.AugAssign(ast.Subscript(holder, key)):  # it is looked up before it is set
                self.visit(ast.Subscript(holder, key, ast.Load()))
            case _:
                pass
        self.visit(node.value)
        self.visit(node.target)

    # -- where a path ends, or several begin --

    def visit_Raise(self, node: ast.Raise) -> None:
        """End the path. Arguments shown in a message do not count as used."""
        del node
        self.live = []

    def visit_Return(self, node: ast.Return) -> None:
        if node.value is not None:
            self.visit(node.value)
        self._leave_for(self._finished)

    def visit_Continue(self, node: ast.Continue) -> None:
        del node
        self._leave_for(self._continued)

    def visit_Break(self, node: ast.Break) -> None:
        del node
        self._leave_for(self._broken)

    def _leave_for(self, states: list[_State]) -> None:
        if self.live:
            states.append((self.live, dict(self.variables)))
        self.live = []

    def _land(self, states: Sequence[_State]) -> None:
        """Continue with the union of this state and others."""
        reached = [*([(self.live, self.variables)] if self.live else []), *states]
        if reached:
            self.variables = _joined([variables for _, variables in reached])
        self.live = merged_paths([path for live, _ in reached for path in live])

    def visit_Assert(self, node: ast.Assert) -> None:
        self._condition(node.test)

    def visit_If(self, node: ast.If) -> None:
        self._condition(node.test)
        asked = self._whether_any(node.test)
        negated = isinstance(node.test, ast.UnaryOp)
        if asked is not None and not negated and not node.orelse and isinstance(node.body[-1], ast.Raise):
            # No arguments are left, as if forwarded to a callable without parameters.
            self.forward(Forward([Target(object)], asked, location=self.location()))
        else:
            self._branches(node.body, node.orelse)

    def _condition(self, node: ast.expr) -> None:
        """Read a condition; testing for remaining arguments does not use them."""
        match node:
            case ast.BoolOp(values=[first, *others]):
                self._condition(first)
                self._branches([other for other in others if self._whether_any(other) is None], ())
            case _ if self._whether_any(node) is None:
                self.visit(node)
            case _:
                pass

    def _whether_any(self, node: ast.expr) -> KwargsDict | None:
        """Return the dictionary tested for emptiness by a condition."""
        match node:
            case ast.UnaryOp(ast.Not(), asked) | ast.Call(ast.Name("bool" | "len"), [asked], []):
                return self._whether_any(asked)
            case ast.Compare(asked, [ast.Gt() | ast.NotEq()], [ast.Constant(value=0) | ast.Dict(keys=[])]):
                return self._whether_any(asked)
            case ast.Name(name):
                options = self.variables.get(name)
                return options if isinstance(options, KwargsDict) else None
            case _:
                return None

    def visit_IfExp(self, node: ast.IfExp) -> Value:
        self._condition(node.test)
        return either(*self._branches([node.body], [node.orelse]))

    def visit_BoolOp(self, node: ast.BoolOp) -> Value:
        first, *others = node.values
        value = self.value(first)
        rest = others[0] if len(others) == 1 else ast.BoolOp(node.op, others)
        return either(value, self._branches([rest], ())[0])

    def visit_Try(self, node: ast.Try | ast.TryStar) -> None:
        self._branches([*node.body, *node.orelse], *([handler] for handler in node.handlers))
        self._read(node.finalbody)

    visit_TryStar = visit_Try  # noqa: N815 - a method

    def visit_Match(self, node: ast.Match) -> None:
        self.visit(node.subject)
        self._branches(*([case] for case in node.cases), ())

    def _branches(self, *branches: Sequence[ast.AST]) -> list[Value]:
        """Read each branch from the same state, and join the results; return the value of each."""
        before, variables = self.live, self.variables
        after: list[_State] = []
        values: list[Value] = []
        for nodes in branches:
            self.live = [path.copy() for path in before]
            self.variables = dict(variables)
            values.append(self._read(nodes))
            self._leave_for(after)
        self._land(after)
        finished = sum(len(live) for live, _ in self._finished)
        if self.live and len(self.live) + finished > _MOST_PATHS:
            self.live = [self.live[0], ExecutionPath(escapes=self.location())]  # the others may do anything
        return values

    # -- loops --

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        self.visit(node.iter)
        rounds = self._rounds(node)
        self._loop(node.body, rounds or [{}])
        self._read(node.orelse)
        for name in rounds[0] if rounds else ():
            del self.scope.known[name]

    visit_AsyncFor = visit_For  # noqa: N815 - a method

    def visit_While(self, node: ast.While) -> None:
        self._condition(node.test)
        self._loop([*node.body, *node.orelse])

    def _loop(self, nodes: Sequence[ast.AST], rounds: Sequence[Mapping[str, object]] = ({},)) -> None:
        """Read the body as if run once a round; if it always leaves, also as if never run."""
        before = [path.copy() for path in self.live], dict(self.variables)
        outer = self._continued, self._broken
        self._broken = []
        for known in rounds:
            self.scope.known |= known
            self._continued = []
            self._read(nodes)
            self._land(self._continued)
        self._land(self._broken)
        self._continued, self._broken = outer
        if not self.live:
            self._land([before])

    def _rounds(self, node: ast.For | ast.AsyncFor) -> list[dict[str, object]]:
        """Return a loop's variables in each round; empty unless it is over a few constants and touches a dictionary."""
        names = [each for statement in node.body for each in ast.walk(statement) if isinstance(each, ast.Name)]
        if self.variables.keys().isdisjoint(each.id for each in names):
            return []
        match node.iter:
            case ast.Call(ast.Attribute(held, "items"), [], []):
                mapping = self.scope.value(held)
                known: object = (
                    [*cast("Mapping[object, object]", mapping).items()] if isinstance(mapping, Mapping) else ()
                )
            case _:
                known = self.scope.value(node.iter)
        items = [*cast("Sequence[object]", known)] if isinstance(known, (tuple, list, dict)) else []
        rounds = [_bound(node.target, item) for item in items] if len(items) <= _MOST_ROUNDS else []
        stored = {each.id for each in names if not isinstance(each.ctx, ast.Load)}
        return rounds if all(rounds) and not any(stored & each.keys() for each in rounds) else []

    # -- helpers given the dictionary itself --

    def enter(self, node: ast.Call, handed: Mapping[ast.expr, KwargsDict]) -> bool:
        keywords = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg is not None}
        unclear = len(keywords) < len(node.keywords) or any(isinstance(each, ast.Starred) for each in node.args)
        if len(handed) != 1 or unclear:
            return False
        target, definition = self._helper(node)
        if target is None or definition is None:
            return False
        dictionary, value = next(iter(handed.items()))
        names = [each.arg for each in [*definition.args.posonlyargs, *definition.args.args]][int(target.bound) :]
        given = {**dict(zip(names, node.args, strict=False)), **keywords}
        scope = Scope(target, cast("types.FunctionType", target.callable), definition)
        parameter = next((name for name, each in given.items() if each is dictionary), "")
        if len(node.args) > len(names) or parameter in scope.assigned or parameter not in scope.parameters:
            return False
        values = {name: self.scope.value(each) for name, each in given.items() if name != parameter}
        scope.known = {name: each for name, each in values.items() if each is not OPAQUE and name not in scope.assigned}
        inside = _Interpreter(scope, parameter, (*self._helpers, target.callable))
        inside.variables[parameter] = self._now(dictionary, value)
        inside.live, inside.star = self.live, None  # its own `*args` stay empty
        inside.run()
        self.live = inside.paths()
        if isinstance(dictionary, ast.Name):
            left = _joined([variables for _, variables in inside._finished])
            self.variables[dictionary.id] = left.get(parameter, KwargsDict())
        return True

    def _helper(self, node: ast.Call) -> tuple[Target | None, Function | None]:
        """Return the only possible callee and its definition, unless under inspection already."""
        targets = self.callees(node.func, node.args, node.keywords)
        function = targets[0].callable if len(targets) == 1 else None
        if not isinstance(function, types.FunctionType) or function in self._helpers:
            return None, None
        followed = len(self._helpers) < _MOST_HELPERS and not function.__code__.co_flags & _NOT_RUN
        return targets[0], definition_of(function) if followed else None

    # -- functions inside --

    def visit_FunctionDef(self, node: Function) -> None:
        for outside in [*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)]:
            self.visit(outside)
        self._inside(node.args, node.body)

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815 - a method

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._inside(node.args, [node.body])

    def _inside(self, arguments: ast.arguments, body: Sequence[ast.AST]) -> None:
        """Read an inner function as if run in place; its own parameters are not the outer function's names."""
        outer = self._finished, self.variables, self.inner
        own = {node.arg for node in ast.walk(arguments) if isinstance(node, ast.arg)}
        nodes = [node for each in body for node in ast.walk(each)]
        assigned = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        self.variables = {name: each for name, each in self.variables.items() if name not in own}
        before = [path.copy() for path in self.live]
        self._finished, self.inner = [], self.inner | own | assigned
        value = self._read(body)
        if isinstance(value, KwargsDict):  # of a lambda
            self.keep(value)
        self._leave_for(self._finished)
        self.live = self.paths() or before  # one that only raises may never be called
        self._finished, self.variables, self.inner = outer

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """Record arguments used inside as escaped; class bodies are not followed."""
        used = [self.variables.get(each.id) for each in ast.walk(node) if isinstance(each, ast.Name)]
        if any(isinstance(each, KwargsDict) for each in used):
            self.escape()


def _bound(target: ast.expr, item: object) -> dict[str, object]:
    """Return the variables bound by one item of a loop; empty if unknown."""
    if isinstance(target, ast.Name):
        return {target.id: item}
    parts = target.elts if isinstance(target, ast.Tuple) else []
    values = cast("tuple[object, ...]", item) if isinstance(item, tuple) else ()
    bound = [_bound(part, value) for part, value in zip(parts, values, strict=False)]
    known = len(parts) == len(values) and all(bound)
    return {name: value for each in bound for name, value in each.items()} if known else {}
