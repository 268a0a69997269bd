"""Execution paths through a function, and the use of its `**kwargs` on each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from terraregistry.registry.signatures.annotations import OPAQUE

if TYPE_CHECKING:
    import ast

    from terraregistry.registry.locations import Location
    from terraregistry.registry.signatures.carriers import Carrier
    from terraregistry.registry.signatures.scopes import Target

__all__ = ["REQUIRED", "Forward", "Path", "merged"]

REQUIRED: Final = object()
"""Sentinel: the default of a name looked up without one."""


@dataclass(frozen=True, eq=False)
class Forward:
    """One call given the keyword arguments.

    Attributes:
        targets: The possible callees; None if unknown.
        positional: The number of positional arguments of the call's own; None if unknown.
        keywords: The names given by the call itself.
        carrier: The changes to the arguments on the way.
        passes_positional: True if the function's `*args` are forwarded as well.
        partial: True if the call is only prepared, as by `functools.partial`.
        call: The expression called; None if the arguments are refused by the function itself.
        location: The line of the call.
    """

    targets: list[Target] | None
    positional: int | None
    keywords: frozenset[str]
    carrier: Carrier
    passes_positional: bool = False
    partial: bool = False
    call: ast.expr | None = None
    location: Location | None = None


@dataclass
class Path:
    """The uses of the arguments on one path through the function.

    Attributes:
        forwards: The calls forwarded to; each has to accept the arguments.
        reads: The names looked up by the function itself, with their defaults (`REQUIRED` if there is none).
        kept: The line that stores all arguments, with a reader unknown from the source.
        escapes: The line that hands the arguments to code able to change them.
    """

    forwards: list[Forward] = field(default_factory=list[Forward])
    reads: dict[str, object] = field(default_factory=dict[str, object])
    kept: Location | None = None
    escapes: Location | None = None

    def copy(self) -> Path:
        """Return an equal, independent path."""
        return Path(list(self.forwards), dict(self.reads), self.kept, self.escapes)

    def read(self, name: str, default: object) -> None:
        """Record a look-up."""
        if name not in self.reads or default is REQUIRED:
            self.reads[name] = default

    def join(self, other: Path) -> None:
        """Merge with a path of the same forwards."""
        for name in {**self.reads, **other.reads}:
            defaults = [path.reads.get(name, OPAQUE) for path in (self, other)]
            self.reads[name] = next((default for default in defaults if default is not REQUIRED), REQUIRED)
        self.kept = self.kept or other.kept
        self.escapes = self.escapes or other.escapes


def merged(paths: list[Path]) -> list[Path]:
    """Merge the paths of the same forwards.

    Args:
        paths: The paths; they may be changed.

    Returns:
        Paths with distinct forwards.
    """
    found: dict[tuple[Forward, ...], Path] = {}
    for path in paths:
        known = found.setdefault(tuple(path.forwards), path)
        if known is not path:
            known.join(path)
    return [*found.values()]
