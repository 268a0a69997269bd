"""The data of the component catalogue, the documentation's search page, as JSON: shared values are written once."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from terraregistry.index import BUILD_MODELS, ParameterKind
from terraregistry.tools.cli.lookup import listed, short_type
from terraregistry.tools.snippets import snippets_of

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from terraregistry.index import Index, Parameter, Signature
    from terraregistry.pretrained import PretrainedWeights
    from terraregistry.tools.cli.lookup import Listed

__all__ = ["NAME", "catalogue_data"]

NAME: Final = "{name}"
"""Placeholder for the name in shared values: snippets, and origins of weights."""

_FACTORY: Final = "model-factory"
"""Kind whose components are shown with the parameters of `build_model`; factories are constructed without arguments."""
_KINDS: Final = list(ParameterKind)
_TABLES: Final = (
    *("kinds", "sources", "libraries", "licences", "places", "pages"),
    *("types", "origins", "parameters", "signatures", "snippets"),
)
"""The keys of lists of shared values, referred to by their places."""


def catalogue_data(index: Index, pages: Mapping[str, str] | None = None) -> str:
    """Write every component as JSON; `pages` has the addresses of the documentation of classes and functions."""
    builders = next((each.components for each in index.registries if each.reference == BUILD_MODELS), ())
    writer = _Writer(pages or {}, {each.name: each.signature for each in builders})
    components = [writer.entry(each) for each in listed(index)]
    data: dict[str, list[object]] = {name: list(places) for name, places in writer.tables.items()}
    types = [(short_type(each), each) for each in map(str, data["types"])]
    data["types"] = [[short] if short == full else [short, full] for short, full in types]
    return json.dumps({**data, "components": components}, separators=(",", ":"), ensure_ascii=False)


class _Writer:
    def __init__(self, pages: Mapping[str, str], builders: Mapping[str, Signature]) -> None:
        self._addresses = pages
        self._builders = builders
        self.tables: dict[str, dict[Hashable, int]] = {name: {} for name in _TABLES}

    def _place(self, table: str, item: Hashable) -> int:
        """Return the place of an item in a table; a new item gets the next one."""
        return self.tables[table].setdefault(item, len(self.tables[table]))

    def entry(self, entry: Listed) -> list[object]:
        """Describe a component by its own values and places in the tables."""
        component = entry.component
        weights = [each.name for each in component.weights]
        constructor = (component.constructor or "").replace(":", ".")
        page = self._addresses.get(constructor) or self._addresses.get(component.product.text) or ""
        own = component.signature
        signature = self._builders.get(entry.name, own) if entry.kind == _FACTORY else own
        parameters = tuple(self._parameter(each, constructor) for each in signature.parameters)
        return [
            entry.name,
            self._place("kinds", entry.kind),
            self._place("sources", (entry.source or component.library or entry.start, entry.start)),
            [each for each in component.aliases if each not in weights],
            [self._weights(each) for each in component.weights],
            self._place("signatures", parameters),
            self._place("types", component.product.text),
            component.summary,
            "" if component.file is None else f"{component.file}:{component.line}",
            self._place("libraries", entry.library),
            self._snippet(entry, pretrained=False),
            self._snippet(entry, pretrained=bool(weights)),
            self._place("pages", page),
        ]

    def _weights(self, weights: PretrainedWeights) -> list[object]:
        place = self._place("places", weights.origin.replace(weights.name, NAME))
        return [weights.name, place, self._place("licences", weights.license), weights.size]

    def _snippet(self, entry: Listed, *, pretrained: bool) -> int:
        snippets = snippets_of(entry.registry, entry.name, entry.component, pretrained=pretrained)
        named = re.compile(rf'(?<=")({re.escape(entry.name)})(?=")|(?<=: )({re.escape(entry.name)})$', re.MULTILINE)
        config = None if snippets.config is None else named.sub(NAME, snippets.config)
        return self._place("snippets", (named.sub(NAME, snippets.python), config))

    def _parameter(self, parameter: Parameter, constructor: str) -> int:
        kind, accepts = _KINDS.index(parameter.kind), self._place("types", parameter.accepts.text)
        origin = self._place("origins", (parameter.origin or constructor).removesuffix(".__init__"))
        return self._place("parameters", (parameter.name, kind, accepts, parameter.default, origin))
