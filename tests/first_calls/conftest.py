"""The harness, one for each test process."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from .harness import Harness, index_file

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def harness(tmp_path_factory: pytest.TempPathFactory, index: object) -> Iterator[Harness]:
    if not hasattr(os, "fork"):
        pytest.skip("there is no fork")
    made = Harness(tmp_path_factory.mktemp("first-calls"), index_file(tmp_path_factory.mktemp("index")))
    yield made
    made.close()
