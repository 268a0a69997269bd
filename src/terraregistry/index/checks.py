"""Checks of data that should be an index: whoever reads the cache takes nothing in it on trust."""

from __future__ import annotations

import ast
import functools
import json
import keyword
import re
from typing import TYPE_CHECKING, Final, TypeVar, cast

from terraregistry.index.descriptions import OPAQUE_DEFAULT, Index, Parameter, ParameterKind, PortableType, Signature

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "DamagedIndexError",
    "item",
    "items",
    "items_at",
    "number",
    "optional_text",
    "rows",
    "sound_default",
    "sound_index",
    "sound_name",
    "sound_parameter",
    "sound_reference",
    "sound_signature",
    "sound_type",
    "text",
    "whole_characters",
]

T = TypeVar("T")

_IN_TYPES: Final = (
    *(ast.Expression, ast.Name, ast.Attribute, ast.Subscript, ast.Tuple, ast.List, ast.Constant, ast.Load),
    *(ast.BinOp, ast.BitOr, ast.UnaryOp, ast.USub),
)
"""What the expression of a type is made of."""
_NUMBER: Final = {int}
_HALF: Final = re.compile(r"\\u[dD][89a-fA-F]")
_HALF_BYTES: Final = re.compile(rb"\\u[dD][89a-fA-F]")
_PLAIN_DEFAULT: Final = re.compile(r"None|True|False|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?|'[ -&(-\[\]-~]*'", re.ASCII)
"""Literals that need no parser: names, numbers, and texts without quotes or backslashes in them."""


class DamagedIndexError(ValueError):
    """Data that is no index: a reader of the cache makes a new one."""


def whole_characters(data: str | bytes, fields: object) -> None:
    """Check that every text can be written anywhere: JSON can hold half a character.

    Args:
        data: The JSON.
        fields: What was read from it.
    """
    if not data.isascii() or (_HALF_BYTES.search(data) if isinstance(data, bytes) else _HALF.search(data)):
        try:
            json.dumps(fields, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            raise DamagedIndexError("a text with half a character in it") from error


def text(value: object) -> str:
    """Take a string, and nothing else."""
    if not isinstance(value, str):
        raise DamagedIndexError(f"a {type(value).__name__} is no text")
    return value


def optional_text(value: object) -> str | None:
    """Take a string or null."""
    return None if value is None else text(value)


def number(value: object) -> int:
    """Take a number of at least 0."""
    if type(value) is not int or value < 0:
        raise DamagedIndexError("no number")
    return value


def items(value: object) -> list[object]:
    """Take a list."""
    if not isinstance(value, list):
        raise DamagedIndexError(f"a {type(value).__name__} is no list")
    return cast("list[object]", value)


def rows(value: object, width: int) -> list[list[object]]:
    """Take a list of lists of one length."""
    found = [items(row) for row in items(value)]
    if any(len(row) != width for row in found):
        raise DamagedIndexError(f"a row has not {width} items")
    return found


def item(table: Sequence[T], place: object) -> T:
    """Take what a number refers to in a table."""
    if type(place) is not int or not 0 <= place < len(table):
        raise DamagedIndexError("a number refers to nothing")
    return table[place]


def items_at(table: Sequence[T], places: object) -> tuple[T, ...]:
    """Take what a list of numbers refers to in a table."""
    numbers = cast("list[int]", items(places))
    if not set(map(type, numbers)) <= _NUMBER or (numbers and not 0 <= min(numbers) <= max(numbers) < len(table)):
        raise DamagedIndexError("a number refers to nothing")
    return tuple(map(table.__getitem__, numbers))


def sound_name(value: object) -> str:
    """Take the name of a component."""
    name = text(value)
    if not name or not name.isprintable() or name != name.strip():
        raise DamagedIndexError(f"{name!r} is no name")
    return name


def sound_reference(value: object) -> str:
    """Take `module:qualname`."""
    module, colon, qualname = text(value).partition(":")
    if not colon or not _is_dotted(module) or not _is_dotted(qualname):
        raise DamagedIndexError("no reference")
    return f"{module}:{qualname}"


@functools.lru_cache(maxsize=4096)
def _is_dotted(name: str) -> bool:
    return all(_is_identifier(part) for part in name.split("."))


def _is_identifier(name: str) -> bool:
    return name.isidentifier() and not keyword.iskeyword(name)


def sound_type(written: object, imports: object) -> PortableType:
    """Take a type whose text is the expression of a type, and whose imports are modules."""
    found = PortableType(text(written), tuple(map(text, items(imports))))
    if found.text.isidentifier() and not found.imports and not keyword.iskeyword(found.text):
        return found
    try:
        ast.parse(f"({found.text})", mode="eval")  # without a comment, which would end the line that it is written in
        parsed = ast.walk(ast.parse(found.text, mode="eval"))
        sound = all(isinstance(node, _IN_TYPES) for node in parsed) and all(map(_is_dotted, found.imports))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        sound = False
    if not sound or found.text != found.text.strip() or "\n" in found.text:
        raise DamagedIndexError("no type")
    return found


def sound_parameter(parameter: Parameter) -> Parameter:
    """Check the name and the default of a parameter."""
    if not _is_identifier(parameter.name) or not _is_default(parameter.default):
        raise DamagedIndexError(f"{parameter.name!r} is no parameter")
    return parameter


def sound_default(value: str) -> str:
    """Take the text of a default."""
    if not _is_default(value):
        raise DamagedIndexError("no literal")
    return value


@functools.lru_cache(maxsize=4096)
def _is_default(default: str | None) -> bool:
    if default is None or default == OPAQUE_DEFAULT or _PLAIN_DEFAULT.fullmatch(default):
        return True
    try:
        ast.literal_eval(f"({default})")  # as above
        ast.literal_eval(default)
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        return False
    return default == default.strip() and "\n" not in default


_ORDER: Final = {kind: place for place, kind in enumerate(ParameterKind)}
_POSITIONAL: Final = (ParameterKind.POSITIONAL_ONLY, ParameterKind.POSITIONAL_OR_KEYWORD)
_STARRED: Final = (ParameterKind.VAR_POSITIONAL, ParameterKind.VAR_KEYWORD)


def sound_signature(signature: Signature) -> Signature:
    """Check that no name comes twice, that the kinds come in order, and that defaults are where they may be."""
    places = [_ORDER[each.kind] for each in signature.parameters]
    names = {each.name for each in signature.parameters}
    if len(names) != len(places) or places != sorted(places):
        raise DamagedIndexError("no signature")
    defaults = [each.default is not None for each in signature.parameters if each.kind in _POSITIONAL]
    starred = [each.default for each in signature.parameters if each.kind in _STARRED]
    if defaults != sorted(defaults) or any(default is not None for default in starred):
        raise DamagedIndexError("a signature with a default that cannot be there")
    return signature


def sound_index(index: Index) -> Index:
    """Check that every source is in the index, and that none is in itself."""
    sources = {each.reference: [source for _, source in each.sources] for each in index.registries}
    if len(sources) != len(index.registries):
        raise DamagedIndexError("a registry comes twice")
    if any(source not in sources for inside in sources.values() for source in inside):
        raise DamagedIndexError("a source is nowhere")
    # Those whose sources are all done are done, however long the chain.
    waiting = {reference: set(inside) for reference, inside in sources.items()}
    around: dict[str, list[str]] = {reference: [] for reference in sources}
    for reference, inside in waiting.items():
        for source in inside:
            around[source].append(reference)
    done = [reference for reference, inside in waiting.items() if not inside]
    for reference in done:
        for outer in around[reference]:
            waiting[outer].discard(reference)
            if not waiting[outer]:
                done.append(outer)
    if len(done) != len(sources):
        raise DamagedIndexError("a source is in itself")
    return index
