"""Values that fit nowhere, and texts that are no names, drawn by a `random.Random`: Hypothesis has one that it shrinks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from random import Random

__all__ = ["bad_name", "bad_text", "misfit", "misspelt"]


class Boom(Exception):  # noqa: N818 - no error of ours
    """Raised by the values here; nobody expects it."""


def boom(*args: Any, **kwargs: Any) -> Any:
    raise Boom


class Silent:
    __repr__ = __str__ = __format__ = boom


class Unequal:
    __eq__ = __ne__ = __hash__ = __bool__ = boom


class Everything:
    __repr__ = __str__ = __format__ = __eq__ = __ne__ = __hash__ = __bool__ = __len__ = __iter__ = __getattr__ = boom


class Meta(type):
    __repr__ = __instancecheck__ = __subclasscheck__ = __eq__ = __hash__ = boom


class OfMeta(metaclass=Meta):
    pass


class Items(list[Any]):
    __repr__ = __str__ = __eq__ = __len__ = __iter__ = __getitem__ = boom


class Keys(dict[Any, Any]):
    __repr__ = __str__ = __eq__ = __len__ = __iter__ = __getitem__ = items = keys = boom


class Text(str):
    __slots__ = ()
    __repr__ = __str__ = __format__ = __eq__ = __hash__ = __len__ = boom


CYCLE: list[Any] = []
CYCLE.append(CYCLE)
DEEP: Any = []
for _ in range(500):
    DEEP = [DEEP]
OBJECTS: list[Any] = [
    *(Silent(), Unequal(), Everything(), OfMeta(), OfMeta, object(), object, lambda: 0, Ellipsis, NotImplemented, 1j),
    *(b"", b"\xff" * 100_000, bytearray(b"x"), memoryview(b"x"), iter("x"), (each for each in "x"), Boom()),
]
CONTAINERS: list[Any] = [
    *(Items(["x"]), Keys(a=1), CYCLE, DEEP, [Silent()], {"a": Everything()}, (Unequal(),), [[[[Everything()]]]]),
    *(["x"] * 20_000, {str(i): "x" for i in range(2_000)}, [[["x"]] * 100] * 100, {1: {2: {3: "x"}}}, ["x" * 10**6]),
]
LETTERS = "abcdefxyz_019-. ABZ*?[]!/\\:'\"{}%$\n\t\x00\x1b\u202e\ud800é🛰"
MISFITS: dict[str, list[Any]] = {
    "int": [*CONTAINERS, "3", "", "x" * 10**6, Text("3"), 3.7, float("nan"), float("inf"), None, [1], "1e3"],
    "float": [*CONTAINERS, "1.0", "nan", Text("1"), None, [1.0], "x" * 10**6],
    "bool": [*CONTAINERS, 1, 0, "true", "yes", None, 1.0, 10**5_000],
    "str": [*CONTAINERS, 5, 10**5_000, 1.5, None, True, float("nan")],
    "list": [*CONTAINERS, 5, "123", "x" * 10**6, None, True, 10**5_000, {"a": 1}, [1, "2"], [None], [[1]], [1.5]],
    "table": [*CONTAINERS, 5, "a", None, True, [1], {"a": 1}, {1: [1]}, {"a": ["1"]}, {"a": [1], None: [1]}],
    "choice": [*CONTAINERS, 5, "c", "A", "", "a" * 10**6, None, 10**5_000, float("nan"), Text("a")],
}


def misfit(random: Random, kind: str) -> Any:
    """Draw a value that fits no parameter of a kind."""
    return random.choice(OBJECTS if random.random() < 0.3 else MISFITS[kind])


def misspelt(random: Random, word: str) -> str:
    """Draw a text that is one edit or a few away from a word, or anything."""
    letters = list(word)
    for _ in range(random.randint(1, 3)):
        place = random.randint(0, len(letters))
        edit = random.randint(0, 3)
        if edit == 0:
            letters.insert(place, random.choice(LETTERS))
        elif edit == 1:
            del letters[place : place + random.randint(1, 2)]
        elif edit == 2:
            letters[place:place] = letters[: random.randint(0, 4)]
        else:
            letters[place : place + 2] = reversed(letters[place : place + 2])
    return "".join(letters)


def bad_text(random: Random) -> str:
    """Draw any text, now and then a huge one."""
    if random.random() < 0.02:
        return random.choice(LETTERS) * random.choice([10**4, 10**6, 10**7])
    return "".join(random.choice(LETTERS) for _ in range(random.randint(0, 12)))


def bad_name(random: Random, names: list[str]) -> Any:
    """Draw what is no name: a misspelt one, any text, or no string at all."""
    choice = random.randint(0, 9)
    if choice < 6:
        return misspelt(random, random.choice(names))
    if choice < 8:
        return bad_text(random)
    return random.choice([*OBJECTS, *CONTAINERS, None, 5, 10**5_000, True, 1.5])
