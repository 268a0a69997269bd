"""Dictionaries that hold a function's `**kwargs`: which expressions are one, and what becomes of the names on the way."""

from __future__ import annotations

import ast
import functools
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from terraregistry.registry.signatures.annotations import OPAQUE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from terraregistry.registry.signatures.scopes import Scope

__all__ = ["Carrier", "Carriers"]


@dataclass(frozen=True)
class Carrier:
    """A dictionary that has the caller's keyword arguments in it, and what else it has.

    Attributes:
        fixed: Names that collide with what the function itself gives.
        hidden: Names that the function takes out or overwrites, so that nobody further on sees what the caller gave.
        perhaps: Names that are hidden on some of the ways that lead here.
        defaults: Names that the function gives a value, which the caller may replace.
        opaque: Whether it also has names that the source does not tell.
    """

    fixed: frozenset[str] = frozenset()
    hidden: frozenset[str] = frozenset()
    perhaps: frozenset[str] = frozenset()
    defaults: Mapping[str, object] = field(default_factory=dict[str, object])
    opaque: bool = False

    def then(self, step: Carrier) -> Carrier:
        """Do to the arguments what a further step does to them."""
        return Carrier(
            self.fixed | (step.fixed - self.hidden),
            self.hidden | (step.hidden - self.fixed),
            self.perhaps | step.perhaps,
            {**step.defaults, **self.defaults},
            self.opaque or step.opaque,
        )

    def hiding(self, names: Iterable[str]) -> Carrier:
        """Take names out, or overwrite them."""
        return self.then(Carrier(hidden=frozenset(names)))

    def either(self, other: Carrier) -> Carrier:
        """Join what two branches leave."""
        fixed_in_one = self.fixed ^ other.fixed
        return Carrier(
            self.fixed & other.fixed,
            self.hidden & other.hidden,
            self.perhaps | other.perhaps | (self.hidden ^ other.hidden),
            {**dict.fromkeys(fixed_in_one, OPAQUE), **other.defaults, **self.defaults},
            self.opaque or other.opaque,
        )

    def over(self, under: Carrier) -> Carrier:
        """Put it over another one: what it hides may come through from there, and what that one has a value for needs none."""
        return Carrier(
            self.fixed | under.fixed,
            self.hidden & under.hidden,
            self.perhaps | (self.hidden - under.hidden),
            {**dict.fromkeys(under.hidden - self.hidden, OPAQUE), **under.defaults, **self.defaults},
            self.opaque or under.opaque,
        )


class Carriers:
    """The variables of one function that are carriers, at one point of it.

    Attributes:
        variables: The carriers by name.
    """

    def __init__(self, scope: Scope, kwargs: str) -> None:
        self._scope = scope
        self.variables: dict[str, Carrier] = {kwargs: Carrier()}
        self._items_set: dict[str, set[str]] = {}
        self._changed: set[str] = set()
        self._emptied: set[str] = set()

    def note_item(self, name: str, key: str) -> None:
        """Note that a variable, which is a dictionary but no carrier, is given an item."""
        self._items_set.setdefault(name, set()).add(key)

    def note_change(self, name: str) -> None:
        """Note that a variable, which is no carrier, is changed in a way that the source does not tell."""
        self._changed.add(name)

    def note_removal(self, name: str) -> None:
        """Note that something is taken out of a variable, which is no carrier: nobody knows what is left."""
        self._changed.add(name)
        self._emptied.add(name)

    def join(self, branches: list[dict[str, Carrier]]) -> None:
        """Go on with what any of the branches leaves."""
        self.variables = {}
        for branch in branches:
            for name, carrier in branch.items():
                known = self.variables.get(name)
                self.variables[name] = carrier if known is None else known.either(carrier)

    def of(self, node: ast.expr) -> Carrier | None:
        """Find the carrier that an expression is.

        Args:
            node: The expression.

        Returns:
            The carrier; None for an expression that is none.
        """
        match node:
            case ast.Name(id=name):
                return self.variables.get(name)
            case ast.Call(func=ast.Name(id="dict")):
                return self._dict_call(node)
            case ast.Call(func=ast.Attribute(value=value, attr="copy"), args=[]):
                return self.of(value)
            case ast.Dict():
                return self._display(node)
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                return self._union(left, right)
            case ast.IfExp(body=body, orelse=orelse):
                return self._either([body, orelse])
            case ast.BoolOp(values=values):
                return self._either(values)
            case _:
                return None

    def _either(self, nodes: list[ast.expr]) -> Carrier | None:
        found = [carrier for carrier in map(self.of, nodes) if carrier]
        return functools.reduce(Carrier.either, found) if found else None

    def _dict_call(self, node: ast.Call) -> Carrier | None:
        fixed = frozenset(keyword.arg for keyword in node.keywords if keyword.arg is not None)
        unpacked = [keyword.value for keyword in node.keywords if keyword.arg is None]
        carried = [carrier for carrier in map(self.of, unpacked) if carrier]
        first = self.of(node.args[0]) if len(node.args) == 1 else None
        if carried:
            below, opaque = self.contents(node.args[0]) if node.args else ({}, False)
            step = Carrier(fixed=fixed, defaults=below, opaque=opaque or len(unpacked) > len(carried))
            return carried[0].then(step)
        return None if first is None else first.then(Carrier(hidden=fixed, opaque=bool(unpacked)))

    def _display(self, node: ast.Dict) -> Carrier | None:
        found: Carrier | None = None
        below = Carrier()
        for key, value in zip(node.keys, node.values, strict=True):
            carrier = self.of(value) if key is None else None
            if carrier is not None:
                found = carrier if found is None else carrier.over(found)
                continue
            contents, opaque = self.contents(value) if key is None else self._item(key, value)
            if found is None:
                below = Carrier(defaults={**below.defaults, **contents}, opaque=below.opaque or opaque)
            else:
                found = found.then(Carrier(hidden=frozenset(contents), opaque=opaque))
        return None if found is None else found.then(below)

    def _union(self, left: ast.expr, right: ast.expr) -> Carrier | None:
        above, below = self.of(right), self.of(left)
        if above is not None:
            return self.filled(above, left)
        return None if below is None else self.overwritten(below, right)

    def filled(self, carrier: Carrier, under: ast.expr) -> Carrier:
        """Put another dictionary's items where the caller gives none."""
        contents, opaque = self.contents(under)
        return carrier.then(Carrier(defaults=contents, opaque=opaque))

    def overwritten(self, carrier: Carrier, over: ast.expr) -> Carrier:
        """Put another dictionary's items over what the caller gives."""
        contents, opaque = self.contents(over)
        return carrier.then(Carrier(hidden=frozenset(contents), opaque=opaque))

    def contents(self, node: ast.expr) -> tuple[dict[str, object], bool]:
        """Read what a dictionary that is no carrier holds.

        Args:
            node: The expression that is the dictionary.

        Returns:
            Its items, and whether it may hold more than those.
        """
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
                return self._held_by(name, node)
            case _:
                return {}, True

    def _item(self, key: ast.expr, value: ast.expr) -> tuple[dict[str, object], bool]:
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            return {key.value: self._scope.value(value)}, False
        return {}, True

    def _held_by(self, name: str, node: ast.Name) -> tuple[dict[str, object], bool]:
        assigned = self._scope.assigned.get(name)
        if assigned is None:
            constant = self._scope.value(node)
            return _items_of(constant)
        match assigned:
            case [ast.expr() as value] if not isinstance(value, ast.Name):
                contents, opaque = self.contents(value)
                added = dict.fromkeys(self._items_set.get(name, ()), OPAQUE)
                held = {} if name in self._emptied else {**contents, **added}
                return held, opaque or name in self._changed
            case _:
                return {}, True


def _items_of(constant: object) -> tuple[dict[str, object], bool]:
    """The items of a dictionary that a module holds."""
    if not isinstance(constant, Mapping):
        return {}, True
    items = typing.cast("Mapping[object, object]", constant)
    return {key: value for key, value in items.items() if isinstance(key, str)}, False
