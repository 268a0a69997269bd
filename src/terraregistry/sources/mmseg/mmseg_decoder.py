"""The heads of mmsegmentation behind the calling convention of this package, made in its scope and without its log."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, cast

import torch
from torch import nn

from terraregistry.errors import InvalidArgumentsError, Problem, ProblemKind
from terraregistry.quiet import quietly
from terraregistry.sources.mmseg.head_arguments import Inputs, check_configs, copied, loads_weights
from terraregistry.sources.mmseg.mmseg_heads import HEADS, LOCK, Result, check_needs, head_class, load_module

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from torch import Tensor

    from terraregistry.sources.mmseg.mmseg_heads import Head

__all__ = ["MmsegDecoder", "build_head"]

_MAP_AXES = 4


class MmsegDecoder(nn.Module):
    """A decode head of mmsegmentation: features in, the logits of the classes out.

    The weights are those of mmsegmentation's own class, under the attribute `decoder`.

    Args:
        decoder: The head.
        channel_list: The channels of each feature.
        indices: The features that the head takes.

    Attributes:
        includes_head: True if the result is the task's output; always, for the heads of mmsegmentation.
        channel_list: The channels of each feature.
        out_channels: The number of channels of the result: the number of classes, or one shared by two classes.
        used_features: The indices of the features with an effect on the result.
    """

    includes_head: ClassVar[bool] = True
    channel_list: list[int]
    decoder: nn.Module
    out_channels: int
    used_features: tuple[int, ...]

    def __init__(self, decoder: nn.Module, channel_list: Sequence[int], indices: Sequence[int]) -> None:
        super().__init__()
        self.decoder = decoder
        self.channel_list = list(channel_list)
        self.out_channels = int(cast("Any", decoder).out_channels)  # an attribute that nn.Module does not declare
        self._indices = tuple(index % len(self.channel_list) for index in indices)
        self.used_features = _used(decoder, self._indices)

    def forward(self, features: Sequence[Tensor], /) -> Tensor:
        """Compute the logits.

        Args:
            features: One map a feature, `(B, C_i, H_i, W_i)`, in a list or tuple, left unchanged.

        Returns:
            The logits, `(B, out_channels, H, W)`, at the head's working resolution.

        Raises:
            ValueError: If the features are not those the decoder was built for.
        """
        self._check(features)
        head = HEADS[type(self.decoder).__name__]
        return _RUNS[head.result](self.decoder, features, self._indices)

    if TYPE_CHECKING:

        def __call__(self, features: Sequence[Tensor], /) -> Tensor:
            """Compute the logits, through the hooks of the module."""
            ...

    # What reconstructs it has arguments of its own.
    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by a function that imports mmsegmentation safely before its classes are looked up."""
        return _empty, (type(self),), self.__dict__

    def _check(self, features: Sequence[Tensor]) -> None:
        name = type(self.decoder).__name__
        if len(features) != len(self.channel_list):
            expected = f"{len(self.channel_list)} features of {self.channel_list} channels"
            raise ValueError(f"{name} was built for {expected}, got {len(features)}")
        for index in self.used_features:
            shape = tuple(features[index].shape)
            if len(shape) != _MAP_AXES:
                raise ValueError(f"{name} needs maps (B, C, H, W); feature {index} has the shape {shape}")
            if shape[1] != self.channel_list[index]:
                channels = self.channel_list[index]
                raise ValueError(f"{name} was built for {channels} channels in feature {index}, whose shape is {shape}")


def _used(decoder: nn.Module, indices: tuple[int, ...]) -> tuple[int, ...]:
    """Return the indices of a head's features with an effect."""
    if getattr(decoder, "c1_bottleneck", None) is not None:  # DepthwiseSeparableASPPHead reads the first by itself
        return tuple(dict.fromkeys((0, *indices)))
    return indices[-1:] if getattr(decoder, "add_lateral", None) is False else indices


def _empty(cls: type[MmsegDecoder]) -> MmsegDecoder:
    load_module("mmseg.models.decode_heads")
    return cls.__new__(cls)


# In all of these, the attributes of a head are those of a library without types.
def _logits(decoder: Any, features: Sequence[Tensor], indices: Sequence[int]) -> Tensor:
    del indices  # the head selects
    result: Tensor | tuple[Tensor, ...] | list[Tensor] = decoder(list(features))
    if isinstance(result, tuple):
        return result[0]  # before what else the losses take
    return result[-1] if isinstance(result, list) else result  # the last of its stages


def _main_branch(decoder: Any, features: Sequence[Tensor], indices: Sequence[int]) -> Tensor:
    """Run the head as in evaluation mode, also in training."""
    feature = features[indices[0]]
    branch: Callable[..., Tensor] | None = getattr(decoder, "i_head", None)
    if branch is not None:
        return branch(feature, decoder.cls_seg)
    result: Tensor = decoder.cls_seg(decoder.head(feature))
    return result


def _without_tokens(decoder: Any, features: Sequence[Tensor], indices: Sequence[int]) -> Tensor:
    result: Tensor = decoder([(features[index], None) for index in indices])
    return result


def _of_masks(decoder: Any, features: Sequence[Tensor], indices: Sequence[int]) -> Tensor:
    """Weigh each mask by its classes, as mmsegmentation does to predict."""
    taken = [features[index] for index in indices]
    # Positions only count in relation to each other: the finest feature stands for the image, which has no padding.
    size = tuple(taken[0].shape[2:])
    sample = load_module("mmseg.structures").SegDataSample
    images = [sample(metainfo={"img_shape": size, "batch_input_shape": size}) for _ in range(len(taken[0]))]
    classes, masks = decoder(taken, images)
    weights = classes[-1].softmax(dim=-1)[..., :-1]
    return torch.einsum("bqc,bqhw->bchw", weights, masks[-1].sigmoid())


_RUNS: dict[Result, Callable[[Any, Sequence[Tensor], Sequence[int]], Tensor]] = {
    Result.LOGITS: _logits,
    Result.OF_MAIN_BRANCH: _main_branch,
    Result.WITHOUT_TOKENS: _without_tokens,
    Result.OF_MASKS: _of_masks,
}


# The arguments of a head are any objects.
def build_head(head: Head, channel_list: Sequence[int], arguments: dict[str, Any]) -> MmsegDecoder:
    """Make a head as a decoder for some channels and the arguments given by the caller.

    Raises:
        SourceUnavailableError: The installation cannot build the head.
        InvalidArgumentsError: The arguments do not fit the features or each other; all mistakes are listed.
    """
    check_needs(head, arguments)
    inputs = Inputs(head, channel_list)
    complete = inputs.complete(arguments)
    _refuse(head, [*inputs.problems, *check_configs(arguments)])
    given = copied(complete)
    if head.result is Result.OF_MASKS:  # mmdet reads entries of these as attributes
        wrap = load_module("mmengine.config").ConfigDict
        given = {name: wrap(value) if isinstance(value, dict) else value for name, value in given.items()}
    with _scope(), quietly():  # it gives advice on losses and predictions, which are not used here, and to itself
        module: nn.Module = head_class(head)(**given)
        _initialize(head, module)
    return MmsegDecoder(module, channel_list, inputs.indices)


@contextmanager
def _scope() -> Generator[None]:
    """Make mmengine look up names in mmsegmentation first; the scope is process-wide."""
    with LOCK, load_module("mmengine.registry").DefaultScope.overwrite_default_scope("mmseg"):
        yield


def _initialize(head: Head, module: Any) -> None:  # a head of a library without types
    """Set the initial weights, a task left by mmsegmentation to its runner."""
    for name, part in module.named_modules():
        if loads_weights(getattr(part, "init_cfg", None)):
            detail = f"{name or head.name} reads weights from a file; load them into the model with load_state_dict"
            _refuse(head, [Problem("init_cfg", ProblemKind.INVALID, detail=detail)])
    if any(parameter.is_meta for parameter in module.parameters()):
        return  # there is no data to set
    logger = load_module("mmengine.logging").MMLogger.get_current_instance()
    was_disabled: bool = logger.disabled
    logger.disabled = True
    try:
        module.init_weights()
    finally:
        logger.disabled = was_disabled


def _refuse(head: Head, problems: Sequence[Problem]) -> None:
    if problems:
        raise InvalidArgumentsError(head.name, "mmseg", tuple(problems))
