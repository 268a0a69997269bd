"""Carriers: dictionaries holding a function's `**kwargs`, and the changes to their names.

Signatures are resolved by abstract interpretation: the source is run without values, and a dictionary is known by the
state of each of its keys. All keys that are not mentioned are in the state `caller`.

| state | the value at this key | recorded in |
| --- | --- | --- |
| caller | the caller's, if given | |
| default | the caller's, else the function's own | `defaults` |
| fixed | the function's own; the caller's would collide | `fixed` |
| hidden | removed or overwritten; the caller's is lost | `hidden` |
| perhaps | hidden on some path | `perhaps` |

`one.then(step)` is a change after another, `one.either(other)` the union of two branches, `one.over(under)` a merge in which
the first wins. Each is a table from the states of a key in both (rows: the first) to its state in the result:

| then | caller | default | fixed | hidden | perhaps |
| --- | --- | --- | --- | --- | --- |
| caller | caller | default | fixed | hidden | perhaps |
| default | default | default | fixed | hidden | perhaps |
| fixed | fixed | fixed | fixed | fixed | fixed |
| hidden | hidden | hidden | hidden | hidden | hidden |
| perhaps | perhaps | perhaps | fixed | hidden | perhaps |

| either | caller | default | fixed | hidden | perhaps |
| --- | --- | --- | --- | --- | --- |
| caller | caller | default | default | perhaps | perhaps |
| default | default | default | default | perhaps | perhaps |
| fixed | default | default | fixed | perhaps | perhaps |
| hidden | perhaps | perhaps | perhaps | hidden | perhaps |
| perhaps | perhaps | perhaps | perhaps | perhaps | perhaps |

| over | caller | default | fixed | hidden | perhaps |
| --- | --- | --- | --- | --- | --- |
| caller | caller | default | fixed | default | default |
| default | default | default | fixed | default | default |
| fixed | fixed | fixed | fixed | fixed | fixed |
| hidden | perhaps | perhaps | fixed | hidden | perhaps |
| perhaps | perhaps | perhaps | fixed | perhaps | perhaps |
"""

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

__all__ = ["Carrier", "Carriers", "held_by_items"]


@dataclass(frozen=True)
class Carrier:
    """A dictionary holding the caller's keyword arguments, and its other contents.

    Attributes:
        fixed: Names given by the function itself; the caller's would collide.
        hidden: Names removed or overwritten by the function: later callees do not see the caller's value.
        perhaps: Names hidden on some of the paths leading here.
        defaults: Names with a value from the function, replaceable by the caller.
        opaque: True if it has further names, unknown from the source.
    """

    fixed: frozenset[str] = frozenset()
    hidden: frozenset[str] = frozenset()
    perhaps: frozenset[str] = frozenset()
    defaults: Mapping[str, object] = field(default_factory=dict[str, object])
    opaque: bool = False

    def then(self, step: Carrier) -> Carrier:
        """Compose with a later transformation."""
        return Carrier(
            self.fixed | (step.fixed - self.hidden),
            self.hidden | (step.hidden - self.fixed),
            self.perhaps | step.perhaps,
            {**step.defaults, **self.defaults},
            self.opaque or step.opaque,
        )

    def hiding(self, names: Iterable[str]) -> Carrier:
        """Remove or overwrite names."""
        return self.then(Carrier(hidden=frozenset(names)))

    def either(self, other: Carrier) -> Carrier:
        """Join two branches' carriers."""
        fixed_in_one = self.fixed ^ other.fixed
        return Carrier(
            self.fixed & other.fixed,
            self.hidden & other.hidden,
            self.perhaps | other.perhaps | (self.hidden ^ other.hidden),
            {**dict.fromkeys(fixed_in_one, OPAQUE), **other.defaults, **self.defaults},
            self.opaque or other.opaque,
        )

    def over(self, under: Carrier) -> Carrier:
        """Merge over another one: it may fill names hidden here, and its names become optional."""
        return Carrier(
            self.fixed | under.fixed,
            self.hidden & under.hidden,
            self.perhaps | (self.hidden - under.hidden),
            {
                **dict.fromkeys((under.hidden | under.perhaps) - self.hidden, OPAQUE),
                **under.defaults,
                **self.defaults,
            },
            self.opaque or under.opaque,
        )


class Carriers:
    """The carriers among one function's variables, at one point of it.

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
        """Record an item set in a dictionary variable (no carrier)."""
        self._items_set.setdefault(name, set()).add(key)

    def note_change(self, name: str) -> None:
        """Record a change of a variable (no carrier), unknown from the source."""
        self._changed.add(name)

    def note_removal(self, name: str) -> None:
        """Record a removal from a variable (no carrier): its remaining items are unknown."""
        self._changed.add(name)
        self._emptied.add(name)

    def join(self, branches: list[dict[str, Carrier]]) -> None:
        """Continue with the union of the branches."""
        self.variables = {}
        for branch in branches:
            for name, carrier in branch.items():
                known = self.variables.get(name)
                self.variables[name] = carrier if known is None else known.either(carrier)

    def of(self, node: ast.expr) -> Carrier | None:
        """Find the carrier of an expression.

        Args:
            node: The expression.

        Returns:
            The carrier; None for any other expression.
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
            case ast.DictComp(key=ast.Name(id=key), generators=[ast.comprehension(target=target, iter=items, ifs=[])]):
                keeps_names = (
                    isinstance(target, ast.Tuple) and isinstance(target.elts[0], ast.Name) and target.elts[0].id == key
                )
                held = held_by_items(items)
                return self.of(held) if keeps_names and held is not None else None
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
        items = held_by_items(node.args[0]) if len(node.args) == 1 else None
        first = self.of(items or node.args[0]) if len(node.args) == 1 else None
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
        """Add another dictionary's items as defaults."""
        contents, opaque = self.contents(under)
        return carrier.then(Carrier(defaults=contents, opaque=opaque))

    def overwritten(self, carrier: Carrier, over: ast.expr) -> Carrier:
        """Overwrite with another dictionary's items."""
        contents, opaque = self.contents(over)
        return carrier.then(Carrier(hidden=frozenset(contents), opaque=opaque))

    def contents(self, node: ast.expr) -> tuple[dict[str, object], bool]:
        """Read the contents of a dictionary (no carrier).

        Args:
            node: The expression of the dictionary.

        Returns:
            Its items, and True if it may hold more.
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
    """Return the items of a module-level dictionary."""
    if not isinstance(constant, Mapping):
        return {}, True
    items = typing.cast("Mapping[object, object]", constant)
    return {key: value for key, value in items.items() if isinstance(key, str)}, False


def held_by_items(items: ast.expr) -> ast.expr | None:
    """Return the dictionary of an expression for its items.

    Args:
        items: Such as `kwargs.items()`, or `list(more.items()) + list(kwargs.items())`.

    Returns:
        The expression of a dictionary with these items; None for any other expression.
    """
    match items:
        case ast.Call(func=ast.Attribute(value=held, attr="items"), args=[], keywords=[]):
            return held
        case ast.Call(func=ast.Name(id="list" | "tuple"), args=[inner], keywords=[]):
            return held_by_items(inner)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            below, above = held_by_items(left), held_by_items(right)
            return None if below is None or above is None else ast.BinOp(below, ast.BitOr(), above)
        case _:
            return None
