"""The layouts of a config: plain, and those of training tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from terraregistry.errors import ConfigError, Problem, ProblemKind, describe_value
from terraregistry.problems import Key, Replace, display_path
from terraregistry.suggest import nearest
from terraregistry.terratorch_names import missing_task
from terraregistry.tools.config.embedded import call_in, find_calls
from terraregistry.tools.config.model_request import ModelRequest, placed, unresolved_in
from terraregistry.tools.config.reader import read_config
from terraregistry.tools.config.training_tasks import LAYOUTS, find_tasks, invalid, missing, wrong_type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from terraregistry.problems import KeyPath
    from terraregistry.tools.config.document import Document
    from terraregistry.tools.config.embedded import EmbeddedCall, Mapping
    from terraregistry.tools.config.training_tasks import TrainingTask

__all__ = ["TASKS", "USUAL_FACTORIES", "WITHOUT_TASK", "find_request", "find_requests", "has_model", "read_requests"]

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

_NAME: Final = "the name of a model factory"
_PARTS: Final = ("backbone", "decoder", "necks", "num_classes")
"""The beginnings of arguments of a model that no task has itself."""


def find_request(document: Document) -> ModelRequest:
    """Find the model factory and its arguments in a config of one model, of any layout.

    Raises:
        ConfigError: It has no model factory, or a required key is missing, misspelt or of another type; or the model has
            a tag or a value that cannot be read; or it describes several models.

    >>> from terraregistry.tools.config import parse_config
    >>> find_request(parse_config("{model_factory: EncoderDecoderFactory, task: segmentation}")).arguments
    {'task': 'segmentation'}
    """
    requests = find_requests(document)
    for call in find_calls(document.data):
        if call.file:
            requests += find_requests(read_config(call.file))
    requests = [each for each in requests if not each.is_further]
    names = [request.name or display_path(request.origin) for request in requests]
    if len(requests) == 1:
        return requests[0]
    text = f"{len(names)} models ({', '.join(names)}); `terraregistry validate` checks them all, but one is built at a time"
    path: KeyPath = ("tasks",) if any(request.name for request in requests) else ()
    raise document.error([invalid(path, text if names else f"no model is described here: {LAYOUTS}")])


def find_requests(document: Document) -> list[ModelRequest]:
    """Find all models of a config: one, one for each task of terratorch-iterate, or one for each call of `from_config`.

    Raises:
        ConfigError: As for `find_request`.
    """
    requests, error = read_requests(document)
    if error is not None:
        raise error
    return requests


def read_requests(document: Document) -> tuple[list[ModelRequest], ConfigError | None]:
    """Find the models of a config that can be read, and the mistakes in the descriptions of the others."""
    problems: list[Problem] = []
    requests = _find(document, problems)
    if problems:
        error = document.error(dict.fromkeys(problems))
        places = [each.steps or ("model",) for each in error.problems]
        return requests, document.with_unread(error.problems, places)
    places = [place for request in requests for place in request.places]
    if any(each.kind is ProblemKind.INVALID for each in document.unread(places)):
        return [], document.with_unread((), places)
    return requests, None


def has_model(data: object) -> bool:
    """Return True if a key `model_factory`, a task that implies it, or a call of `from_config` is anywhere in a config."""
    return any(True for _ in find_calls(data)) or _has_task(data)


def _has_task(data: object) -> bool:
    """Return True if a key `model_factory`, or a task that implies it, is anywhere outside the calls of `from_config`."""
    if isinstance(data, list):
        return any(map(_has_task, cast("list[object]", data)))
    if not isinstance(data, dict):
        return False
    mapping = cast("Mapping", data)
    if call_in(mapping) is not None:
        return False
    kinds = [str(mapping.get(key)).rpartition(".")[2] for key in ("class_path", "_target_", "_class_path")]
    implied = any(kind in USUAL_FACTORIES for kind in kinds)
    return implied or "model_factory" in mapping or any(map(_has_task, mapping.values()))


def _find(document: Document, problems: list[Problem]) -> list[ModelRequest]:
    root = document.data
    if not isinstance(root, dict):
        problems.append(invalid((), f"expected a mapping, got {describe_value(root)}; {LAYOUTS}"))
        return []
    config = cast("Mapping", root)
    calls = [*find_calls(config)]
    requests = [] if calls and not _has_task(config) else _in_layout(document, config, problems)
    return [*requests, *(request for call in calls for request in _called(document, call, problems))]


def _in_layout(
    document: Document, config: Mapping, problems: list[Problem], base: KeyPath = (), *, hydra: bool = False
) -> list[ModelRequest]:
    """Read the models of a config, or of a value at a path that is a config itself."""
    found: list[Problem] = []
    requests: list[ModelRequest] = []
    tasks = find_tasks(config, found)
    if not tasks and not found:
        request = _plain(document, config, found, base, hydra=hydra)
        requests += [] if found else [request]
    else:
        found = [each.at((*base, *each.steps)) for each in found]
        for task in tasks:
            wrong: list[Problem] = []
            request = _TaskReader(document, task.under(base, hydra=hydra), wrong).request()
            requests += [] if wrong else [request]
            found += wrong
    problems += found
    return requests


def _called(document: Document, call: EmbeddedCall, problems: list[Problem]) -> list[ModelRequest]:
    """Read the models of a call of `from_config`; a file that it is given is a config of its own."""
    named = {key: value for key, value in call.arguments.items() if key != "config" or isinstance(value, str)}
    left = [*unresolved_in(named, call.origin, hydra=call.is_hydra), *_bad_keys(named, call.origin)]
    places = [each.steps for each in left]
    problems += [*left, *(each for each in call.mistakes() if each.steps not in places)]
    if not isinstance(call.config, dict):
        return []
    path = (*call.origin, "config")
    requests = _in_layout(document, cast("Mapping", call.config), problems, path, hydra=call.is_hydra)
    if call.arguments.get("unused") != "warn":
        return requests
    return [each._replace(arguments={"unused": "warn", **each.arguments}) for each in requests]


def _plain(document: Document, config: Mapping, problems: list[Problem], base: KeyPath, *, hydra: bool) -> ModelRequest:
    arguments = {key: value for key, value in config.items() if key != "model_factory"}
    factory, path = config["model_factory"], (*base, "model_factory")
    problems += _bad_keys(arguments, base)
    if not isinstance(factory, str):
        problems.append(wrong_type(path, _NAME, factory))
    problems += unresolved_in(factory, path, hydra=hydra)
    model = config.get("model")
    if isinstance(model, dict) and "init_args" in model:
        again = f"the config describes a model here, and by `model_factory` in line {document.locate(path).line}"
        problems.append(invalid((*base, "model", "init_args"), again))
    left = tuple(unresolved_in(arguments, (), hydra=hydra))
    given = cast("dict[str, object]", arguments)
    return ModelRequest(document, str(factory), path, given, base, unresolved=left)


class _TaskReader:
    """Reader of the model of a training task; adds to the problems.

    Args:
        document: The config.
        task: The task.
        problems: The problems so far.
    """

    def __init__(self, document: Document, task: TrainingTask, problems: list[Problem]) -> None:
        self._document: Final = document
        self._task: Final = task
        self._problems: Final = problems
        self._class: Final = str(task.kind).rpartition(".")[2]
        self._moved: Final[dict[str, KeyPath]] = {**task.moved}

    def request(self) -> ModelRequest:
        """Read the factory and its arguments."""
        task = self._task
        usual = USUAL_FACTORIES.get(self._class) if "model_factory" not in task.arguments else None
        factory = self._factory() if usual is None else usual
        where = self._path("model_factory") if usual is None else task.kind_path
        arguments = dict(self._model_args())
        self._problems.extend(_bad_keys(arguments, self._path("model_args")))
        self._add_task(arguments)
        self._add_aux_heads(arguments)
        return ModelRequest(
            self._document,
            factory,
            where,
            cast("dict[str, object]", arguments),
            (*task.origin, "model_args"),
            self._moved,
            None if task.defaults is None else (*task.defaults, "model_args"),
            task.name,
            tuple(unresolved_in(arguments, (), hydra=task.is_hydra)),
            task.kind_path,
            task.is_further,
        )

    def _path(self, *keys: Key) -> KeyPath:
        return placed(self._document, keys, self._task.origin, self._task.defaults)

    def _factory(self) -> str:
        factory, path = self._task.arguments.get("model_factory"), self._path("model_factory")
        if isinstance(factory, str):
            self._problems.extend(unresolved_in(factory, path, hydra=self._task.is_hydra))
            return factory
        if "model_factory" in self._task.arguments:
            self._problems.append(wrong_type(path, _NAME, factory))
            return ""
        within = self._task.arguments.get("model_args")
        if isinstance(within, dict) and "model_factory" in within:
            beside = invalid(self._path("model_args", "model_factory"), "belongs beside `model_args`, not inside")
            self._problems.append(beside)
        else:
            self._problems.append(missing(self._task.arguments, self._task.origin, "model_factory"))
        return ""

    def _model_args(self) -> Mapping:
        """Return the arguments of the model."""
        given = self._task.arguments.get("model_args")
        if isinstance(given, dict):
            return cast("Mapping", given)
        if "model_args" in self._task.arguments:
            left = [*unresolved_in(given, self._path("model_args"), hydra=self._task.is_hydra)]
            self._problems.extend(left or [wrong_type(self._path("model_args"), "a mapping", given)])
            return {}
        beside = [str(key) for key in self._task.arguments if str(key).startswith(_PARTS)]
        if beside:
            keys = ", ".join(f"`{key}`" for key in beside)
            self._problems.append(
                invalid(self._path(beside[0]), f"indent the arguments of the model ({keys}) under `model_args:`")
            )
        else:
            self._problems.append(missing(self._task.arguments, self._task.origin, "model_args"))
        return {}

    def _add_task(self, arguments: Mapping) -> None:
        """Add the `task` of TerraTorch's task class."""
        if self._class in WITHOUT_TASK:
            return
        task, given = TASKS.get(self._class), arguments.get("task")
        if task is None and given is None:
            self._problems.append(self._no_task())
        elif task is not None and given is not None and task != given:
            text = f"{describe_value(given)}, but {self._class} ({self._task.kind_path[-1]}) is {task!r}"
            self._problems.append(invalid(self._path("model_args", "task"), text))
        elif given is None:
            arguments["task"] = task
            self._moved["task"] = self._task.kind_path

    def _no_task(self) -> Problem:
        """Report a class without a known `task`."""
        path, kind = self._task.kind_path, self._task.kind
        added = f"add the `task` to {display_path((*self._task.origin, 'model_args'))}"
        absent = missing_task(self._class)
        if absent:
            return invalid(path, f"{absent}; for its model alone, {added}")
        text = "missing" if kind is None else f"{describe_value(kind)} is none of TerraTorch's tasks"
        known = sorted((*TASKS, *WITHOUT_TASK))
        close = nearest(self._class, known)
        if not close:
            return invalid(path, f"{text}; the known ones are {', '.join(known)}; for another, {added}")
        fix = Replace(str(kind).removesuffix(self._class) + close[0])
        return Problem(path, ProblemKind.INVALID, detail=text, choices=close, fix=fix)

    def _add_aux_heads(self, arguments: Mapping) -> None:
        """Add the auxiliary decoders; TerraTorch has them beside the `model_args`."""
        aux_heads, path = self._task.arguments.get("aux_heads"), self._path("aux_heads")
        if aux_heads is None:
            return
        if arguments.get("aux_decoders") is not None:
            twice = f"given twice: here and as {display_path(self._path('model_args', 'aux_decoders'))}"
            self._problems.append(Problem(path, ProblemKind.DUPLICATE, detail=twice))
        arguments["aux_decoders"] = aux_heads
        self._moved["aux_decoders"] = path
        self._problems.extend(_bad_keys({"aux_heads": aux_heads}, path[:-1]))


def _bad_keys(arguments: Mapping, path: KeyPath) -> Iterator[Problem]:
    """Find the keys, of the arguments and of the arguments of parts, that cannot be names of arguments."""
    for key, value in arguments.items():
        here = (*path, key)
        if not isinstance(key, str):
            hint = " (YAML reads yes, no, on and off as one)" if isinstance(key, bool) else ""
            yield invalid(here, f"the name of an argument is text, not {describe_value(key)}{hint}; put it in quotes")
        elif isinstance(value, dict) and key.endswith(("_kwargs", "_args")):
            yield from _bad_keys(cast("Mapping", value), here)
        elif isinstance(value, list) and key in {"necks", "aux_decoders", "aux_heads"}:
            for index, item in enumerate(cast("list[object]", value)):
                if isinstance(item, dict):
                    yield from _bad_keys(cast("Mapping", item), (*here, index))
