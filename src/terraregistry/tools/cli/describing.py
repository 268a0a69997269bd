"""A component as text, and as data."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Final

from terraregistry.tools.cli.factory_rules import build_model_of, factory_rules, factory_sections
from terraregistry.tools.cli.lookup import STARS, docstring_of, file_of, short_type, starred, written_type
from terraregistry.tools.cli.printing import styled
from terraregistry.tools.snippets import python_snippet, yaml_snippet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from terraregistry.index import Component, Index
    from terraregistry.tools.cli.lookup import Listed

__all__ = ["as_data", "as_text", "megabytes"]

_MOST_WIDE: Final = 44


def megabytes(size: int) -> str:
    """Write a number of bytes in a readable unit.

    Examples:
        >>> megabytes(44_700_000), megabytes(1_340_000_000), megabytes(900)
        ('44.7 MB', '1.3 GB', '900 B')
    """
    for unit, bytes_ in (("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)):
        if size >= bytes_:
            return f"{size / bytes_:.1f} {unit}"
    return f"{size} B"


def as_data(index: Index, each: Listed, name: str) -> dict[str, object]:
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


def as_text(index: Index, each: Listed, name: str) -> str:
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
    """Write the arguments of a component; for a factory, those of its models."""
    component = each.component
    method = build_model_of(index, each.registry, component.name)
    if method is None:
        yield _section("Arguments", _parameters(component))
        return
    for title, rows in factory_sections(index, component, method):
        width = max(len(name) for name, *_ in rows)
        texts = [": ".join(filter(None, (code, text.replace("`", "")))) for _, code, text in rows]
        names = [styled(name.ljust(width), colour="green") for name, *_ in rows]
        yield _section(title, [f"{name}  {text}" for name, text in zip(names, texts, strict=True)])


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
