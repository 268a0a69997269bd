"""`terraregistry list`: the components there are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from terraregistry.suggest import did_you_mean, nearest
from terraregistry.tools.cli.lookup import kinds_of, listed, matches, no_kind, read_kind
from terraregistry.tools.cli.printing import AsJson, ImportModules, Status, is_terminal, print_json, refuse, styled
from terraregistry.tools.cli.reading import completed_kinds, completed_sources, own_modules, read_index

if TYPE_CHECKING:
    from collections.abc import Sequence

    from terraregistry.index import Index
    from terraregistry.tools.cli.lookup import Listed

__all__ = ["list_components"]


def list_components(
    kind: Annotated[
        str | None,
        typer.Argument(
            metavar="KIND",
            help="Only these: `backbone`, `neck`, `decoder`, `full-model` or `model-factory`.",
            autocompletion=completed_kinds,
            show_default=False,
        ),
    ] = None,
    pattern: Annotated[
        str | None,
        typer.Argument(
            metavar="PATTERN",
            help="Only names like this: a glob such as `*resnet1?`, or text that is in the name. Quote a glob.",
            show_default=False,
        ),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            metavar="PREFIX", help="Only those of one source, such as `timm`.", autocompletion=completed_sources
        ),
    ] = None,
    pretrained: Annotated[
        bool, typer.Option("--pretrained", help="Only those that there are pretrained weights for.")
    ] = False,
    imports: ImportModules = None,
    as_json: AsJson = False,
) -> None:
    """List the components that can be built, by kind and name.

    On a terminal a table; in a pipe a line for each component, with tabs between name, kind, version, number of
    pretrained weights, and summary.

    Exits with 0, with 1 when nothing matches, or with 2 when a kind or source does not exist.
    """
    index = read_index(own_modules(imports))
    kinds = kinds_of(index)
    known = None if kind is None else read_kind(kind, kinds)
    if kind is not None and known is None:
        if pattern is not None:
            raise no_kind(kind, kinds)
        pattern = kind
    _check_source(index, source)
    found = [
        each
        for each in listed(index, known)
        if (pattern is None or matches(pattern, each))
        and (source is None or each.source == source)
        and (not pretrained or each.component.weights)
    ]
    found.sort(key=lambda each: ([*kinds].index(each.kind), _natural(each.name)))
    if as_json:
        print_json([_data(each) for each in found])
    elif found:
        typer.echo(_table(found) if is_terminal() else "\n".join("\t".join(_row(each)) for each in found))
    if not found:
        hint = did_you_mean(nearest(pattern, kinds)) if pattern is not None and known is None else ""
        typer.echo(f"nothing matches{'' if pattern is None else f' {pattern!r}'}{hint}", err=True)
        raise typer.Exit(Status.FAILED)


def _check_source(index: Index, source: str | None) -> None:
    mounted = {prefix: None for registry in index.registries for prefix, _ in registry.sources}
    if source is not None and source not in mounted:
        hint = did_you_mean(nearest(source, mounted))
        raise refuse(f"there is no source {source!r}{hint} (mounted: {', '.join(mounted)})")


def _natural(name: str) -> list[str]:
    return [part.zfill(20) if part.isdecimal() else part for part in re.split(r"(\d+)", name)]


def _row(each: Listed) -> tuple[str, ...]:
    component = each.component
    return each.name, each.kind, each.library, str(len(component.weights) or ""), component.summary


def _data(each: Listed) -> dict[str, object]:
    component = each.component
    return {
        "name": each.name,
        "kind": each.kind,
        "source": each.source or None,
        "library": component.library,
        "version": component.version,
        "pretrained": [each.start + weights.name for weights in component.weights],
        "summary": component.summary,
    }


def _table(found: Sequence[Listed]) -> str:
    """Lay the rows out in columns. By hand: rich's table takes a second for all of timm."""
    import shutil

    heads = ("name", "kind", "version", "weights", "summary")
    rows = [heads, *map(_row, found)]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    room = max(20, shutil.get_terminal_size().columns - sum(widths) - 2 * len(widths))
    lines: list[str] = []
    for row in rows:
        summary = row[4] if len(row[4]) <= room else row[4][: room - 1] + "…"
        name, kind, version, weights = (cell.ljust(width) for cell, width in zip(row, widths, strict=False))
        if row is heads:
            lines.append(styled(f"{name}  {kind}  {version}  {weights}  {summary}", bold=True))
        else:
            cells = (styled(name, colour="cyan"), kind, styled(version, dim=True), weights.strip().rjust(widths[3]))
            lines.append("  ".join((*cells, summary)))
    count = f"{len(found):,} component{'s' if len(found) != 1 else ''}"
    return "\n".join([*(line.rstrip() for line in lines), styled(count, dim=True)])
