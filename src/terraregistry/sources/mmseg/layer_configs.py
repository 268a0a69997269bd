"""The dictionaries for layers of mmsegmentation: `{"type": "BN", ...}`.

mmengine imports any `type` given as a path, and calls it. A foreign config must not be able to do so: here a `type` is a
registered name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, cast

from terraregistry.deferred import loaded
from terraregistry.errors import Problem, ProblemKind
from terraregistry.sources.mmseg.loaded_mmseg import load_module
from terraregistry.suggest import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from terraregistry.problems import KeyPath

__all__ = ["check_configs", "copied", "loads_weights"]

_LIBRARIES: Final = ("mmengine", "mmseg", "mmdet")
_REGISTRIES: Final = ("MODELS", "TASK_UTILS", "WEIGHT_INITIALIZERS")
_FROM_FILE: Final = ("Pretrained", "PretrainedInit")


# The arguments of a call are any objects.
def check_configs(arguments: Mapping[str, Any]) -> list[Problem]:
    """Check the names of layers in the arguments of a head, at any depth.

    Args:
        arguments: The arguments by name.

    Returns:
        The problems: an unregistered `type`, a scope, and weights from a file.

    Raises:
        SourceUnavailableError: mmsegmentation cannot be imported.
    """
    configs = [(path, config) for name, value in arguments.items() for path, config in _configs((name,), value)]
    if not configs:
        return []
    names = _registered()
    return [problem for path, config in configs for problem in _problems(path, config, names)]


# What is copied has the type of what is given.
def copied(value: object) -> Any:
    """Copy nested dictionaries and lists, because mmseg takes entries out of them; other values are not copied."""
    if isinstance(value, Mapping):
        return {key: copied(entry) for key, entry in cast("Mapping[str, object]", value).items()}
    if isinstance(value, list):
        return [copied(entry) for entry in cast("list[object]", value)]
    return tuple(map(copied, cast("tuple[object, ...]", value))) if type(value) is tuple else value


def loads_weights(config: object) -> bool:
    """Return True if an `init_cfg` of mmengine reads weights from a file or a server."""
    given = cast("Sequence[object]", config) if isinstance(config, (list, tuple)) else [config]
    return any(isinstance(each, Mapping) and _kind(cast("Mapping[str, Any]", each)) in _FROM_FILE for each in given)


def _configs(path: KeyPath, value: object) -> Iterator[tuple[KeyPath, Mapping[str, Any]]]:
    if isinstance(value, Mapping):
        config = cast("Mapping[str, Any]", value)
        yield path, config
        for key, entry in config.items():
            yield from _configs((*path, key), entry)
    elif isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        for at, entry in enumerate(cast("Sequence[object]", value)):
            yield from _configs((*path, at), entry)


def _problems(path: KeyPath, config: Mapping[str, Any], names: set[str]) -> Iterator[Problem]:
    kind = config.get("type")
    if loads_weights(config):
        detail = "reads weights from a file; load them into the model with load_state_dict"
        yield Problem((*path, "type"), ProblemKind.INVALID, detail=detail)
    elif isinstance(kind, str) and kind not in names:
        close = nearest(kind, sorted(names))  # of equally near ones, the same first each time
        detail = f"{kind!r} is not registered in mmseg or mmengine"
        yield Problem((*path, "type"), ProblemKind.NOT_FOUND, given=kind, detail=detail, choices=close)
    if "_scope_" in config:
        detail = "write the scope before the name: 'mmseg.FCNHead'"
        yield Problem((*path, "_scope_"), ProblemKind.INVALID, detail=detail)


def _kind(config: Mapping[str, Any]) -> str:
    kind = config.get("type")
    name = kind if isinstance(kind, str) else getattr(kind, "__name__", "")
    return name.rpartition(".")[2]


def _registered() -> set[str]:
    """Collect the names in mmengine's registries, with and without their scope."""
    load_module("mmseg.models.decode_heads")
    names: set[str] = set()
    for library in _LIBRARIES:
        module: object = loaded(f"{library}.registry")
        for registry in filter(None, (getattr(module, each, None) for each in _REGISTRIES)):
            known: Mapping[str, object] = registry.module_dict
            names.update(known)
            names.update(f"{library}.{name}" for name in known)
    return names
