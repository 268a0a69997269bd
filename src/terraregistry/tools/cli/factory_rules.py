"""The rules of the model factories for people: in `terraregistry show`, and in the reference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from terraregistry.components.backbones.prithvi.bands import BAND_NAMES
from terraregistry.components.factories.rules import (
    ADAPTERS_AT,
    AUXILIARY,
    BACKBONE,
    EXAMPLES,
    FACTORIES,
    FRAMEWORK,
    HEAD,
    TASKS,
    TEMPORAL,
    USE_TEMPORAL,
    rule_of,
)
from terraregistry.index import BUILD_MODELS, PARTS
from terraregistry.tools.cli.lookup import starred, written_type

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from terraregistry.components.factories.rules import FactoryRule, PartRule, Task
    from terraregistry.index import Component, Index, Parameter

__all__ = ["build_model_of", "factory_reference", "factory_rules", "factory_sections"]

Section: TypeAlias = tuple[str, list[tuple[str, str, str]]]
"""A title, and rows: a name, its type or value as code, and a description; one of these two may be empty."""

_FACTORIES: Final = "terraregistry.library:MODEL_FACTORY_REGISTRY"


def build_model_of(index: Index, registry: str, name: str) -> Component | None:
    """Find the `build_model` of a model factory."""
    described = {each.reference for each in index.registries} >= {BUILD_MODELS, PARTS}
    found = index.find(BUILD_MODELS, name) if described and registry == _FACTORIES else None
    return None if found is None else found.component


def factory_rules(factory: Component) -> dict[str, object]:
    """Describe the tasks and parts of a model factory as data."""
    rule = rule_of(factory.product.text)
    if rule is None:
        return {}
    return {"tasks": [TASKS[name]._asdict() for name in rule.tasks], "parts": [part._asdict() for part in rule.parts]}


def factory_sections(index: Index, factory: Component, method: Component) -> Iterator[Section]:
    """Describe the arguments, tasks and parts of the models of a factory."""
    rule, named = rule_of(factory.product.text), {each.name for each in method.signature.parameters}
    texts = index.texts

    def row(each: Parameter, prefix: str = "") -> tuple[str, str, str]:
        text = texts.get((each.origin, each.name)) or texts.get((method.constructor or "", each.name), "")
        return starred(each, prefix), written_type(each), text

    yield "Arguments", [*map(row, method.signature.parameters)]
    if rule is None:
        return
    if rule.tasks:
        yield "Tasks", [(name, "", _task(TASKS[name], rule, named)) for name in rule.tasks]
    yield "Parts", [(part.key, "", _part(part)) for part in rule.parts]

    def nested(part: str, prefix: str = "", leading: int = 0) -> list[tuple[str, str, str]]:
        found = index.find(PARTS, part)
        parameters = found.component.signature.parameters[leading:] if found is not None else ()
        return [row(each, prefix) for each in parameters]

    if any(part.key == BACKBONE.key for part in rule.parts) and AUXILIARY in rule.parts:
        told = "Apply a backbone for images to each step of `(B, C, T, H, W)`."
        use = (BACKBONE.prefix + USE_TEMPORAL, "bool = False", told)
        time = nested("TemporalWrapper", BACKBONE.prefix + TEMPORAL, 1)
        yield "Around the backbone", [*nested("Framing", BACKBONE.prefix), use, *time]
        yield f"Each of {AUXILIARY.key}", nested("AuxiliaryHead")
    if FRAMEWORK in rule.parts:
        for each in index.registry(FRAMEWORK.registry).components:
            # The backbone and the number of classes come first.
            numbers = each.signature.parameters[2:]
            yield f"Of {each.name}", [(FRAMEWORK.prefix + number.name, written_type(number), "") for number in numbers]
    if ADAPTERS_AT in named:
        yield f"In {ADAPTERS_AT}", nested("adapters", leading=1)
    if AUXILIARY in rule.parts:
        yield "Examples", [(f"{name}:", text, "") for name, text in EXAMPLES.items() if name in named]


def _task(task: Task, rule: FactoryRule, named: Collection[str]) -> str:
    if task.detects:
        return "boxes of objects, with classes and scores"
    result = f"a result {'at each pixel' if task.pixel_wise else 'an image'}"
    if not task.decodes or HEAD.prefix not in rule.prefixes:
        return result if task.decodes else "features: no decoder, no head, no number of outputs"
    counts = [name for name in task.counts if name in named] or [f"{HEAD.prefix}{task.counts[0]}"]
    return f"{' or '.join(counts)}{'' if task.count_required else ' (1 by default)'}; {task.head}, {result}"


def _part(part: PartRule) -> str:
    count = "by the task" if part.key == HEAD.key else "any number" if part.many else "one"
    return f"{count}; arguments: {part.how}"


def factory_reference(index: Index) -> str:
    """Describe the library's own factories in Markdown."""
    lines: list[str] = []
    for name in FACTORIES:
        found = index.find(_FACTORIES, name)
        method = build_model_of(index, _FACTORIES, name)
        if found is None or method is None:
            continue
        lines += [f"## {name}", "", found.component.summary, ""]
        for title, rows in factory_sections(index, found.component, method):
            lines += [f"### {title}", "", "| | |", "| --- | --- |"]
            for each, code, text in rows:
                cell = ": ".join(filter(None, (code and f"`{code}`", text))).replace("|", "\\|")
                lines.append(f"| `{each}` | {cell} |")
            lines.append("")
    bands = ", ".join(f"`{band}`" for band in BAND_NAMES)
    return "\n".join([*lines, "## Bands", "", bands, ""])
