"""`terraregistry schema`: the JSON Schema of configs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from terraregistry.index.cache import cache_folder, read_file, write_file
from terraregistry.index.keys import current_key, source_files, state_of
from terraregistry.tools.cli.printing import ImportModules, refuse
from terraregistry.tools.cli.reading import own_modules, read_index

if TYPE_CHECKING:
    from collections.abc import Callable

    from terraregistry.index import Index

__all__ = ["installed_schema_text", "schema"]


def schema(
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write it to a file instead of standard output."),
    ] = None,
    imports: ImportModules = None,
) -> None:
    """Write the JSON Schema of configs, with which an editor completes names and arguments and underlines mistakes."""
    modules = own_modules(imports)
    if modules:
        from terraregistry.tools.schema.config_schemas import schema_text

        text = schema_text(read_index(modules))
    else:
        text = installed_schema_text(read_index)
    if output is None:
        typer.echo(text, nl=False)
        return
    try:
        Path(output).write_text(text, encoding="utf-8")
    except OSError as error:
        raise refuse(f"{output}: cannot be written: {error.strerror or error}") from None


def installed_schema_text(load: Callable[[], Index], *, folder: Path | None = None) -> str:
    """Load the schema of the installed libraries: made the first time, read from the user's cache later."""
    folder = cache_folder() if folder is None else folder
    key = current_key()
    name = key.file_name.replace("index", "schema", 1)
    state = f"{key.sources} {state_of(source_files(Path(__file__).parents[1]))}\n"
    kept = (read_file(folder, name) or b"").decode()
    if kept.startswith(state):
        return kept.removeprefix(state)

    from terraregistry.tools.schema.config_schemas import schema_text

    index = load()
    text = schema_text(index)
    if not index.gaps:  # what could not be described may be mended without a change of versions
        write_file(folder, name, (state + text).encode())
    return text
