"""The decode heads of mmsegmentation as a read-only registry, each with the signature of its `build`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from inspect import Parameter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

from terraregistry.protocols import Decoder
from terraregistry.registry import Call, Entry
from terraregistry.registry.registry import ReadOnlyRegistry
from terraregistry.registry.signatures import NOT_EVALUATED, OPAQUE, EffectiveSignature, Signature, effective_signature
from terraregistry.sources.mmseg.head_arguments import check_configs
from terraregistry.sources.mmseg.mmseg_heads import (
    HEADS,
    Head,
    Needs,
    Takes,
    check_needs,
    head_class,
    is_installed,
    not_installed,
)

if TYPE_CHECKING:
    import inspect

    from terraregistry.registry.arguments import Checked
    from terraregistry.registry.base import Found
    from terraregistry.sources.mmseg.mmseg_decoder import MmsegDecoder

__all__ = ["MmsegConstructor", "MmsegRegistry", "signature_of"]

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
    """Find the arguments of `build` for a head: the channels of the features first, all else by name."""
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


@dataclass(frozen=True, slots=True)
class MmsegConstructor:
    """The constructor of the decoder of one name.

    Attributes:
        includes_head: True if the result is the task's output; always, for the heads of mmsegmentation.
        name: The name of a head's class.
    """

    includes_head: ClassVar[bool] = True
    name: str

    @property
    def __name__(self) -> str:
        return self.name

    @property
    def __defined_by__(self) -> Callable[..., Any]:  # a class without types
        """The class in mmsegmentation."""
        return head_class(HEADS[self.name])

    @property
    def __signature__(self) -> inspect.Signature:
        return _effective(HEADS[self.name]).signature

    # What a head takes depends on the head; build() holds the arguments to its signature.
    def __call__(self, channel_list: Sequence[int], **kwargs: Any) -> MmsegDecoder:
        """Make the decoder.

        Args:
            channel_list: The channels of each feature.
            kwargs: The arguments of the head's class; `in_channels`, `in_index` and `input_transform` follow from the
                channels unless they are given.

        Returns:
            A new decoder.
        """
        from terraregistry.sources.mmseg.mmseg_decoder import build_head

        return build_head(HEADS[self.name], channel_list, kwargs)


class MmsegRegistry(ReadOnlyRegistry[Decoder]):
    """The decode heads of mmsegmentation from features to logits, each built from the channels of the features.

    A head's result is that of the whole decoder: `includes_head` is true, and `out_channels` the number of classes.
    `in_channels`, `in_index` and `input_transform` follow from the channels of the features unless given. mmsegmentation is
    imported for the first head used; the names are known without it. A head with requirements not installed, such as the compiled
    operators of mmcv, is listed; building it raises a `SourceUnavailableError` with the requirement. Without mmsegmentation the
    registry is empty, and the error for a head names the package to install.
    """

    _remedy = "register a decoder of your own in TERRATORCH_DECODER_REGISTRY, or in a Registry that you mount"

    def __init__(self) -> None:
        super().__init__(map(_MmsegEntry, HEADS.values() if is_installed() else ()))

    def found(self, name: str) -> Found[Decoder]:
        """Return the component of a name.

        Raises:
            ComponentNotFoundError: The name is not here.
            SourceUnavailableError: It is here once mmseg is installed.
        """
        if not self._entries and isinstance(name, str) and name in HEADS:  # type: ignore[redundant-expr]  # names come from untyped configs too
            raise not_installed()
        return super().found(name)


class _MmsegEntry(Entry[Decoder]):
    """One head; its class is imported on first use."""

    __slots__ = ("_checking", "_head")

    def __init__(self, head: Head) -> None:
        super().__init__(head.name, MmsegConstructor(head.name))
        self._head = head
        self._checking: _MmsegCall | None = None

    def call(self, kwargs: Mapping[str, Any]) -> Call[Decoder]:  # the arguments of a call are any objects
        """Return the call, with a check of nested dictionaries."""
        del kwargs
        if self._checking is None:
            self._checking = _MmsegCall(self._head, self.constructor, _effective(self._head))
        return self._checking


class _MmsegCall(Call[Decoder]):
    """A call of a head: missing requirements are reported first, and dictionaries are checked for the names of layers."""

    __slots__ = ("_head",)

    def __init__(self, head: Head, constructor: Callable[..., Decoder], effective: EffectiveSignature) -> None:
        super().__init__(constructor, effective)
        self._head = head

    # The arguments of a call are any objects.
    def check(self, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] = MappingProxyType({})) -> Checked:
        """Check the arguments, and report unregistered layers.

        Raises:
            SourceUnavailableError: The installation cannot build the head.
        """
        check_needs(self._head, dict(kwargs))
        valid_args, valid, found = super().check(args, kwargs)
        problems = (*found, *check_configs(kwargs))
        return (args, kwargs, problems) if problems else (valid_args, valid, ())


def _effective(head: Head) -> EffectiveSignature:
    cls = head_class(head)
    from terraregistry.sources.mmseg.mmseg_decoder import MmsegDecoder

    return signature_of(head, cls, MmsegDecoder)
