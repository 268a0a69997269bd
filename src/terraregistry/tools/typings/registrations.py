"""`register` of the registries of one kind: takes a constructor of that kind, and returns it unchanged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from terraregistry.index import PortableType

__all__ = ["Registrations"]

_OPTIONS: Final = "*, name: str | None = None, aliases: collections.abc.Iterable[str] = (), override: bool = False"
_DOC: Final = '"""Register a constructor, and return it unchanged."""'
_WHY: Final = "A Registry of anything takes more than a registry of one kind"


class Registrations:
    """The type variables of a stub for registered constructors: one for each kind."""

    def __init__(self) -> None:
        self._variables: dict[str, str] = {}

    def methods(self, kind: PortableType) -> Iterator[str]:
        """Write `register`.

        The bound cannot mention the type variable of `Registry`: each kind has a method of its own.

        Args:
            kind: The type of the registry's components.
        """
        variable = self._variables.setdefault(kind.text, f"_Makes{kind.text.rpartition('.')[2]}")
        yield f"# {_WHY}."
        yield "@typing.overload  # type: ignore[override]"
        yield f"def register(self, constructor: {variable}, /, {_OPTIONS}) -> {variable}: {_DOC}"
        yield "@typing.overload"
        decorator = f"collections.abc.Callable[[{variable}], {variable}]"
        yield f"def register(self, /, {_OPTIONS}) -> {decorator}: {_DOC}"

    def lines(self) -> Iterator[str]:
        """Write the type variables."""
        for kind, name in self._variables.items():
            bound = f"collections.abc.Callable[..., {kind}]"
            yield f'{name} = typing.TypeVar("{name}", bound={bound})'
        yield ""
