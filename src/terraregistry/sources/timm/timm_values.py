"""Checks of the values of timm's arguments: the features chosen, and the weights described in dictionaries."""

from __future__ import annotations

import dataclasses
import functools
import operator
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, SupportsIndex, cast

from terraregistry.problems import Problem, ProblemKind
from terraregistry.sources.timm.loaded_timm import load_timm
from terraregistry.sources.timm.scan import scan_fields

if TYPE_CHECKING:
    import inspect
    from collections.abc import Callable, Iterator, Sequence

    from terraregistry.problems import KeyPath

__all__ = ["index_problems", "weights_problems", "without_weights"]

_INDICES: Final = "out_indices"
_OVERLAY: Final = "pretrained_cfg_overlay"
_SOURCES: Final = ("file", "state_dict", "url", "hf_hub_id", "hf_hub_filename")
"""The keys for the source of the weights."""
_KEEP_FEATURES: Final = frozenset(
    {
        _INDICES, _OVERLAY, "cache_dir", "checkpoint_path", "drop_path_rate", "drop_rate", "dynamic_img_size", "features_only",
        "img_size", "in_chans", "num_classes", "output_stride", "pretrained",
    }
)  # fmt: skip
"""Arguments without influence on the number of features."""


# The arguments of a call are any objects.
def without_weights(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Copy arguments without the request for weights."""
    return {name: value for name, value in kwargs.items() if name != "checkpoint_path"} | {"pretrained": False}


# As above.
def weights_problems(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Iterator[Problem]:
    """Report unknown keys in descriptions of weights, and sources of weights given without a request to load them.

    With an explicit `pretrained=False`, sources of weights may stay in place.
    """
    without_effect: list[KeyPath] = []
    for name in ("pretrained_cfg", _OVERLAY):
        described = kwargs.get(name)
        for key, value in cast("Mapping[str, object]", described).items() if isinstance(described, Mapping) else ():
            if key not in _fields():
                yield Problem((name, key), ProblemKind.UNKNOWN_KEY, choices=_fields())
            elif name == _OVERLAY and key in _SOURCES and value:
                without_effect.append((name, key))
    if kwargs.get("pretrained_filter_fn") is not None:
        without_effect.append(("pretrained_filter_fn",))
    if kwargs.get("pretrained_strict") is False:
        without_effect.append(("pretrained_strict",))
    if not args and kwargs.get("pretrained") is None:
        for path in without_effect:
            yield Problem(path, ProblemKind.UNUSED, detail="has no effect without pretrained=True")


@functools.cache
def _fields() -> tuple[str, ...]:
    """Return the keys of timm's descriptions of weights: from its source, or else from timm itself."""
    return scan_fields() or tuple(each.name for each in dataclasses.fields(load_timm().models.PretrainedCfg))


# As above.
def index_problems(
    kwargs: Mapping[str, Any], signature: inspect.Signature, count: Callable[[], int | None]
) -> Iterator[Problem]:
    """Report features that a network lacks, or a choice of none.

    Args:
        kwargs: The valid arguments.
        signature: The signature of the network; its defaults say how many features there are at least.
        count: Counts the features, if that does not suffice; None if it is unknown.
    """
    given = cast("SupportsIndex | Sequence[SupportsIndex] | None", kwargs.get(_INDICES))
    if given is None:
        return
    last = operator.index(given) if isinstance(given, SupportsIndex) else None
    asked = [operator.index(each) for each in given] if not isinstance(given, SupportsIndex) else []
    needed = max((each + 1 if each >= 0 else -each for each in asked), default=0) if last is None else last
    if needed < 1:
        got = (
            "at least one index, got none"
            if last is None
            else f"at least 1, as the number of last features, got {last}"
        )
        yield Problem(_INDICES, ProblemKind.INVALID, detail=f"expected {got}")
        return
    features = None if needed <= _least(kwargs, signature) else count()
    if features is None or needed <= features:
        return
    if last is not None:
        detail = f"expected at most {features}, the number of features, got {last}"
        yield Problem(_INDICES, ProblemKind.INVALID, detail=detail)
    for at, index in enumerate(asked):
        if not -features <= index < features:
            detail = f"expected {-features} to {features - 1} with {features} features, got {index}"
            yield Problem((_INDICES, at), ProblemKind.INVALID, detail=detail)


def _least(kwargs: Mapping[str, Any], signature: inspect.Signature) -> int:  # as above
    """Return a number of features that a network certainly has, without making it."""
    changed = {name for name, value in kwargs.items() if not _is_default(value, signature.parameters.get(name))}
    if not changed <= _KEEP_FEATURES or _INDICES not in signature.parameters:
        return 1
    chosen: object = signature.parameters[_INDICES].default
    if isinstance(chosen, int):  # the last of its blocks
        depth: object = signature.parameters["depth"].default if "depth" in signature.parameters else chosen
        return depth if isinstance(depth, int) else chosen
    return max(cast("tuple[int, ...]", chosen), default=0) + 1 if isinstance(chosen, tuple) else 1


def _is_default(value: object, parameter: inspect.Parameter | None) -> bool:
    """Return whether an argument says what its default says; not for an array, whose comparison is an array."""
    return parameter is not None and type(value) is type(parameter.default) and bool(value == parameter.default)
