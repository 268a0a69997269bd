"""The two layouts of a config: plain, and that of TerraTorch's training configs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias, cast

from terraregistry.errors import ConfigError, Problem, ProblemKind, describe_value
from terraregistry.problems import Key, Replace, display_path
from terraregistry.suggest import nearest
from terraregistry.terratorch_names import missing_task

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from terraregistry.problems import KeyPath
    from terraregistry.tools.config.document import Document

__all__ = ["TASKS", "USUAL_FACTORIES", "WITHOUT_TASK", "ModelRequest", "find_request"]

TASKS: Final = {
    "ClassificationTask": "classification",
    "EmbeddingGenerationTask": "embedding_generation",
    "MultiLabelClassificationTask": "classification",
    "ObjectDetectionTask": "object_detection",
    "PixelwiseRegressionTask": "regression",
    "ScalarRegressionTask": "scalar_regression",
    "SemanticSegmentationTask": "segmentation",
}
"""The `task` argument for the model factory of each of TerraTorch's task classes."""
USUAL_FACTORIES: Final = {"EmbeddingGenerationTask": "EncoderDecoderFactory"}
"""The model factory of TerraTorch's task classes that take no `model_factory`."""
WITHOUT_TASK: Final = ("ReconstructionTask",)
"""TerraTorch's task classes for whole models; their factory has no `task` argument."""

_LAYOUTS: Final = (
    "a config has either `model_factory: EncoderDecoderFactory` with the arguments of its build_model as keys beside "
    "it, or `model.init_args.model_factory` and `model.init_args.model_args` (TerraTorch's training configs)"
)
_NAME: Final = "the name of a model factory"
_INIT_ARGS: Final = ("model", "init_args")
_MODEL_ARGS: Final = (*_INIT_ARGS, "model_args")
_AUX_HEADS: Final = (*_INIT_ARGS, "aux_heads")
_CLASS_PATH: Final = ("model", "class_path")

_Mapping: TypeAlias = dict[Key, object]


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """The model described by a config: a model factory, and the arguments of its `build_model`.

    Attributes:
        document: The config.
        factory: The factory's name.
        factory_path: The path of the name.
        arguments: The arguments.
        origin: The path of the arguments.
        moved: The paths of arguments outside the origin.
    """

    document: Document
    factory: str
    factory_path: KeyPath
    arguments: dict[str, object]
    origin: KeyPath = ()
    moved: Mapping[str, KeyPath] = field(default_factory=dict[str, "KeyPath"])

    @property
    def places(self) -> tuple[KeyPath, ...]:
        """The paths of all that describes the model, given or missing."""
        aux_heads = (*self.origin[:-1], "aux_heads")
        return (self.origin, self.factory_path, _CLASS_PATH, aux_heads, *self.moved.values())

    def path_of(self, argument: KeyPath) -> KeyPath:
        """Return the path in the config of an argument, given or missing."""
        if argument and argument[0] in self.moved:
            return (*self.moved[str(argument[0])], *argument[1:])
        return (*self.origin, *argument)

    def error(self, problems: Iterable[Problem]) -> ConfigError:
        """Make an error of mistakes in the arguments, with their places in the config."""
        return self.document.error(problem.at(self.path_of(problem.steps)) for problem in problems)


def find_request(document: Document) -> ModelRequest:
    """Find the model factory and its arguments in a config of either layout.

    Raises:
        ConfigError: It has no model factory, or a required key is missing, misspelt or of another type, or the model
            has a tag or a value that cannot be read.

    >>> from terraregistry.tools.config import parse_config
    >>> find_request(parse_config("{model_factory: EncoderDecoderFactory, task: segmentation}")).arguments
    {'task': 'segmentation'}
    """
    try:
        request = _find(document)
    except ConfigError as error:
        places = [each.steps or ("model",) for each in error.problems]
        raise document.with_unread(error.problems, places) from None
    if any(each.kind is ProblemKind.INVALID for each in document.unread(request.places)):
        raise document.with_unread((), request.places)
    return request


def _find(document: Document) -> ModelRequest:
    root = document.data
    if not isinstance(root, dict):
        raise document.error([_invalid((), f"expected a mapping, got {describe_value(root)}; {_LAYOUTS}")])
    config = cast("_Mapping", root)
    if "model_factory" in config:
        return _plain(document, config)
    if isinstance(config.get("model"), dict):
        return _training(document, config)
    mappings: _Mapping = {key: value for key, value in config.items() if isinstance(value, dict)}
    misspelt = _misspelt(config, (), "model_factory") or _misspelt(mappings, (), "model")
    raise document.error([misspelt or _invalid((), f"there is no `model_factory`: {_LAYOUTS}")])


def _plain(document: Document, config: _Mapping) -> ModelRequest:
    arguments = {key: value for key, value in config.items() if key != "model_factory"}
    factory = config["model_factory"]
    problems = [*_bad_keys(arguments, ())]
    if not isinstance(factory, str):
        problems.append(_wrong_type(("model_factory",), _NAME, factory))
    model = config.get("model")
    if isinstance(model, dict) and "init_args" in model:
        line = document.locate(("model_factory",)).line
        again = f"the config describes a model here, and by `model_factory` in line {line}"
        problems.append(_invalid(_INIT_ARGS, again))
    if problems:
        raise document.error(problems)
    return ModelRequest(document, str(factory), ("model_factory",), cast("dict[str, object]", arguments))


def _training(document: Document, config: _Mapping) -> ModelRequest:
    problems: list[Problem] = []
    model = cast("_Mapping", config["model"])
    init_args = _mapping(model, ("model",), "init_args", problems)
    if init_args is None:
        raise document.error(problems)
    usual = USUAL_FACTORIES.get(str(model.get("class_path")).rpartition(".")[2])
    implied = usual is not None and "model_factory" not in init_args
    factory = usual if usual is not None and implied else _factory(init_args, problems)
    arguments = dict(_mapping(init_args, _INIT_ARGS, "model_args", problems) or {})
    problems += _bad_keys(arguments, _MODEL_ARGS)
    moved: dict[str, KeyPath] = {}
    _add_task(model, arguments, moved, problems)
    _add_aux_heads(init_args, arguments, moved, problems)
    if problems:
        raise document.error(problems)
    where = _CLASS_PATH if implied else (*_INIT_ARGS, "model_factory")
    return ModelRequest(document, factory, where, cast("dict[str, object]", arguments), _MODEL_ARGS, moved)


def _factory(init_args: _Mapping, problems: list[Problem]) -> str:
    factory = init_args.get("model_factory")
    if isinstance(factory, str):
        return factory
    if "model_factory" in init_args:
        problems.append(_wrong_type((*_INIT_ARGS, "model_factory"), _NAME, factory))
    else:
        problems.append(_missing(init_args, _INIT_ARGS, "model_factory"))
    return ""


def _add_task(model: _Mapping, arguments: _Mapping, moved: dict[str, KeyPath], problems: list[Problem]) -> None:
    """Add the `task` of TerraTorch's task class."""
    class_path = model.get("class_path")
    name = str(class_path).rpartition(".")[2]
    if name in WITHOUT_TASK:
        return
    task, given = TASKS.get(name), arguments.get("task")
    if task is None and given is None:
        problems.append(_no_task(class_path, name))
    elif task is not None and given is not None and task != given:
        text = f"{describe_value(given)}, but {name} (class_path) is {task!r}"
        problems.append(_invalid((*_MODEL_ARGS, "task"), text))
    elif given is None:
        arguments["task"] = task
        moved["task"] = _CLASS_PATH


def _no_task(class_path: object, name: str) -> Problem:
    """Report a class without a known `task`."""
    added = f"add the `task` to {display_path(_MODEL_ARGS)}"
    missing = missing_task(name)
    if missing:
        return _invalid(_CLASS_PATH, f"{missing}; for its model alone, {added}")
    text = "missing" if class_path is None else f"{describe_value(class_path)} is none of TerraTorch's tasks"
    known = sorted((*TASKS, *WITHOUT_TASK))
    close = nearest(name, known)
    if not close:
        return _invalid(_CLASS_PATH, f"{text}; the known ones are {', '.join(known)}; for another, {added}")
    fix = Replace(str(class_path).removesuffix(name) + close[0])
    return Problem(_CLASS_PATH, ProblemKind.INVALID, detail=text, choices=close, fix=fix)


def _add_aux_heads(
    init_args: _Mapping, arguments: _Mapping, moved: dict[str, KeyPath], problems: list[Problem]
) -> None:
    """Add the auxiliary decoders; TerraTorch has them beside the `model_args`."""
    aux_heads = init_args.get("aux_heads")
    if aux_heads is None:
        return
    if arguments.get("aux_decoders") is not None:
        twice = f"given twice: here and as {display_path((*_MODEL_ARGS, 'aux_decoders'))}"
        problems.append(Problem(_AUX_HEADS, ProblemKind.DUPLICATE, detail=twice))
    arguments["aux_decoders"] = aux_heads
    moved["aux_decoders"] = _AUX_HEADS
    problems += _bad_keys({"aux_heads": aux_heads}, _INIT_ARGS)


def _mapping(parent: _Mapping, path: KeyPath, key: str, problems: list[Problem]) -> _Mapping | None:
    value = parent.get(key)
    if isinstance(value, dict):
        return cast("_Mapping", value)
    if key in parent:
        problems.append(_wrong_type((*path, key), "a mapping", value))
    else:
        problems.append(_missing(parent, path, key))
    return None


def _missing(parent: _Mapping, path: KeyPath, key: str) -> Problem:
    return _misspelt(parent, path, key) or _invalid((*path, key), f"missing: {_LAYOUTS}")


def _misspelt(parent: _Mapping, path: KeyPath, key: str) -> Problem | None:
    """Find a key that is probably a misspelling of another."""
    for other in parent:
        if isinstance(other, str) and other != "model" and nearest(other, [key]):
            return Problem((*path, other), ProblemKind.UNKNOWN_KEY, choices=(key,))
    return None


def _invalid(path: KeyPath, detail: str) -> Problem:
    return Problem(path, ProblemKind.INVALID, detail=detail)


def _wrong_type(path: KeyPath, expected: str, value: object) -> Problem:
    return Problem(path, ProblemKind.TYPE, expected=expected, given=describe_value(value))


def _bad_keys(arguments: _Mapping, path: KeyPath) -> Iterator[Problem]:
    """Find the keys, of the arguments and of the arguments of parts, that cannot be names of arguments."""
    for key, value in arguments.items():
        here = (*path, key)
        if not isinstance(key, str):
            hint = " (YAML reads yes, no, on and off as one)" if isinstance(key, bool) else ""
            yield _invalid(here, f"the name of an argument is text, not {describe_value(key)}{hint}; put it in quotes")
        elif isinstance(value, dict) and key.endswith(("_kwargs", "_args")):
            yield from _bad_keys(cast("_Mapping", value), here)
        elif isinstance(value, list) and key in {"necks", "aux_decoders", "aux_heads"}:
            for index, item in enumerate(cast("list[object]", value)):
                if isinstance(item, dict):
                    yield from _bad_keys(cast("_Mapping", item), (*here, index))
