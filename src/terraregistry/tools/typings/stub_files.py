"""Writing the stubs to a folder searched by type checkers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from terraregistry.indexing.making import make_index
from terraregistry.tools.typings.own_registries import MODULE as OWN_MODULE
from terraregistry.tools.typings.own_registries import base_stub, own_registries
from terraregistry.tools.typings.stub import MODULE, stub_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from terraregistry.index import Index

__all__ = ["write_typings"]


def write_typings(index: Index, output: Path, modules: Iterable[str] = ()) -> list[Path]:
    """Write a stub package that replaces the stub shipped with the library.

    It is a partial one (PEP 561): all other modules of the library are taken from the library itself.

    Args:
        index: The index.
        output: The folder for stub packages, such as `typings`, pyright's default `stubPath`.
        modules: The imported modules of a project, which may have registries of their own.

    Returns:
        The stubs: that of the library's registries, and that of the project's own if there are any.

    Raises:
        OSError: It cannot be written.
    """
    folder = output / f"{MODULE.partition('.')[0]}-stubs"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "py.typed").write_text("partial\n", encoding="utf-8")
    stub = _file(folder, MODULE)
    stub.write_text(stub_of(index, "The library's registries, with what is installed here."), encoding="utf-8")
    further = _file(folder, OWN_MODULE)
    further.unlink(missing_ok=True)
    registries = own_registries(modules)
    text = base_stub(make_index(registries), registries) if registries else ""
    if not text:
        return [stub]
    further.parent.mkdir(exist_ok=True)
    further.write_text(text, encoding="utf-8")
    return [stub, further]


def _file(folder: Path, module: str) -> Path:
    return folder.joinpath(*module.split(".")[1:]).with_suffix(".pyi")
