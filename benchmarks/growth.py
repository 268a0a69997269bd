"""What grows with the number of components: the same calls in registries of 10, 1,000 and 100,000."""

from __future__ import annotations

import itertools
import random
from typing import TYPE_CHECKING, Any, Final

from benchmarks.peers.component import ARGUMENTS, Component
from benchmarks.reports import Cell, Section, seconds
from benchmarks.timing import interleaved
from terraregistry import MultiSourceRegistry, Registry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["SIZES", "grow", "names"]

SIZES: Final = (10, 1_000, 100_000)
_BARS: Final = "▁▂▃▄▅▆▇█"
_FLAT: Final = 3.0
"""A figure that is at most so many times as large at the largest size does not grow: memory is farther away then."""
_ROUNDS: Final = 15


def names(count: int) -> list[str]:
    """Make up names of models, such as people give; each size begins with those of the smaller ones.

    Args:
        count: How many.

    Returns:
        The names, all different.
    """
    chance = random.Random(count and 20)  # the same each time
    made: dict[str, None] = {}
    while len(made) < count:
        family = "".join(
            chance.choices(("res", "net", "vit", "swin", "conv", "next", "mix", "former", "eff", "reg"), k=2)
        )
        size = chance.choice(("tiny", "small", "base", "large", "huge"))
        made[
            f"{family}{chance.randrange(10, 200)}_{size}_patch{chance.choice((8, 14, 16, 32))}_{chance.randrange(96, 1024)}"
        ] = None
    return list(made)


class World:
    """Registries of one size.

    Args:
        size: How many components.
    """

    def __init__(self, size: int) -> None:
        self.names = names(size)
        self.plain: dict[str, type[Component]] = dict.fromkeys(self.names, Component)
        self.registry = Registry[Any](**self.plain)  # of components of no particular kind
        self.first = Registry[Any](**{f"other_{name}": Component for name in self.names})
        self.multi = MultiSourceRegistry[Any](other=self.first, main=self.registry)
        self.name = self.names[size // 2]
        self.typo = self.name[:3] + self.name[4] + self.name[3] + self.name[5:]
        self.two_typos = self.name[1:-4] + self.name[-3] + self.name[-4] + self.name[-2:]
        self.further: Iterator[str] = (f"further_{number}" for number in itertools.count())

    def calls(self) -> dict[str, Callable[[], object]]:
        """Return what is timed, by what the report calls it."""
        registry, multi, name = self.registry, self.multi, self.name
        return {
            "dict: in": lambda: name in self.plain,
            "dict: listing": lambda: list(self.plain),
            "registering one, and taking it away": self._register,
            "mounting a source, and taking it off": self._mount,
            "in: there": lambda: name in registry,
            "in: not there": lambda: "nothing_like_it" in registry,
            "R[name]": lambda: registry[name],
            "resolve": lambda: registry.resolve(name),
            "of two sources, in: qualified": lambda: f"main_{name}" in multi,
            "of two sources, in: bare": lambda: name in multi,
            "of two sources, in: not there": lambda: "nothing_like_it" in multi,
            "of two sources, resolve: bare": lambda: multi.resolve(name),
            "validate": lambda: registry.validate(name, **ARGUMENTS),
            "build": lambda: multi.build(name, **ARGUMENTS),
            "a name that is not there, error not read": lambda: _refused(registry, self.typo),
            "suggesting: a letter swapped": lambda: str(_refused(registry, self.typo)),
            "suggesting: two mistakes": lambda: str(_refused(registry, self.two_typos)),
            "suggesting: nothing near": lambda: str(_refused(registry, "zzzzzz")),
            "of two sources, suggesting: a letter swapped": lambda: str(_refused(multi, self.typo)),
            "of two sources, suggesting: two mistakes": lambda: str(_refused(multi, self.two_typos)),
            "of two sources, suggesting: a prefix mistyped": lambda: str(_refused(multi, f"mian_{self.typo}")),
            "listing": lambda: list(registry),
            "of two sources, listing": lambda: list(multi),
        }

    def _register(self) -> None:
        name = next(self.further)
        self.registry.register(Component, name=name)
        self.registry.unregister(name)

    def _mount(self) -> None:
        self.multi.register_source("third", self.registry)
        self.multi.unregister_source("third")


def _refused(registry: Registry[Any] | MultiSourceRegistry[Any], name: str) -> KeyError:
    try:
        registry.resolve(name)
    except KeyError as error:
        return error
    raise AssertionError(name)


def grow(progress: Callable[[str], None], sizes: tuple[int, ...] = SIZES, rounds: int = _ROUNDS) -> Section:
    """Measure how calls grow.

    Args:
        progress: Is told what is being done.
        sizes: How many components.
        rounds: How many turns each size has.

    Returns:
        The table of the curves.
    """
    progress("growth: registering")
    worlds = {size: World(size) for size in sizes}
    calls = {size: world.calls() for size, world in worlds.items()}
    section = Section("Growth", ["", *(f"{size:,}" for size in sizes), "last : first", "curve", ""])
    for what in calls[sizes[0]]:
        progress(f"growth: {what}")
        times = (
            [_time(calls, what, size, rounds) for size in sizes]
            if "listing" in what or "suggesting" in what
            else _together(calls, what, rounds)
        )
        ratio = times[-1] / times[0]
        section.rows[what] = [
            *(Cell(seconds(each), each) for each in times),
            Cell(f"{ratio:,.1f} x", ratio),
            Cell(_curve(times)),
            Cell("flat" if ratio <= _FLAT else "grows"),
        ]
    section.notes.append(
        f"Flat is what takes at most {_FLAT:.0f} times as long with {sizes[-1]:,} components as with {sizes[0]:,}."
    )
    section.notes.append("The curve is logarithmic, from the fastest to a thousand times that.")
    return section


def _together(calls: dict[int, dict[str, Callable[[], object]]], what: str, rounds: int) -> list[float]:
    contestants = {str(size): of[what] for size, of in calls.items()}
    slowest = max(interleaved(contestants, rounds=2, calls=1).values())
    times = interleaved(contestants, rounds=rounds, calls=max(1, min(2_000, int(0.002 / slowest))))
    return [times[str(size)] for size in calls]


def _time(calls: dict[int, dict[str, Callable[[], object]]], what: str, size: int, rounds: int) -> float:
    return _together({size: calls[size]}, what, rounds)[0]


def _curve(times: list[float]) -> str:
    import math

    least = min(times)
    steps = [math.log10(each / least) / 3 * (len(_BARS) - 1) for each in times]
    return "".join(_BARS[min(len(_BARS) - 1, round(step))] for step in steps)
