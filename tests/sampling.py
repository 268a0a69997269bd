"""Which values of a parametrized test the default command runs: the rest are slow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable


def rest_slow(values: Iterable[Any], *kept: Any) -> list[Any]:  # what pytest takes
    """Mark all values as slow but those that are kept, each of which has to be there."""
    listed = [*values]
    assert all(each in listed for each in kept)
    return [each if each in kept else pytest.param(each, marks=pytest.mark.slow) for each in listed]
