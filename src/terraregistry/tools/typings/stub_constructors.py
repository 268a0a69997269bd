"""The types of constructors: the class itself if a class is the constructor, or else a protocol of its calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from terraregistry.tools.typings.stub_signatures import parameters_after

if TYPE_CHECKING:
    from collections.abc import Iterator

    from terraregistry.index import Component

__all__ = ["ConstructorTypes"]


class ConstructorTypes:
    """The protocols of a stub, each written once."""

    def __init__(self) -> None:
        self._protocols: dict[tuple[str, str], str] = {}

    def type_of(self, component: Component) -> str:
        """Write the type of a component's constructor.

        Args:
            component: The component.

        Returns:
            The text of the type.
        """
        if (component.constructor or "").replace(":", ".") == component.product.text:
            return f"type[{component.product.text}]"
        call = (parameters_after({"self": ""}, component.signature), component.product.text)
        return self._protocols.setdefault(call, f"_Constructor{len(self._protocols)}")

    def lines(self) -> Iterator[str]:
        """Write the protocols."""
        for (parameters, product), name in self._protocols.items():
            yield f"class {name}(typing.Protocol):"
            yield f"    def __call__({parameters}) -> {product}: ..."
            yield ""
