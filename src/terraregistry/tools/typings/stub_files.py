"""Writing the stubs to a folder searched by type checkers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from terraregistry.tools.typings.stub import MODULE, stub_of

if TYPE_CHECKING:
    from pathlib import Path

    from terraregistry.index import Index

__all__ = ["write_typings"]


def write_typings(index: Index, output: Path) -> Path:
    """Write a stub package that replaces the stub shipped with the library.

    It is a partial one (PEP 561): all other modules of the library are taken from the library itself.

    Args:
        index: The index.
        output: The folder for stub packages, such as `typings`, pyright's default `stubPath`.

    Returns:
        The stub.

    Raises:
        OSError: It cannot be written.
    """
    package, _, module = MODULE.partition(".")
    folder = output / f"{package}-stubs"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "py.typed").write_text("partial\n", encoding="utf-8")
    stub = folder / f"{module}.pyi"
    stub.write_text(stub_of(index, "The library's registries, with what is installed here."), encoding="utf-8")
    return stub
