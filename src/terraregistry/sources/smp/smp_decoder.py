"""The base of the decoders of segmentation-models-pytorch."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Self

from segmentation_models_pytorch.base.initialization import initialize_decoder
from torch import nn

from terraregistry.errors import ProblemKind
from terraregistry.sources.smp.smp_checks import Checks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor

    from terraregistry.sources.smp.pyramid import Pyramid

__all__ = ["MAP_AXES", "SmpDecoder"]

MAP_AXES = 4


class SmpDecoder(nn.Module):
    """One of smp's decoders behind the calling convention of this package.

    The weights are those of smp's own class, under the attribute `_smp_decoder`.

    Attributes:
        includes_head: True if the result is the task's output; never, for smp's decoders.
        model_names: The argument names of smp's models, each with the name in smp's decoder.
        out_channels: The number of channels of the result.
        reduction: Input pixels for each step along H and W of the result, if the features have the strides given or
            assumed.
        used_features: The indices of the features with an effect on the result.
    """

    includes_head: ClassVar[bool] = False
    model_names: ClassVar[Mapping[str, str]] = MappingProxyType({})
    out_channels: int
    reduction: int
    used_features: tuple[int, ...]
    _smp_decoder: nn.Module
    _pyramid: Pyramid

    # Checkers need no more than __init__. Only here, before defaults are filled in, is it known which names were used.
    if not TYPE_CHECKING:

        def __new__(cls, *_args: object, **kwargs: object) -> Self:
            """Make the object, unless an argument is given under both of its names.

            Raises:
                InvalidArgumentsError: If one is.
            """
            checks = Checks(cls.__name__)
            for other, name in cls.model_names.items():
                if name in kwargs and kwargs.get(other) is not None:
                    checks.refuse(other, f"given twice: also as {name!r}, which means the same", ProblemKind.DUPLICATE)
            checks.finish()
            return super().__new__(cls)

    def __init__(
        self,
        decoder: nn.Module,
        pyramid: Pyramid,
        *,
        out_channels: int,
        reduction: int,
        used_features: tuple[int, ...],
    ) -> None:
        super().__init__()
        _initialize(decoder)
        self._smp_decoder = decoder
        self._pyramid = pyramid
        self.out_channels = out_channels
        self.reduction = reduction
        self.used_features = used_features

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
        name, expected = type(self).__name__, self._pyramid.channels
        if len(features) != len(expected):
            raise ValueError(f"{name} was built for {self._pyramid}, got {len(features)} feature(s)")
        for i, (feature, channels) in enumerate(zip(features, expected, strict=True)):
            shape = tuple(feature.shape)
            if len(shape) != MAP_AXES:
                raise ValueError(f"{name} needs maps (B, C, H, W); feature {i} has the shape {shape}")
            if shape[1] != channels:
                raise ValueError(f"{name} was built for {channels} channels in feature {i}, whose shape is {shape}")
        self._check_sizes([(feature.shape[2], feature.shape[3]) for feature in features])

    def _check_sizes(self, sizes: list[tuple[int, int]]) -> None:
        """Raise a ValueError if the decoder cannot fuse features of these heights and widths."""


def _initialize(decoder: nn.Module) -> None:
    """Initialise the weights as smp's models do.

    smp's function stops at a normalisation without weights (an instance norm, by default): there is nothing to set.
    """
    # The norms of torch share no base that says whether they have weights.
    for module in decoder.modules():
        weight: Any = getattr(module, "weight", None)
        if weight is not None:
            initialize_decoder(module)
