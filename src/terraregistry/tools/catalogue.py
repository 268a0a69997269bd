"""The data of the component catalogue, the documentation's search page, as JSON: shared values are written once."""

from __future__ import annotations

import json
import re
from collections.abc import Hashable
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from terraregistry.index import BUILD_MODELS, ParameterKind
from terraregistry.tools.cli.describing import short_type
from terraregistry.tools.cli.lookup import listed
from terraregistry.tools.snippets import snippets_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from terraregistry.index import Component, Index, Parameter, Signature
    from terraregistry.pretrained import PretrainedWeights
    from terraregistry.tools.cli.lookup import Listed

__all__ = ["NAME", "catalogue_data"]

T = TypeVar("T", bound=Hashable)

NAME: Final = "{name}"
"""Placeholder for the name in shared values: snippets, and origins of weights."""

_FACTORY: Final = "model-factory"
"""Kind whose components are shown with the parameters of `build_model`; factories are constructed without arguments."""
_KINDS: Final = list(ParameterKind)


def catalogue_data(index: Index, pages: Mapping[str, str] | None = None) -> str:
    """Write every component as JSON; `pages` has the addresses of the documentation of classes and functions."""
    builders = next((each.components for each in index.registries if each.reference == BUILD_MODELS), ())
    return _Writer(pages or {}, {each.name: each.signature for each in builders}).write(listed(index))


class _Table(Generic[T]):
    """Distinct items in the order of their first occurrence."""

    def __init__(self) -> None:
        self._places: dict[T, int] = {}

    def place(self, item: T) -> int:
        """Return the place of an item; a new item gets the next one."""
        return self._places.setdefault(item, len(self._places))

    def items(self) -> list[T]:
        """List the items."""
        return list(self._places)


class _Writer:
    def __init__(self, pages: Mapping[str, str], builders: Mapping[str, Signature]) -> None:
        self._addresses = pages
        self._builders = builders
        self._kinds, self._libraries, self._licences = _Table[str](), _Table[str](), _Table[str | None]()
        self._types, self._origins, self._places, self._pages = (
            _Table[str](),
            _Table[str](),
            _Table[str](),
            _Table[str](),
        )
        self._sources = _Table[tuple[str, str]]()
        self._snippets = _Table[tuple[str, str | None]]()
        self._parameters = _Table[tuple[object, ...]]()
        self._signatures = _Table[tuple[int, ...]]()

    def write(self, entries: Iterable[Listed]) -> str:
        components = [self._entry(each) for each in entries]
        types = [(short_type(each), each) for each in self._types.items()]
        data = {
            "kinds": self._kinds.items(),
            "sources": self._sources.items(),
            "libraries": self._libraries.items(),
            "licences": self._licences.items(),
            "places": self._places.items(),
            "pages": self._pages.items(),
            "types": [[short] if short == full else [short, full] for short, full in types],
            "origins": self._origins.items(),
            "parameters": self._parameters.items(),
            "signatures": self._signatures.items(),
            "snippets": self._snippets.items(),
            "components": components,
        }
        return json.dumps(data, separators=(",", ":"), ensure_ascii=False)

    def _entry(self, entry: Listed) -> list[object]:
        component = entry.component
        weights = [each.name for each in component.weights]
        constructor = (component.constructor or "").replace(":", ".")
        page = self._addresses.get(constructor) or self._addresses.get(component.product.text) or ""
        signature = (
            self._builders.get(entry.name, component.signature) if entry.kind == _FACTORY else component.signature
        )
        parameters = (self._parameter(each, constructor) for each in signature.parameters)
        return [
            entry.name,
            self._kinds.place(entry.kind),
            self._source(entry),
            [each for each in component.aliases if each not in weights],
            [self._weights(each) for each in component.weights],
            self._signatures.place(tuple(parameters)),
            self._types.place(component.product.text),
            component.summary,
            "" if component.file is None else f"{component.file}:{component.line}",
            self._libraries.place(_library(component)),
            self._snippet(entry, pretrained=False),
            self._snippet(entry, pretrained=bool(weights)),
            self._pages.place(page),
        ]

    def _source(self, entry: Listed) -> int:
        prefix = entry.name.removesuffix(entry.component.name)
        return self._sources.place((entry.source or entry.component.library or prefix, prefix))

    def _weights(self, weights: PretrainedWeights) -> list[object]:
        place = self._places.place(weights.origin.replace(weights.name, NAME))
        return [weights.name, place, self._licences.place(weights.license), weights.size]

    def _snippet(self, entry: Listed, *, pretrained: bool) -> int:
        snippets = snippets_of(entry.registry, entry.name, entry.component, pretrained=pretrained)
        named = re.compile(rf'(?<=")({re.escape(entry.name)})(?=")|(?<=: )({re.escape(entry.name)})$', re.MULTILINE)
        config = None if snippets.config is None else named.sub(NAME, snippets.config)
        return self._snippets.place((named.sub(NAME, snippets.python), config))

    def _parameter(self, parameter: Parameter, constructor: str) -> int:
        return self._parameters.place(
            (
                parameter.name,
                _KINDS.index(parameter.kind),
                self._types.place(parameter.accepts.text),
                parameter.default,
                self._origins.place((parameter.origin or constructor).removesuffix(".__init__")),
            )
        )


def _library(component: Component) -> str:
    return f"{component.library} {component.version}" if component.library and component.version else ""
