"""The schema of whole configs, in both layouts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from terraregistry.tools.config.layouts import TASKS, USUAL_FACTORIES, WITHOUT_TASK
from terraregistry.tools.schema.argument_schemas import ArgumentSchemas
from terraregistry.tools.schema.factory_schemas import factories_of
from terraregistry.tools.schema.name_schemas import name_schema
from terraregistry.tools.schema.schema_parts import all_of, given, is_one_of, matches, when
from terraregistry.tools.schema.task_schemas import is_task
from terraregistry.tools.schema.whole_configs import snippets

if TYPE_CHECKING:
    from terraregistry.index import Index
    from terraregistry.tools.schema.factory_schemas import Factory
    from terraregistry.tools.schema.schema_parts import Schema

__all__ = ["ID", "schema_text"]

ID: Final = "urn:terraregistry:config"
"""The `$id` of the schema."""

_NO_MODEL: Final = "a config has either `model_factory` and its arguments, or `model` (TerraTorch's training configs)"


def schema_text(index: Index) -> str:
    """Write the schema."""
    schema, definitions = _described(index)
    head = json.dumps(schema, indent=1)[:-2]
    lines = [f"  {json.dumps(name)}: {json.dumps(each, separators=(',', ':'))}" for name, each in definitions.items()]
    return head + ',\n "$defs": {\n' + ",\n".join(lines) + "\n }\n}\n"


def _described(index: Index) -> tuple[dict[str, object], dict[str, Schema]]:
    """Make the schema and, apart from it, its definitions."""
    arguments = ArgumentSchemas(index)
    definitions, factories = arguments.definitions, factories_of(arguments)
    names = name_schema(
        definitions,
        (([factory.name], {"description": factory.summary}) for factory in factories),
        "The name of a model factory",
        "model factory",
    )
    plain = all_of(*(_plain(factory) for factory in factories), {"properties": {"model": _NOT_AGAIN}})
    training = _training(factories, names)
    schema: dict[str, object] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": ID,
        "title": "Config of a model built by terraregistry",
        "description": "The name of a model factory and its arguments; or a training config of TerraTorch.",
        "type": "object",
        "properties": {"model_factory": names},
        "if": {"required": ["model_factory"]},
        "then": definitions.refer("plain", plain),
        "else": definitions.refer("training", training),
    }
    return schema, definitions.reached_from(schema)


_NOT_AGAIN: Final = {"doNotSuggest": True, "not": {"type": "object", "required": ["init_args"]}}


def _plain(factory: Factory) -> dict[str, object]:
    rules = [when(is_task(task), rule) for task, rule in (factory.tasks or {}).items() if rule is not True]
    needs = {"required": ["task"]} if factory.tasks else True
    return when(is_one_of("model_factory", [factory.name]), all_of(factory.arguments, needs, *rules))


def _training(factories: list[Factory], names: Schema) -> Schema:
    init_args = {
        "title": "The arguments of the task",
        "type": "object",
        "properties": {"model_factory": names, "model_args": {"type": "object"}},
        "required": ["model_args"],
        "description": "The arguments of the task: those of the model, and others.",
    }
    class_path = {
        "description": "The class of the task, which says what the model is for.",
        "examples": [f"terratorch.tasks.{name}" for name in (*TASKS, *WITHOUT_TASK)],
    }
    model = {
        "title": "The model",
        "type": "object",
        "properties": {"class_path": class_path, "init_args": init_args},
        "required": ["init_args"],
        "allOf": [_NEEDS_FACTORY, *(_of_factory(factory) for factory in factories)],
        "description": "The model, as TerraTorch's training configs have it.",
    }
    # An editor offers whole configs to start from, in a file without a model.
    started: Schema = {"anyOf": [{"required": [key]} for key in ("model", "model_factory")]}
    start = when(started, True, {"defaultSnippets": snippets()})
    return {"title": "The model of a training config", "properties": {"model": model}, "required": ["model"], **start}


def _of_factory(factory: Factory) -> dict[str, object]:
    chosen: Schema = {
        "properties": {"init_args": is_one_of("model_factory", [factory.name])},
        "required": ["init_args"],
    }
    implied = [_class(cls) for cls, usual in USUAL_FACTORIES.items() if usual == factory.name]
    if implied:
        none: Schema = {"properties": {"init_args": {"not": {"required": ["model_factory"]}}}}
        chosen = {"anyOf": [chosen, *(all_of(none, each) for each in implied)]}
    arguments = all_of(factory.arguments, {"properties": {"model_factory": False}})
    heads: dict[str, Schema] = {"aux_heads": factory.auxiliary or {"type": "null"}}
    twice = when(given("aux_heads"), {"properties": {"model_args": {"not": given("aux_decoders")}}})
    both = {**twice, "properties": {"model_args": arguments, **heads}}
    tasks = [_of_class(factory, cls, task) for cls, task in TASKS.items()]
    return when(chosen, all_of({"properties": {"init_args": both}}, *tasks, _of_own_class(factory)))


def _of_class(factory: Factory, cls: str, task: str) -> dict[str, object]:
    """Make the rules of one of TerraTorch's task classes."""
    named = _class(cls)
    if not _takes(factory, task):
        wrong = f"{factory.name} builds no models for this task"
        return when(named, {"properties": {"class_path": {"not": {}, "errorMessage": wrong}}})
    same = {"properties": {"task": {"enum": [task, None]}}}
    rule = (factory.tasks or {}).get(task, True)
    return when(named, {"properties": {"init_args": _with_heads(factory, task, all_of(same, rule))}})


def _class(*names: str) -> dict[str, object]:
    """Match some of TerraTorch's task classes."""
    return matches("class_path", rf"(?:^|\.)(?:{'|'.join(names)})$")


def _takes(factory: Factory, task: str) -> bool:
    return factory.tasks is not None and (factory.any_task or task in factory.tasks)


def _of_own_class(factory: Factory) -> dict[str, object]:
    """Require the task if it does not follow from the class."""
    if factory.tasks is None:
        return when(_class(*WITHOUT_TASK), True, False)
    rules = [
        when({"properties": {"model_args": is_task(task)}}, _with_heads(factory, task, rule))
        for task, rule in factory.tasks.items()
    ]
    task = {"properties": {"model_args": {"required": ["task"]}}}
    return when(_class(*TASKS), True, {"properties": {"init_args": all_of(task, *rules)}})


def _with_heads(factory: Factory, task: str, rule: Schema) -> Schema:
    """Apply the rule of a task to arguments, and to the auxiliary heads beside them."""
    return all_of({"properties": {"model_args": rule}}, factory.heads.get(task, True))


_NEEDS_FACTORY: Final = when(
    _class(*USUAL_FACTORIES), True, {"properties": {"init_args": {"required": ["model_factory"]}}}
)
