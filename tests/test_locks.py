"""The lock that a fork waits for, on a system that has forks and on one that has none."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from terraregistry.locks import forking_lock

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest


def test_a_fork_takes_the_lock_and_gives_it_back_on_both_sides(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Callable[[], object]] = {}
    monkeypatch.setattr(os, "register_at_fork", lambda **functions: asked.update(functions), raising=False)
    lock = forking_lock()
    assert sorted(asked) == ["after_in_child", "after_in_parent", "before"]
    for after in ("after_in_parent", "after_in_child"):
        asked["before"]()
        assert lock._is_owned()  # type: ignore[attr-defined]  # what there is to see of it
        asked[after]()
        assert not lock._is_owned()  # type: ignore[attr-defined]


def test_where_there_are_no_forks_it_is_a_lock_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "register_at_fork", raising=False)
    with (lock := forking_lock()), lock:
        assert lock._is_owned()  # type: ignore[attr-defined]
    assert not lock._is_owned()  # type: ignore[attr-defined]
