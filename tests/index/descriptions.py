"""Indexes of any content."""

from __future__ import annotations

import sqlite3

from hypothesis import strategies as st

from terraregistry.index import (
    Component,
    ConfigFacts,
    Index,
    IndexedRegistry,
    Parameter,
    ParameterKind,
    PortableType,
    Signature,
)
from terraregistry.index.keys import Key
from terraregistry.pretrained import PretrainedWeights

__all__ = ["contents", "image_of_dump", "keys", "small_index", "small_key"]

Contents = tuple[tuple[IndexedRegistry, ...], tuple[tuple[str, str], ...], ConfigFacts]

_WORDS = st.from_regex(r"[a-z_][a-z0-9_]{0,7}", fullmatch=True).filter(lambda word: word not in _KEYWORDS)
_KEYWORDS = ("as", "if", "in", "is", "or", "and", "def", "del", "for", "not", "try", "from", "with", "else", "elif")
_KEYWORDS += ("pass", "break", "class", "raise", "while", "yield", "async", "await", "False", "None", "True", "except")
_KEYWORDS += ("global", "import", "lambda", "return", "assert", "finally", "nonlocal", "continue")
_NAMES = st.text(st.characters(categories=("L", "N", "P", "S")), min_size=1, max_size=12).filter(
    lambda name: name.isprintable() and name == name.strip()
)
_TEXTS = st.text(max_size=20)
_REFERENCES = st.builds(lambda module, name: f"{module}.inner:{name}", _WORDS, _WORDS)
_LITERALS = st.one_of(
    st.integers().map(repr), st.floats(allow_nan=False, allow_infinity=False).map(repr), st.text(max_size=8).map(repr)
)
_TYPES = st.one_of(
    st.sampled_from(["int", "None", "str | None", "dict[str, list[int]]", "typing.Literal[-1, 'a#b']"]).map(
        PortableType
    ),
    st.builds(lambda module, name: PortableType(f"{module}.{name}", (module,)), _WORDS, _WORDS),
)


_POSITIONAL = (ParameterKind.POSITIONAL_ONLY, ParameterKind.POSITIONAL_OR_KEYWORD)


@st.composite
def _signatures(draw: st.DrawFn) -> Signature:
    kinds = sorted(draw(st.lists(st.sampled_from(ParameterKind), max_size=5)), key=list(ParameterKind).index)
    names = draw(st.lists(_WORDS, min_size=len(kinds), max_size=len(kinds), unique=True))
    values = st.just("...") | _LITERALS
    positional = [kind for kind in kinds if kind in _POSITIONAL]
    required = draw(st.integers(0, len(positional)))
    defaults = [None if place < required else draw(values) for place in range(len(positional))]
    rest = kinds[len(positional) :]
    defaults += [draw(st.none() | values) if kind is ParameterKind.KEYWORD_ONLY else None for kind in rest]
    return Signature(
        tuple(
            Parameter(name, kind, draw(st.none() | _TYPES), default, draw(_TYPES), draw(_TEXTS), draw(_TEXTS))
            for name, kind, default in zip(names, kinds, defaults, strict=True)
        )
    )


_PAIRS = st.lists(st.tuples(_TEXTS, _TEXTS), max_size=2).map(tuple)
_COMPONENTS = st.builds(
    Component,
    name=_NAMES,
    aliases=st.lists(_NAMES, max_size=3).map(tuple),
    constructor=st.none() | _REFERENCES,
    signature=_signatures(),
    product=_TYPES,
    summary=_TEXTS,
    file=st.none() | _TEXTS,
    line=st.none() | st.integers(0, 10**6),
    library=st.none() | _TEXTS,
    version=st.none() | _TEXTS,
    weights=st.lists(
        st.builds(PretrainedWeights, _NAMES, _NAMES, st.none() | _TEXTS, st.none() | st.integers(0, 10**10)), max_size=2
    ).map(tuple),
    returns=st.none() | _TYPES,
    is_exact=st.booleans(),
    ineffective=_PAIRS,
    synonyms=_PAIRS,
)

_FACTS = st.builds(
    ConfigFacts,
    documentation=st.lists(st.tuples(_TEXTS, _TEXTS, _TEXTS), max_size=2).map(tuple),
    whole_decoders=st.lists(_REFERENCES, max_size=2).map(tuple),
    plain_values=st.lists(st.tuples(_TEXTS, _LITERALS | st.just("...")), max_size=2).map(tuple),
)


@st.composite
def contents(draw: st.DrawFn) -> Contents:
    """Draw the content of an index; each registry may have those that come before it as its sources."""
    references = draw(st.lists(_REFERENCES, max_size=4, unique=True))
    registries: list[IndexedRegistry] = []
    for place, reference in enumerate(references):
        inner = draw(st.lists(st.sampled_from(references[:place]), max_size=2)) if place else []
        components = draw(st.lists(_COMPONENTS, max_size=3, unique_by=lambda each: each.name))
        sources = tuple((draw(_WORDS), source) for source in inner)
        types = draw(_TYPES), draw(_TYPES), draw(_TYPES)
        registries.append(IndexedRegistry(reference, *types, tuple(components), sources))
    gaps = draw(st.lists(st.tuples(_TEXTS, _TEXTS), max_size=2).map(tuple))
    return tuple(registries), gaps, draw(_FACTS)


keys = st.builds(Key, st.lists(st.tuples(_TEXTS, _TEXTS), max_size=3).map(tuple), _TEXTS, _TEXTS)
small_key = Key((("timm", "1.0"),), "here", "sources")


def small_index(*gaps: tuple[str, str], key: Key = small_key) -> Index:
    """Make an index of two registries and two components.

    Args:
        gaps: Its gaps.
        key: Its cache key.
    """
    number = PortableType("int | None")
    path = PortableType("pathlib.Path | typing.Any", ("pathlib", "typing"))
    parameters = (
        Parameter("channels", ParameterKind.POSITIONAL_OR_KEYWORD, number, None, number, "package.Net.__init__"),
        Parameter("weights", ParameterKind.KEYWORD_ONLY, path, "'none'", path, "package.Net.__init__"),
    )
    made = PortableType("package.Net", ("package",))
    weights = (PretrainedWeights("net.a", "hub", "MIT", 12),)
    components = tuple(
        Component(
            name, (f"{name}.a",), "package:Net", Signature(parameters), made, "A net.", "net.py", 3, "lib", "1", weights
        )
        for name in ("net", "tent")
    )
    kind = PortableType("object")
    inner = IndexedRegistry("package:INNER", kind, kind, kind, components, ())
    outer = IndexedRegistry("package:OUTER", kind, kind, kind, (), (("in", "package:INNER"),))
    return Index.of((outer, inner), gaps, key=key)


def image_of_dump(dump: str) -> bytes:
    """Make the image from the SQL of `Index.dump`."""
    database = sqlite3.connect(":memory:")
    try:
        database.executescript(dump)
        return database.serialize()
    finally:
        database.close()
