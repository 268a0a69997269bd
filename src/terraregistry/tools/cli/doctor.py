"""`terraregistry doctor`: the state of the installation."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from terraregistry.tools.cli.describing import megabytes
from terraregistry.tools.cli.printing import AsJson, print_json, styled
from terraregistry.tools.cli.statuses import Status
from terraregistry.tools.health import examine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from terraregistry.tools.health import CacheState, Health, Library

__all__ = ["doctor"]


def doctor(
    thorough: Annotated[
        bool, typer.Option("--thorough", help="Import each library as well, which takes some seconds each.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Say which libraries and sources there are, what is missing and how to get it, and where the cache is.

    Exits with 0, or with 1 when something has to be mended.
    """
    health = examine(thorough=thorough)
    if as_json:
        print_json({**asdict(health), "faults": health.faults})
    else:
        typer.echo("\n".join(_lines(health)))
    if health.faults:
        raise typer.Exit(Status.FAILED)


def _lines(health: Health) -> Iterator[str]:
    yield f"terraregistry {health.version}, Python {health.python}"
    yield from ("", styled("Libraries", bold=True))
    yield from map(_library, health.libraries)
    yield from ("", styled("Sources", bold=True))
    if not health.sources:
        yield "  not known before the index is made, by `terraregistry list`, which takes about 20 s once"
    for each in health.sources:
        weights = f", {each.pretrained:,} of them with pretrained weights" if each.pretrained else ""
        yield f"  {each.prefix} in {each.registry}: {each.components:,} components{weights}"
    yield from ("", styled("Index", bold=True))
    yield from _cache(health.cache)
    yield from ("", styled("Pretrained weights", bold=True), f"  are downloaded to {health.weights}", "")
    if not health.faults:
        yield styled("nothing is missing", colour="green")
    yield from (styled(f"to mend: {fault}", colour="red") for fault in health.faults)


def _library(each: Library) -> str:
    if each.version is None:
        wanted = "missing" if each.is_required else "not installed (optional)"
        return (
            f"  {styled(each.name, colour='red' if each.is_required else None)} {wanted}: {each.purpose}; {each.remedy}"
        )
    fault = f"; cannot be imported: {each.fault}" if each.fault else ""
    return f"  {styled(each.name, colour='red' if fault else 'green')} {each.version}: {each.purpose}{fault}"


def _cache(cache: CacheState) -> Iterator[str]:
    states = {
        "shipped": f"shipped with the package for these versions, {megabytes(cache.size)}",
        "ready": f"ready, {megabytes(cache.size)}",
        "missing": "missing: the next command that needs it makes it, which takes about 20 s",
        "stale": "stale: the next command that needs it makes it anew, which takes about 20 s",
        "not writable": "cannot be kept: the folder is not writable",
    }
    yield f"  {states[cache.state]}"
    yield f"  {cache.file}"
    if cache.others:
        yield f"  beside it {cache.others} of other environments and versions, {megabytes(cache.others_size)}; they can be deleted"
