"""The requirements of tasks on composed models: a decoder, arguments of the head, a number of classes or outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from terraregistry.components.factories.counts import COUNTS
from terraregistry.index import HEADS
from terraregistry.tools.schema.schema_parts import all_of, any_case, given, is_one_of, refused, when

if TYPE_CHECKING:
    from collections.abc import Iterable

    from terraregistry.components.factories.task_table import Task
    from terraregistry.index import Index
    from terraregistry.tools.schema.argument_schemas import Arguments, ArgumentSchemas
    from terraregistry.tools.schema.part_schemas import Parts
    from terraregistry.tools.schema.schema_parts import Definitions, Schema

__all__ = ["TaskRules", "is_task", "task_names", "unfit_counts"]

_ANY: Final = f"(?:{'|'.join(COUNTS)})$"
_NOTHING: Final = ("decoder", *COUNTS, "aux_decoders", "image_size_out")


def task_names(names: Iterable[str]) -> dict[str, object]:
    """Make the schema of the names of tasks; their case does not count."""
    listed = list(names)
    wrong = f"there is no such task here; expected {', '.join(listed)}"
    return {
        "type": "string",
        "pattern": any_case(listed),
        "examples": listed,
        "errorMessage": wrong,
        "description": "What the model is for.",
    }


def is_task(name: str) -> dict[str, object]:
    """Match one task."""
    return {"properties": {"task": {"type": "string", "pattern": any_case([name])}}, "required": ["task"]}


class TaskRules:
    """The schemas of the requirements of tasks.

    Args:
        index: The index.
        arguments: Makes the schemas of arguments.
        definitions: The definitions to add schemas to.
        parts: Makes the schemas of decoders.
    """

    def __init__(self, index: Index, arguments: ArgumentSchemas, definitions: Definitions, parts: Parts) -> None:
        self._index: Final = index
        self._arguments: Final = arguments
        self._definitions: Final = definitions
        self._parts: Final = parts

    def rule(self, task: Task) -> Schema:
        """Make the schema of a task's requirements on the arguments of a factory."""
        if not task.decodes:
            return self._definitions.refer("task", _without_decoder())
        counts = {name: {"minimum": 1} for name in COUNTS}
        asked: dict[str, object] = {"required": ["decoder"], "properties": {"decoder": {"type": "string"}, **counts}}
        framed: Schema = True if task.pixel_wise else {"properties": {"image_size_out": {"type": "null"}}}
        both = {"not": {"allOf": [given(name) for name in COUNTS]}, "errorMessage": f"give one of {', '.join(COUNTS)}"}
        heads = when(self._whole(), _no_head(), self._head(task))
        auxiliary = {"properties": {"aux_decoders": self.auxiliary(task)}}
        alone = when(_counted(), True, {"properties": {"aux_decoders": self.uncounted(task)}})
        borrowed = {"properties": {"aux_decoders": self.borrowing(task)}, "required": ["aux_decoders"]}
        unfit = when(borrowed, unfit_counts(task))
        return self._definitions.refer("task", all_of(asked, framed, both, heads, auxiliary, alone, unfit))

    def _whole(self) -> Schema:
        return self._definitions.refer("whole", is_one_of("decoder", self._parts.whole_decoders))

    def _head_arguments(self, task: Task) -> Arguments:
        found = self._index.find(HEADS, task.head)
        if found is None:
            raise KeyError(task.head)
        return self._arguments.of(found.component.signature, leading=1).optional(COUNTS)

    def _head(self, task: Task) -> Schema:
        written = self._head_arguments(task).prefixed("head_", dictionary="head_kwargs")
        counted = all_of(refused(f"^head_{_ANY}"), {"properties": {"head_kwargs": refused(f"^{_ANY}")}})
        needed: Schema = True
        if task.count_required:
            own = [{"required": [f"head_{name}"]} for name in task.counts]
            inside = [
                {"required": ["head_kwargs"], "properties": {"head_kwargs": {"type": "object", "required": [name]}}}
                for name in task.counts
            ]
            needed = when(
                {"anyOf": [*own, *inside]},
                True,
                {"required": [task.counts[0]], "properties": {task.counts[0]: {"type": "integer"}}},
            )
        return self._definitions.refer("head", all_of(written, unfit_counts(task), when(_counted(), counted, needed)))

    def auxiliary(self, task: Task) -> Schema:
        """Make the schema of a list of auxiliary heads."""
        head = {"properties": {"decoder_args": self._head_arguments(task).prefixed("head_")}}
        none = {"properties": {"decoder_args": refused("^head_")}}
        return {"items": self._definitions.refer("auxiliary_head", when(self._whole(), none, head))}

    def uncounted(self, task: Task) -> Schema:
        """Make the schema of a list of auxiliary heads, each with a number of classes or outputs of its own."""
        needed: list[Schema] = []
        for group in self._parts.decoders:
            told = self._parts.needs_count(group)
            if told:
                needed.append(when(is_one_of("decoder", group.names), _among_arguments([f"decoder_{told}"])))
        if task.count_required:
            names = [f"head_{name}" for name in task.counts]
            needed.append(when(self._whole(), True, _among_arguments(names)))
        rule = all_of(*needed)
        return {"items": self._definitions.refer("auxiliary_count", rule)} if rule is not True else True

    def borrowing(self, task: Task) -> Schema:
        """Match a list of auxiliary heads if one is the task's and takes the model's number of classes or outputs."""
        prefixes = ("head_",) if task.count_required else ("decoder_", "head_")
        own = _among_arguments([prefix + name for prefix in prefixes for name in COUNTS])
        head = {"type": "object", "required": ["decoder"], "not": {"anyOf": [self._whole(), own]}}
        return {"type": "array", "contains": self._definitions.refer("auxiliary_borrowing", head)}


def unfit_counts(task: Task) -> Schema:
    """Refuse the numbers of classes or outputs not taken by the head of a task."""
    wrong = [name for name in COUNTS if name not in task.counts]
    properties = {
        name: {"type": "null", "errorMessage": f"{task.name} has no {name}; write {task.counts[0]}"} for name in wrong
    }
    return {"properties": properties} if wrong else True


def _counted() -> dict[str, object]:
    return {"anyOf": [given(name) for name in COUNTS]}


def _among_arguments(names: list[str]) -> dict[str, object]:
    one = [{"required": [name]} for name in names]
    fits = one[0] if len(one) == 1 else {"anyOf": one}
    return {"required": ["decoder_args"], "properties": {"decoder_args": {"type": "object", **fits}}}


def _no_head() -> dict[str, object]:
    return {**refused("^head_(?!kwargs$)"), "properties": {"head_kwargs": {"maxProperties": 0}}}


def _without_decoder() -> dict[str, object]:
    empty: dict[str, object] = {"maxProperties": 0}
    nothing: dict[str, object] = {
        "decoder": {"type": "null"},
        **{name: {"enum": [None, 0]} for name in COUNTS},
        "aux_decoders": {"maxItems": 0},
        "image_size_out": {"type": "null"},
        "decoder_kwargs": empty,
        "head_kwargs": empty,
    }
    return {"properties": nothing, **refused("^(?:decoder|head)_(?!kwargs$)")}
