"""The config schema of a model factory."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from terraregistry.tools.schema.schema_parts import only_these, refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from terraregistry.tools.schema.argument_schemas import Arguments
    from terraregistry.tools.schema.schema_parts import Schema

__all__ = ["Factory", "asked_for", "object_of"]


@dataclass(frozen=True)
class Factory:
    """The schemas of a factory.

    Attributes:
        name: Its name.
        summary: Its summary.
        arguments: The schema of its arguments, except for task-dependent parts.
        tasks: The schema for each known task; None if the factory takes no task.
        auxiliary: The schema of a list of auxiliary heads; False if it takes none.
        auxiliary_tasks: Further requirements on such a list, for each task.
        uncounted: Requirements on such a list if the config has no number of classes or outputs, for each task.
        borrowing: For each task: a condition, true for such a list if it takes the model's number of classes or
            outputs; and the requirements on the arguments of the model in this case.
        any_task: True if nothing is known of its tasks.
    """

    name: str
    summary: str
    arguments: Schema
    tasks: Mapping[str, Schema] | None = None
    auxiliary: Schema = False
    auxiliary_tasks: Mapping[str, Schema] = field(default_factory=dict[str, "Schema"])
    uncounted: Mapping[str, Schema] = field(default_factory=dict[str, "Schema"])
    borrowing: Mapping[str, tuple[Schema, Schema]] = field(default_factory=dict[str, "tuple[Schema, Schema]"])
    any_task: bool = False

    def called(self, name: str, summary: str) -> Factory:
        """Return a copy with another name and summary."""
        return replace(self, name=name, summary=summary)


def object_of(properties: Mapping[str, Schema], starts: Iterable[str] = ()) -> dict[str, object]:
    """Make the schema of arguments: only the given ones, those with some prefixes, and `model_factory`."""
    known = [*properties, "model_factory"]
    return {"type": "object", "properties": properties, **refused(only_these(known, starts=starts))}


def asked_for(own: Arguments) -> list[str]:
    """List the arguments required for every task."""
    return [name for name in own.required if name not in ("task", "decoder")]
