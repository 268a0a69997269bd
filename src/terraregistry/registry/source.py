"""The least that something needs in order to be mounted in a `MultiSourceRegistry`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Source"]

T_co = TypeVar("T_co", covariant=True)


@runtime_checkable
class Source(Protocol[T_co]):
    """A collection of names that builds what they stand for.

    Where a source has more of what a `Registry` has (`resolve`, `__getitem__`, `signature`, `validate`, `describe`), it is used.
    """

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names, each once."""
        ...

    def __len__(self) -> int:
        """Count the names."""
        ...

    def __contains__(self, name: object, /) -> bool:
        """Say whether a name, or an alias of one, is here."""
        ...

    # Each component has arguments of its own.
    def build(self, name: str, /, *args: Any, **kwargs: Any) -> T_co:
        """Build the component of a name."""
        ...
