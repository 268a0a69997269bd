"""What the fuzzer starts from and what it has found, given to its targets again, and what Hypothesis thinks of."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .fuzzing import SEEDS, TOKENS
from .targets import TARGETS

FOUND = sorted(Path(__file__).with_name("crashers").iterdir())


@pytest.mark.parametrize("target", TARGETS)
def test_what_the_fuzzer_starts_from(target: str) -> None:
    for seed in SEEDS[target]:
        TARGETS[target](seed)


@pytest.mark.parametrize("file", FOUND, ids=lambda file: file.name)
def test_what_the_fuzzer_has_found(file: Path) -> None:
    TARGETS[file.name.partition("-")[0]](file.read_bytes())


@pytest.mark.parametrize("target", TARGETS)
@settings(max_examples=150)
@given(st.lists(st.sampled_from(["\n", "a", "b", "n", *TOKENS]) | st.text(max_size=3), max_size=12).map("".join))
def test_any_tokens(target: str, text: str) -> None:
    TARGETS[target](text.encode("utf-8", "surrogatepass"))
