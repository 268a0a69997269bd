"""Backbones without weights: a U-Net (Ronneberger et al., 2015), and one giving its images back."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence  # noqa: TC003 - read at run time
from typing import TYPE_CHECKING, Any, Final

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import (
    checkpoint,  # pyright: ignore[reportUnknownVariableType]  # torch leaves a part of its type out
)

from terraregistry.components.decoders.blocks import ConvNormAct
from terraregistry.components.refusals import at_least, refusal
from terraregistry.errors import ProblemKind
from terraregistry.protocols import FeatureSpec, Layout

if TYPE_CHECKING:
    from typing import Self

__all__ = ["IdentityBackbone", "UNet"]

_UNREAD: Final = "nothing reads this, in TerraTorch either: convolutions, batch norms and ReLUs are fixed"


class IdentityBackbone(nn.Module):
    """A backbone without layers, for images that are features already: it gives its input back.

    TerraTorch's can be made without `out_channels`; no factory can use it then.

    Args:
        out_channels: The channels of the input; of each, for a list of inputs.

    Shape:
        `(B, C, H, W)`, or any other input, to a list of it.

    Examples:
        >>> import torch
        >>> [feature.shape for feature in IdentityBackbone([6])(torch.zeros(1, 6, 8, 8))]
        [torch.Size([1, 6, 8, 8])]
    """

    def __init__(self, out_channels: list[int]) -> None:
        super().__init__()
        if not out_channels:
            raise refusal(self, "out_channels", "expected the channels of at least one feature, got an empty list")
        self.out_channels: list[int] = [
            at_least(self, ("out_channels", at), width) for at, width in enumerate(out_channels)
        ]
        self.in_channels: int = self.out_channels[0]

    def forward(self, x: Tensor | Sequence[Tensor]) -> list[Tensor]:
        """Return the input as a list."""
        return [x] if isinstance(x, Tensor) else list(x)


class _Convolutions(nn.Module):
    """Convolutions in a row, each with a batch norm and a ReLU; the state_dict keys are `convs.{i}.*`."""

    def __init__(self, before: int, after: int, count: int, stride: int, dilation: int, saving: bool) -> None:
        super().__init__()
        self._saving = saving
        self.convs: nn.Sequential = nn.Sequential()
        for at in range(count):
            spread = dilation if at else 1
            width, step = (after, 1) if at else (before, stride)
            self.convs.append(ConvNormAct(width, after, padding=spread, dilation=spread, stride=step))

    def forward(self, x: Tensor) -> Tensor:
        """Apply them to `x`, `(B, C, H, W)`."""
        saving = self._saving and x.requires_grad
        convolved: Tensor = checkpoint(self.convs, x, use_reentrant=False) if saving else self.convs(x)
        return convolved


class _TransposedNormAct(nn.Module):
    """A transposed convolution doubling the resolution, a batch norm and a ReLU."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.conv: nn.ConvTranspose2d = nn.ConvTranspose2d(before, after, 4, stride=2, padding=1, bias=False)
        self.norm: nn.BatchNorm2d = nn.BatchNorm2d(after)
        self.act: nn.ReLU = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        """Enlarge `x`, `(B, C, H, W)`."""
        enlarged: Tensor = self.act(self.norm(self.conv(x)))
        return enlarged


class _Up(nn.Module):
    """A step of the decoder: enlarge, join the feature of the encoder, convolve."""

    def __init__(self, block: nn.Module, upsample: nn.Module) -> None:
        super().__init__()
        self.conv_block = block
        self.upsample = upsample

    def forward(self, skip: Tensor, x: Tensor) -> Tensor:
        """Join `x` to `skip`, both `(B, C, H, W)`."""
        joined: Tensor = self.conv_block(torch.cat([skip, self.upsample(x)], dim=1))
        return joined


class UNet(nn.Module):
    """A U-Net as a backbone: its features are the deepest of the encoder, and that of each step of the decoder.

    It has TerraTorch's parameters and state_dict keys. There, `with_cp=True` fails on images, stages of equal resolution fail
    too, and `conv_cfg`, `norm_cfg` and `act_cfg` are read by nothing: they are refused here.

    Args:
        in_channels: The channels of the images.
        out_channels: The channels of the first stage; each stage has twice those of the one before.
        num_stages: The number of stages of the encoder.
        strides: The stride of the first convolution of each stage.
        enc_num_convs: The number of convolutions in each stage of the encoder.
        dec_num_convs: The number of convolutions in each step of the decoder, in the order of the encoder.
        downsamples: Whether a stage halves the resolution, for each after the first.
        enc_dilations: The dilation of the convolutions in each stage, after its first one.
        dec_dilations: The dilation of the convolutions in each step of the decoder, after its first one.
        with_cp: Save memory in training: compute the convolutions of a stage again for its gradients.
        conv_cfg: Not read.
        norm_cfg: Not read.
        act_cfg: Not read.
        upsample_cfg: Arguments of `torch.nn.Upsample`, to enlarge by it in place of a transposed convolution.
        norm_eval: Keep batch norms in evaluation mode in training.
        base_channels: The name of `out_channels` in older configs.

    Raises:
        InvalidArgumentsError: A list has another length than the stages, a number is below 1, or an argument is not read.

    Shape:
        `(B, in_channels, H, W)`, of sides divisible by the strides of all stages, to `num_stages` maps, coarse to fine.

    Examples:
        >>> import torch
        >>> [tuple(feature.shape[1:]) for feature in UNet(out_channels=4)(torch.zeros(2, 3, 16, 16))]
        [(64, 1, 1), (32, 2, 2), (16, 4, 4), (8, 8, 8), (4, 16, 16)]
    """

    # Arguments of another library's configs.
    def __init__(
        self,
        in_channels: int = 3,
        out_channels: int = 64,
        num_stages: int = 5,
        strides: Sequence[int] = (1, 1, 1, 1, 1),
        enc_num_convs: Sequence[int] = (2, 2, 2, 2, 2),
        dec_num_convs: Sequence[int] = (2, 2, 2, 2),
        downsamples: Sequence[bool] = (True, True, True, True),
        enc_dilations: Sequence[int] = (1, 1, 1, 1, 1),
        dec_dilations: Sequence[int] = (1, 1, 1, 1),
        with_cp: bool = False,
        conv_cfg: Mapping[str, Any] | None = None,
        norm_cfg: Mapping[str, Any] | None = None,
        act_cfg: Mapping[str, Any] | None = None,
        upsample_cfg: Mapping[str, Any] | None = None,
        norm_eval: bool = False,
        base_channels: int | None = None,
    ) -> None:
        super().__init__()
        for name, cfg, usual in (("conv", conv_cfg, None), ("norm", norm_cfg, "BN"), ("act", act_cfg, "ReLU")):
            if cfg is not None and cfg != {"type": usual}:
                raise refusal(self, f"{name}_cfg", _UNREAD, ProblemKind.UNUSED)
        self.in_channels: int = at_least(self, "in_channels", in_channels)
        steps = at_least(self, "num_stages", num_stages) - 1
        strides = self._each("strides", strides, num_stages)
        encoded = self._each("enc_num_convs", enc_num_convs, num_stages)
        decoded = self._each("dec_num_convs", dec_num_convs, steps)
        spread = self._each("enc_dilations", enc_dilations, num_stages)
        spread_back = self._each("dec_dilations", dec_dilations, steps)
        halved = [
            stride == 1 and down for stride, down in zip(strides[1:], self._switches(downsamples, steps), strict=True)
        ]
        name = "out_channels" if base_channels is None else "base_channels"
        first = at_least(self, name, out_channels if base_channels is None else base_channels)
        widths = [first * 2**at for at in range(num_stages)]
        self.norm_eval = norm_eval
        self.encoder: nn.ModuleList = nn.ModuleList()
        for at, width in enumerate(widths):
            before = widths[at - 1] if at else in_channels
            block = _Convolutions(before, width, encoded[at], strides[at], spread[at], with_cp)
            self.encoder.append(
                nn.Sequential(nn.MaxPool2d(2), block) if at and halved[at - 1] else nn.Sequential(block)
            )
        self.decoder: nn.ModuleList = nn.ModuleList()
        factors = [2 if half else stride for half, stride in zip(halved, strides[1:], strict=True)]
        for at, (width, factor) in enumerate(zip(widths, factors, strict=False)):
            block = _Convolutions(2 * width, width, decoded[at], 1, spread_back[at], with_cp)
            self.decoder.append(_Up(block, self._enlarging(2 * width, width, factor, upsample_cfg)))
        scales = [*itertools.accumulate(factors, initial=strides[0], func=lambda one, other: one * other)]
        self.out_channels: list[int] = widths[::-1]
        self.feature_specs: tuple[FeatureSpec, ...] = tuple(
            FeatureSpec(width, scale, Layout.NCHW) for width, scale in zip(widths[::-1], scales[::-1], strict=True)
        )

    def forward(self, x: Tensor) -> list[Tensor]:
        """Compute the features of images, `(B, in_channels, H, W)`, coarse to fine.

        Raises:
            ValueError: A side of the images is not divisible by the strides of all stages.
        """
        whole = self.feature_specs[0].stride
        if x.shape[-2] % whole or x.shape[-1] % whole:
            raise ValueError(f"expected images of sides divisible by {whole}, got {tuple(x.shape)}")
        encoded: list[Tensor] = []
        for stage in self.encoder:
            x = stage(x)
            encoded.append(x)
        features = [x]
        for step, skip in zip(reversed(self.decoder), reversed(encoded[:-1]), strict=True):
            x = step(skip, x)
            features.append(x)
        return features

    def train(self, mode: bool = True) -> Self:
        """Set the mode; with `norm_eval`, batch norms stay in evaluation mode."""
        super().train(mode)
        for each in self.modules() if self.norm_eval else ():
            if isinstance(each, nn.BatchNorm2d):
                each.eval()
        return self

    def _each(self, name: str, values: Sequence[int], count: int) -> list[int]:
        if len(values) != count:
            raise refusal(self, name, f"expected {count} numbers for num_stages, got {len(values)}")
        return [at_least(self, (name, at), value) for at, value in enumerate(values)]

    def _switches(self, values: Sequence[bool], count: int) -> list[bool]:
        if len(values) != count:
            raise refusal(self, "downsamples", f"expected {count} values for num_stages, got {len(values)}")
        return list(values)

    # As above.
    def _enlarging(self, before: int, after: int, factor: int, cfg: Mapping[str, Any] | None) -> nn.Module:
        if factor == 1:
            return ConvNormAct(before, after, 1)
        if cfg is None and factor == 2:
            return _TransposedNormAct(before, after)
        try:
            upsample = nn.Upsample(**({"scale_factor": factor, "mode": "bilinear"} if cfg is None else cfg))
        except TypeError as error:
            raise refusal(self, "upsample_cfg", f"expected the arguments of torch.nn.Upsample: {error}") from None
        return nn.Sequential(upsample, ConvNormAct(before, after, 3, padding=1))
