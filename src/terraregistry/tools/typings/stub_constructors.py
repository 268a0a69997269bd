"""The types of constructors and of builders, each written once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from terraregistry.tools.typings.stub_signatures import parameters_after

if TYPE_CHECKING:
    from collections.abc import Iterator

    from terraregistry.index import Component
    from terraregistry.tools.typings.groups import Group

__all__ = ["BUILDER", "BUILDS", "SPEC", "VALIDATES", "BuilderTypes", "ConstructorTypes"]

BUILDER: Final = "terraregistry.registry.Builder"
SPEC: Final = "terraregistry.registry.ComponentSpec"

BUILDS: Final = '"""Validate the arguments, construct the component and check it."""'
VALIDATES: Final = '"""Validate the arguments without constructing anything."""'
"""Docstrings of what is called: where one is missing, pyright searches all overloads and source files for it at each keystroke."""


def _call_of(component: Component) -> tuple[str, str]:
    return parameters_after({"self": ""}, component.signature), component.product.text


class ConstructorTypes:
    """The types of constructors: the class itself if a class is the constructor, or else a protocol of its calls."""

    def __init__(self) -> None:
        self._protocols: dict[tuple[str, str], str] = {}

    def type_of(self, group: Group) -> str:
        """Write the type of the constructor of a group of names.

        Args:
            group: The group.

        Returns:
            The text of the type.
        """
        component = group.component
        if (component.constructor or "").replace(":", ".") == component.product.text:
            return f"type[{component.product.text}]"
        return self._protocols.setdefault(_call_of(component), f"_Constructor{len(self._protocols)}")

    def lines(self) -> Iterator[str]:
        """Write the protocols."""
        for (parameters, product), name in self._protocols.items():
            yield f"class {name}(typing.Protocol):"
            yield f'    def __call__({parameters}) -> {product}: """Construct the component."""'


class BuilderTypes:
    """The types of builders: classes with the parameters of one component, and with its docstring for editors."""

    def __init__(self) -> None:
        self._classes: dict[tuple[str, str, str], str] = {}

    def type_of(self, group: Group) -> str:
        """Write the type of the builder of a group of names.

        Args:
            group: The group.

        Returns:
            The name of a class.
        """
        docstring = group.docstring(BUILDS)
        return self._classes.setdefault((*_call_of(group.component), docstring), f"_Builder{len(self._classes)}")

    def lines(self) -> Iterator[str]:
        """Write the classes."""
        for (parameters, product, docstring), name in self._classes.items():
            yield f"class {name}({BUILDER}[..., {product}]):"
            yield f"    def __call__({parameters}) -> {product}: {docstring}"
            yield f"    def validate({parameters}) -> {SPEC}[{product}]: {VALIDATES}"
