"""Threads that do things at the same moment."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["THREADS", "at_once", "while_changing"]

THREADS = 16


def at_once(*tasks: Callable[[], object]) -> list[object]:
    """Start tasks in threads of their own at the same moment; what they return or raise."""
    start = threading.Barrier(len(tasks))

    def run(task: Callable[[], object]) -> object:
        start.wait()
        try:
            return task()
        except Exception as error:  # noqa: BLE001 - the caller looks at all of them
            return error

    with ThreadPoolExecutor(len(tasks)) as pool:
        return list(pool.map(run, tasks))


def while_changing(change: Callable[[], object], ask: Callable[[], object]) -> None:
    """Ask in two threads, again and again, while a third one makes changes."""
    done = threading.Event()

    def make_changes() -> None:
        try:
            change()
        finally:
            done.set()

    def ask_on() -> None:
        while not done.is_set():
            ask()
        ask()

    assert at_once(make_changes, ask_on, ask_on) == [None] * 3
