"""The profiles of Hypothesis, and the index.

The profiles are `default`, `thorough` (twice as many examples, for `.ci/coverage`) and `quick` (fewer), with the same examples each
time, and `nightly` (others).
"""

from __future__ import annotations

import fcntl
import os
import sys
import threading
from typing import TYPE_CHECKING

import pytest
from hypothesis import Phase, settings

if TYPE_CHECKING:
    from terraregistry.index import Index

# Each of the test processes has a core: more threads in torch would only wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Without bytecode each of the hundreds of processes that tests start would compile torch anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

settings.register_profile("default", deadline=None, max_examples=50, print_blob=True, derandomize=True)
settings.register_profile("thorough", settings.get_profile("default"), max_examples=100)
settings.register_profile("nightly", settings.get_profile("default"), max_examples=1_000, derandomize=False)
# For mutmut and other versions of Python: few examples, and no time spent on making a failing one smaller.
settings.register_profile(
    "quick", settings.get_profile("default"), max_examples=20, phases=[Phase.explicit, Phase.generate]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

if "mutmut" in sys.modules:  # it calls each function by one of its own, whose frames are no user's
    from mutmut.mutation import trampoline

    trampoline.__name__ = "terraregistry.registry.locations"


@pytest.hookimpl(trylast=True)
def pytest_sessionstart() -> None:
    """Leave threads out of what `.ci/coverage` measures: one that is measured now and then ends before it has begun."""
    coverage = sys.modules.get("coverage")  # not every environment has it
    if coverage is not None and coverage.Coverage.current() is not None:
        threading.settrace(None)  # type: ignore[arg-type]  # as the documentation of sys.settrace has it


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with a run of each type checker: they take long where they have no cache yet, and the others find one."""
    items.sort(key=lambda item: item.path.parts[-2:] not in (("mypy", "test_calls.py"), ("typing", "test_pyright.py")))


@pytest.fixture(scope="session")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """The index of what is installed, from the user's cache; made at most once, though there are two test processes."""
    from terraregistry.index import load_index

    shared = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        shared = shared.parent
    with (shared / "index.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return load_index()
