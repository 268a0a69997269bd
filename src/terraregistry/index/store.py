"""The index as an SQLite image in memory; a component is read without the others.

The tables: `about` (gaps, facts, the cache key), `registry`, `component`, and `spelling` (names and aliases of the components).
A value common to several components is a row of `shared`: a description, a call, a parameter, a type, a list of reasons. Values
are JSON arrays, with such rows by number.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import weakref
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Final

from terraregistry.index.descriptions import (
    Component,
    ConfigFacts,
    IndexedRegistry,
    Parameter,
    ParameterKind,
    PortableType,
    Resolved,
    Signature,
)
from terraregistry.index.keys import NO_KEY, Key
from terraregistry.locks import forking_lock
from terraregistry.pretrained import PretrainedWeights

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = ["Index"]

_TABLES: Final = """
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE registry (id INTEGER PRIMARY KEY, reference TEXT NOT NULL UNIQUE, value TEXT NOT NULL);
CREATE TABLE component (registry INTEGER, place INTEGER, description INTEGER, call INTEGER, PRIMARY KEY (registry, place))
    WITHOUT ROWID;
CREATE TABLE spelling (registry INTEGER, name TEXT, place INTEGER, PRIMARY KEY (registry, name)) WITHOUT ROWID;
CREATE TABLE shared (id INTEGER PRIMARY KEY, value TEXT NOT NULL);
"""
_COMPONENTS: Final = """
SELECT description, call FROM component WHERE registry = (SELECT id FROM registry WHERE reference = ?) ORDER BY place
"""
_COMPONENT: Final = """
SELECT description, call FROM component JOIN spelling USING (registry, place)
WHERE registry = (SELECT id FROM registry WHERE reference = ?) AND name = ?
"""
_Row = Any  # plain data of JSON, of the shape that is written here
_NO_FACTS: Final = ConfigFacts()
_reading: Final = forking_lock()


class Index:
    """The registries and their components, read from an image.

    Args:
        image: The bytes of an SQLite database, written by `Index.of`.

    Raises:
        sqlite3.Error: It is none.
    """

    def __init__(self, image: bytes) -> None:
        if not image:
            raise sqlite3.DatabaseError("no data")
        self.image: Final = image
        self._database: Final = sqlite3.connect(":memory:", check_same_thread=False)
        weakref.finalize(self, self._database.close)
        self._database.deserialize(image)
        self._shared: dict[int, _Row] = {}
        self._registries: dict[str, IndexedRegistry] = {}
        self._spellings: dict[str, Mapping[str, Resolved]] = {}
        rows = self._select("SELECT reference, value FROM registry ORDER BY id")
        self._rows: Final[dict[str, _Row]] = {reference: json.loads(value) for reference, value in rows}

    @classmethod
    def of(
        cls,
        registries: Iterable[IndexedRegistry],
        gaps: Iterable[tuple[str, str]] = (),
        facts: ConfigFacts = _NO_FACTS,
        key: Key = NO_KEY,
    ) -> Index:
        """Write descriptions into an image: the same for the same descriptions.

        Args:
            registries: The registries, including all that are sources of others.
            gaps: Pairs of a component or registry without a description, and the reason.
            facts: Further facts for configs.
            key: The cache key.
        """
        about = {"gaps": [*gaps], **facts._asdict(), "key": [key.versions, key.place, key.sources]}
        rows: dict[str, list[tuple[object, ...]]] = {"registry": [], "component": [], "spelling": []}
        numbers: dict[str, int] = {}

        def shared(row: _Row) -> int:
            return numbers.setdefault(_text(row), len(numbers))

        for number, registry in enumerate(registries):
            types = map(_type_row, (registry.type, registry.base, registry.kind))
            rows["registry"].append((number, registry.reference, _text([*types, registry.sources])))
            spellings = {each.name: place for place, each in enumerate(registry.components)}
            for place, each in enumerate(registry.components):
                rows["component"].append((number, place, shared(_description(each)), shared(_call(each, shared))))
                for alias in each.aliases:
                    spellings.setdefault(alias, place)
            rows["spelling"] += [(number, name, place) for name, place in spellings.items()]
        rows["shared"] = [(number, text) for text, number in numbers.items()]
        rows["about"] = [(name, _text(value)) for name, value in about.items()]
        with contextlib.closing(sqlite3.connect(":memory:")) as database:
            database.executescript(_TABLES)
            for table, values in rows.items():
                if values:
                    places = ", ".join("?" * len(values[0]))
                    database.executemany(f"INSERT INTO {table} VALUES ({places})", values)  # noqa: S608 - a table from above
            database.commit()
            return cls(database.serialize())

    __hash__: ClassVar[None] = None  # type: ignore[assignment]  # equal ones may have different keys, and so images

    def __eq__(self, other: object) -> bool:
        """Compare the descriptions, not the keys."""
        if not isinstance(other, Index):
            return NotImplemented
        return (self.registries, self.gaps, self.facts) == (other.registries, other.gaps, other.facts)

    @property
    def key(self) -> Key:
        """The cache key: the versions and files described."""
        versions, place, sources = self._about("key")
        return Key(_pairs(versions), place, sources)

    def with_key(self, key: Key) -> Index:
        """Return the same index with another cache key."""
        return Index.of(self.registries, self.gaps, self.facts, key)

    @property
    def gaps(self) -> tuple[tuple[str, str], ...]:
        """Pairs of a component or registry without a description, and the reason."""
        return _pairs(self._about("gaps"))

    @property
    def facts(self) -> ConfigFacts:
        """Further facts for configs."""
        documentation = tuple((origin, name, text) for origin, name, text in self._about("documentation"))
        return ConfigFacts(documentation, self.whole_decoders, _pairs(self._about("plain_values")))

    @property
    def texts(self) -> dict[tuple[str, str], str]:
        """The text of each parameter in the docstring there, by its origin and its name."""
        return {(origin, name): text for origin, name, text in self._about("documentation")}

    @property
    def whole_decoders(self) -> tuple[str, ...]:
        """The constructors of decoders with a head included, as `module:qualname`."""
        return tuple(self._about("whole_decoders"))

    @property
    def registries(self) -> tuple[IndexedRegistry, ...]:
        """All registries, with all of their components."""
        return tuple(map(self.registry, self._rows))

    def registry(self, reference: str) -> IndexedRegistry:
        """Return a registry with all of its components.

        Args:
            reference: Such as `terraregistry.library:BACKBONE_REGISTRY`.

        Raises:
            KeyError: It is not in the index.
        """
        known = self._registries.get(reference)
        if known is None:
            cls, base, kind, sources = self._rows[reference]
            if not self._registries:  # all shared rows at once
                self._keep("SELECT id, value FROM shared")
            found = tuple(self._component(*row) for row in self._select(_COMPONENTS, reference))
            known = IndexedRegistry(reference, _type(cls), _type(base), _type(kind), found, _pairs(sources))
            known = self._registries.setdefault(reference, known)
        return known

    def own(self, reference: str, name: str) -> Component | None:
        """Return a component of a registry's own, the only one read; None for any other name.

        Args:
            reference: The reference of the registry.
            name: The name of the component or one of its aliases, without a prefix.
        """
        for row in self._select(_COMPONENT, reference, name):
            return self._component(*row)
        return None

    def find(self, reference: str, name: str) -> Resolved | None:
        """Resolve a name by the rules of `MultiSourceRegistry.resolve`, reading one component.

        Args:
            reference: The reference of the registry.
            name: A name or an alias, qualified or bare.

        Returns:
            The component under its canonical name; None for an unknown name.

        Raises:
            KeyError: The registry is not in the index.
        """
        sources = [(f"{prefix}_", source) for prefix, source in self._rows[reference][3]]
        for start, source in sources:
            found = self.find(source, name.removeprefix(start)) if name.startswith(start) else None
            if found is not None:
                return Resolved(start + found.canonical, found.component)
        own = self.own(reference, name)
        if own is not None:
            return Resolved(own.name, own)
        for start, source in sources:
            found = self.find(source, name)
            if found is not None:
                return Resolved(start + found.canonical, found.component)
        return None

    def spellings(self, reference: str) -> Mapping[str, Resolved]:
        """List every name resolved by a registry, as `find` does: qualified and bare names, and aliases.

        Args:
            reference: The reference of the registry.

        Raises:
            KeyError: The registry is not in the index.
        """
        known = self._spellings.get(reference)
        if known is None:
            registry = self.registry(reference)
            found = {each.name: Resolved(each.name, each) for each in registry.components}
            for component in registry.components:
                for alias in component.aliases:
                    found.setdefault(alias, Resolved(component.name, component))
            inside = [(f"{prefix}_", self.spellings(source)) for prefix, source in registry.sources]
            for start, names in inside:
                for name, each in names.items():
                    found[start + name] = Resolved(start + each.canonical, each.component)
            for start, names in inside:  # a name is read as qualified first, and as bare second
                for name, each in names.items():
                    found.setdefault(name, Resolved(start + each.canonical, each.component))
            known = self._spellings.setdefault(reference, MappingProxyType(found))
        return known

    def dump(self) -> str:
        """Write the image as SQL, one line a row: the same text for the same descriptions."""
        with _reading:
            return "".join(f"{line}\n" for line in self._database.iterdump())

    def _select(self, query: str, *values: object) -> list[tuple[Any, ...]]:  # the columns of the query
        with _reading:
            return self._database.execute(query, values).fetchall()

    def _about(self, name: str) -> _Row:
        [(value,)] = self._select("SELECT value FROM about WHERE name = ?", name)
        return json.loads(value)

    def _component(self, description: int, call: int) -> Component:
        self._read(description, call)
        name, aliases, constructor, summary, file, line, library, version, weights = self._shared[description]
        product, returns, is_exact, parameters, ineffective, synonyms = self._shared[call]
        self._read(product, returns, ineffective, *parameters)
        signature = Signature(tuple(map(self._parameter, parameters)))
        facts = (
            tuple(PretrainedWeights(*each) for each in weights),
            _optional_type(self._shared[returns]),
            is_exact,
            _pairs(self._shared[ineffective]),
            _pairs(synonyms),
        )
        place = summary, file, line, library, version
        return Component(name, tuple(aliases), constructor, signature, _type(self._shared[product]), *place, *facts)

    def _parameter(self, number: int) -> Parameter:
        row = self._shared[number]
        if not isinstance(row, Parameter):
            name, kind, annotation, default, accepts, origin, shown = row
            declared = _optional_type(annotation)
            accepted = declared if accepts is None and declared is not None else _type(accepts)
            row = Parameter(name, ParameterKind(kind), declared, default, accepted, origin, shown)
            self._shared[number] = row
        return row

    def _read(self, *numbers: int) -> None:
        """Read some of the shared rows."""
        missing = [number for number in numbers if number not in self._shared]
        if missing:
            places = ", ".join("?" * len(missing))
            self._keep(f"SELECT id, value FROM shared WHERE id IN ({places})", *missing)  # noqa: S608 - question marks

    def _keep(self, query: str, *values: object) -> None:
        for number, value in self._select(query, *values):
            self._shared.setdefault(number, json.loads(value))


def _description(each: Component) -> _Row:
    weights = [[one.name, one.origin, one.license, one.size] for one in each.weights]
    found = [each.name, each.aliases, each.constructor, each.summary, each.file, each.line, each.library, each.version]
    return [*found, weights]


def _call(each: Component, shared: Callable[[_Row], int]) -> _Row:
    types = shared(_type_row(each.product)), shared(_type_row(each.returns))
    parameters = [shared(_parameter_row(one)) for one in each.signature.parameters]
    return [*types, each.is_exact, parameters, shared(each.ineffective), each.synonyms]


def _parameter_row(each: Parameter) -> _Row:
    accepts = None if each.accepts == each.annotation else _type_row(each.accepts)
    return [each.name, each.kind, _type_row(each.annotation), each.default, accepts, each.origin, each.shown]


def _type_row(each: PortableType | None) -> _Row:
    return None if each is None else [each.text, *each.imports]


def _type(row: _Row) -> PortableType:
    return PortableType(row[0], tuple(row[1:]))


def _optional_type(row: _Row) -> PortableType | None:
    return None if row is None else _type(row)


def _pairs(rows: _Row) -> tuple[tuple[str, str], ...]:
    return tuple((first, second) for first, second in rows)


def _text(row: _Row) -> str:
    return json.dumps(row, separators=(",", ":"))
