"""The requirements of tasks on composed models: a decoder, arguments of the head, a number of classes or outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from terraregistry.components.factories.rules import (
    AUXILIARY,
    AUXILIARY_ARGUMENTS,
    AUXILIARY_PREFIXES,
    COUNTS,
    DECODER,
    HEAD,
)
from terraregistry.tools.schema.schema_parts import all_of, any_case, given, is_one_of, matches, refused, when

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from terraregistry.components.factories.rules import Task
    from terraregistry.tools.schema.argument_schemas import Arguments, ArgumentSchemas
    from terraregistry.tools.schema.part_schemas import Parts
    from terraregistry.tools.schema.schema_parts import Schema

__all__ = ["TaskSchemas", "is_task", "task_names"]

_ANY: Final = f"(?:{'|'.join(COUNTS)})$"
_COUNTED: Final = {"anyOf": [given(name) for name in COUNTS]}
_NONE: Final[dict[str, dict[str, object]]] = {
    **{key: {"enum": [None, 0]} for key in COUNTS},
    AUXILIARY.key: {"maxItems": 0},
}
"""The values of an unused argument accepted beside null."""
_SUGGESTED: Final = {"doNotSuggest": True}
"""Keyword for an editor: an argument suggested already by the schema of the factory."""


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
    return matches("task", any_case([name]))


class TaskSchemas:
    """The schemas of the requirements of tasks."""

    def __init__(self, schemas: ArgumentSchemas, parts: Parts) -> None:
        self._schemas: Final = schemas
        self._parts: Final = parts

    def rule(self, task: Task) -> Schema:
        """Make the schema of a task's requirements on the arguments of a factory."""
        unread: dict[str, Schema] = {name: _NONE.get(name, {"type": "null"}) for name in task.unread}
        if not task.decodes:
            empty: dict[str, Schema] = {key: {"maxProperties": 0} for key in (DECODER.dictionary, HEAD.dictionary)}
            prefixed = refused(f"^(?:{DECODER.prefix}|{HEAD.prefix})(?!kwargs$)")
            return self._schemas.refer("task", {"properties": {**unread, **empty}, **prefixed})
        counts = {name: {"minimum": 1} for name in COUNTS}
        asked: dict[str, object] = {
            "required": [DECODER.key],
            "properties": {DECODER.key: {"type": "string"}, **counts, **unread},
        }
        both = {"not": {"allOf": [given(name) for name in COUNTS]}, "errorMessage": f"give one of {', '.join(COUNTS)}"}
        no_head = {**refused(f"^{HEAD.prefix}(?!kwargs$)"), "properties": {HEAD.dictionary: {"maxProperties": 0}}}
        heads = when(self._whole(), no_head, self._head(task))
        auxiliary = self._auxiliary_heads(task, AUXILIARY.key, lambda arguments: arguments)
        return self._schemas.refer("task", all_of(asked, both, heads, *auxiliary))

    def heads(self, task: Task) -> Schema:
        """Make the schema of the arguments of one of TerraTorch's task classes: `model_args`, with `aux_heads` beside."""
        if not task.decodes:
            return {"properties": {"aux_heads": {"maxItems": 0}}}
        return all_of(*self._auxiliary_heads(task, "aux_heads", lambda each: {"properties": {"model_args": each}}))

    def _auxiliary_heads(self, task: Task, key: str, within: Callable[[Schema], Schema]) -> tuple[Schema, ...]:
        """Make the schemas of a list of auxiliary heads; `within` applies a schema to the arguments of the model."""
        borrowed = {"properties": {key: self._borrowing(task)}, "required": [key]}
        alone = self._uncounted(task)
        return (
            {"properties": {key: self._auxiliary(task)}},
            True if alone is True else when(within(_COUNTED), True, {"properties": {key: alone}}),
            when(borrowed, within(_fit_counts(task))),
        )

    def _whole(self) -> Schema:
        return self._schemas.refer("whole", is_one_of(DECODER.key, self._parts.whole_decoders))

    def _head_arguments(self, task: Task) -> Arguments:
        return self._schemas.named(HEAD.registry, task.head, leading=1).optional(COUNTS)

    def _head(self, task: Task) -> Schema:
        prefixed = self._head_arguments(task).prefixed(HEAD.prefix, dictionary=HEAD.dictionary)
        written = self._schemas.used_first(prefixed)
        inside = {"properties": {HEAD.dictionary: refused(f"^{_ANY}")}}
        counted = all_of(refused(f"^{HEAD.prefix}{_ANY}"), inside)
        needed: Schema = True
        if task.count_required:
            own: list[Schema] = [{"required": [HEAD.prefix + name]} for name in task.counts]
            own += [_among(HEAD.dictionary, [name]) for name in task.counts]
            usual = task.counts[0]
            needed = when({"anyOf": own}, True, {"required": [usual], "properties": {usual: {"type": "integer"}}})
        return self._schemas.refer("head", all_of(written, _fit_counts(task), when(_COUNTED, counted, needed)))

    def _auxiliary(self, task: Task) -> Schema:
        """Make the schema of a list of auxiliary heads."""
        head = {"properties": {AUXILIARY_ARGUMENTS: self._head_arguments(task).prefixed(HEAD.prefix)}}
        none = {"properties": {AUXILIARY_ARGUMENTS: refused(f"^{HEAD.prefix}")}}
        return {**_SUGGESTED, "items": self._schemas.refer("auxiliary_head", when(self._whole(), none, head))}

    def _uncounted(self, task: Task) -> Schema:
        """Make the schema of a list of auxiliary heads, each with a number of classes or outputs of its own."""
        needed: list[Schema] = []
        for group in self._parts.decoders:
            told = self._parts.needs_count(group)
            if told:
                own = _among(AUXILIARY_ARGUMENTS, [DECODER.prefix + told])
                needed.append(when(is_one_of(DECODER.key, group.names), own))
        if task.count_required:
            names = [HEAD.prefix + name for name in task.counts]
            needed.append(when(self._whole(), True, _among(AUXILIARY_ARGUMENTS, names)))
        rule = all_of(*needed)
        return {**_SUGGESTED, "items": self._schemas.refer("auxiliary_count", rule)} if rule is not True else True

    def _borrowing(self, task: Task) -> Schema:
        """Match a list of auxiliary heads if one is the task's and takes the model's number of classes or outputs."""
        prefixes = (HEAD.prefix,) if task.count_required else AUXILIARY_PREFIXES
        own = _among(AUXILIARY_ARGUMENTS, [prefix + name for prefix in prefixes for name in COUNTS])
        head = {"type": "object", "required": [DECODER.key], "not": {"anyOf": [self._whole(), own]}}
        return {"type": "array", "contains": self._schemas.refer("auxiliary_borrowing", head)}


def _fit_counts(task: Task) -> Schema:
    """Refuse the numbers of classes or outputs not taken by the head of a task."""
    wrong = {name: {"type": "null", "errorMessage": text} for name, text in task.wrong_counts.items()}
    return {"properties": wrong} if wrong else True


def _among(dictionary: str, names: list[str]) -> dict[str, object]:
    """Match a dictionary with one of some keys."""
    one = [{"required": [name]} for name in names]
    fits = one[0] if len(one) == 1 else {"anyOf": one}
    return {"required": [dictionary], "properties": {dictionary: {"type": "object", **fits}}}
