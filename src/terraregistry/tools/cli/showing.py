"""`terraregistry show`: the description of one component."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from terraregistry.suggest import did_you_mean
from terraregistry.terratorch_names import how_to_get
from terraregistry.tools.cli.lookup import by_name, kinds_of, nearest_names, no_kind, read_kind
from terraregistry.tools.cli.printing import AsJson, ImportModules, print_json, refuse
from terraregistry.tools.cli.reading import completed_kinds, completed_names, read_index

if TYPE_CHECKING:
    from terraregistry.tools.cli.lookup import Listed

__all__ = ["show"]


def show(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="A component: `timm_resnet18`, `resnet18`, or with weights, `timm_resnet18.a1_in1k`.",
            autocompletion=completed_names,
        ),
    ],
    kind: Annotated[
        str | None,
        typer.Option(
            metavar="KIND", help="Only of this kind, where several have the name.", autocompletion=completed_kinds
        ),
    ] = None,
    why: Annotated[
        bool,
        typer.Option(
            "--why",
            help="Show how the arguments were found: each call followed, and where that stopped. "
            "NAME may also be any class or function, `package.module:Class`; it is imported.",
        ),
    ] = False,
    imports: ImportModules = None,
    as_json: AsJson = False,
) -> None:
    """Show a component: its arguments and where they come from, its docstring, its weights, and what builds it.

    Exits with 0, or with 2 when there is no such component; the nearest names are shown then.
    """
    from terraregistry.tools.cli.describing import as_data, as_text

    if why and ":" in name:
        typer.echo(_explained_reference(name))
        return
    index = read_index(imports)
    kinds = kinds_of(index)
    known = None if kind is None else read_kind(kind, kinds)
    if kind is not None and known is None:
        raise no_kind(kind, kinds)
    found = by_name(index, name, known)
    if not found:
        searched = known or ", ".join(kinds)
        remedy = "" if known else how_to_get(name) or how_to_get(name.partition("_")[2])
        hint = f"; {remedy}" if remedy else did_you_mean(nearest_names(index, name, known))
        raise refuse(f"there is no component {name!r}{hint} (kinds searched: {searched})")
    if why:
        typer.echo("\n\n".join(_explained(each) for each in found))
    elif as_json:
        print_json([as_data(index, each, name) for each in found])
    else:
        typer.echo("\n\n".join(as_text(index, each, name) for each in found))


def _explained(entry: Listed) -> str:
    from terraregistry import MultiSourceRegistry, Registry, explain_signature
    from terraregistry.registry.specs import registry_at

    registry = registry_at(entry.registry)
    if isinstance(registry, MultiSourceRegistry):
        return f"{entry.name}\n{explain_signature(registry.find_class(entry.name))}"
    if isinstance(registry, Registry):
        return f"{entry.name}\n{explain_signature(registry[entry.name])}"
    raise refuse(f"{entry.name}: its registry {entry.registry} gives no constructor")


def _explained_reference(reference: str) -> str:
    from terraregistry import Registry, explain_signature
    from terraregistry.errors import RegistryError

    registry = Registry[object]()
    try:
        registry.register_lazy("it", reference)
        return str(explain_signature(registry["it"]))
    except (RegistryError, ValueError) as error:
        raise refuse(str(error)) from None
