"""Searching names by glob, as `timm.list_models` does."""

from __future__ import annotations

import fnmatch
import re
from typing import TYPE_CHECKING, Final

from terraregistry.errors import InvalidArgumentsError, Problem, ProblemKind, describe_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["matching"]

_SPECIAL: Final = re.compile(r"[*?[]")


def matching(pattern: object, names: Iterable[str], *spellings: Callable[[str], str]) -> list[str]:
    """Choose names by a glob, in natural order (`resnet18` before `resnet101`).

    Args:
        pattern: A glob such as `resnet*`; `*`, `?` and `[...]` are special, case counts. Without any of these, it is
            a substring.
        names: The names.
        spellings: Functions from a name to another spelling of it.

    Returns:
        The names with a matching spelling.

    Raises:
        InvalidArgumentsError: The pattern is no string.
    """
    if not isinstance(pattern, str):
        problem = Problem("pattern", ProblemKind.TYPE, expected="str", given=describe_value(pattern))
        raise InvalidArgumentsError("search", "a registry", (problem,))
    there = [*names]
    if pattern and not _SPECIAL.search(pattern):
        pattern = f"*{pattern}*"
    if _is_longer(pattern, max(map(len, there), default=0)):
        return []
    matches = re.compile(fnmatch.translate(pattern)).match
    found = [name for name in there if matches(name) or any(matches(spelling(name)) for spelling in spellings)]
    # Numbers are compared as text of one width: they may have any number of digits.
    return sorted(
        found, key=lambda name: [part.zfill(20) if part.isdecimal() else part for part in re.split(r"(\d+)", name)]
    )


def _is_longer(pattern: str, longest: int) -> bool:
    """Return True if a glob requires more characters than any name has: compiling a huge glob takes minutes."""
    least = place = 0
    while place < len(pattern) and least <= longest:
        if pattern[place] == "[":  # a set of characters stands for one, and without its end for itself
            inside = place + 1 + pattern.startswith("!", place + 1)
            place = max(place, pattern.find("]", inside + pattern.startswith("]", inside)))
        least += pattern[place] != "*"
        place += 1
    return least > longest
