"""Nearest names: what somebody who mistyped a name most likely meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from terraregistry.spellings import LONGEST_NAME, Spellings, plain

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["SUGGESTIONS", "Distance", "did_you_mean", "is_misspelling", "nearest"]

SUGGESTIONS: Final = 3
"""So many names are suggested at most: more are no help."""


def nearest(name: str, names: Iterable[str] | Spellings, limit: int = SUGGESTIONS) -> tuple[str, ...]:
    """Find the names that are close to a mistyped one, the closest first.

    Close is a Damerau-Levenshtein distance of at most a third of the name (and of one edit for any name), with letter case and
    the separators `-` and `.` counting for nothing, or a name that continues the mistyped one or is continued by it.

    Args:
        name: What was typed.
        names: The names there are; or what was made of them, by whoever asks about the same names again.
        limit: How many to return at most.

    Returns:
        The nearest names; none when nothing is close.
    """
    if not name or len(name) > LONGEST_NAME:
        return ()
    spellings = names if isinstance(names, Spellings) else Spellings(names)
    typed = plain(name)
    measure = Distance(typed)
    for pool in spellings.like(name):
        best = _best(typed, pool, measure, limit)
        if best:
            return best
    return ()


def is_misspelling(name: str, of: str) -> bool:
    """Return whether a name is another with few letters changed, and not only its beginning or end.

    Args:
        name: What was typed.
        of: What may have been meant.
    """
    typed, meant = plain(name), plain(of)
    return Distance(typed).to(meant, _most(typed, meant)) is not None


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


def _best(typed: str, pool: list[str], measure: Distance, limit: int) -> tuple[str, ...]:
    """Rank names by comparing each in full, and keep the best of those that are near."""
    best: list[tuple[int, int, int, str]] = []
    farthest = len(typed)
    for index, candidate in enumerate(pool):
        score = _score(typed, plain(candidate), measure, farthest)
        if score is not None:
            best.append((score[0], score[1], index, candidate))
            best.sort()
            del best[limit:]
            if limit and len(best) == limit:
                farthest = best[-1][0]  # what is farther than the last of the best is not looked at to the end
    return tuple(candidate for _, _, _, candidate in best)


def _score(typed: str, meant: str, measure: Distance, farthest: int) -> tuple[int, int] | None:
    """Rank a candidate (smaller is nearer), or None where it is not near, or farther than need be known."""
    apart = abs(len(typed) - len(meant))
    distance = measure.to(meant, min(farthest, _most(typed, meant)))
    if distance is not None:
        return (distance, apart)
    shorter, longer = sorted((typed, meant), key=len)
    if len(shorter) > 2 and longer.startswith(shorter):
        return (len(typed), apart)
    if len(shorter) > 2 and longer.endswith("_" + shorter):
        return (len(typed) + 1, apart)
    return None


def _most(typed: str, meant: str) -> int:
    """Return the distance up to which one name is close to another."""
    return max(1, min(len(typed), len(meant)) // 3)


class Distance:
    """The Damerau-Levenshtein distance of one name from others (adjacent transpositions count once).

    A column of the table of distances is kept as the bits of two numbers, where it goes up and where it goes down, and the next
    one follows by arithmetic on all bits at once: H. Hyyrö, "A Bit-Vector Algorithm for Computing Levenshtein and Damerau Edit
    Distances", Nordic Journal of Computing 10 (2003).

    Args:
        name: The one name.
    """

    def __init__(self, name: str) -> None:
        self._length = len(name)
        self._places: dict[str, int] = {}
        for place, letter in enumerate(name):
            self._places[letter] = self._places.get(letter, 0) | 1 << place

    def to(self, other: str, most: int) -> int | None:
        """Measure the distance, or give None where it exceeds `most`."""
        length, places = self._length, self._places
        left = len(other)
        if abs(length - left) > most:
            return None
        full, last = (1 << length) - 1, 1 << length >> 1
        up, down, diagonal, before, distance = full, 0, 0, 0, length
        for letter in other:
            here = places.get(letter, 0)
            swapped = ((~diagonal & here) << 1) & before
            diagonal = ((((here & up) + up) ^ up) | here | down | swapped) & full
            right_up, right_down = down | ~(diagonal | up), diagonal & up
            left -= 1
            if right_up & last:
                distance += 1
            elif right_down & last:
                distance -= 1
            if distance - left > most:  # it falls by at most one with each letter
                return None
            right_up = right_up << 1 | 1
            up, down = ((right_down << 1) | ~(diagonal | right_up)) & full, right_up & diagonal & full
            before = here
        return distance
