"""The stub shipped with the library: `python -m terraregistry.tools.typings.shipped` regenerates it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from terraregistry import library_types
from terraregistry.index import load_index
from terraregistry.tools.typings.stub import stub_of

if TYPE_CHECKING:
    from terraregistry.index import Index

__all__ = ["shipped_stub", "stub_file"]


def stub_file() -> Path:
    """Return the path of the stub, beside its module."""
    return Path(library_types.__file__).with_suffix(".pyi")


def shipped_stub(index: Index) -> str:
    """Write the text of the stub.

    Args:
        index: The index of the tested versions, without any project's own components.

    Returns:
        The text.
    """
    return stub_of(index, "The library's registries, with what is in them for the tested versions of timm and smp.")


if __name__ == "__main__":
    stub_file().write_text(shipped_stub(load_index()), encoding="utf-8")
