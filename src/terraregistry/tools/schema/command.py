"""The command `terraregistry schema`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["schema"]


def schema(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write it to a file, not to standard output.")
    ] = None,
    imports: Annotated[
        list[str] | None,
        typer.Option(
            "--import", metavar="MODULE", help="Import a module first, such as one that registers your own components."
        ),
    ] = None,
) -> None:
    """Write the JSON Schema of configs, with which editors complete names and arguments and underline mistakes."""
    from terraregistry.index import load_index
    from terraregistry.tools.schema.configs import schema_text

    text = schema_text(load_index(imports or ()))
    if output is None:
        typer.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        typer.echo(f"{output}: cannot be written: {error.strerror}", err=True)
        raise typer.Exit(2) from None
