"""The arguments of a head: the features it takes, and its dictionaries for layers, `{"type": "BN", ...}`.

mmengine imports any `type` given as a path, and calls it. A foreign config must not be able to do so: here a `type` is a
registered name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, cast

from terraregistry.deferred import loaded
from terraregistry.errors import Problem, ProblemKind, describe_value
from terraregistry.sources.mmseg.mmseg_heads import HEADS, Head, Result, Takes, load_module
from terraregistry.suggest import nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from terraregistry.problems import KeyPath

__all__ = ["Inputs", "check_configs", "copied", "loads_weights"]

_SELECT: Final = "multiple_select"
_CONCATENATE: Final = "resize_concat"
_INNER: Final = "kernel_generate_head"
_UPDATES: Final = "kernel_update_head"
_GENERATORS: Final = ("ASPPHead", "FCNHead", "PSPHead", "UPerHead")
"""The heads with the interface required by `IterativeDecodeHead` of its inner head."""
_TRANSFORM: Final = "input_transform"
_LIBRARIES: Final = ("mmengine", "mmseg", "mmdet")
_REGISTRIES: Final = ("MODELS", "TASK_UTILS", "WEIGHT_INITIALIZERS")
_FROM_FILE: Final = ("Pretrained", "PretrainedInit")


class Inputs:
    """The selection of features for a head, and the problems found.

    Args:
        head: The head.
        channels: The channels of each feature.

    Attributes:
        problems: The problems found.
        indices: The features taken, in the order given to the head; known after `complete`.
    """

    def __init__(self, head: Head, channels: Sequence[int]) -> None:
        self._head: Final = head
        self._channels: Final = channels
        self.problems: Final[list[Problem]] = []
        self.indices: tuple[int, ...] = ()

    # The arguments of a head are any objects.
    def complete(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Add to the arguments of a head those that follow from the channels; incomplete if there are problems."""
        if not self._channels or min(self._channels) < 1:
            detail = f"must be positive numbers, at least one, got {list(self._channels)}"
            self._refuse("channel_list", detail)
            return dict(arguments)
        if arguments.get("num_classes", 1) < 1:
            self._refuse("num_classes", f"must be at least 1, got {arguments['num_classes']}")
        if self._head.takes is Takes.AS_ITS_PART:
            return self._of_part(arguments)
        rest = {name: value for name, value in arguments.items() if name not in ("in_channels", "in_index")}
        several = self._several(arguments)
        self._check_transform(arguments, several=several)
        self.indices = self._indices(arguments, several=several)
        taken = [self._channels[index] for index in self.indices]
        self._check_channels(arguments.get("in_channels"), taken if several else taken[:1])
        self._check_own(arguments, taken)
        if self._head.result is Result.OF_MASKS:
            return rest | {"in_channels": taken}
        transform = (
            {_TRANSFORM: self._transform(arguments)} if several and self._head.takes is not Takes.SEVERAL else {}
        )
        if self._head.result is Result.WITHOUT_TOKENS:  # it counts its inputs before it selects from them
            return rest | transform | {"in_channels": taken, "in_index": list(range(len(taken)))}
        if several:
            return rest | transform | {"in_channels": taken, "in_index": list(self.indices)}
        return rest | {"in_channels": taken[0] if taken else 0, "in_index": self.indices[0] if self.indices else 0}

    def _refuse(self, path: str, detail: str) -> None:
        self.problems.append(Problem(path, ProblemKind.INVALID, detail=detail))

    def _several(self, arguments: Mapping[str, Any]) -> bool:
        if self._head.takes is not Takes.ONE:
            return self._head.takes is not Takes.ONE_AS_IT_IS
        given = (arguments.get("in_index"), arguments.get("in_channels"))
        return arguments.get(_TRANSFORM) is not None or any(isinstance(each, Sequence) for each in given)

    def _transform(self, arguments: Mapping[str, Any]) -> str:
        usual = _CONCATENATE if self._head.takes is Takes.ONE else _SELECT
        return arguments.get(_TRANSFORM) or usual

    def _check_transform(self, arguments: Mapping[str, Any], *, several: bool) -> None:
        given: str | None = arguments.get(_TRANSFORM)
        if given is None:
            return
        fits = {Takes.ONE: _CONCATENATE, Takes.SEVERAL_IF_TOLD: _SELECT}.get(self._head.takes) if several else None
        if given != fits:
            must = "takes one feature; leave it out" if fits is None else f"needs {fits!r}"
            self._refuse(_TRANSFORM, f"{self._head.name} {must}")

    def _indices(self, arguments: Mapping[str, Any], *, several: bool) -> tuple[int, ...]:
        count = len(self._channels)
        given: int | Sequence[int] | None = arguments.get("in_index")
        if given is None:
            usual = self._head.usual_count(arguments)
            first = 0 if usual is None else max(0, count - usual)
            return tuple(range(first, count)) if several else (-1,)
        chosen = (given,) if isinstance(given, int) else tuple(given)
        if isinstance(given, int) == several:
            self._refuse("in_index", f"{self._head.name} takes {'a list of indices' if several else 'one index'} here")
        wrong = [index for index in chosen if not -count <= index < count]
        if wrong:
            listed = ", ".join(map(str, wrong))
            self._refuse("in_index", f"{listed} is out of range: there are {count} features")
        if not chosen:
            self._refuse("in_index", "names no feature")
        return tuple(index for index in chosen if index not in wrong)

    def _check_channels(self, given: int | Sequence[int] | None, taken: list[int]) -> None:
        if given is None:
            return
        listed = [given] if isinstance(given, int) else list(given)
        if listed != taken and not any(problem.parameter == "in_index" for problem in self.problems):
            self._refuse("in_channels", f"the features {list(self.indices)} have {taken} channels, not {listed}")

    def _check_own(self, arguments: Mapping[str, Any], taken: list[int]) -> None:
        """Check the conditions of a head otherwise asserted without a message, or violated only when it runs."""
        name, count = self._head.name, len(taken)
        usual = self._head.usual_count(arguments)
        if usual is not None and count != usual:
            self._refuse("in_index", f"{name} takes {usual} features with these arguments, got {count}")
        if name == "FPNHead" and len(arguments.get("feature_strides", taken)) != count:
            self._refuse("feature_strides", f"needs one for each of {count} features")
        width = count * arguments.get("mla_channels", 128)
        if name == "SETRMLAHead" and arguments.get("channels", width) != width:
            self._refuse("channels", f"must be mla_channels times the number of features, {width}")
        if name == "DepthwiseSeparableASPPHead" and arguments.get("c1_in_channels", 0) not in (0, self._channels[0]):
            self._refuse("c1_in_channels", f"must be those of the first feature, {self._channels[0]}, or 0")
        if self._head.result is Result.WITHOUT_TOKENS:
            self._check_tokens(arguments, taken)

    def _check_tokens(self, arguments: Mapping[str, Any], taken: list[int]) -> None:
        width = arguments.get("embed_dims", 768)
        if set(taken) != {width}:
            self._refuse("embed_dims", f"must be the channels of each feature, {taken}, got {describe_value(width)}")
        if arguments.get("readout_type", "ignore") != "ignore":
            self._refuse("readout_type", "the features have no class tokens; write 'ignore'")

    # -- IterativeDecodeHead, whose features are those of the head that it holds --

    def _of_part(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        count: int = arguments["num_classes"]
        given = cast("Mapping[str, Any]", arguments[_INNER])
        kind = str(given.get("type")).rpartition(".")[2]
        if kind not in _GENERATORS:
            self._unknown_part(kind, _GENERATORS)
            return dict(arguments)
        inner = Inputs(HEADS[kind], self._channels)
        self._check_counts([given, *arguments[_UPDATES]], count)
        completed = inner.complete(
            {name: value for name, value in given.items() if name != "type"} | {"num_classes": count}
        )
        self.problems.extend(problem.at((_INNER, *problem.steps)) for problem in inner.problems)
        self.indices = inner.indices
        updates = [{"num_classes": count, **update} for update in arguments[_UPDATES]]
        if arguments["num_stages"] != len(updates):
            self._refuse("num_stages", f"there are {len(updates)} entries in {_UPDATES}")
        rest = {name: value for name, value in arguments.items() if name != "num_classes"}
        return rest | {_INNER: {"type": given["type"], **completed}, _UPDATES: updates}

    def _unknown_part(self, kind: str, known: Collection[str]) -> None:
        detail, close = f"must be one of {', '.join(known)}", nearest(kind, known)
        self.problems.append(Problem((_INNER, "type"), ProblemKind.NOT_FOUND, given=kind, detail=detail, choices=close))

    def _check_counts(self, configs: Sequence[Mapping[str, Any]], count: int) -> None:
        for config in configs:
            if config.get("num_classes", count) != count:
                self._refuse("num_classes", f"is {count} here and {config['num_classes']} in {config.get('type')}")


# The arguments of a call are any objects.
def check_configs(arguments: Mapping[str, Any]) -> list[Problem]:
    """Check the names of layers in the arguments of a head, at any depth: an unregistered `type`, a scope, weights from a file.

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
