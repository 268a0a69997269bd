"""Interpretations of a text given for another value: a quoted number, a template, a name in typographic quotes."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["INTERPOLATION", "names_in", "unrendered", "values_in"]

INTERPOLATION: Final = "an interpolation that is not resolved"
"""The description of a text that Hydra resolves."""

_WORDS: Final[dict[str, object]] = {"none": None, "null": None, "~": None, "true": True, "false": False}
_LONGEST: Final = 200
_DEEPEST: Final = 20
"""Limits of a text to parse: parsing deeper ones fails in ways of its own."""
_INTERPOLATION: Final = re.compile(r"\$\{.*\}|\?\?\?", re.DOTALL)
_TEMPLATE: Final = re.compile(r"\{\{.*\}\}|\{%.*%\}", re.DOTALL)
_QUOTES: Final = " \t\"'`\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb"
_HUB: Final = re.compile(r"hf[-_]hub:(?:[\w.-]+/)?")


def unrendered(text: object) -> str:
    """Describe an unrendered template; return an empty text for any other value.

    Examples:
        >>> unrendered("${data.num_classes}")
        'an interpolation that is not resolved'
    """
    if not isinstance(text, str):
        return ""
    if _TEMPLATE.search(text):
        return "a template that is not rendered"
    return INTERPOLATION if _INTERPOLATION.search(text) else ""


def values_in(text: str) -> Iterator[object]:
    """List the plain values possibly meant by a quoted text, the likeliest first.

    Examples:
        >>> list(values_in("(1, 2)")), list(values_in("None"))
        ([[1, 2]], [None])
    """
    bare = text.strip(_QUOTES)
    if len(text) > _LONGEST or unrendered(text):
        return
    if bare.lower() in _WORDS:
        yield _WORDS[bare.lower()]
        return
    if sum(map(bare.count, "([{-+~")) > _DEEPEST:
        return
    try:
        found: object = ast.literal_eval(bare)
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError):
        found = bare
    if isinstance(found, (int, float)) or (isinstance(found, str) and found != text):
        yield found
    elif isinstance(found, (list, tuple)):
        yield [*cast("Iterable[object]", found)]


def names_in(text: str) -> Iterator[str]:
    """List other names that a text may contain: without quotation marks, or as an address on the Hugging Face hub.

    Examples:
        >>> list(names_in("hf-hub:timm/resnet50.a1_in1k"))
        ['resnet50.a1_in1k']
    """
    for bare in dict.fromkeys((text.strip(_QUOTES), _HUB.sub("", text.strip(_QUOTES), count=1))):
        if bare and bare != text:
            yield bare
