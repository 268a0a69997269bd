"""Calls that are interrupted at a random moment, as Ctrl-C does, and what they leave behind: a program of its own.

    python interrupting.py SEED {OPERATION COUNT}...

It counts interrupted calls only, those in which the KeyboardInterrupt was raised, and prints a report for each operation, as JSON.
"""

from __future__ import annotations

import gc
import json
import random
import signal
import sys
import time
import weakref
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

from terraregistry import MultiSourceRegistry, Registry
from terraregistry.errors import ComponentNotFoundError, RegistryError
from terraregistry.testing import check_registry

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

SPELLINGS = ["first", "edition", "part", "piece", "element", "alpha", "omega", "component"]
MISTYPED = ["componemt", "first_of_al"]


def alpha() -> str:
    return "alpha"


def omega() -> str:
    return "omega"


def component() -> str:
    return "component"


def editions() -> list[Callable[[], str]]:
    """Define one function in two editions, as a cell that runs twice does."""
    made = []
    for edition in ("1st", "2nd"):
        namespace: dict[str, Any] = {"__name__": "interrupted_cell"}
        exec(compile(f"def edited() -> str:\n    return {edition!r}\n", f"<cell {edition}>", "exec"), namespace)
        made.append(namespace["edited"])
    return made


OLDER, NEWER = editions()
FIRST = compile("own.register(edited, name='edited', aliases=['edition'])", "<cell 1st>", "exec")


class World:
    """A registry, and one of several sources, that calls are made of."""

    def __init__(self) -> None:
        self.own = Registry[Any](alpha=alpha)
        self.own.register(alpha, name="first_of_all", aliases=["first"])
        exec(FIRST, {"__name__": "interrupted_cell", "own": self.own, "edited": OLDER})
        self.own.register(omega)
        self.one, self.other, self.added = (
            Registry[Any](one=alpha),
            Registry[Any](one=omega),
            Registry[Any](part=component),
        )
        self.all = MultiSourceRegistry[Any](one=self.one, own=self.own, other=self.other)

    def state(self, call: Callable[[World], None]) -> list[str]:
        """Write down what is public of the registry that a call changes; two worlds with the same contents have equal states."""
        registry = self.all if call in MOUNTING else self.own
        names = [*registry]
        found = [f"names {names}", f"{len(registry)} names", f"{len(set(names))} different ones"]
        for name in dict.fromkeys([*SPELLINGS, *names]):
            if name in registry:
                resolved = str(registry.resolve(name))
                found.append(f"{name} is {resolved}, {resolved in names}, and makes {registry.build(name)}")
        found += [f"{key}: {self._called(value)}" for key, value in registry.items()]
        return found + self.suggestions(call)

    def suggestions(self, call: Callable[[World], None]) -> list[str]:
        """Return what is suggested for mistyped names, of the registry that a call changes."""
        registry = self.all if call in MOUNTING else self.own
        found = []
        for name in MISTYPED:
            try:
                registry.resolve(name)
            except ComponentNotFoundError as error:
                stale = [each for each in error.suggestions if each not in registry]
                found.append(f"{name}: did you mean {error.suggestions}? {stale} are not there")
        return found

    def _called(self, value: object) -> str:
        """Name a source by its place, and a function as it is."""
        return next((name for name, own in vars(self).items() if own is value), None) or repr(value)


# -- what is interrupted; the states that each of them may leave are those after its first steps --


def register(world: World) -> None:
    world.own.register(component, name="component", aliases=["part", "piece", "element"])


def register_lazily(world: World) -> None:
    world.own.register_lazy("component", "os:getpid", aliases=["part", "piece", "element"])


def override(world: World) -> None:
    world.own.register(component, name="first_of_all", aliases=["part", "omega", "edition"], override=True)


AGAIN = compile("own.register(edited, name='edited', aliases=['part', 'piece', 'element'])", "<cell 2nd>", "exec")


def register_again(world: World) -> None:
    exec(AGAIN, {"__name__": "interrupted_cell", "own": world.own, "edited": NEWER})


def unregister(world: World) -> None:
    world.own.unregister("first_of_all")


def unregister_alias(world: World) -> None:
    world.own.unregister("first")


def mount(world: World) -> None:
    world.all.register_source("added", world.added)


def unmount(world: World) -> None:
    world.all.unregister_source("own")


def scope(world: World) -> None:
    with world.own.scope():
        register(world)
        unregister(world)


def nested_scopes(world: World) -> None:
    with world.own.scope():
        register(world)
        with world.own.scope():
            unregister(world)


def decorated(world: World) -> None:
    @world.own.scope()
    def inside() -> None:
        register(world)
        unregister(world)

    inside()


MOUNTING = [mount, unmount]
CALLS = [register, register_lazily, override, register_again, unregister, unregister_alias, *MOUNTING]
SCOPES = [scope, nested_scopes, decorated]
ONE_BY_ONE: list[tuple[Callable[[World], None], ...]] = [(), (register,), (register, unregister)]
STEPS = {
    **{call.__name__: (call, [(), (call,)]) for call in CALLS},
    **{block.__name__: (block, ONE_BY_ONE) for block in SCOPES},
    # What an inner scope leaves behind may stay, though the outer one ends as it should.
    nested_scopes.__name__: (nested_scopes, [*ONE_BY_ONE, (unregister,)]),
}


class Clock:
    """Raises KeyboardInterrupt at a random moment inside a call, and nowhere else."""

    def __init__(self, seed: int, call: Callable[[World], None]) -> None:
        self.raised = False
        self.late = 0
        self.places: set[tuple[str, int]] = set()
        self._rung = False
        self._random = random.Random(seed)
        self._call = call
        self._code = call.__code__  # type: ignore[attr-defined]  # they are functions
        signal.signal(signal.SIGALRM, self._ring)
        times = []
        for _ in range(100):
            world = World()
            world.suggestions(call)
            start = time.perf_counter()
            call(world)
            times.append(time.perf_counter() - start)
        self._longest = 1.5 * sorted(times)[50]

    def interrupts(self, world: World) -> bool:
        """Make the call; True where it was interrupted."""
        self.raised = self._rung = False
        gc.disable()  # what others left behind has callbacks, in which an interrupt is lost
        try:
            signal.setitimer(signal.ITIMER_REAL, self._random.uniform(1e-6, self._longest))
            self._call(world)
        except KeyboardInterrupt:
            self._longest *= 1.01
            return True
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            gc.enable()
        if not self._rung:
            self.late += 1  # a third is, so that the end of the call is hit as often as its beginning
            self._longest /= 1.02
        return False

    def _ring(self, _: int, frame: FrameType | None) -> None:
        self._rung = True
        if frame is not None and frame.f_code is self._code and frame.f_lineno == self._code.co_firstlineno:
            return  # nothing has been done yet
        innermost = frame
        while frame is not None:
            if frame.f_code is self._code and innermost is not None:
                self.raised = True
                self.places.add((innermost.f_code.co_filename, innermost.f_lineno))
                raise KeyboardInterrupt
            frame = frame.f_back


def scope_is_open(registry: Registry[Any]) -> bool:
    """Say whether a registry believes that a scope is open: what is done outside is undone, or kept in mind to be undone."""

    def outside() -> str:
        return "outside"

    names = [*registry]
    registry.register(outside, name="outside")
    with registry.scope():
        registry.register(alpha, name="inside")
        registry.unregister("omega")
    if [*registry] != [*names, "outside"] or registry["outside"] is not outside:
        return True
    registry.unregister("outside")
    left = weakref.ref(outside)
    del outside
    with registry.scope():
        pass
    if left() is not None:
        gc.collect()
    return [*registry] != names or left() is not None


def others_can_change(world: World, pool: ThreadPoolExecutor) -> bool:
    """Say whether no lock was left held: another thread registers, and mounts."""

    def change() -> None:
        world.own.register(alpha, name="of_thread")
        world.own.unregister("of_thread")
        world.all.register_source("thread", world.added)
        world.all.unregister_source("thread")

    try:
        pool.submit(change).result(timeout=20)
    except TimeoutError:
        return False
    return True


class Report(NamedTuple):
    """What came of interrupted calls.

    Attributes:
        calls: How many were made, those included that the signal missed.
        interrupted: How many were interrupted.
        late: How many had come to their end before the signal.
        places: In how many lines of code they were interrupted.
        half_done: States that are neither before nor after a step, each once, with their number.
        left: How many left a step behind. For a scope that is a fault; for others it is one of the two.
        open: How many left the registry believing that a scope is open.
        swallowed: How many went on, though the KeyboardInterrupt was raised.
        locked: Whether other threads can change nothing any more.
    """

    calls: int
    interrupted: int
    late: int
    places: int
    half_done: dict[str, int]
    left: int
    open: int
    swallowed: int
    locked: bool


def state_after(call: Callable[[World], None], steps: tuple[Callable[[World], None], ...]) -> list[str]:
    world = World()
    for step in steps:
        step(world)
    return world.state(call)


def interrupt(name: str, count: int, seed: int) -> Report:
    """Interrupt an operation so many times."""
    call, steps = STEPS[name]
    allowed = [state_after(call, each) for each in steps]
    whole = allowed[0] if call in SCOPES else allowed[-1]  # what a call leaves that comes to its end
    clock = Clock(seed, call)
    half_done: Counter[str] = Counter()
    calls = interrupted = left = still_open = swallowed = 0
    locked = False
    world = World()
    with ThreadPoolExecutor(1) as pool:
        while interrupted < count and not locked:
            calls += 1
            if calls > 100 * count:
                raise SystemExit(f"{name}: of {calls} calls only {interrupted} were interrupted")
            world.suggestions(call)  # what it remembers of its contents is of before
            hit = clock.interrupts(world)
            state = world.state(call)
            if state not in (allowed if hit else [whole]):
                half_done[str(difference(state, allowed))] += 1
            spoilt = state != allowed[0]
            if hit:
                interrupted += 1
                left += spoilt
                if scope_is_open(world.own):
                    still_open += 1
                    spoilt = True
                if interrupted % 10 == 0:
                    locked = not others_can_change(world, pool)
                if interrupted % 100 == 0:
                    check_registry(world.own)
                    check_registry(world.all)
            else:
                swallowed += clock.raised
            if spoilt:
                world = World()
        if locked:
            pool.shutdown(wait=False, cancel_futures=True)
    faults = dict(half_done.most_common(5))
    return Report(calls, interrupted, clock.late, len(clock.places), faults, left, still_open, swallowed, locked)


def difference(state: list[str], allowed: list[list[str]]) -> list[str]:
    """Return what is in a state and in none of those that are allowed, or the names where there is nothing of that kind."""
    known = {each for other in allowed for each in other}
    return [each for each in state if each not in known] or state[:1]


def main(seed: str, *counts: str) -> None:
    reports: dict[str, object] = {}
    for name, count in zip(counts[::2], counts[1::2], strict=True):
        try:
            reports[name] = interrupt(name, int(count), int(seed))._asdict()
        except RegistryError as error:  # the others are interrupted all the same
            reports[name] = {"error": repr(error)}
    sys.stdout.write(json.dumps(reports))


if __name__ == "__main__":
    main(*sys.argv[1:])
