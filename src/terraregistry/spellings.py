"""Many names, made ready to be searched for those that a mistyped one may stand for."""

from __future__ import annotations

import heapq
from bisect import bisect_left
from itertools import chain
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["LONGEST_NAME", "Spellings", "plain"]

LONGEST_NAME: Final = 100
"""What is longer is compared with nothing."""
_FEW: Final = 48
"""So many names are all compared in full, and so many of those that share a part."""
_MANY: Final = 512
"""A part that more names share tells little: no more of them are looked through."""
_BESIDE: Final = 8
"""Of names that share a part with one mistake, so many are taken from where the whole would stand."""
_LAST: Final = "\U0010ffff"


def plain(name: str) -> str:
    """Spell a name as it is compared: letter case and the separators `-` and `.` count for nothing."""
    return name.casefold().replace("-", "_").replace(".", "_")


class Spellings:
    """Names in two orders, by their beginnings and by their ends, so that a search takes no longer among more of them.

    A mistake leaves what stands before it and what stands after it whole, and both orders have the names that share either side by
    side. Making them takes as long as sorting the names: who searches the same names again keeps what was made.

    Args:
        names: The names; what is equal but for letter case and separators may be there more than once.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names = [name for name in names if len(name) <= LONGEST_NAME]
        words = [plain(name) for name in self._names]
        self._places = {word: place for place, word in enumerate(words)}
        self._twins: dict[str, list[int]] = {}
        if len(self._places) < len(words):
            for place, word in enumerate(words):
                if self._places[word] != place:
                    self._twins.setdefault(word, []).append(place)
        self._forwards = _Ordered(self._places)
        self._backwards = _Ordered(word[::-1] for word in self._places)

    def like(self, typed: str) -> Iterator[list[str]]:
        """Choose names that are worth comparing with a mistyped one, in the order in which they were given.

        Args:
            typed: What was typed.

        Yields:
            All names where they are few. Of many first those one edit away, then those two edits away or that go on before or after
            what was typed, and last those that share a third of it: each list is of use only where no name of those before is near.
        """
        if len(self._names) <= _FEW:
            yield self._names
            return
        word = plain(typed)
        yield self._named(self._one_edit_away(word))
        found = self._continued(word)
        if len(word) >= 6:  # an edit for each three letters
            found |= self._two_edits_away(word)
        yield self._named(found)
        if len(word) >= 9:
            yield self._named(self._sharing_a_third(word))

    def _named(self, words: Iterable[str]) -> list[str]:
        places = {self._places[word] for word in words}
        if self._twins:
            places.update(chain.from_iterable(self._twins[word] for word in words if word in self._twins))
        return [self._names[place] for place in sorted(places)]

    def _one_edit_away(self, word: str) -> set[str]:
        # The edit stands after a beginning, and before an end, that some names have.
        first = max(0, len(word) - 2 - self._backwards.longest(word[::-1]))
        return {each for each in self._forwards.edited(word, first) if each in self._places}

    def _continued(self, word: str) -> set[str]:
        """Find names that continue a word, after it or before it, or are continued by it."""
        longer = _about_as_long(word, self._forwards.some(word))
        longer += [each[::-1] for each in _about_as_long(word, self._backwards.some(word[::-1] + "_"))]
        shorter = [word[:end] for end in range(len(word))]
        shorter += [word[place + 1 :] for place, letter in enumerate(word) if letter == "_"]
        return {*longer, *(part for part in shorter if part in self._places)}

    def _two_edits_away(self, word: str) -> set[str]:
        """Two edits leave two thirds of a word with one at most, before or after the rest; or both are in the third between."""
        third, back = len(word) // 3, word[::-1]
        # Where no name begins so, the other edit is all that is in the rest; swapped letters may reach over the border.
        begun, ended = self._forwards.has_beginning(word[: third - 1]), self._backwards.has_beginning(back[: third - 1])
        found: set[str] = set()
        if begun:
            found.update(self._forwards.beginning_almost(word, len(word) - third))
        if ended or not begun:
            found.update(each[::-1] for each in self._backwards.beginning_almost(back, len(word) - third))
        if begun and ended:
            found.update(self._with_both_ends(word[:third], word[-third:])[:_FEW])
        return found

    def _with_both_ends(self, beginning: str, end: str) -> list[str]:
        begun, ended = self._forwards.few(beginning), self._backwards.few(end[::-1])
        if begun is not None and (ended is None or len(begun) <= len(ended)):
            return [word for word in begun if word.endswith(end)]
        return [word[::-1] for word in ended or () if word.endswith(beginning[::-1])]

    def _sharing_a_third(self, word: str) -> set[str]:
        third = len(word) // 3
        begun, ended = self._forwards.few(word[:third]) or (), self._backwards.few(word[::-1][:third]) or ()
        return {*_about_as_long(word, begun), *(each[::-1] for each in _about_as_long(word, ended))}


def _about_as_long(word: str, others: Iterable[str]) -> list[str]:
    return heapq.nsmallest(_FEW, others, key=lambda other: abs(len(other) - len(word)))


class _Ordered:
    """Words in alphabetical order, where those that begin alike stand together.

    Args:
        words: The words, all different.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self._words = sorted(words)

    def _beginning(self, part: str) -> tuple[int, int]:
        """Find where the words that begin with a part start and end."""
        return bisect_left(self._words, part), bisect_left(self._words, part + _LAST)

    def has_beginning(self, part: str) -> bool:
        """Say whether any of the words begin with a part."""
        place = bisect_left(self._words, part)
        return place < len(self._words) and self._words[place].startswith(part)

    def few(self, part: str) -> list[str] | None:
        """Return the words that begin with a part, or None where they are too many to be looked through."""
        start, end = self._beginning(part)
        return self._words[start:end] if end - start <= _MANY else None

    def some(self, part: str) -> list[str]:
        """Return the words that begin with a part, but not more of them than can be looked through."""
        start, end = self._beginning(part)
        return self._words[start : min(end, start + _MANY)]

    def longest(self, word: str) -> int:
        """Return the length of the longest beginning that a word shares with any of these."""
        lengths = range(1, len(word) + 1)
        return bisect_left(lengths, True, key=lambda length: not self.has_beginning(word[:length]))

    def edited(self, word: str, first: int = 0) -> Iterator[str]:
        """Make what is one edit away from a word and may be a beginning of these words: they have what stands before the edit.

        Args:
            word: The word.
            first: Where the edit may be at the earliest.

        Yields:
            The edited words, some of them more than once.
        """
        start, end = self._beginning(word[:first])
        for place in range(first, len(word) + 1):
            if start == end:
                return
            before, after = word[:place], word[place:]
            rest = after[1:]
            yield before + rest
            yield before + after[1:2] + after[:1] + after[2:]
            for letter in self._letters_after(before, start, end):
                yield before + letter + after
                yield before + letter + rest
            start, end = self._beginning(word[: place + 1])

    def _letters_after(self, before: str, start: int, end: int) -> Iterator[str]:
        """List the letters with which the words between two places, that begin alike, go on."""
        if len(self._words[start]) == len(before):
            start += 1
        while start < end:
            letter = self._words[start][len(before)]
            yield letter
            start = bisect_left(self._words, before + letter + _LAST, start + 1)

    def beginning_almost(self, word: str, length: int) -> Iterator[str]:
        """Choose words that begin as another does, but for one edit.

        Args:
            word: The other word.
            length: How long its beginning is.

        Yields:
            Words, of each beginning those that stand where the whole word would.
        """
        part, rest = word[:length], word[length:]
        yield from self._beside(word, part, _FEW)
        for edited in {*self.edited(part)}:
            if self.has_beginning(edited):
                yield from self._beside(edited + rest, edited, _BESIDE)

    def _beside(self, word: str, part: str, count: int) -> list[str]:
        """Choose, of the words that begin with a part, those that stand where another would, and so share more with it."""
        start, end = self._beginning(part)
        place = bisect_left(self._words, word)
        start = max(start, min(place - count // 2, end - count))
        return self._words[start : min(end, start + count)]
