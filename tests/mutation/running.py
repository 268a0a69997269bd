"""Trying mutants: each in a fork of one process that has collected the tests, with those tests that run its lines."""

from __future__ import annotations

import contextlib
import enum
import gc
import hashlib
import importlib
import itertools
import os
import pickle
import resource
import signal
import sys
import threading
import traceback
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast
from unittest import mock

import coverage
import pytest
from tests.mutation.mutants import mutants_of
from tests.mutation.swapping import Swapper, UnchangedError

import terraregistry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.mutation.mutants import Mutant

T = TypeVar("T")

PACKAGE = Path(terraregistry.__file__).parent

CORE = [
    *(PACKAGE / f"{name}.py" for name in ("errors", "problems", "nearest", "spellings", "wording", "deferred")),
    *sorted((PACKAGE / "registry").rglob("*.py")),
]

_SLOW = 15.0
"""Tests that take so many seconds are asked only where no other runs the line."""

# What a child ends with.
SURVIVED, KILLED, NO_MUTANT, NOT_PUT_IN = 0, 1, 3, 4


class Outcome(enum.Enum):
    """What became of a mutant."""

    KILLED = "killed"
    TIMED_OUT = "timed out"
    SURVIVED = "survived"
    UNTESTED = "no test runs it"
    NONE = "no mutant: it means the same, or is no Python"
    NOT_PUT_IN = "could not be put in place"


OUTCOMES = {
    SURVIVED: Outcome.SURVIVED,
    KILLED: Outcome.KILLED,
    NO_MUTANT: Outcome.NONE,
    NOT_PUT_IN: Outcome.NOT_PUT_IN,
}


@dataclass
class Tests:
    """What each test runs, and how long it takes.

    Attributes:
        seconds: The duration of each test.
        lines: The tests that run a line of a file.
        failed: The tests that fail without any mutant.
        threaded: The tests that start threads, of which is not known what they run there.
    """

    seconds: dict[str, float] = field(default_factory=dict)
    lines: dict[str, dict[int, list[str]]] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    threaded: set[str] = field(default_factory=set)
    # What they were measured of: the files of the tests, and the library.
    stamps: dict[str, str] = field(default_factory=dict)
    library: str = ""

    def merged(self, new: Tests, names: list[str], stamps: dict[str, str]) -> Tests:
        """Put in what was measured again."""
        again = set(names)
        lines: dict[str, dict[int, list[str]]] = {}
        for path in new.lines:
            lines[path] = {}
            for line in {*self.lines.get(path, ()), *new.lines[path]}:
                old = [name for name in self.lines.get(path, {}).get(line, ()) if name not in again]
                lines[path][line] = [*old, *new.lines[path].get(line, ())]
        threaded = (self.threaded - again) | new.threaded
        return Tests({**self.seconds, **new.seconds}, lines, new.failed, threaded, {**self.stamps, **stamps})


class Runner:
    """A pytest plugin that tries mutants instead of running the tests once."""

    def __init__(
        self,
        paths: Sequence[Path],
        report: Callable[[Mutant, Outcome], None],
        *,
        every: int,
        jobs: int,
        tests: int,
        kept: Path | None,
    ) -> None:
        self._kept = kept
        helpers = [
            path
            for path in Path("tests").rglob("*.py")
            if not path.name.startswith("test_") and path.parent.name != "mutation"
        ]
        self._library = _stamp([*sorted(PACKAGE.rglob("*.py")), *sorted(helpers)])
        self._paths = paths
        self._every = every
        self._jobs = jobs
        self._most = tests
        self._report = report
        self._kills: dict[tuple[Path, str], Counter[str]] = defaultdict(Counter)
        self._running: dict[int, tuple[Mutant, int]] = {}
        self._failures: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a test that fails."""
        if report.failed:
            self._failures.append(report.nodeid)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Try the mutants."""
        self._items = {item.nodeid: item for item in session.items}
        # Some are imported by the first call that needs them, and have no functions before that.
        for path in CORE:
            importlib.import_module(_module(path))
        self._swapper = Swapper(PACKAGE)
        tests = self._known()
        if tests.failed:
            raise pytest.UsageError(f"these fail without any mutant: {', '.join(tests.failed)}")
        gc.freeze()  # a collection in a child would touch, and so copy, all of the memory that it shares
        failing = _in_child(lambda: self._control(tests))
        if failing:
            raise pytest.UsageError(f"these fail with the code itself swapped in for itself: {', '.join(failing)}")
        for path in self._paths:
            for mutant in mutants_of(path)[:: self._every]:
                while len(self._running) >= self._jobs:
                    self._wait()
                self._start(mutant, tests)
        while self._running:
            self._wait()
        return True

    def _known(self) -> Tests:
        """Take what was measured before, where neither a test nor the library has changed since, and measure the rest."""
        tests = Tests()
        if self._kept is not None and self._kept.exists():
            kept = pickle.loads(self._kept.read_bytes())
            if kept.library == self._library:
                tests = kept
        stamps = {name: _stamp([item.path]) for name, item in self._items.items()}
        missing = [name for name in self._items if tests.stamps.get(name) != stamps[name]]
        if missing:
            new = self._measured(missing)
            tests = tests.merged(new, missing, stamps)
        tests.library = self._library
        if self._kept is not None:
            self._kept.write_bytes(pickle.dumps(tests))
        return tests

    def _measured(self, names: list[str]) -> Tests:
        """Run all tests in a child, so that nothing of it is left here, and read what each of them runs."""
        return _in_child(lambda: self._measure(names))

    def _control(self, tests: Tests) -> list[str]:
        """Put the code itself in the place of all that is mutated, and run the tests in the order that mutants get them in."""
        for path in self._paths:
            source = path.read_text("utf-8")
            for function in {mutant.function for mutant in mutants_of(path)}:
                self._swapper.swap(path, function, source, changed=False)
        names = {
            name
            for path in self._paths
            for lines in tests.lines[str(path.relative_to(PACKAGE))].values()
            for name in lines
            if name and tests.seconds[name] < _SLOW
        }
        ordered = sorted(names, key=lambda name: (tests.seconds[name], name))
        for item, following in _with_next([self._items[name] for name in ordered]):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        return self._failures

    def _measure(self, names: list[str]) -> Tests:
        tests = Tests()
        measured = coverage.Coverage(data_file=None, include=[str(path) for path in CORE], config_file=False)
        measured.start()
        # Threads are not measured: one that is to be measured may end before it has begun, and others wait for it.
        threading.settrace(None)
        start_thread = threading.Thread.start
        for item, following in _with_next([self._items[name] for name in names]):
            self._swapper.forget("terraregistry.registry.schemas")  # what one test has made, another may need
            measured.switch_context(item.nodeid)
            start = sum(os.times()[:4])
            with mock.patch.object(threading.Thread, "start", autospec=True, side_effect=start_thread) as started:
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            tests.seconds[item.nodeid] = sum(os.times()[:4]) - start
            if started.called:
                tests.threaded.add(item.nodeid)
        measured.stop()
        data = measured.get_data()
        for path in CORE:
            tests.lines[str(path.relative_to(PACKAGE))] = data.contexts_by_lineno(str(path))
        tests.failed = self._failures
        return tests

    def _start(self, mutant: Mutant, tests: Tests) -> None:
        names = self._chosen(mutant, tests)
        if not names:
            self._report(mutant, Outcome.UNTESTED)
            return
        reader, writer = os.pipe()
        pid = os.fork()
        if not pid:
            os.close(reader)
            _silence()
            status = NOT_PUT_IN
            # Whatever a mutant raises gets no further than here.
            with contextlib.suppress(BaseException):
                status = self._put_in(mutant)
            if status == SURVIVED:
                _bound(sum(tests.seconds[name] for name in names))
                status = KILLED
                with contextlib.suppress(BaseException):
                    status = self._try(names, writer)
            os._exit(status)
        os.close(writer)
        self._running[pid] = mutant, reader

    def _put_in(self, mutant: Mutant) -> int:
        try:
            self._swapper.swap(mutant.path, mutant.function, mutant.source)
        except (SyntaxError, UnchangedError):
            return NO_MUTANT
        return SURVIVED

    def _try(self, names: list[str], writer: int) -> int:
        for item, following in _with_next([self._items[name] for name in names]):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if self._failures:
                os.write(writer, item.nodeid.encode())
                return KILLED
        return SURVIVED

    def _wait(self) -> None:
        pid, status = os.wait()
        mutant, reader = self._running.pop(pid)
        with os.fdopen(reader) as pipe:
            killer = pipe.read()
        if killer:
            self._kills[mutant.path, mutant.function][killer] += 1
        if os.WIFSIGNALED(status):
            self._report(mutant, Outcome.TIMED_OUT)
        else:
            self._report(mutant, OUTCOMES[os.WEXITSTATUS(status)])

    def _chosen(self, mutant: Mutant, tests: Tests) -> list[str]:
        """The tests that run what is changed: first those that found most in its function, then the quick ones."""
        lines = tests.lines[str(mutant.path.relative_to(PACKAGE))]
        names: set[str] = set()
        for wanted in (mutant.changed, mutant.lines):
            names = names or {name for line in wanted for name in lines.get(line, ()) if name}
        names |= tests.threaded & self._items.keys() if names else set()
        quick = [name for name in names if tests.seconds[name] < _SLOW] or names
        # Of a test with many parameters the first ones: what these do not find, the hundredth seldom does.
        counts: Counter[str] = Counter()
        ranked: list[tuple[int, str]] = []
        for name in sorted(quick):
            function = name.partition("[")[0]
            ranked.append((counts[function], name))
            counts[function] += 1
        kills = self._kills[mutant.path, mutant.function]
        chosen = [name for _, name in sorted(ranked)[: self._most]]
        return sorted(chosen, key=lambda name: (-kills[name], tests.seconds[name], name))


def _module(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")


def _stamp(paths: Sequence[Path]) -> str:
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()


def _with_next(items: Sequence[pytest.Item]) -> Iterator[tuple[pytest.Item, pytest.Item | None]]:
    """Give each test with the one after it, for which its fixtures may be kept."""
    return itertools.zip_longest(items, items[1:])  # type: ignore[return-value]


def _in_child(run: Callable[[], T]) -> T:
    """Run something in a child, so that nothing of it is left here, and give what it returns."""
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(reader)
        _silence()
        # What it raises is what there is instead of a result.
        with os.fdopen(writer, "wb") as pipe:
            try:
                pickle.dump((run(), ""), pipe)
            except BaseException:  # noqa: BLE001
                pickle.dump((None, traceback.format_exc()), pipe)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        result, fault = pickle.load(pipe)
    os.waitpid(pid, 0)
    if fault:
        raise pytest.UsageError(fault)
    return cast("T", result)


def _silence() -> None:
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, sys.__stdout__.fileno())
    os.dup2(nothing, sys.__stderr__.fileno())


def _bound(seconds: float) -> None:
    """End this process if it takes far more time or memory than the tests need."""
    cpu = int(5 + 5 * seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1))
    signal.alarm(10 * cpu)  # what waits for ever uses no time of the processor
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    memory = pages * resource.getpagesize() + 2**31
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
