"""What a model factory takes in a config."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from terraregistry.tools.schema.building import only_these, refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from terraregistry.tools.schema.arguments import Arguments
    from terraregistry.tools.schema.building import Schema

__all__ = ["Factory", "asked_for", "object_of"]


@dataclass(frozen=True)
class Factory:
    """What a factory takes.

    Attributes:
        name: Its name.
        summary: What it does.
        arguments: The schema of its arguments, except for what depends on the task.
        tasks: The schema for each task that it knows; None where it takes no task.
        auxiliary: The schema of a list of auxiliary heads; False where it takes none.
        auxiliary_tasks: What a task asks of such a list besides.
        uncounted: What a task asks of such a list where the config says no number of classes or outputs.
        borrowing: For a task, a condition of such a list that takes the model's number of classes or outputs, and what
            the arguments of the model have to be then.
        any_task: Whether nothing is known of its tasks.
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
        """Give it a name, and say what it does."""
        return replace(self, name=name, summary=summary)


def object_of(properties: Mapping[str, Schema], starts: Iterable[str] = ()) -> dict[str, object]:
    """Make the schema of arguments, of which only these are known and those that begin with some words.

    The factory's own name may stand among them.
    """
    known = [*properties, "model_factory"]
    return {"type": "object", "properties": properties, **refused(only_these(known, starts=starts))}


def asked_for(own: Arguments) -> list[str]:
    """List the arguments that a factory asks for, whatever the task."""
    return [name for name in own.required if name not in ("task", "decoder")]
