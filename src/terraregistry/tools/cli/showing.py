"""`terraregistry show`: the description of one component, as text and as data."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Annotated, Final

import typer

from terraregistry.components.backbones.prithvi.bands import BAND_NAMES, HLSBands
from terraregistry.suggest import did_you_mean
from terraregistry.terratorch_names import how_to_get
from terraregistry.tools.cli.factory_rules import build_model_of, factory_rules, factory_sections
from terraregistry.tools.cli.lookup import (
    STARS,
    by_name,
    docstring_of,
    file_of,
    kinds_of,
    nearest_names,
    no_kind,
    read_kind,
    short_type,
    starred,
    written_type,
)
from terraregistry.tools.cli.printing import AsJson, ImportModules, megabytes, print_json, refuse, styled
from terraregistry.tools.cli.reading import completed_kinds, completed_names, own_modules, read_index
from terraregistry.tools.snippets import python_snippet, yaml_snippet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from terraregistry.index import Component, Index
    from terraregistry.tools.cli.lookup import Listed

__all__ = ["show"]

_MOST_WIDE: Final = 44
_WIDE: Final = 100


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
    if why and ":" in name:
        typer.echo(_explained_reference(name))
        return
    index = read_index(own_modules(imports))
    kinds = kinds_of(index)
    known = None if kind is None else read_kind(kind, kinds)
    if kind is not None and known is None:
        raise no_kind(kind, kinds)
    found = by_name(index, name, known)
    if not found:
        searched = known or ", ".join(kinds)
        spellings = (name, name.partition("_")[2])
        gaps = [reason for place, reason in index.gaps if place.partition(" ")[2] in spellings]
        answers = [*gaps, *(how_to_get(each) for each in spellings)]
        remedy = "" if known else next((each for each in answers if each), "")
        hint = f"; {remedy}" if remedy else did_you_mean(nearest_names(index, name, known))
        raise refuse(f"there is no component {name!r}{hint} (kinds searched: {searched})")
    if why:
        typer.echo("\n\n".join(_explained(each) for each in found))
    elif as_json:
        print_json([_data(index, each, name) for each in found])
    else:
        typer.echo("\n\n".join(_text(index, each, name) for each in found))


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
    from terraregistry.errors import RegistryError, SourceUnavailableError

    registry = Registry[object]()
    try:
        registry.register_lazy("it", reference)
        return str(explain_signature(registry["it"]))
    except SourceUnavailableError as error:
        raise refuse(error.reason) from None
    except (RegistryError, ValueError) as error:
        raise refuse(str(error)) from None


def _data(index: Index, each: Listed, name: str) -> dict[str, object]:
    """Describe a component as data; `name` is the requested spelling of its name."""
    component = each.component
    method = build_model_of(index, each.registry, component.name)
    own = {} if method is None else {"parameters": _parameters_data(method), **factory_rules(component)}
    weights = [
        {"name": each.start + one.name, "origin": one.origin, "license": one.license, "size": one.size}
        for one in component.weights
    ]
    return {
        "name": each.name,
        "kind": each.kind,
        "registry": each.registry,
        "source": each.source or None,
        "aliases": list(component.aliases),
        "constructor": component.constructor,
        "product": component.product.text,
        "parameters": _parameters_data(component),
        **({} if method is None else {"build_model": own}),
        "docstring": docstring_of(component),
        "file": _file(component),
        "line": component.line,
        "library": component.library,
        "version": component.version,
        "weights": weights,
        "python": python_snippet(index, each.registry, _spelling(each, name)),
        "yaml": yaml_snippet(index, each.registry, _spelling(each, name)),
    }


def _parameters_data(component: Component) -> list[dict[str, object]]:
    return [
        {
            "name": one.name,
            "kind": one.kind.value,
            "type": one.accepts.text,
            "default": one.default,
            "required": one.default is None and one.kind not in STARS,
            "declared_by": one.origin or component.constructor,
        }
        for one in component.signature.parameters
    ]


def _text(index: Index, each: Listed, name: str) -> str:
    """Describe a component in several paragraphs; `name` is the requested spelling of its name."""
    component = each.component
    spelling = _spelling(each, name)
    product = short_type(component.product.text)
    article = "an" if product[:1].lower() in "aeiou" else "a"
    head = f"{styled(each.name, colour='cyan', bold=True)}: {each.kind}, builds {article} {product}"
    docstring = docstring_of(component)
    paragraphs = [
        head + (f"\n{textwrap.indent(docstring, '  ')}" if docstring else ""),
        *_argument_sections(index, each),
        _section("Defined", _facts(component)),
        _section("Pretrained weights", _weights(each)),
        _section("Python", python_snippet(index, each.registry, spelling).splitlines()),
        _section("YAML", yaml_snippet(index, each.registry, spelling).splitlines()),
    ]
    return "\n\n".join(paragraphs)


def _spelling(each: Listed, name: str) -> str:
    """Return the name to build by: the canonical one, with the requested pretrained tag."""
    _, dot, tag = name.partition(".")
    tagged = f"{each.name}{dot}{tag}"
    return tagged if tagged in each.spellings else each.name


def _section(title: str, lines: Iterable[str]) -> str:
    return "\n".join([styled(title, bold=True), *(f"  {line}".rstrip() for line in lines)])


def _argument_sections(index: Index, each: Listed) -> Iterator[str]:
    """Write the arguments of a component; for a factory, those of its models; then the names of bands, if it takes these."""
    component = each.component
    method = build_model_of(index, each.registry, component.name)
    if method is None:
        yield _section("Arguments", _parameters(component))
    for title, rows in () if method is None else factory_sections(index, component, method):
        width = max(len(name) for name, *_ in rows)
        texts = [": ".join(filter(None, (code, text.replace("`", "")))) for _, code, text in rows]
        names = [styled(name.ljust(width), colour="green") for name, *_ in rows]
        yield _section(title, [f"{name}  {text}" for name, text in zip(names, texts, strict=True)])
    if any(HLSBands.__module__ in one.accepts.text for one in (method or component).signature.parameters):
        yield _section("Bands", textwrap.wrap(", ".join(BAND_NAMES), _WIDE))


def _parameters(component: Component) -> Iterator[str]:
    shown = [(starred(each), written_type(each), each.origin) for each in component.signature.parameters]
    if not shown:
        yield "none"
        return
    widths = [min(max(len(row[column]) for row in shown), _MOST_WIDE) for column in range(2)]
    for name, declared, origin in shown:
        row = f"{styled(name.ljust(widths[0]), colour='green')}  {declared.ljust(widths[1])}"
        yield f"{row}  {styled(f'from {origin}', dim=True)}" if origin else row


def _file(component: Component) -> str | None:
    file = file_of(component)
    return component.file if file is None else str(file)


def _facts(component: Component) -> Iterator[str]:
    if component.file is not None:
        yield f"{_file(component)}:{component.line}"
    if component.constructor is not None:
        yield f"constructor {component.constructor}"
    if component.library is not None:
        yield f"from {component.library} {component.version}"
    tags = {weights.name for weights in component.weights}
    others = [alias for alias in component.aliases if alias not in tags]
    if others:
        yield f"also called {', '.join(others)}"


def _weights(each: Listed) -> Iterator[str]:
    loaded = " (pretrained=True)"
    for one in each.component.weights:
        size = "" if one.size is None else f", {megabytes(one.size)}"
        yield f"{each.start}{one.name}: {one.license or 'licence unknown'}{size}, {one.origin}{loaded}"
        loaded = ""
    if not each.component.weights:
        yield "none known"
