"""The arguments of `build` for a head: its own and `BaseDecodeHead`'s, with the types documented by mmsegmentation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from inspect import Parameter
from typing import Any, Final, Literal

from terraregistry.registry.signatures import NOT_EVALUATED, OPAQUE, EffectiveSignature, Signature, effective_signature
from terraregistry.sources.mmseg.heads import Head, Needs, Takes

__all__ = ["signature_of"]

_Config = Mapping[str, Any]  # the arguments of any layer
_TYPES: Final[Mapping[str, Any]] = {  # annotations are any objects
    "act_cfg": _Config | None,
    "align_corners": bool,
    "branch_channels": tuple[int, ...],
    "channels": int,
    "conv_cfg": _Config | None,
    "dropout_ratio": float,
    "feature_strides": Sequence[int],
    "ignore_index": int | None,
    "in_channels": int | Sequence[int] | None,
    "in_index": int | Sequence[int] | None,
    "init_cfg": _Config | Sequence[_Config] | None,
    "input_transform": Literal["resize_concat", "multiple_select"] | None,
    "kernel_generate_head": _Config,
    "kernel_update_head": Sequence[_Config],
    "loss_decode": _Config | Sequence[_Config],
    "norm_cfg": _Config | None,
    "num_classes": int,
    "num_stages": int,
    "out_channels": int | None,
    "sampler": _Config | None,
    "threshold": float | None,
}
_FROM_CHANNELS: Final = ("in_channels", "in_index", "input_transform")
_STARRED: Final = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)


def signature_of(head: Head, cls: Callable[..., Any], returns: type) -> EffectiveSignature:
    """Find the arguments of `build` for a head.

    Args:
        head: The head.
        cls: Its class, without types.
        returns: The return type of `build`.

    Returns:
        The signature: the channels of the features first, all else by name.
    """
    found = effective_signature(cls)
    own = {name: each for name, each in found.signature.parameters.items() if each.kind not in _STARRED}
    own["num_classes"] = Parameter("num_classes", Parameter.KEYWORD_ONLY)
    if head.takes is Takes.ONE_AS_IT_IS:
        own.pop("input_transform", None)
    named = [_by_name(head, parameter) for parameter in own.values()]
    named.sort(key=lambda parameter: parameter.default is not Parameter.empty)
    first = Parameter("channel_list", Parameter.POSITIONAL_OR_KEYWORD, annotation=Sequence[int])
    # Without mmdet, the class has another base, and what it takes cannot be known.
    is_open = found.is_open or (head.needs is Needs.MMDET and "in_channels" not in own)
    rest = [Parameter("kwargs", Parameter.VAR_KEYWORD)] if is_open else []
    signature = Signature([first, *named, *rest], return_annotation=returns)
    return EffectiveSignature(signature, found.origins)


def _by_name(head: Head, parameter: Parameter) -> Parameter:
    annotation, default = parameter.annotation, parameter.default
    if default is Ellipsis:  # as mmdet marks what has to be given
        default = Parameter.empty
    if parameter.name in _FROM_CHANNELS:
        annotation, default = _TYPES[parameter.name], OPAQUE
    elif head.needs is Needs.MMDET and parameter.name == "out_channels":
        pass  # of its pixel decoder
    elif annotation is NOT_EVALUATED:
        annotation = _TYPES.get(parameter.name, NOT_EVALUATED)
    return parameter.replace(kind=Parameter.KEYWORD_ONLY, annotation=annotation, default=default)
