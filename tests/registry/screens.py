"""What every message keeps to: a screen, and characters that can be seen."""

from __future__ import annotations

from terraregistry.wording import ROWS, rows_of

__all__ = ["fits"]


def fits(text: str) -> None:
    """Fail where a message is longer than a screen, empty, or has characters that cannot be seen."""
    lines = text.split("\n")
    assert text.strip()
    assert [line for line in lines if not line.isprintable()] == []
    assert rows_of(lines) <= ROWS
