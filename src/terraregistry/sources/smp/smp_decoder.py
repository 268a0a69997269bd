"""The base of the decoders of segmentation-models-pytorch."""

from __future__ import annotations

import inspect
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Self

from segmentation_models_pytorch.base.initialization import initialize_decoder
from torch import nn

from terraregistry.errors import InvalidArgumentsError, Problem, ProblemKind
from terraregistry.sources.smp.smp_checks import REGISTRY, SECOND_NAMES
from terraregistry.sources.smp.smp_plans import plan_decoder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from torch import Tensor

__all__ = ["DoublingDecoder", "SmpDecoder"]

_MAP_AXES = 4


class SmpDecoder(nn.Module):
    """One of smp's decoders behind the calling convention of this package.

    The weights are those of smp's own class, under the attribute `_smp_decoder`.

    Args:
        channels: The channels of each feature, from the finest to the coarsest.
        strides: The stride of each feature in input pixels. Without it the last is taken as 32 and each before it as
            half.
        drop_first_features: Hand the features to smp without placeholders, for checkpoints made that way. smp then ignores
            the first (Unet, Unet++, MAnet, Linknet and Segformer, whose result has the size for an image of the first
            feature's size) or the first two (PAN, UPerNet and DeepLabV3+). The other decoders have no placeholders.
        use_norm: The normalisation of each convolution.
        interpolation_mode: How maps are upsampled.
        decoder_use_norm: Another name for `use_norm`, as smp's models have them for each argument.
        decoder_attention_type: Another name for `attention_type`.
        decoder_interpolation: Another name for `interpolation_mode`.
        decoder_pab_channels: Another name for `pab_channels`.
        decoder_pyramid_channels: Another name for `pyramid_channels`.
        decoder_segmentation_channels: Another name for `segmentation_channels`.
        decoder_dropout: Another name for `dropout`.
        decoder_merge_policy: Another name for `merge_policy`.
        decoder_channels: Another name for `out_channels`.
        decoder_atrous_rates: Another name for `atrous_rates`.
        decoder_aspp_separable: Another name for `aspp_separable`.
        decoder_aspp_dropout: Another name for `aspp_dropout`.
        encoder_output_stride: Another name for `output_stride`.
        decoder_readout: Another name for `readout`.
        decoder_intermediate_channels: Another name for `intermediate_channels`.
        decoder_fusion_channels: Another name for `fusion_channels`.
        psp_out_channels: Another name for `out_channels`.
        psp_dropout: Another name for `dropout`.

    Attributes:
        includes_head: True if the result is the task's output; never, for smp's decoders.
        model_names: The argument names of smp's models, each with the name in smp's decoder.
        out_channels: The number of channels of the result.
        reduction: Input pixels for each step along H and W of the result, if the features have the strides given or
            assumed.
        used_features: The indices of the features with an effect on the result.

    Raises:
        InvalidArgumentsError: The arguments do not fit; every problem is listed.
    """

    includes_head: ClassVar[bool] = False
    model_names: ClassVar[Mapping[str, str]] = MappingProxyType({})
    out_channels: int
    reduction: int
    used_features: tuple[int, ...]

    def __init_subclass__(cls) -> None:
        """Find which arguments have second names."""
        super().__init_subclass__()
        own = inspect.signature(cls).parameters
        found = {other: name for other, name in SECOND_NAMES.items() if other in own and name in own}
        cls.model_names = MappingProxyType({**cls.model_names, **found})

    # Checkers need no more than __init__. Only here, before defaults are filled in, is it known which names were used.
    if not TYPE_CHECKING:

        def __new__(cls, *_args: object, **kwargs: object) -> Self:
            """Make the object, unless an argument is given under both of its names.

            Raises:
                InvalidArgumentsError: If one is.
            """
            twice = tuple(
                Problem(other, ProblemKind.DUPLICATE, detail=f"given twice: also as {name!r}, which means the same")
                for other, name in cls.model_names.items()
                if name in kwargs and kwargs.get(other) is not None
            )
            if twice:
                raise InvalidArgumentsError(cls.__name__, REGISTRY, twice)
            return super().__new__(cls)

    def __init__(self, name: str, make: Callable[..., nn.Module], arguments: Mapping[str, object]) -> None:
        """Make the decoder of a name with smp's class; the arguments are the `locals()` of the subclass's `__init__`."""
        super().__init__()
        plan = plan_decoder(name, arguments, type(self).__name__)
        self._smp_decoder = make(**plan.arguments)
        _initialize(self._smp_decoder)
        self._arguments, self._pyramid = plan.arguments, plan.pyramid
        self.out_channels, self.reduction, self.used_features = plan.out_channels, plan.reduction, plan.used

    def forward(self, features: Sequence[Tensor], /) -> Tensor:
        """Fuse the features.

        Args:
            features: One map a feature, `(B, C_i, H_i, W_i)`, from the finest to the coarsest, in a list or tuple, left
                unchanged.

        Returns:
            One map, `(B, out_channels, H, W)`.

        Raises:
            ValueError: If the features are not those the decoder was built for, or have sizes it cannot fuse.
        """
        self._check(features)
        result: Tensor = self._smp_decoder(self._pyramid.fill(features))
        return result

    if TYPE_CHECKING:

        def __call__(self, features: Sequence[Tensor], /) -> Tensor:
            """Fuse the features, through the hooks of the module."""
            ...

    def extra_repr(self) -> str:
        """Return the features the decoder was built for, for the module's repr."""
        pyramid = self._pyramid
        return f"channels={pyramid.channels}, strides={pyramid.strides}, out_channels={self.out_channels}"

    def _check(self, features: Sequence[Tensor]) -> None:
        name, pyramid = type(self).__name__, self._pyramid
        if len(features) != len(pyramid.channels):
            raise ValueError(f"{name} was built for {pyramid}, got {len(features)} feature(s)")
        for i, (feature, channels) in enumerate(zip(features, pyramid.channels, strict=True)):
            shape = tuple(feature.shape)
            if len(shape) != _MAP_AXES:
                raise ValueError(f"{name} needs maps (B, C, H, W); feature {i} has the shape {shape}")
            if shape[1] != channels:
                raise ValueError(f"{name} was built for {channels} channels in feature {i}, whose shape is {shape}")
        self._check_sizes([(feature.shape[2], feature.shape[3]) for feature in features])

    def _check_sizes(self, sizes: list[tuple[int, int]]) -> None:
        """Raise a ValueError if the decoder cannot fuse features of these heights and widths."""


class DoublingDecoder(SmpDecoder):
    """A decoder for features each exactly twice as high and wide as the next."""

    def _check_sizes(self, sizes: list[tuple[int, int]]) -> None:
        for fine, coarse in pairwise(self.used_features):
            height, width = sizes[coarse]
            if sizes[fine] != (2 * height, 2 * width):
                raise ValueError(
                    f"{type(self).__name__} needs each feature exactly twice as high and wide as the next: feature "
                    f"{fine} is {sizes[fine][0]}x{sizes[fine][1]}, feature {coarse} is {height}x{width}; pad the image "
                    "to a multiple of the largest stride, or make a pyramid of the features with a neck"
                )


def _initialize(decoder: nn.Module) -> None:
    """Initialise the weights as smp's models do.

    smp's function stops at a normalisation without weights (an instance norm, by default): there is nothing to set.
    """
    # The norms of torch share no base that says whether they have weights.
    for module in decoder.modules():
        weight: Any = getattr(module, "weight", None)
        if weight is not None:
            initialize_decoder(module)
