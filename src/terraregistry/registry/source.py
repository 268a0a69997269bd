"""The protocol of sources mounted in a `MultiSourceRegistry`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Source"]

T_co = TypeVar("T_co", covariant=True)


@runtime_checkable
class Source(Protocol[T_co]):
    """A collection of names that builds components by name.

    Further methods of a `Registry` are used if present: `resolve`, `__getitem__`, `signature`, `validate`, `describe`.
    """

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names, each once."""
        ...

    def __len__(self) -> int:
        """Count the names."""
        ...

    def __contains__(self, name: object, /) -> bool:
        """Return True for a known name or alias."""
        ...

    # Each component has arguments of its own.
    def build(self, name: str, /, *args: Any, **kwargs: Any) -> T_co:
        """Build the component of a name."""
        ...
