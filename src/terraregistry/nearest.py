"""Nearest names: what somebody who mistyped a name most likely meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["did_you_mean", "nearest"]

_LONGEST_NAME: Final = 100
_SHORTLIST: Final = 48


def nearest(name: str, names: Iterable[str], limit: int = 3) -> tuple[str, ...]:
    """Find the names that are close to a mistyped one, the closest first.

    Close is a Damerau-Levenshtein distance of at most a third of the name (and of one edit for any name), with letter case and
    the separators `-` and `.` counting for nothing, or a name that continues the mistyped one or is continued by it.

    Args:
        name: What was typed.
        names: The names there are.
        limit: How many to return at most.

    Returns:
        The nearest names; none when nothing is close.
    """
    if not name or len(name) > _LONGEST_NAME:
        return ()
    pool = [candidate for candidate in names if len(candidate) <= _LONGEST_NAME]
    if len(pool) > _SHORTLIST:
        pool = _shortlist(name, pool)
    scored = ((_score(name, candidate), index, candidate) for index, candidate in enumerate(pool))
    ranked = sorted(entry for entry in scored if entry[0] is not None)
    return tuple(candidate for _, _, candidate in ranked[:limit])


def did_you_mean(suggestions: Iterable[str]) -> str:
    """Put suggestions into words.

    Args:
        suggestions: The nearest names.

    Returns:
        Text to append to a message; empty without suggestions.
    """
    quoted = [repr(suggestion) for suggestion in suggestions]
    if not quoted:
        return ""
    *others, last = quoted
    return f"; did you mean {', '.join(others)} or {last}?" if others else f"; did you mean {last}?"


def _shortlist(name: str, pool: list[str]) -> list[str]:
    """Keep the names that share a third with the mistyped one: two edits leave at least one third of it whole.

    The rarest third is the most telling, so the thirds are read from the rarest on until enough names are found.
    """
    size, folded = len(name), name.casefold()
    third = max(1, size // 3)
    parts = {name[:third], name[third : 2 * third], name[-third:]}
    matches = sorted(([candidate for candidate in pool if part in candidate] for part in parts), key=len)
    chosen = dict.fromkeys(candidate for candidate in pool if len(candidate) == size and candidate.casefold() == folded)
    chosen.update(dict.fromkeys([candidate for candidate in pool if candidate.startswith(name)][:_SHORTLIST]))
    for match in matches:
        if len(match) > _SHORTLIST:
            if chosen and len(match) > len(pool) // 2:
                break  # what most names share tells nothing about this one
            # Of a third that many names share, those of about the same length say more.
            match = [candidate for candidate in match if -2 <= len(candidate) - size <= 2] + match[:_SHORTLIST]  # noqa: PLW2901 - narrowed
        chosen.update(dict.fromkeys(match[: 2 * _SHORTLIST]))
        if len(chosen) >= 2 * _SHORTLIST:
            break
    return list(chosen)


def _score(name: str, candidate: str) -> tuple[int, int] | None:
    """Rank a candidate (smaller is nearer), or None where it is not near."""
    if name == candidate:
        return (0, 0)
    typed, meant = _plain(name), _plain(candidate)
    if len(typed) > 2 and meant.startswith(typed + "_"):
        return (1, len(meant))  # a family's name, such as `vit_base`, stands for its members
    distance = _distance(typed, meant, max(1, min(len(typed), len(meant)) // 3))
    if distance is not None:
        return (distance, abs(len(name) - len(candidate)))
    shorter, longer = sorted((typed, meant), key=len)
    if len(shorter) > 2 and longer.startswith(shorter):
        return (len(name), len(longer) - len(shorter))
    if len(shorter) > 2 and longer.endswith("_" + shorter):
        return (len(name) + 1, len(longer) - len(shorter))
    return None


def _plain(name: str) -> str:
    return name.casefold().replace("-", "_").replace(".", "_")


def _distance(left: str, right: str, most: int) -> int | None:
    """Damerau-Levenshtein distance (adjacent transpositions count once), or None where it exceeds `most`."""
    if abs(len(left) - len(right)) > most:
        return None
    while left and right and left[0] == right[0]:
        left, right = left[1:], right[1:]
    while left and right and left[-1] == right[-1]:
        left, right = left[:-1], right[:-1]
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, letter in enumerate(left, 1):
        previous, row = row, [i]
        for j, other in enumerate(right, 1):
            cost = min(previous[j] + 1, row[j - 1] + 1, previous[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == right[j - 2] and left[i - 2] == other:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return None
        before = previous
    return row[-1] if row[-1] <= most else None
