"""The text of the shipped index: `python -m terraregistry.indexing.shipping packaging/index.sql` writes it."""

from __future__ import annotations

import sys
from pathlib import Path

from terraregistry.index.cache import cache_folder
from terraregistry.index.keys import SHIPPED_FOR, Key
from terraregistry.index.loading import load_index

__all__ = ["shipped_text"]


def shipped_text() -> str:
    """Write an index as SQL, not read from the shipped one: with the versions it is valid for and nothing of this machine."""
    index = load_index(folder=cache_folder())
    versions = dict(index.key.versions)
    return index.with_key(Key(tuple((name, versions[name]) for name in SHIPPED_FOR), "", "")).dump()


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(shipped_text(), encoding="utf-8")
