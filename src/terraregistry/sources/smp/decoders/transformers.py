"""DPT and Segformer of segmentation-models-pytorch: decoders made for vision transformers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence  # noqa: TC003 - read at run time
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Final, get_args

from segmentation_models_pytorch.decoders.dpt.decoder import DPTDecoder
from segmentation_models_pytorch.decoders.segformer.decoder import SegformerDecoder

from terraregistry.sources.smp.decoder_options import Readout
from terraregistry.sources.smp.pyramid import QUARTER, Pyramid, read_pyramid, up_to_quarter
from terraregistry.sources.smp.smp_checks import Argument, Checks, either
from terraregistry.sources.smp.smp_decoder import SmpDecoder

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["DPT", "Segformer"]

_SMP_INTERMEDIATE: Final = (256, 512, 1024, 1024)
_TARGET_STRIDE: Final = 4  # of the first feature after it is resized; the others follow with 8, 16, 32, ...
_REDUCTION: Final = 2
_FIRST_USED: Final = 1  # entry of smp's list
_SHALLOWEST: Final = 3  # what smp calls the depth


class DPT(SmpDecoder):
    """smp's DPT: features are brought to strides 4, 8, 16, 32, ..., and fused from the coarsest up (arXiv:2103.13413).

    Takes any number of features, resized by layers made for their strides: give `strides` unless they are those assumed,
    such as `strides=(16, 16, 16, 16)` for a plain vision transformer. Each stride must be a multiple or a whole part of its
    target stride. All features are used. The result has half the image's height and width, `(B, fusion_channels, H, W)`.

    Args:
        channels: The channels of each feature, in the order of the backbone's blocks.
        strides: The stride of each feature in input pixels. Without it the last is taken as 32 and each before it as
            half.
        drop_first_features: Taken as by the other decoders; this one is handed the features as they are in any case.
        encoder_has_prefix_tokens: If True, `forward` is given the prefix tokens (such as the class token) of each
            feature.
        readout: The use of the tokens: concatenated to each position, added, or ignored. Without tokens, "cat" is a linear layer.
        intermediate_channels: The channels of each feature during resizing. Without it smp's (256, 512, 1024, 1024):
            as many from the front as there are features, or with more 1024 behind.
        fusion_channels: The channels of the result.
        decoder_readout: Another name for `readout`.
        decoder_intermediate_channels: Another name for `intermediate_channels`.
        decoder_fusion_channels: Another name for `fusion_channels`.

    Raises:
        InvalidArgumentsError: The arguments do not fit; every problem is listed.
    """

    model_names: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "decoder_readout": "readout",
            "decoder_intermediate_channels": "intermediate_channels",
            "decoder_fusion_channels": "fusion_channels",
        }
    )

    def __init__(
        self,
        channels: Sequence[int],
        *,
        strides: Sequence[int] | None = None,
        drop_first_features: bool = False,  # noqa: ARG002 - smp drops none here, and configs may say so of every decoder
        encoder_has_prefix_tokens: bool = False,
        readout: Readout = "cat",
        intermediate_channels: Sequence[int] | None = None,
        fusion_channels: int = 256,
        decoder_readout: Readout | None = None,
        decoder_intermediate_channels: Sequence[int] | None = None,
        decoder_fusion_channels: int | None = None,
    ) -> None:
        checks = Checks(type(self).__name__)
        mode: Argument[Readout] = either("readout", readout, "decoder_readout", decoder_readout)
        checks.choice(mode, get_args(Readout))
        fused = checks.positive(
            either("fusion_channels", fusion_channels, "decoder_fusion_channels", decoder_fusion_channels)
        )
        pyramid = read_pyramid(checks, channels, strides)
        inner = _intermediate(
            checks,
            either(
                "intermediate_channels",
                intermediate_channels,
                "decoder_intermediate_channels",
                decoder_intermediate_channels,
            ),
            pyramid,
        )
        _check_strides(checks, pyramid)
        checks.finish()
        decoder = DPTDecoder(
            encoder_out_channels=pyramid.channels,
            encoder_output_strides=pyramid.strides,
            encoder_has_prefix_tokens=encoder_has_prefix_tokens,
            readout=mode.value,
            intermediate_channels=inner,
            fusion_channels=fused,
        )
        super().__init__(
            decoder,
            pyramid,
            out_channels=fused,
            reduction=_REDUCTION,
            used_features=pyramid.from_entry(0),
        )
        self._reads_tokens = encoder_has_prefix_tokens and mode.value == "cat"
        self._takes_tokens = encoder_has_prefix_tokens

    def forward(self, features: Sequence[Tensor], /, prefix_tokens: Sequence[Tensor | None] | None = None) -> Tensor:
        """Fuse the features.

        Args:
            features: One map a feature, `(B, C_i, H_i, W_i)`, in a list or tuple, left unchanged.
            prefix_tokens: The prefix tokens of each feature, `(B, N, C_i)`, for a decoder built to take them.

        Returns:
            One map, `(B, out_channels, H, W)`.

        Raises:
            ValueError: If the features are not those the decoder was built for, if they have sizes it cannot fuse, or
                if tokens are missing or were not asked for.
        """
        self._check(features)
        tokens: list[Tensor | None] = [None] * len(features) if prefix_tokens is None else list(prefix_tokens)
        self._check_tokens(tokens)
        # smp's readout views a map as a sequence, which needs its memory in order.
        result: Tensor = self._smp_decoder([feature.contiguous() for feature in features], tokens)
        return result

    if TYPE_CHECKING:

        def __call__(
            self, features: Sequence[Tensor], /, prefix_tokens: Sequence[Tensor | None] | None = None
        ) -> Tensor:
            """Fuse the features, through the hooks of the module."""
            ...

    def _check_tokens(self, tokens: list[Tensor | None]) -> None:
        name, count = type(self).__name__, len(self._pyramid.channels)
        if not self._takes_tokens and any(token is not None for token in tokens):
            raise ValueError(f"{name} takes prefix tokens only if it is built with encoder_has_prefix_tokens=True")
        if len(tokens) != count:
            raise ValueError(f"{name} needs the prefix tokens of each of its {count} features, got {len(tokens)}")
        if self._reads_tokens and any(token is None for token in tokens):
            raise ValueError(f"{name} concatenates prefix tokens: give `prefix_tokens`, (B, N, C) for each feature")

    def _check_sizes(self, sizes: list[tuple[int, int]]) -> None:
        strides = self._pyramid.strides
        resized = [tuple(_resized(length, strides[i], i) for length in size) for i, size in enumerate(sizes)]
        for i, (fine, coarse) in enumerate(pairwise(resized)):
            if fine != (2 * coarse[0], 2 * coarse[1]):
                raise ValueError(
                    f"{type(self).__name__} resizes its features by their strides {strides}, after which each must be "
                    f"exactly twice as high and wide as the next: feature {i} of {sizes[i][0]}x{sizes[i][1]} becomes "
                    f"{fine[0]}x{fine[1]}, feature {i + 1} of {sizes[i + 1][0]}x{sizes[i + 1][1]} becomes "
                    f"{coarse[0]}x{coarse[1]}; give the features' own `strides`, and images of a multiple of "
                    f"{_target(len(sizes) - 1)} pixels"
                )


def _target(index: int) -> int:
    return int(_TARGET_STRIDE * 2**index)


def _resized(length: int, stride: int, index: int) -> int:
    """Return the height or width of a feature after smp's layer has resized it."""
    target = _target(index)
    return length * (stride // target) if stride >= target else (length - 1) // (target // stride) + 1


def _intermediate(checks: Checks, argument: Argument[Sequence[int] | None], pyramid: Pyramid) -> tuple[int, ...]:
    count = len(pyramid.channels)
    if argument.value is None:
        return (_SMP_INTERMEDIATE + _SMP_INTERMEDIATE[-1:] * max(0, count - len(_SMP_INTERMEDIATE)))[:count]
    widths = checks.positives(argument)
    if widths is None:
        return ()
    if len(widths) != count:
        checks.refuse(argument.path, f"needs {count} entries, one a feature, got {len(widths)}")
    return widths


def _check_strides(checks: Checks, pyramid: Pyramid) -> None:
    for i, stride in enumerate(pyramid.strides):
        target = _target(i)
        if stride % target and target % stride:
            checks.refuse(
                "strides",
                f"feature {i} is resized from stride {stride} to {target}, which is no whole factor; needs strides "
                f"such as (4, 8, 16, 32) or (16, 16, 16, 16), got {pyramid.strides}",
            )
            return


class Segformer(SmpDecoder):
    """smp's Segformer decoder: one linear layer a feature, all resized and mixed (arXiv:2105.15203).

    Takes two or more features of any strides and sizes, and uses all, but for one at stride 1, in the place of smp's
    image. The result has a quarter of the image's height and width, `(B, segmentation_channels, H, W)`.

    Args:
        channels: The channels of each feature, from the finest to the coarsest.
        strides: The stride of each feature in input pixels. Without it the last is taken as 32 and each before it as
            half.
        drop_first_features: Hand the features to smp without placeholders; smp then ignores the first: for
            checkpoints made that way. The result then has a quarter of the first feature's height and width.
        segmentation_channels: The channels of the result.
        decoder_segmentation_channels: Another name for `segmentation_channels`.

    Raises:
        InvalidArgumentsError: The arguments do not fit; every problem is listed.
    """

    model_names: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"decoder_segmentation_channels": "segmentation_channels"}
    )

    def __init__(
        self,
        channels: Sequence[int],
        *,
        strides: Sequence[int] | None = None,
        drop_first_features: bool = False,
        segmentation_channels: int = 256,
        decoder_segmentation_channels: int | None = None,
    ) -> None:
        checks = Checks(type(self).__name__)
        width = checks.positive(
            either(
                "segmentation_channels",
                segmentation_channels,
                "decoder_segmentation_channels",
                decoder_segmentation_channels,
            )
        )
        pyramid = read_pyramid(checks, channels, strides)
        if not drop_first_features:
            pyramid = pyramid.behind(up_to_quarter(pyramid.strides))
        if pyramid.depth < _SHALLOWEST:
            checks.refuse(
                "channels",
                f"needs a pyramid that makes {_SHALLOWEST + 1} levels or more together with the image's, such as "
                f"(64, 128, 256, 512) at strides (4, 8, 16, 32); got {pyramid}",
            )
        checks.finish()
        decoder = SegformerDecoder(
            encoder_channels=pyramid.smp_channels,
            encoder_depth=pyramid.depth,
            segmentation_channels=width,
        )
        super().__init__(
            decoder,
            pyramid,
            out_channels=width,
            reduction=pyramid.output_stride * QUARTER,
            used_features=pyramid.from_entry(_FIRST_USED),
        )

    def _check_sizes(self, sizes: list[tuple[int, int]]) -> None:
        height, width = self._pyramid.size_at(self._pyramid.output_stride, sizes[0])
        if min(height, width) < QUARTER:
            raise ValueError(
                f"{type(self).__name__} makes maps of a quarter of {height}x{width} pixels, which leaves none: take larger "
                "images"
            )
