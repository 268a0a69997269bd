"""A component as text, and as data."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING, Final

from terraregistry.index import ParameterKind
from terraregistry.tools.cli.factory_rules import build_model_of, factory_rules, factory_sections
from terraregistry.tools.cli.lookup import docstring_of, file_of
from terraregistry.tools.cli.printing import styled
from terraregistry.tools.snippets import python_snippet, yaml_snippet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from terraregistry.index import Component, Index, Parameter
    from terraregistry.pretrained import PretrainedWeights
    from terraregistry.tools.cli.lookup import Listed

__all__ = ["as_data", "as_text", "megabytes", "short_type", "written_type"]

_MODULES: Final = re.compile(r"""('[^']*'|"[^"]*")|(?:\b[A-Za-z_]\w*\.)+(?=[A-Za-z_])""")
_STARS: Final = {ParameterKind.VAR_POSITIONAL: "*", ParameterKind.VAR_KEYWORD: "**"}
_MOST_WIDE: Final = 44


def short_type(text: str) -> str:
    """Write a type without the modules of its names.

    Examples:
        >>> short_type("collections.abc.Sequence[int] | typing.Literal['a.b']")
        "Sequence[int] | Literal['a.b']"
    """
    return _MODULES.sub(lambda match: match[1] or "", text)


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
    """Describe a component as data."""
    component = each.component
    method = build_model_of(index, each.registry, component.name)
    file = file_of(component)
    return {
        "name": each.name,
        "kind": each.kind,
        "registry": each.registry,
        "source": each.source or None,
        "aliases": list(component.aliases),
        "constructor": component.constructor,
        "product": component.product.text,
        "parameters": _parameters_data(component),
        **({} if method is None else {"build_model": _factory_data(component, method)}),
        "docstring": docstring_of(component),
        "file": component.file if file is None else str(file),
        "line": component.line,
        "library": component.library,
        "version": component.version,
        "weights": [
            {
                "name": each.name.removesuffix(component.name) + one.name,
                "origin": one.origin,
                "license": one.license,
                "size": one.size,
            }
            for one in component.weights
        ],
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
            "required": one.default is None and one.kind not in _STARS,
            "declared_by": one.origin or component.constructor,
        }
        for one in component.signature.parameters
    ]


def _factory_data(factory: Component, method: Component) -> dict[str, object]:
    return {"parameters": _parameters_data(method), **factory_rules(factory)}


def as_text(index: Index, each: Listed, name: str) -> str:
    """Describe a component as text."""
    component = each.component
    method = build_model_of(index, each.registry, component.name)
    spelling = _spelling(each, name)
    product = short_type(component.product.text)
    head = f"{styled(each.name, colour='cyan', bold=True)}: {each.kind}, builds {_article(product)} {product}"
    paragraphs = [
        "\n".join([head, *_indented(docstring_of(component))]),
        *_argument_sections(index, component, method),
        "\n".join(_section("Defined", _facts(each))),
        "\n".join(_section("Pretrained weights", _weights(each))),
        "\n".join(_section("Python", python_snippet(index, each.registry, spelling).splitlines())),
        "\n".join(_section("YAML", yaml_snippet(index, each.registry, spelling).splitlines())),
    ]
    return "\n\n".join(paragraphs)


def _spelling(each: Listed, name: str) -> str:
    """Return the name to build by: the canonical one, with the requested pretrained tag."""
    _, dot, tag = name.partition(".")
    tagged = f"{each.name}{dot}{tag}"
    return tagged if tagged in each.spellings else each.name


def _article(noun: str) -> str:
    return "an" if noun[:1].lower() in "aeiou" else "a"


def _indented(text: str) -> list[str]:
    return textwrap.indent(text, "  ").split("\n") if text else []


def _section(title: str, lines: list[str]) -> Iterator[str]:
    yield styled(title, bold=True)
    for line in lines:
        yield f"  {line}".rstrip()


def _parameters(component: Component) -> list[str]:
    shown = [_written(each) for each in component.signature.parameters]
    if not shown:
        return ["none"]
    widths = [min(max(len(row[column]) for row in shown), _MOST_WIDE) for column in range(2)]
    lines: list[str] = []
    for name, declared, origin in shown:
        row = f"{styled(name.ljust(widths[0]), colour='green')}  {declared.ljust(widths[1])}"
        lines.append(f"{row}  {styled(f'from {origin}', dim=True)}" if origin else row)
    return lines


def _argument_sections(index: Index, component: Component, method: Component | None) -> Iterator[str]:
    """Write the arguments of a component; for a factory, those of its models."""
    if method is None:
        yield "\n".join(_section("Arguments", _parameters(component)))
    else:
        for title, rows in factory_sections(index, component, method, written_type):
            yield "\n".join(_section(title, _rows(rows)))


def _rows(rows: list[tuple[str, str, str]]) -> list[str]:
    width = max(len(name) for name, *_ in rows)
    return [
        f"{styled(name.ljust(width), colour='green')}  {': '.join(filter(None, (code, text.replace('`', ''))))}"
        for name, code, text in rows
    ]


def _written(each: Parameter) -> tuple[str, str, str]:
    return f"{_STARS.get(each.kind, '')}{each.name}", written_type(each), each.origin


def written_type(each: Parameter) -> str:
    """Write the type and the default of a parameter."""
    default = "" if each.default is None else f" = {each.default}"
    required = " (required)" if each.default is None and each.kind not in _STARS else ""
    return f"{short_type(each.accepts.text)}{default}{required}"


def _facts(each: Listed) -> list[str]:
    component = each.component
    file = file_of(component)
    lines: list[str] = []
    if component.file is not None:
        lines.append(f"{component.file if file is None else file}:{component.line}")
    if component.constructor is not None:
        lines.append(f"constructor {component.constructor}")
    if component.library is not None:
        lines.append(f"from {component.library} {component.version}")
    tags = {weights.name for weights in component.weights}
    others = [alias for alias in component.aliases if alias not in tags]
    return [*lines, *([f"also called {', '.join(others)}"] if others else [])]


def _weights(each: Listed) -> list[str]:
    start = each.name.removesuffix(each.component.name)
    if not each.component.weights:
        return ["none known"]
    first = each.component.weights[0]
    return [_weight(start, one, loaded=one is first) for one in each.component.weights]


def _weight(start: str, weights: PretrainedWeights, *, loaded: bool) -> str:
    licence = weights.license or "licence unknown"
    size = "" if weights.size is None else f", {megabytes(weights.size)}"
    return f"{start}{weights.name}: {licence}{size}, {weights.origin}{' (pretrained=True)' if loaded else ''}"
