"""The index as JSON: what many components have in common is written once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final, Generic, TypeVar, cast

from terraregistry.index.checks import (
    DamagedIndexError,
    item,
    items,
    items_at,
    number,
    optional_text,
    rows,
    sound_default,
    sound_index,
    sound_name,
    sound_parameter,
    sound_reference,
    sound_signature,
    sound_type,
    text,
    whole_characters,
)
from terraregistry.index.descriptions import (
    Component,
    ConfigFacts,
    Index,
    IndexedRegistry,
    Parameter,
    ParameterKind,
    PortableType,
    Signature,
    WholeNetworks,
    Written,
)
from terraregistry.index.keys import Key
from terraregistry.pretrained import PretrainedWeights

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["decode", "encode"]

T = TypeVar("T")

_FIELDS: Final = frozenset({"key", "types", "parameters", "signatures", "written", "registries", "gaps", "facts"})


class _Table(Generic[T]):
    """Distinct items, each with its place."""

    def __init__(self) -> None:
        self._places: dict[T, int] = {}

    def __iter__(self) -> Iterator[T]:
        return iter(self._places)

    def place(self, entry: T) -> int:
        """Return the place of an item, which it gets now if it is new."""
        return self._places.setdefault(entry, len(self._places))


def encode(index: Index, key: Key) -> str:
    """Write an index.

    Args:
        index: The index.
        key: What it was made from.

    Returns:
        JSON text, the same for the same index.
    """
    types, parameters, signatures = _Table[PortableType](), _Table[Parameter](), _Table[Signature]()
    written, lists = _Table[Written](), _Table[tuple[Written, ...]]()
    reasons = _Table[tuple[tuple[str, str], ...]]()

    def listed(each: Component | WholeNetworks) -> int | None:
        return None if each.written is None else lists.place(each.written)

    def write(each: Component) -> list[object]:
        weights = [[one.name, one.origin, one.license, one.size] for one in each.weights]
        made = [each.constructor, signatures.place(each.signature), types.place(each.product)]
        found = [each.summary, each.file, each.line, each.library, each.version, weights]
        return [each.name, each.aliases, *made, *found, listed(each), reasons.place(each.ineffective), each.synonyms]

    registries = [
        [
            *(each.reference, types.place(each.type), types.place(each.base), types.place(each.kind)),
            *([write(component) for component in each.components], each.sources),
        ]
        for each in index.registries
    ]
    networks = [
        [
            each.names,
            signatures.place(each.changed),
            each.removed,
            listed(each),
            reasons.place(each.ineffective),
            each.places,
        ]
        for each in index.facts.whole_networks
    ]
    numbers = [[parameters.place(each) for each in signature.parameters] for signature in signatures]
    fields = [
        [each.name, each.kind, types.place(each.type), each.default, types.place(each.accepts), each.origin]
        for each in parameters
    ]
    as_written = [[written.place(each) for each in found] for found in lists]
    forms = [[None if each.annotation is None else types.place(each.annotation), each.default] for each in written]
    data = {
        "key": [key.versions, key.place, key.sources],
        "types": [[each.text, each.imports] for each in types],
        "parameters": fields,
        "signatures": numbers,
        "written": [forms, as_written, list(reasons)],
        "registries": registries,
        "gaps": index.gaps,
        "facts": [index.facts.documentation, index.facts.whole_decoders, index.facts.plain_values, networks],
    }
    return json.dumps(data, separators=(",", ":"))


def decode(data: str | bytes) -> tuple[Index, Key]:
    """Read an index.

    Args:
        data: What `encode` wrote, or anything else.

    Returns:
        The index and what it was made from.

    Raises:
        DamagedIndexError: The data is no index.
    """
    try:
        fields: object = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise DamagedIndexError(f"no JSON: {error}") from error
    if not isinstance(fields, dict) or fields.keys() != _FIELDS:
        raise DamagedIndexError("not the fields of an index")
    known = cast("dict[str, object]", fields)
    # The place of the library may have any characters that a file's name may have.
    whole_characters(data, {name: each for name, each in known.items() if name != "key"})
    return _Reader(known).read()


class _Reader:
    """Reads the fields of an index, the tables first."""

    def __init__(self, fields: dict[str, object]) -> None:
        self._fields = fields
        self._types = [sound_type(*row) for row in rows(fields["types"], 2)]
        self._parameters = [self._parameter(*row) for row in rows(fields["parameters"], 6)]
        self._signatures = [self._signature(row) for row in items(fields["signatures"])]
        forms, lists, reasons = rows([fields["written"]], 3)[0]
        self._forms = [self._form(*row) for row in rows(forms, 2)]
        self._reasons = list(map(_pairs, items(reasons)))
        self._written = [items_at(self._forms, row) for row in items(lists)]

    def read(self) -> tuple[Index, Key]:
        """Read all of it."""
        registries = tuple(self._registry(*row) for row in rows(self._fields["registries"], 6))
        facts = self._facts(*rows([self._fields["facts"]], 4)[0])
        index = sound_index(Index(registries, _pairs(self._fields["gaps"]), facts))
        versions, place, sources = rows([self._fields["key"]], 3)[0]
        if not isinstance(place, str):
            raise DamagedIndexError("no place")  # which may have any characters that a file's name may have
        return index, Key(_pairs(versions), place, text(sources))

    def _facts(self, documentation: object, decoders: object, values: object, networks: object) -> ConfigFacts:
        documented = tuple((text(origin), text(name), text(doc)) for origin, name, doc in rows(documentation, 3))
        return ConfigFacts(
            documented,
            tuple(map(sound_reference, items(decoders))),
            tuple((name, sound_default(values)) for name, values in _pairs(values)),
            tuple(self._networks(*row) for row in rows(networks, 6)),
        )

    def _networks(self, *row: object) -> WholeNetworks:
        names, changed, removed, written, ineffective, places = row
        return WholeNetworks(
            tuple(map(sound_name, items(names))),
            item(self._signatures, changed),
            tuple(map(sound_name, items(removed))),
            self._as_written(written, item(self._signatures, changed), 0),
            item(self._reasons, ineffective),
            tuple(tuple(map(number, items(row))) for row in items(places)),
        )

    def _as_written(self, place: object, signature: Signature, more: int) -> tuple[Written, ...] | None:
        if place is None:
            return None
        found = item(self._written, place)
        if len(found) != len(signature.parameters) + more:
            raise DamagedIndexError("not one form a parameter")
        return found

    def _parameter(
        self, name: object, kind: object, declared: object, default: object, accepts: object, origin: object
    ) -> Parameter:
        try:
            known = ParameterKind(text(kind))
        except ValueError as error:
            raise DamagedIndexError("no kind of parameter") from error
        types = item(self._types, declared), item(self._types, accepts)
        return sound_parameter(Parameter(text(name), known, types[0], optional_text(default), types[1], text(origin)))

    def _form(self, annotation: object, default: object) -> Written:
        return Written(None if annotation is None else item(self._types, annotation), text(default))

    def _signature(self, row: object) -> Signature:
        return sound_signature(Signature(items_at(self._parameters, row)))

    def _registry(self, reference: object, *row: object) -> IndexedRegistry:
        *types, components, sources = row
        found = tuple(self._component(*row) for row in rows(components, 14))
        if len({each.name for each in found}) != len(found):
            raise DamagedIndexError("a component comes twice")
        cls, base, kind = (item(self._types, place) for place in types)
        return IndexedRegistry(sound_reference(reference), cls, base, kind, found, _pairs(sources))

    def _component(self, *row: object) -> Component:
        name, aliases, constructor, signature, product, summary, file, line, library, version, *rest = row
        weights, written, ineffective, synonyms = rest
        return Component(
            name=sound_name(name),
            aliases=tuple(map(sound_name, items(aliases))),
            constructor=None if constructor is None else sound_reference(constructor),
            signature=item(self._signatures, signature),
            product=item(self._types, product),
            summary=text(summary),
            file=optional_text(file),
            line=None if line is None else number(line),
            library=optional_text(library),
            version=optional_text(version),
            weights=tuple(_weights(*row) for row in rows(weights, 4)),
            written=self._as_written(written, item(self._signatures, signature), 1),
            ineffective=item(self._reasons, ineffective),
            synonyms=_pairs(synonyms),
        )


def _weights(name: object, origin: object, licence: object, size: object) -> PretrainedWeights:
    known = None if size is None else number(size)
    return PretrainedWeights(sound_name(name), sound_name(origin), optional_text(licence), known)


def _pairs(value: object) -> tuple[tuple[str, str], ...]:
    return tuple((text(first), text(second)) for first, second in rows(value, 2))
