"""Calls that were right and have been broken in drawn ways, and what has to come of each.

`python -m tests.trust.bad_calls COUNT SEED` makes that many in a process with little memory.
"""

from __future__ import annotations

import enum
import resource
import sys
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, NamedTuple

from pydantic import Field

from terraregistry import ComponentSpec, MultiSourceRegistry, Registry
from terraregistry.errors import ComponentNotFoundError, InvalidArgumentsError, RegistryError, describe_value

from .bad_values import bad_name, bad_text, misfit, misspelt
from .watching import watched

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Attempt", "attempts", "hold", "names_now"]

CALLED: list[str] = []
"""The constructors that were called: none ever, since every call here is wrong."""


class Colour(enum.Enum):
    RED = "a"
    BLUE = "b"


def numbers(count: int, scale: float = 1.0, *, exact: bool = False) -> object:
    return CALLED.append("numbers")


def texts(title: str, sizes: list[int], table: dict[str, list[int]] | None = None) -> object:
    return CALLED.append("texts")


def choices(mode: Literal["a", "b"], colour: Colour = Colour.RED) -> object:
    return CALLED.append("choices")


def bounded(share: Annotated[float, Field(ge=0, le=1)], most: Annotated[int, Field(gt=0)] = 1) -> object:
    return CALLED.append("bounded")


def by_position(first: int, /, second: int, *, third: str = "") -> object:
    return CALLED.append("by_position")


def starred(first: int, *rest: Any, last: bool) -> object:  # of any values
    return CALLED.append("starred")


class Base:
    def __init__(self, width: int, sizes: list[int] | None = None) -> None:
        CALLED.append("Base")


class Child(Base):
    def __init__(self, title: str, **kwargs: Any) -> None:  # what Base takes
        super().__init__(**kwargs)


class Source(AbstractSet[str]):
    """A source that somebody else wrote."""

    def __iter__(self) -> Iterator[str]:
        return iter(["numbers", "plain"])

    def __len__(self) -> int:
        return 2

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and str.__str__(name) in ("numbers", "plain")

    def build(self, name: str, /, count: int, title: str = "") -> object:
        return CALLED.append(name)


class Shape(NamedTuple):
    """What a component takes: the kind of each parameter, which are required, and how many it takes by position."""

    kinds: dict[str, str]
    required: tuple[str, ...]
    positional: int = 0
    only: tuple[str, ...] = ()
    """Those that have no names to a caller."""


RIGHT: Final[dict[str, Any]] = {
    "int": 3,
    "float": 0.5,
    "bool": True,
    "str": "text",
    "list": [1, 2],
    "table": {"a": [1]},
    "choice": "a",
}
SHAPES: Final = {
    "numbers": Shape({"count": "int", "scale": "float", "exact": "bool"}, ("count",), 2),
    "texts": Shape({"title": "str", "sizes": "list", "table": "table"}, ("title", "sizes"), 3),
    "choices": Shape({"mode": "choice", "colour": "choice"}, ("mode",), 2),
    "bounded": Shape({"share": "float", "most": "int"}, ("share",), 2),
    "by_position": Shape({"first": "int", "second": "int", "third": "str"}, ("first", "second"), 2, ("first",)),
    "starred": Shape({"first": "int", "last": "bool"}, ("first", "last"), -1),
    "Child": Shape({"title": "str", "width": "int", "sizes": "list"}, ("title", "width"), 1),
}
PLAIN: Final = Shape({"count": "int", "title": "str"}, ("count",), 2)
OPTIONAL: Final = {"table", "sizes of Child"}
"""Where None is right."""

ONE = Registry[Any](numbers=numbers, texts=texts, choices=choices, bounded=bounded)
ONE.register(by_position, aliases=["by_place"])
ONE.register(starred)
ONE.register_lazy("Child", f"{__name__}:Child")
INNER = MultiSourceRegistry[Any](one=ONE)
MANY = MultiSourceRegistry[Any](own=ONE, inner=INNER, plain=Source())
REGISTRIES: Final = (ONE, INNER, MANY)
SPELLINGS: Final = [(ONE, "", ""), (INNER, "one_", ""), (MANY, "own_", ""), (MANY, "inner_one_", ""), (MANY, "", "")]


class Attempt(NamedTuple):
    """A wrong call: what is asked, the error that has to come, and the arguments that it has to name."""

    ask: Callable[[], object]
    error: type[RegistryError]
    places: frozenset[str] = frozenset()
    shown: str = ""


def names_now() -> list[list[str]]:
    """List what is registered."""
    return [[*map(str, registry)] for registry in REGISTRIES] + [[*INNER.keys()], [*MANY.keys()]]


def attempts(random: Random, count: int) -> Iterator[Attempt]:
    """Draw wrong calls."""
    kinds = (broken_arguments,) * 6 + (broken_name,) * 3 + (broken_spec, broken_registration)
    for _ in range(count):
        yield random.choice(kinds)(random)


def broken_arguments(random: Random) -> Attempt:
    """Break a right call in one way or a few."""
    registry, start, _ = random.choice(SPELLINGS)
    name = random.choice([*SHAPES])
    shape, spelling = SHAPES[name], start + name
    if registry is MANY and random.random() < 0.2:
        name, shape = "plain", PLAIN
        spelling = random.choice(["plain_plain", "plain"])
    if name == "by_position" and random.random() < 0.3:
        spelling = start + "by_place"
    by_name = [each for each in shape.kinds if each not in shape.only]
    given = {each: RIGHT[shape.kinds[each]] for each in by_name if each in shape.required or random.random() < 0.5}
    args: list[Any] = [RIGHT[shape.kinds[each]] for each in shape.only]
    places: set[str] = set()
    for _ in range(random.randint(1, 3)):
        _break(random, name, shape, given, args, places)
    while not places:
        _unknown(random, shape, given, places)
    ask = getattr(registry, random.choice(["build", "validate"]))
    shown = f"{spelling} {[*map(describe_value, args)]} { {each: describe_value(given[each]) for each in given} }"
    call = random.randint(0, 9)
    if call == 0:
        data = {"registry": "x", "name": spelling, "args": args, "kwargs": given}
        return Attempt(lambda: ComponentSpec.from_dict(data, registry), InvalidArgumentsError, frozenset(places), shown)
    return Attempt(lambda: ask(spelling, *args, **given), InvalidArgumentsError, frozenset(places), shown)


def _break(random: Random, name: str, shape: Shape, given: dict[str, Any], args: list[Any], places: set[str]) -> None:
    how = random.randint(0, 5)
    if how <= 2:  # another type
        parameter = random.choice([*shape.kinds])
        if parameter in places or (parameter in shape.only and not args):
            return
        value = misfit(random, shape.kinds[parameter])
        if value is None and (parameter == "table" or (name, parameter) == ("Child", "sizes")):
            value = 5
        if parameter in shape.only:
            args[shape.only.index(parameter)] = value
        else:
            given[parameter] = value
        places.add(parameter)
    elif how == 3:  # one that is not there
        _unknown(random, shape, given, places)
    elif how == 4:  # one too few
        parameter = random.choice(shape.required)
        if parameter in places:
            return
        if parameter in shape.only:
            if len(args) != 1:
                return
            args.clear()
        else:
            given.pop(parameter, None)
        places.add(parameter)
    elif shape.positional >= 0 and len(args) == len(shape.only):  # too many by position, and those given twice
        kinds = [*shape.kinds.items()][len(shape.only) : shape.positional]
        if len(args) < len(shape.only) or places & {each for each, _ in kinds}:
            return
        args += [RIGHT[kind] for _, kind in kinds]
        args += [random.choice([1, "x", None])] * random.randint(1, 3)
        places.update(["", *(each for each, _ in kinds if each in given)])


def _unknown(random: Random, shape: Shape, given: dict[str, Any], places: set[str]) -> None:
    name = misspelt(random, random.choice([*shape.kinds])) if random.random() < 0.7 else bad_text(random)
    name = random.choice([name, name, "self", "args", "kwargs", "rest", "*", "/first", "registry", *shape.only])
    if name not in shape.kinds or name in shape.only:
        given[name] = RIGHT["int"]
        places.add(name)


def broken_name(random: Random) -> Attempt:
    """Ask for what is not there, by every method."""
    registry = random.choice(REGISTRIES)
    name = bad_name(random, [*ONE, "own_texts", "inner_one_Child", "plain_plain", "by_place", "nowhere"])
    if isinstance(name, str) and name in registry:
        name = "no " + name
    methods = ["build", "validate", "resolve", "signature", "describe", "__getitem__", "unregister"]
    if registry is not ONE:
        methods[-2:] = ["candidates", "find_registry", "find_class", "unregister_source", "__getitem__"]
    method = random.choice(methods)
    if (
        method in ("__getitem__", "unregister_source")
        and isinstance(name, str)
        and name in ("own", "inner", "plain", "one")
    ):
        name = "no " + name
    asked = getattr(registry, method)
    wanted = RegistryError if method in ("__getitem__", "unregister_source") else ComponentNotFoundError
    return Attempt(lambda: asked(name), wanted, shown=method)


def broken_spec(random: Random) -> Attempt:
    """Give plain data that is no spec."""
    data: Any = {"registry": f"{__name__}:ONE", "name": "numbers", "args": [], "kwargs": {"count": 1}}
    how = random.randint(0, 6)
    if how == 0:
        data[random.choice(["registry", "name"])] = random.choice([5, None, ["x"], b"x", {}])
    elif how == 1:
        data["registry"] = random.choice(["os:system", "builtins:eval", ":", "", "x" * 10**6, bad_text(random) + "."])
    elif how == 2:
        del data[random.choice(["registry", "name"])]
    elif how == 3:
        data[random.choice(["kwarg", "", "name ", 5])] = 1
    elif how == 4:
        data["args"] = random.choice(["abc", 5, None, {"a": 1}, {1}])
    elif how == 5:
        data["kwargs"] = random.choice([5, None, ["count"], {5: 1}, {None: 1}, "count"])
    else:
        data = misfit(random, "int")
    return Attempt(lambda: ComponentSpec.from_dict(data), RegistryError, shown=f"spec {how}")


def broken_registration(random: Random) -> Attempt:
    """Register what cannot be registered."""
    ill = random.choice(["", " ", "a\n", "\x00", "\ud800", " a", "a ", 5, b"x", ["x"], "\u202ea", "x\n" * 10**5])
    asks: list[Callable[[], object]] = [
        lambda: ONE.register(random.choice([5, "x", [], {}, b""]), name="new"),
        lambda: ONE.register(random.choice([None, 5, "x", []])),
        lambda: ONE.register(numbers, name=ill),
        lambda: ONE.register(numbers, name="new", aliases=["fine", ill]),
        lambda: ONE.register(lambda: 0, name=random.choice([*ONE, "by_place"])),
        lambda: ONE.register(numbers, name="new", aliases=[random.choice([*ONE])]),
        lambda: ONE.register(lambda: 0),
        lambda: ONE.register_lazy("new", random.choice(["", "os", "os:", ":x", "a b:c", 5, None, "x:" + "y." * 10**4])),
        lambda: ONE.register_lazy(ill, "os:system"),
        lambda: MANY.register_source(
            random.choice(["own", "inner", "plain", "own_x", "o-n", "", 5, None, "x y"]), Registry()
        ),
        lambda: MANY.register_source("new", random.choice([5, None, {}, "x", Registry, MANY, object()])),
        lambda: MANY.register(Registry[Any](), random.choice(["own", "plain_", "1"])),
    ]
    return Attempt(random.choice(asks), RegistryError, shown="registration")


def hold(attempt: Attempt, before: list[list[str]]) -> None:
    """Fail where a wrong call is answered by anything but its error, or leaves anything behind."""
    from tests.registry.screens import fits

    with watched() as events:
        try:
            attempt.ask()
        except attempt.error as error:
            caught: RegistryError = error
            fits(str(error))
        else:
            raise AssertionError(f"{attempt.shown} accepts a call that is wrong in {sorted(attempt.places)}")
    assert events == [], (attempt.shown, events)
    assert names_now() == before, attempt.shown
    assert CALLED == [], attempt.shown
    if isinstance(caught, InvalidArgumentsError):
        named = {problem.parameter for problem in caught.problems}
        assert attempt.places <= named, (attempt.shown, attempt.places - named)


def main(arguments: Sequence[str]) -> None:
    """Hold that many attempts, in 1.5 GiB."""
    count, seed = int(arguments[0]), int(arguments[1])
    before = names_now()
    ONE.validate("Child", "x", width=1)
    resource.setrlimit(resource.RLIMIT_AS, (3 << 29, 3 << 29))
    errors: dict[str, int] = {}
    for index, attempt in enumerate(attempts(Random(seed), count)):
        try:
            hold(attempt, before)
        except BaseException:
            print(f"attempt {index} of seed {seed}: {attempt.shown} {attempt.places}", file=sys.stderr)
            raise
        errors[attempt.error.__name__] = errors.get(attempt.error.__name__, 0) + 1
    assert not [*Path().iterdir()], "something was written"
    print(errors)


if __name__ == "__main__":
    main(sys.argv[1:])
