"""`terraregistry schema`: the JSON Schema of configs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from terraregistry.tools.cli.printing import ImportModules, refuse
from terraregistry.tools.cli.reading import read_index
from terraregistry.tools.schema import installed_schema_text

__all__ = ["schema"]


def schema(
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write it to a file instead of standard output."),
    ] = None,
    imports: ImportModules = None,
) -> None:
    """Write the JSON Schema of configs, with which an editor completes names and arguments and underlines mistakes."""
    if imports:
        from terraregistry.tools.schema.config_schemas import schema_text

        text = schema_text(read_index(imports))
    else:
        text = installed_schema_text(read_index)
    if output is None:
        typer.echo(text, nl=False)
        return
    try:
        Path(output).write_text(text, encoding="utf-8")
    except OSError as error:
        raise refuse(f"{output}: cannot be written: {error.strerror or error}") from None
