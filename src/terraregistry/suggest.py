"""Suggestions for a mistyped name, by its edit distance from the existing names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["SUGGESTIONS", "did_you_mean", "is_misspelling", "nearest"]

SUGGESTIONS: Final = 3
"""The number of names suggested at most."""
_LONGEST: Final = 100
"""Longer names are not compared."""


def nearest(name: str, names: Iterable[str], limit: int = SUGGESTIONS) -> tuple[str, ...]:
    """Return the names close to a mistyped one, the closest first, of equally close ones the first listed.

    Close is an edit distance of at most a third of the shorter name (of one edit in short ones; swapped neighbours are one edit)
    and of at most twice the least, or a name continuing the mistyped one or continued by it. Letter case and the separators `-`
    and `.` count for nothing.
    """
    pool = [each for each in names if len(each) <= _LONGEST and each != name]
    if not pool or not name or len(name) > _LONGEST:
        return ()
    from rapidfuzz.distance import OSA
    from rapidfuzz.process import extract

    typed, *words = map(_plain, (name, *pool))
    ranked: list[tuple[int, int, int]] = []
    # The nearest come first.
    for word, edits, at in extract(typed, words, scorer=OSA.distance, score_cutoff=_most(typed, typed), limit=None):
        if ranked and edits > 2 * max(1, ranked[0][0]):
            break
        if edits <= _most(typed, word):
            ranked.append((edits, _apart(typed, word), at))
    if len(ranked) < limit:
        ranked += _continued(typed, words, {at for *_, at in ranked})
    return tuple(pool[at] for *_, at in sorted(ranked)[:limit])


def is_misspelling(name: str, of: str) -> bool:
    """Return True if a name is another with few letters changed, and not only its beginning or end."""
    from rapidfuzz.distance import OSA

    typed, meant = _plain(name), _plain(of)
    most = _most(typed, meant)
    return OSA.distance(typed, meant, score_cutoff=most) <= most


def did_you_mean(suggestions: Iterable[str]) -> str:
    """Format suggestions as the end of a message; return an empty text without any."""
    quoted = [repr(suggestion) for suggestion in suggestions]
    if not quoted:
        return ""
    *others, last = quoted
    return f"; did you mean {', '.join(others)} or {last}?" if others else f"; did you mean {last}?"


def _plain(name: str) -> str:
    return name.casefold().replace("-", "_").replace(".", "_")


def _most(typed: str, meant: str) -> int:
    """Return the maximal distance of one name from a close one."""
    return max(1, min(len(typed), len(meant)) // 3)


def _apart(typed: str, meant: str) -> int:
    return abs(len(typed) - len(meant))


def _continued(typed: str, words: list[str], close: set[int]) -> Iterator[tuple[int, int, int]]:
    """Rank the words continuing a name or continued by it: after the close ones, and those with one beginning first."""
    for at, word in enumerate(words):
        if (typed in word or word in typed) and at not in close:
            shorter, longer = sorted((typed, word), key=len)
            if len(shorter) > 2 and longer.startswith(shorter):
                yield len(typed), _apart(typed, word), at
            elif len(shorter) > 2 and longer.endswith("_" + shorter):
                yield len(typed) + 1, _apart(typed, word), at
