"""The classes behind `build` and `validate` in a stub.

Both are typed as a class. Its `__new__` is overloaded on the name alone, so that no overload is ambiguous for an argument of
type `Any` or an unpacked one, and gives a subclass; the `__init__` of the subclass has the parameters of the component.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from terraregistry.tools.typings.stub_constructors import VALIDATES
from terraregistry.tools.typings.stub_signatures import keywords_of, parameters_after

if TYPE_CHECKING:
    from collections.abc import Iterator

    from terraregistry.index import Signature
    from terraregistry.tools.typings.groups import Group

__all__ = ["ArgumentTypes", "CallTypes", "NamedGroups", "is_class"]

_ANYTHING: Final = "/, *args: typing.Any, **kwargs: typing.Any"
_CLASS: Final = re.compile(r"[\w.]+")
_BASES: Final = ("typing.Any", "object", "torch.nn.modules.module.Module")
"""Products that say no more than the kind of the registry."""


@dataclass(frozen=True)
class NamedGroups:
    """The names of a registry.

    Attributes:
        registry: The name of its class.
        kind: The type of its products.
        all_names: The alias of all names.
        unions: Types of names that together have all, to be tried in turn.
        groups: For each group of names the aliases of the names.
        is_closed: False if there may be further names.
    """

    registry: str
    kind: str
    all_names: str
    unions: list[str]
    groups: list[tuple[list[str], Group]]
    is_closed: bool = True


class ArgumentTypes:
    """Classes with an `__init__` that takes a name and the arguments of a component."""

    def __init__(self) -> None:
        self._classes: dict[str, str] = {}

    def type_of(self, signature: Signature) -> str:
        """Write the class of a signature."""
        parameters = parameters_after({"self": "", "name": "str"}, signature)
        return self._classes.setdefault(parameters, f"_Arguments{len(self._classes)}")

    def lines(self) -> Iterator[str]:
        """Write the classes."""
        for parameters, name in self._classes.items():
            yield f"class {name}:"
            yield f"    def __init__({parameters}) -> None: {VALIDATES}"


class CallTypes:
    """The classes of one method.

    Args:
        method: The name of the method.
        docstring: The docstring of a call.
        arguments: The classes of arguments.
        generic: The generic type of what a call gives; empty if that is the product itself.
    """

    def __init__(self, method: str, docstring: str, arguments: ArgumentTypes, generic: str = "") -> None:
        self._method = method.title()
        self._docstring = docstring
        self._arguments = arguments
        self._generic = generic
        self._made: dict[tuple[str, str], tuple[str, list[str]]] = {}
        self._roots: list[str] = []

    def type_of(self, names: NamedGroups) -> str:
        """Write the type of the method of a registry.

        Args:
            names: Its names.

        Returns:
            The type.
        """
        label = self._label(names.kind)
        root = f"_{self._method}{names.registry}.{label}"
        whole = self._of(root, names.kind)
        loose, nothing = f"_Loose{self._method}{names.registry}", f"_NoSuch{self._method}{names.registry}"
        self._roots += [
            f"class _{self._method}{names.registry}:",
            f"    class {label}({f'{self._generic}[_T_co]' if self._generic else names.kind}):",
            f"        {self._docstring}",
            *(f"        {line}" for line in self._members(names, root, f"{loose}.{label}", nothing)),
            f"class {loose}:",
            f"    class {label}({whole}):",
            f"        def __init__(self, name: str, {_ANYTHING}) -> None: {self._docstring}",
            f"class {nothing}({whole}, typing.Generic[_SL]):",
            "    @typing.overload  # a name put together from literals",
            f"    def __init__(self: {nothing}[typing.LiteralString], name: str, {_ANYTHING}) -> None: {self._docstring}",
            "    @typing.overload",
            f"    def __init__(self, there_is_no_component_of_this_name: typing.Never, {_ANYTHING}) -> None: {self._docstring}",
        ]
        return f"type[{whole}]"

    def _label(self, product: str) -> str:
        """Return the name that an editor shows."""
        return (self._generic or product).rpartition(".")[2]

    def _of(self, root: str, product: str) -> str:
        return f"{root}[{product}]" if self._generic else root

    def _members(self, names: NamedGroups, root: str, loose: str, nothing: str) -> Iterator[str]:
        # The first is what signature help shows, and the last has what is proposed as an argument.
        common, each = keywords_of(group.component.signature for _, group in names.groups)
        for name, keywords in ((names.all_names, common), ("str", []), (names.all_names, each)):
            further = ", ".join(["*args: typing.Any", *keywords, "**kwargs: typing.Any"])
            yield "@typing.overload"
            yield f"def __init__(self, name: {name}, /, {further}) -> None: {self._docstring}"
        for aliases, group in names.groups:
            made = self._made_of(group, root)
            for alias in aliases:
                yield from self._choice(alias, made)
        yield from self._choice(names.all_names, loose)
        if names.is_closed:
            yield from self._choice("_SL", f"{nothing}[_SL]")
        yield from self._choice("str", loose)

    def _choice(self, name: str, made: str) -> Iterator[str]:
        yield "@typing.overload"
        yield f"def __new__(cls, name: {name}, {_ANYTHING}) -> {made}: {self._docstring}"

    def _made_of(self, group: Group, root: str) -> str:
        product = group.component.product.text
        key = self._arguments.type_of(group.component.signature), product
        home, roots = self._made.setdefault(key, (f"_{self._method}{len(self._made)}", []))
        if root not in roots:
            roots.append(root)
        return f"{home}.{self._label(product)}"

    def lines(self) -> Iterator[str]:
        """Write the classes."""
        yield from self._roots
        for (arguments, product), (home, roots) in self._made.items():
            own = [product] if not self._generic and is_class(product) else []
            bases = [arguments, *own, *(self._of(root, product) for root in roots)]
            yield f"class {home}:"
            yield f"    class {self._label(product)}({', '.join(bases)}): ..."


def is_class(product: str) -> bool:
    """Return True for a type that a class can derive from, besides the kind of its registry."""
    return _CLASS.fullmatch(product) is not None and product not in _BASES
