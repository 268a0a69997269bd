"""The schemas of the names of components: an editor completes each with its description, and shows it on hover."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from terraregistry.tools.cli.lookup import starred
from terraregistry.tools.schema.schema_parts import when

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from terraregistry.index import Component
    from terraregistry.tools.schema.argument_schemas import Group
    from terraregistry.tools.schema.schema_parts import Definitions, Schema

__all__ = ["name_schema", "names_of", "names_of_groups"]

_NEVER: Final = "(?!)"
"""Regular expression without a match."""


def names_of_groups(definitions: Definitions, groups: Iterable[Group], title: str, kind: str) -> Schema:
    """Make the schema of the names in groups; `kind` is the noun for an error."""
    components = {name: each for group in groups for name, each in zip(group.names, group.components, strict=True)}
    return names_of(definitions, components, title, kind)


def names_of(definitions: Definitions, components: Mapping[str, Component], title: str, kind: str) -> Schema:
    """Make the schema of the names of components, by their spellings; `kind` is the noun for an error."""
    spellings: dict[int, list[str]] = {}
    for name in sorted(components, key=lambda name: ("." in name, name)):
        spellings.setdefault(id(components[name]), []).append(name)
    choices: list[tuple[list[str], dict[str, object]]] = []
    for names in spellings.values():
        text = _described(components[names[0]])
        # Completion reads the description of each name, a short one; hover reads that of the innermost schema.
        about = definitions.refer("about", {"description": "\n".join(text)})
        choices.append((names, {"description": text[0], "allOf": [about]}))
    return name_schema(definitions, choices, title, kind)


def name_schema(
    definitions: Definitions, choices: Iterable[tuple[list[str], dict[str, object]]], title: str, kind: str
) -> Schema:
    """Make the schema of names, from the spellings and the texts of each; `kind` is the noun for an error."""
    listed = list(choices)
    every = definitions.define("every", {"enum": [name for names, _ in listed for name in names]})
    wrong = f"there is no {kind} of this name"
    # An editor shows the alternative that fits: the text and the spellings of one component, none for a wrong name.
    own = [{"enum": names, **texts} for names, texts in listed]
    alternatives = [{"title": wrong, "not": every}, *own]
    refusal = when(every, True, {"pattern": _NEVER, "errorMessage": wrong})
    return definitions.define("names", {"title": title, "type": "string", "anyOf": alternatives, **refusal})


def _described(component: Component) -> list[str]:
    """Write the summary, the arguments and the facts of a component, each in a line."""
    arguments = ", ".join(map(starred, component.signature.parameters))
    licences = ", ".join(sorted({each.license or "licence unknown" for each in component.weights}))
    place = "" if component.file is None else f"{component.file}:{component.line}"
    library = "" if component.library is None else f"{component.library} {component.version}"
    lines = [
        component.summary or f"A component without a docstring: {component.constructor}.",
        f"Arguments: {arguments}." if arguments else "No arguments.",
        f"Pretrained weights: {licences}." if licences else "No pretrained weights.",
        f"Defined in {place}, {library}." if place and library else "",
    ]
    return [*filter(None, lines)]
