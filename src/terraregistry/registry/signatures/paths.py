"""Execution paths through a function, and the use of its `**kwargs` on each."""

from __future__ import annotations

from dataclasses import dataclass, field
from inspect import Parameter
from typing import TYPE_CHECKING

from terraregistry.registry.signatures.annotations import OPAQUE

if TYPE_CHECKING:
    import ast
    from collections.abc import Sequence

    from terraregistry.registry.locations import Location
    from terraregistry.registry.signatures.lattice import KwargsDict
    from terraregistry.registry.signatures.scopes import Target

__all__ = ["ExecutionPath", "Forward", "merged_paths"]


@dataclass(frozen=True, eq=False)
class Forward:
    """One call given the keyword arguments.

    Attributes:
        targets: The possible callees; empty if unknown.
        options: The dictionary passed.
        positional: The number of positional arguments of the call's own.
        keywords: The names given by the call itself.
        passes_positional: True if the function's `*args` are forwarded as well.
        may_give_more: True if arguments may be added: from a sequence, or later, as for `functools.partial`.
        call: The expression called; None if the arguments are refused by the function itself.
        location: The line of the call.
    """

    targets: Sequence[Target]
    options: KwargsDict
    positional: int = 0
    keywords: frozenset[str] = frozenset()
    passes_positional: bool = False
    may_give_more: bool = False
    call: ast.expr | None = None
    location: Location | None = None


@dataclass
class ExecutionPath:
    """The uses of the arguments on one path through the function.

    Attributes:
        forwards: The calls forwarded to; each has to accept the arguments.
        reads: The names looked up by the function itself, with their defaults (`Parameter.empty` if required).
        kept: The line that stores all arguments, with a reader unknown from the source.
        escapes: The line that hands the arguments to code able to change them.
    """

    forwards: list[Forward] = field(default_factory=list[Forward])
    reads: dict[str, object] = field(default_factory=dict[str, object])
    kept: Location | None = None
    escapes: Location | None = None

    def copy(self) -> ExecutionPath:
        """Return an equal, independent path."""
        return ExecutionPath(list(self.forwards), dict(self.reads), self.kept, self.escapes)

    def read(self, name: str, default: object) -> None:
        """Record a look-up."""
        if name not in self.reads or default is Parameter.empty:
            self.reads[name] = default

    def join(self, other: ExecutionPath) -> None:
        """Merge with a path of the same forwards: a name is required if both require it."""
        for name in {**self.reads, **other.reads}:
            default = self.reads.get(name, OPAQUE)
            self.reads[name] = other.reads.get(name, OPAQUE) if default is Parameter.empty else default
        self.kept = self.kept or other.kept
        self.escapes = self.escapes or other.escapes


def merged_paths(paths: Sequence[ExecutionPath]) -> list[ExecutionPath]:
    """Merge the paths of the same forwards, in place, and return one of each."""
    found: dict[tuple[Forward, ...], ExecutionPath] = {}
    for path in paths:
        known = found.setdefault(tuple(path.forwards), path)
        if known is not path:
            known.join(path)
    return [*found.values()]
