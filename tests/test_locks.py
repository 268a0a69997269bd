"""The locks that a fork waits for, and that there are no others in the package."""

from __future__ import annotations

import ast
import importlib
import os
import random
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

import terraregistry
from terraregistry import locks
from terraregistry.locks import CHANGING, forking_lock

SOURCE = Path(terraregistry.__file__).parent
LOCKS = {
    *("Lock", "RLock", "Condition", "Semaphore", "BoundedSemaphore", "Event", "Barrier", "allocate_lock"),
    *("queue", "Queue", "LifoQueue", "PriorityQueue", "SimpleQueue"),
    "cached_property",  # it has a lock on Python 3.11
}
EXEMPT = {
    "locks.py": {"RLock"},
    "tools/config/builder.py": {"Event"},  # of YAML
    "tools/config/reader.py": {"Event"},  # the same
}


def locks_in(source: str) -> set[str]:
    """Find the names of what has a lock, however it is imported."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Attribute(attr=name) | ast.Name(id=name) | ast.Constant(value=str(name)):
                found.add(name)
            case ast.Import(names=names):
                found.update(alias.name for alias in names)
            case ast.ImportFrom(names=names, module=module):
                found.update([module or "", *(alias.name for alias in names)])
    return found & LOCKS


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("import threading\nlock = threading.Lock()", "Lock"),
        ("import threading as t\nmake = t.RLock", "RLock"),
        ("from threading import Condition as C", "Condition"),
        ("import threading\nlock = getattr(threading, 'Semaphore')()", "Semaphore"),
        ("import queue as q", "queue"),
        ("from queue import SimpleQueue", "SimpleQueue"),
        ("import _thread\n_thread.allocate_lock()", "allocate_lock"),
        ("import functools\nclass A:\n    @functools.cached_property\n    def b(self): ...", "cached_property"),
        ("from functools import cached_property as kept", "cached_property"),
    ],
)
def test_a_lock_is_found_however_it_is_spelt(source: str, name: str) -> None:
    assert name in locks_in(source)


def test_every_lock_of_the_package_is_one_that_a_fork_waits_for() -> None:
    found = {
        file.relative_to(SOURCE).as_posix(): names
        for file in sorted(SOURCE.rglob("*.py"))
        if (names := locks_in(file.read_text(encoding="utf-8")))
    }
    assert {file: names - EXEMPT.get(file, set()) for file, names in found.items()} == {file: set() for file in EXEMPT}


# -- what a fork does --


def _is_free(lock: threading.RLock) -> bool:
    """Say whether another thread could take a lock."""
    taken: list[bool] = []

    def take() -> None:
        taken.append(lock.acquire(blocking=False))
        if taken[0]:
            lock.release()

    thread = threading.Thread(target=take)
    thread.start()
    thread.join()
    return taken[0]


def test_a_fork_takes_every_lock_and_gives_it_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "_made", [*locks._made])
    lock = forking_lock()
    assert locks._made[0] is CHANGING
    assert _is_free(lock)
    locks._take()
    assert not _is_free(lock)
    assert not _is_free(CHANGING)
    locks._release()
    assert _is_free(lock)
    assert _is_free(CHANGING)


def test_what_is_taken_later_was_made_earlier(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread that holds a lock made later may take one made earlier while a fork waits."""
    monkeypatch.setattr(locks, "_made", [])
    inner, outer = forking_lock(), forking_lock()
    held, go_on = threading.Event(), threading.Event()

    def work() -> None:
        with outer:
            held.set()
            assert go_on.wait(60)
            with inner:
                pass

    threads = [threading.Thread(target=work, daemon=True), threading.Thread(target=locks._take, daemon=True)]
    threads[0].start()
    assert held.wait(60)
    threads[1].start()
    go_on.set()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()  # a deadlock
    locks._held.clear()


def test_a_fork_that_is_interrupted_holds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted:
        def __enter__(self) -> None:
            raise KeyboardInterrupt

        def __exit__(self, *_: object) -> None: ...

    monkeypatch.setattr(locks, "_made", [])
    early = Interrupted()
    locks._made.append(early)  # type: ignore[arg-type]  # what is done with a lock, it can do
    lock = forking_lock()
    with pytest.raises(KeyboardInterrupt):
        locks._take()
    assert _is_free(lock)
    locks._release()
    assert locks._held == []


def test_the_hook_that_waits_for_imports_is_registered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    registered: list[dict[str, object]] = []
    monkeypatch.setattr(locks, "_expecting", [])
    monkeypatch.setattr(os, "register_at_fork", lambda **hooks: registered.append(hooks), raising=False)
    for _ in range(2):
        locks.expect_imports()
    ours = [hooks for hooks in registered if hooks["before"] == locks._wait_for_imports]
    assert [{*hooks} for hooks in ours] == [{"before", "after_in_parent", "after_in_child"}]
    assert registered[-1] is ours[0]  # after those of logging and concurrent.futures


def test_where_there_are_no_forks_there_is_no_hook(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "_expecting", [])
    monkeypatch.delattr(os, "register_at_fork", raising=False)
    locks.expect_imports()
    assert locks._expecting == [True]


def test_the_locks_are_free_while_a_fork_waits_for_an_import(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[tuple[str, bool]] = []
    modules = iter([{"terraregistry.broken"}, {"terraregistry.broken", "terraregistry.late"}, {"terraregistry.late"}])

    def wait(name: str) -> None:
        waited.append((name, _is_free(CHANGING)))
        raise ImportError(name)  # which whoever imports it is told

    monkeypatch.setattr(locks, "_importing", lambda: next(modules))
    monkeypatch.setattr(importlib, "import_module", wait)
    locks._wait_for_imports()
    assert waited == [("terraregistry.broken", True), ("terraregistry.late", True)]
    assert not _is_free(CHANGING)
    locks._release()
    assert _is_free(CHANGING)


def test_the_modules_that_are_being_imported_are_those_of_the_libraries() -> None:
    table = sys.modules["importlib._bootstrap"]._module_locks  # type: ignore[attr-defined]  # Python's own
    table["timm.models"] = table["somebody.else"] = lambda: None
    try:
        assert "timm.models" in locks._importing()
        assert "somebody.else" not in locks._importing()
    finally:
        del table["timm.models"], table["somebody.else"]


def run(program: str, *arguments: str) -> str:
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), *arguments],
        env=os.environ | {"TERRAREGISTRY_SHIPPED_INDEX": "0", "XDG_CACHE_HOME": os.devnull, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-3000:]
    return ended.stdout


IMPORTS = """
    import importlib.machinery, os, signal, sys, threading, warnings
    import terraregistry.locks

    terraregistry.locks.expect_imports()
    warnings.simplefilter("ignore")  # Python 3.12 warns of forks where there are threads
    signal.alarm(120)
    began, go_on = threading.Event(), threading.Event()

    class Slow:
        # Finds a module of this package whose code takes its time.
        def find_spec(self, name, path=None, target=None):
            if name == "terraregistry.slow":
                return importlib.machinery.ModuleSpec(name, self)
        def create_module(self, spec):
            return None
        def exec_module(self, module):
            began.set()
            assert go_on.wait(60)
            with terraregistry.locks.CHANGING:  # as a module that registers
                module.is_done = True

    sys.meta_path.insert(0, Slow())
    threading.Thread(target=lambda: __import__("terraregistry.slow")).start()
    assert began.wait(60)
    threading.Timer(0.5, go_on.set).start()
    child = os.fork()
    if child == 0:
        signal.alarm(60)
        import terraregistry.slow
        os._exit(0 if terraregistry.slow.is_done else 1)
    assert os.waitpid(child, 0)[1] == 0
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks on this system")
def test_a_fork_waits_for_an_import_in_another_thread() -> None:
    run(IMPORTS)


LOGGING = """
    import os, signal, threading, time, warnings
    from terraregistry.locks import expect_imports, forking_lock

    expect_imports()
    import logging  # not for the first time: its hook is older than the package's

    warnings.simplefilter("ignore")
    signal.alarm(20)
    lock, held = forking_lock(), threading.Event()

    def work():
        with lock:
            held.set()
            time.sleep(0.5)
            logging.getLogger("somebody").setLevel("INFO")

    thread = threading.Thread(target=work)
    thread.start()
    assert held.wait(60)
    child = os.fork()
    if child == 0:
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    thread.join()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks on this system")
def test_a_fork_that_waits_leaves_logging_to_whom_it_waits_for() -> None:
    run(LOGGING)


OWN_IMPORT = """
    import importlib.machinery, os, signal, sys, warnings
    import terraregistry.locks

    terraregistry.locks.expect_imports()
    warnings.simplefilter("ignore")
    signal.alarm(120)

    class Forking:
        def find_spec(self, name, path=None, target=None):
            if name == "terraregistry.forking":
                return importlib.machinery.ModuleSpec(name, self)
        def create_module(self, spec):
            return None
        def exec_module(self, module):
            child = os.fork()
            if child == 0:
                os._exit(0)
            assert os.waitpid(child, 0)[1] == 0

    sys.meta_path.insert(0, Forking())
    import terraregistry.forking
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks on this system")
def test_a_fork_in_the_middle_of_an_import_does_not_wait_for_itself() -> None:
    run(OWN_IMPORT)


FORKING = """
    import os, signal, sys, threading, time, warnings

    warnings.simplefilter("ignore")
    signal.alarm(240)
    from terraregistry import BACKBONE_REGISTRY

    def build():
        assert BACKBONE_REGISTRY.build("timm_test_resnet", in_chans=2).out_channels
        assert BACKBONE_REGISTRY.validate("prithvi_vit_tiny", num_frames=2).kwargs == {"num_frames": 2}

    thread = threading.Thread(target=build)
    thread.start()
    time.sleep(float(sys.argv[1]))
    child = os.fork()
    if child == 0:
        signal.alarm(100)  # ends a child that hangs
        build()
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    thread.join()
    print(status)
"""
"""timm's first look-up in a thread, and a fork in the middle of it."""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks on this system")
@pytest.mark.parametrize("seed", range(5))
def test_a_fork_in_the_middle_of_timms_first_look_up(seed: int) -> None:
    # Most delays end while timm is imported: the fork comes as soon as that is done, and the thread goes on.
    delay = random.Random(seed).uniform(0, 6)
    assert run(FORKING, str(delay)) == "0\n"
