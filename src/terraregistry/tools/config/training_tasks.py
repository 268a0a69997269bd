"""The training tasks in a config: of TerraTorch, Hydra, Lightning's `hparams.yaml` and terratorch-iterate."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from terraregistry.errors import Problem, ProblemKind, describe_value
from terraregistry.problems import display_path
from terraregistry.suggest import nearest

if TYPE_CHECKING:
    import collections.abc
    from collections.abc import Iterator

    from terraregistry.problems import KeyPath
    from terraregistry.tools.config.embedded import Mapping

__all__ = ["LAYOUTS", "TrainingTask", "find_tasks", "invalid", "missing", "wrong_type"]

LAYOUTS: Final = (
    "a config has either `model_factory: EncoderDecoderFactory` with the arguments of its build_model as keys beside "
    "it, or `model.init_args.model_factory` and `model.init_args.model_args` (TerraTorch's training configs)"
)
"""The description of the layouts in messages."""

_MODEL: Final = ("model",)
_ITERATED: Final = "terratorch_task"
_TYPES: Final = {
    "segmentation": "SemanticSegmentationTask",
    "regression": "PixelwiseRegressionTask",
    "classification": "ClassificationTask",
    "multilabel_classification": "MultiLabelClassificationTask",
    "object_detection": "ObjectDetectionTask",
}
"""The class for each `type` of a task of terratorch-iterate."""
_DEEPEST: Final = 4
_SPACE: Final = ("optimization_space", "model_args")
_MOST_CHOICES: Final = 300
"""Limit of the further choices of a config, over all tasks."""


class TrainingTask(NamedTuple):
    """A training task in a config.

    Attributes:
        arguments: The arguments of its constructor; `model_factory` and `model_args` are among them.
        origin: The path of the arguments.
        kind: Its class, as given.
        kind_path: The path of the class.
        defaults: The path of arguments merged beneath.
        name: The name of the task, where a config has several.
        is_hydra: True if Hydra makes the task.
        moved: The paths of arguments of the model that are choices of an optimization.
        is_further: True for a further choice of one of these; the first ones are in another request.
    """

    arguments: Mapping
    origin: KeyPath
    kind: object
    kind_path: KeyPath
    defaults: KeyPath | None = None
    name: str = ""
    is_hydra: bool = False
    moved: collections.abc.Mapping[str, KeyPath] = MappingProxyType({})
    is_further: bool = False

    def under(self, path: KeyPath, *, hydra: bool) -> TrainingTask:
        """Return the task of a config that is itself a value at a path, of one of Hydra's configs or not."""
        return self._replace(
            origin=(*path, *self.origin),
            kind_path=(*path, *self.kind_path),
            defaults=None if self.defaults is None else (*path, *self.defaults),
            is_hydra=self.is_hydra or hydra,
        )


def find_tasks(config: Mapping, problems: list[Problem]) -> list[TrainingTask]:
    """Find the training tasks of a config; none if it has the plain layout, or with a problem if it has no layout."""
    model, several = config.get("model"), config.get("tasks")
    if "_target_" in config and ("model_factory" in config or "model_args" in config):
        return [TrainingTask(config, (), config["_target_"], ("_target_",), is_hydra=True)]
    if "model_factory" in config and not isinstance(config.get("model_args"), dict):
        return []
    if "model_args" in config:  # Lightning's hparams.yaml
        return [TrainingTask(config, (), config.get("_class_path"), ("_class_path",))]
    if isinstance(model, dict):
        return _in_model(cast("Mapping", model), problems)
    if isinstance(several, list) and any(map(_is_iterated, [config.get("defaults"), *cast("list[object]", several)])):
        return _iterated(config, cast("list[object]", several), problems)
    mappings: Mapping = {key: value for key, value in config.items() if isinstance(value, dict)}
    problems.append(
        _misspelt(config, (), "model_factory")
        or _misspelt(mappings, (), "model")
        or _elsewhere(config)
        or invalid((), f"there is no `model_factory`: {LAYOUTS}")
    )
    return []


def _in_model(model: Mapping, problems: list[Problem]) -> list[TrainingTask]:
    if "_target_" in model:
        return [TrainingTask(model, _MODEL, model["_target_"], (*_MODEL, "_target_"), is_hydra=True)]
    if "model_factory" in model and "init_args" not in model:
        keys = "`model_factory` and `model_args`" if "model_args" in model else "`model_factory`"
        place = (
            "indent them under `init_args:`, beside `class_path: terratorch.tasks.SemanticSegmentationTask` or another task"
            if "model_args" in model
            else "write it and the keys beside it at the top level, without `model:`"
        )
        problems.append(invalid((*_MODEL, "model_factory"), f"{keys} cannot be read here; {place}"))
        return []
    init_args = model.get("init_args")
    if isinstance(init_args, dict):
        arguments = cast("Mapping", init_args)
        return [TrainingTask(arguments, (*_MODEL, "init_args"), model.get("class_path"), (*_MODEL, "class_path"))]
    if "init_args" in model:
        problems.append(wrong_type((*_MODEL, "init_args"), "a mapping", init_args))
    else:
        problems.append(missing(model, _MODEL, "init_args"))
    return []


def _elsewhere(config: Mapping) -> Problem | None:
    """Find a model factory that is nested deeper than in any layout."""
    init_args = config.get("init_args")
    if isinstance(init_args, dict) and "model_factory" in init_args:
        return invalid(("init_args",), "indent `class_path` and `init_args` under `model:`, as TerraTorch has them")
    found = _search(config, ())
    if found is None:
        return None
    what = "a model is described here, deeper than it is looked for; make a file of its own from the keys in"
    return invalid(found, f"{what} {display_path(found[:-1])}: {LAYOUTS}")


def _search(value: Mapping, path: KeyPath) -> KeyPath | None:
    if "model_factory" in value:
        return (*path, "model_factory")
    for key, item in value.items():
        if isinstance(item, dict) and len(path) < _DEEPEST:
            found = _search(cast("Mapping", item), (*path, key))
            if found is not None:
                return found
    return None


def _is_iterated(value: object) -> bool:
    return isinstance(value, dict) and _ITERATED in value


def _iterated(config: Mapping, several: list[object], problems: list[Problem]) -> list[TrainingTask]:
    """Find the tasks of terratorch-iterate, each merged over the defaults."""
    defaults = config.get("defaults")
    shared = cast("Mapping", defaults).get(_ITERATED) if isinstance(defaults, dict) else None
    if shared is not None and not isinstance(shared, dict):
        problems.append(wrong_type(("defaults", _ITERATED), "a mapping", shared))
        return []
    tasks: list[TrainingTask] = []
    choices = _choices(config)
    for index, given in enumerate(several):
        path: KeyPath = ("tasks", index)
        task = cast("Mapping", given) if isinstance(given, dict) else {}
        own, kind = task.get(_ITERATED), task.get("type")
        if not isinstance(given, dict):
            problems.append(wrong_type(path, "a mapping", given))
        elif own is not None and not isinstance(own, dict):
            problems.append(wrong_type((*path, _ITERATED), "a mapping", own))
        elif not isinstance(kind, str) or kind not in _TYPES:
            known = f"missing; one of {', '.join(_TYPES)}"
            if kind is not None:
                known = f"{describe_value(kind)} is no type of task: {', '.join(_TYPES)}"
            close = nearest(str(kind), list(_TYPES))
            absent = None if "type" in task else _misspelt(task, path, "type")
            problems.append(absent or Problem((*path, "type"), ProblemKind.INVALID, detail=known, choices=close))
        else:
            merged = _merged(cast("Mapping", shared or {}), cast("Mapping", own or {}))
            beneath = ("defaults", _ITERATED)
            name = str(task.get("name") or index)
            found = TrainingTask(merged, (*path, _ITERATED), _TYPES[kind], (*path, "type"), beneath, name)
            tasks += _chosen(found, choices, task.get("optimization_except"))
    if sum(each.is_further for each in tasks) > _MOST_CHOICES:
        text = f"more than {_MOST_CHOICES} choices for all tasks together: only the first ones were checked"
        problems.append(Problem(_SPACE, ProblemKind.UNCHECKED, detail=text))
        tasks = [each for each in tasks if not each.is_further]
    return tasks


def _choices(config: Mapping) -> dict[str, list[tuple[KeyPath, object]]]:
    """List the choices of each argument of the model in an optimization, with their paths; of a range, its bounds."""
    space = config.get(_SPACE[0])
    given = cast("Mapping", space).get(_SPACE[1]) if isinstance(space, dict) else None
    found: dict[str, list[tuple[KeyPath, object]]] = {}
    for key, values in cast("Mapping", given).items() if isinstance(given, dict) else ():
        path = (*_SPACE, key)
        if isinstance(values, list):
            listed: list[tuple[KeyPath, object]] = [
                ((*path, index), value) for index, value in enumerate(cast("list[object]", values))
            ]
        else:
            bounds = cast("Mapping", values) if isinstance(values, dict) else {}
            listed = [((*path, bound), bounds[bound]) for bound in ("min", "max") if bound in bounds]
        if listed and isinstance(key, str):
            found[key] = listed
    return found


def _chosen(
    task: TrainingTask, choices: dict[str, list[tuple[KeyPath, object]]], without: object
) -> Iterator[TrainingTask]:
    """Yield a task with the first choice of each argument, and one for each other choice."""
    excepted = cast("list[object]", without) if isinstance(without, list) else []
    left = {key: listed for key, listed in choices.items() if key not in excepted}
    given = task.arguments.get("model_args")
    if not left or not isinstance(given, dict):
        yield task
        return
    first = cast("Mapping", given) | {key: listed[0][1] for key, listed in left.items()}
    moved = {key: listed[0][0] for key, listed in left.items()}
    base = task._replace(arguments=task.arguments | {"model_args": first}, moved=moved)
    yield base
    for key, listed in left.items():
        for path, value in listed[1:]:
            arguments = task.arguments | {"model_args": first | {key: value}}
            yield base._replace(arguments=arguments, moved=moved | {key: path}, is_further=True)


def _merged(below: Mapping, above: Mapping) -> Mapping:
    """Merge two mappings and the mappings inside; other values of the second replace those of the first."""
    merged = dict(below)
    for key, value in above.items():
        under = below.get(key)
        both = isinstance(value, dict) and isinstance(under, dict)
        merged[key] = _merged(cast("Mapping", under), cast("Mapping", value)) if both else value
    return merged


def missing(parent: Mapping, path: KeyPath, key: str) -> Problem:
    """Report a missing key, or the misspelt one in its place."""
    return _misspelt(parent, path, key) or invalid((*path, key), f"missing: {LAYOUTS}")


def _misspelt(parent: Mapping, path: KeyPath, key: str) -> Problem | None:
    """Find a key that is probably a misspelling of another."""
    for other in parent:
        if isinstance(other, str) and other != "model" and nearest(other, [key]):
            return Problem((*path, other), ProblemKind.UNKNOWN_KEY, choices=(key,))
    return None


def invalid(path: KeyPath, detail: str) -> Problem:
    """Report a mistake in words."""
    return Problem(path, ProblemKind.INVALID, detail=detail)


def wrong_type(path: KeyPath, expected: str, value: object) -> Problem:
    """Report a value of another type."""
    return Problem(path, ProblemKind.TYPE, expected=expected, given=describe_value(value))
