"""Warnings that are kept quiet in several threads at once come back as they were."""

from __future__ import annotations

import random
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from terraregistry.quiet import quietly


def test_it_is_quiet_inside_and_not_after() -> None:
    before = [*warnings.filters]
    with quietly():
        warnings.warn("not shown", stacklevel=1)
        with quietly():
            warnings.warn("not shown", stacklevel=1)
        warnings.warn("not shown", stacklevel=1)
    assert warnings.filters == before
    with pytest.warns(UserWarning, match="shown"):
        warnings.warn("shown", stacklevel=1)


@dataclass(frozen=True)
class FrozenError(Exception):
    code: int


@pytest.mark.parametrize("error", [ZeroDivisionError(), FrozenError(1), KeyboardInterrupt()])
def test_an_exception_ends_it_and_goes_through(error: BaseException) -> None:
    before = [*warnings.filters]
    with pytest.raises(type(error)) as caught, quietly():
        raise error
    assert caught.value is error
    assert warnings.filters == before


def test_of_two_that_overlap_the_one_that_ends_last_puts_the_filters_back() -> None:
    before = [*warnings.filters]
    first, second = quietly(), quietly()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    warnings.warn("not shown", stacklevel=1)
    second.__exit__(None, None, None)
    assert warnings.filters == before


def test_sixteen_threads_leave_the_filters_as_they_were() -> None:
    before = [*warnings.filters]
    start = threading.Barrier(16)

    def work(thread: int) -> None:
        pause = random.Random(thread)
        start.wait()
        for _ in range(20):
            with quietly():
                warnings.warn("not shown", stacklevel=1)
                time.sleep(pause.random() / 1000)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(work, range(16)))
    assert warnings.filters == before
