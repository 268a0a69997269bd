"""The ways through a function: what it does with its `**kwargs` on each of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from terraregistry.registry.signatures.annotations import OPAQUE

if TYPE_CHECKING:
    from terraregistry.registry.signatures.carriers import Carrier
    from terraregistry.registry.signatures.scopes import Target

__all__ = ["REQUIRED", "Forward", "Path", "merged"]

REQUIRED: Final = object()
"""Stands for the default of a name that a function looks up without one."""


@dataclass(frozen=True, eq=False)
class Forward:
    """One call that the keyword arguments are passed to.

    Attributes:
        targets: What may be called there; None where that cannot be known.
        positional: How many positional arguments the call gives itself; None where that cannot be known.
        keywords: The names that the call gives itself.
        carrier: What happened to the arguments on the way.
        passes_positional: Whether the function's `*args` are passed on as well.
        partial: Whether the call is only prepared, as by `functools.partial`.
    """

    targets: list[Target] | None
    positional: int | None
    keywords: frozenset[str]
    carrier: Carrier
    passes_positional: bool = False
    partial: bool = False


@dataclass
class Path:
    """What happens to the arguments on one way through the function.

    Attributes:
        forwards: The calls that they are passed to, each of which has to accept them.
        reads: The names that the function itself looks up, with their defaults (`REQUIRED` where there is none).
        kept: Whether all of them are put where the source does not tell who reads them.
        escapes: Whether they are handed to somebody who may change them.
    """

    forwards: list[Forward] = field(default_factory=list[Forward])
    reads: dict[str, object] = field(default_factory=dict[str, object])
    kept: bool = False
    escapes: bool = False

    def copy(self) -> Path:
        """Begin another way that is the same so far."""
        return Path(list(self.forwards), dict(self.reads), self.kept, self.escapes)

    def read(self, name: str, default: object) -> None:
        """Note that a name is looked up."""
        if name not in self.reads or default is REQUIRED:
            self.reads[name] = default

    def join(self, other: Path) -> None:
        """Make one of two ways that pass the arguments on to the same calls."""
        for name in {**self.reads, **other.reads}:
            defaults = [path.reads.get(name, OPAQUE) for path in (self, other)]
            self.reads[name] = next((default for default in defaults if default is not REQUIRED), REQUIRED)
        self.kept |= other.kept
        self.escapes |= other.escapes


def merged(paths: list[Path]) -> list[Path]:
    """Make one of the ways that pass the arguments on to the same calls.

    Args:
        paths: The ways, which may be changed.

    Returns:
        Ways of which no two have the same forwards.
    """
    found: dict[tuple[Forward, ...], Path] = {}
    for path in paths:
        known = found.setdefault(tuple(path.forwards), path)
        if known is not path:
            known.join(path)
    return [*found.values()]
