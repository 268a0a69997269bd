"""Heads: they turn a decoder's map into the numbers of a task."""

from __future__ import annotations

import inspect
import warnings
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

from torch import nn

from terraregistry.components.refusals import at_least, refusal
from terraregistry.errors import ProblemKind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor

__all__ = ["ClassificationHead", "LearnedUpscale", "RegressionHead", "ScalarHead", "SegmentationHead"]


class SegmentationHead(nn.Module):
    """Convolutions to one score a class, at each position of a map. TerraTorch's parameters and state_dict keys.

    Args:
        in_channels: The channels of the map.
        num_classes: The number of classes, at least 1.
        channel_list: The channels after each of the 3x3 convolutions coming first; None or empty for none.
        dropout: The probability of dropping an element before the last convolution.

    Raises:
        InvalidArgumentsError: `num_classes` is below 1.
        ValueError: `dropout` is no probability.

    Shape:
        `(B, in_channels, H, W)` to `(B, num_classes, H, W)`.
    """

    def __init__(
        self, in_channels: int, num_classes: int, channel_list: list[int] | None = None, dropout: float = 0
    ) -> None:
        super().__init__()
        self.num_classes: int = at_least(self, "num_classes", num_classes)
        widths = [in_channels, *(channel_list or [])]
        self.head: nn.Sequential = nn.Sequential(
            _stack(widths, _convolution) if channel_list else nn.Identity(),
            _dropout(dropout),
            nn.Conv2d(widths[-1], num_classes, kernel_size=1),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Score each position of `x`, `(B, in_channels, H, W)`, for each class: `(B, num_classes, H, W)`."""
        scores: Tensor = self.head(x)
        return scores


class LearnedUpscale(nn.Module):
    """A doubling of the resolution: a convolution to four times the channels and a pixel shuffle (Shi et al., 2016).

    Args:
        channels: The channels before and after.
        batch_norm: Normalise the result.

    Shape:
        `(B, C, H, W)` to `(B, C, 2 * H, 2 * W)`.
    """

    def __init__(self, channels: int, batch_norm: bool = True) -> None:
        super().__init__()
        self.conv: nn.Conv2d = nn.Conv2d(channels, 4 * channels, kernel_size=3, padding=1)
        self.upscale: nn.PixelShuffle = nn.PixelShuffle(2)
        self.bn: nn.BatchNorm2d | nn.Identity = nn.BatchNorm2d(channels) if batch_norm else nn.Identity()
        self.act: nn.ReLU = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """Double the resolution of `x`, `(B, C, H, W)`."""
        doubled: Tensor = self.act(self.bn(self.upscale(self.conv(x))))
        return doubled


class RegressionHead(nn.Module):
    """Convolutions to a few numbers at each position of a map. TerraTorch's parameters and state_dict keys.

    TerraTorch ignores `batch_norm=False`; here it leaves out every batch norm (and the 3x3 convolutions have a bias
    instead), so checkpoints made there with `batch_norm=False` fit `batch_norm=True` here. A `final_act` by name must
    be a class of `torch.nn`; TerraTorch imports any name.

    Args:
        in_channels: The channels of the map.
        num_outputs: The number of outputs, at least 1.
        final_act: The activation of the result: a module, the name of a class of `torch.nn` without arguments
            (`torch.nn.Sigmoid`), or None.
        learned_upscale_layers: The number of times to double the resolution first.
        channel_list: The channels after each of the 3x3 convolutions coming next; None or empty for none.
        batch_norm: Normalise after the convolutions.
        dropout: The probability of dropping a channel before the last convolution.

    Raises:
        InvalidArgumentsError: `num_outputs` is below 1, `learned_upscale_layers` below 0, or `final_act` names no class
            of `torch.nn`.
        ValueError: `dropout` is no probability.

    Shape:
        `(B, in_channels, H, W)` to `(B, num_outputs, H * 2**learned_upscale_layers, W * 2**learned_upscale_layers)`.
    """

    def __init__(
        self,
        in_channels: int,
        num_outputs: int = 1,
        final_act: nn.Module | str | None = None,
        learned_upscale_layers: int = 0,
        channel_list: list[int] | None = None,
        batch_norm: bool = True,
        dropout: float = 0,
    ) -> None:
        super().__init__()
        self.num_outputs: int = at_least(self, "num_outputs", num_outputs)
        self.learned_upscale_layers: int = at_least(self, "learned_upscale_layers", learned_upscale_layers, 0)
        self.final_act: nn.Module = self._activation(final_act)
        widths = [in_channels, *(channel_list or [])]
        layers: list[nn.Module] = []
        if learned_upscale_layers:
            upscales = (LearnedUpscale(in_channels, batch_norm) for _ in range(learned_upscale_layers))
            layers.append(nn.Sequential(*upscales))
        if channel_list:
            layers.append(_stack(widths, partial(_convolution, batch_norm=batch_norm)))
        layers += [nn.Dropout2d(dropout), nn.Conv2d(widths[-1], num_outputs, kernel_size=1)]
        self.head: nn.Sequential = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """Predict at each position of `x`, `(B, in_channels, H, W)`: `(B, num_outputs, H', W')`."""
        predicted: Tensor = self.final_act(self.head(x))
        return predicted

    def _activation(self, final_act: nn.Module | str | None) -> nn.Module:
        if final_act is None:
            return nn.Identity()
        if isinstance(final_act, nn.Module):
            return final_act
        package, _, name = final_act.rpartition(".")
        found = getattr(nn, name, None)
        inside = package == "torch.nn" or package.startswith("torch.nn.modules")
        if not (inside and inspect.isclass(found) and issubclass(found, nn.Module)):
            detail = f"expected an activation of torch.nn, such as 'torch.nn.Sigmoid', or a module, got {final_act!r}"
            raise refusal(self, "final_act", detail)
        activation: nn.Module = found()
        return activation


class ScalarHead(nn.Module):
    """Linear layers and a mean over positions: classification and regression of whole images.

    TerraTorch's parameters and state_dict keys.

    Args:
        in_dim: The channels of the input.
        num_outputs: The number of outputs; it wins, with a warning, if `num_classes` is given too.
        num_classes: The number of outputs, under the name it has for classes.
        dim_list: The widths after each of the linear layers coming first; None or empty for none.
        dropout: The probability of dropping an element before the last layer.
        linear_after_pool: Take the mean over positions first; by default, each position goes through the layers and the
            mean is taken over their results.

    Raises:
        InvalidArgumentsError: Neither count is given, or one is below 1.
        ValueError: `dropout` is no probability.

    Shape:
        `(B, in_dim)` or `(B, in_dim, ...)` to `(B, num_outputs)`.
    """

    def __init__(
        self,
        in_dim: int,
        num_outputs: int | None = None,
        num_classes: int | None = None,
        dim_list: list[int] | None = None,
        dropout: float = 0,
        linear_after_pool: bool = False,
    ) -> None:
        super().__init__()
        self.num_outputs: int = self._outputs(num_outputs, num_classes)
        self.linear_after_pool = linear_after_pool
        widths = [in_dim, *(dim_list or [])]
        self.head: nn.Sequential = nn.Sequential(
            _stack(widths, _linear) if dim_list else nn.Identity(),
            _dropout(dropout),
            nn.Linear(widths[-1], self.num_outputs),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Reduce `x`, `(B, in_dim)` or `(B, in_dim, ...)`, to `(B, num_outputs)`."""
        positions = x.unsqueeze(1) if x.dim() == 2 else x.flatten(2).transpose(1, 2)
        pooled: Tensor = self.head(positions.mean(1)) if self.linear_after_pool else self.head(positions).mean(1)
        return pooled

    def _outputs(self, num_outputs: int | None, num_classes: int | None) -> int:
        if num_outputs is None:
            if num_classes is None:
                raise refusal(self, "num_outputs", "num_classes serves as well", ProblemKind.MISSING)
            return at_least(self, "num_classes", num_classes)
        if num_classes is not None:
            text = f"num_outputs={num_outputs} wins over num_classes={num_classes}; give one of them"
            warnings.warn(text, stacklevel=3)
        return at_least(self, "num_outputs", num_outputs)


ClassificationHead = ScalarHead
"""TerraTorch's old name for `ScalarHead`: the same class, without TerraTorch's warning."""


def _stack(widths: Sequence[int], block: Callable[[int, int], nn.Module]) -> nn.Sequential:
    """Chain one block for each pair of adjacent widths."""
    return nn.Sequential(*(block(before, after) for before, after in pairwise(widths)))


def _convolution(before: int, after: int, *, batch_norm: bool = False) -> nn.Module:
    convolution = nn.Conv2d(before, after, kernel_size=3, padding=1, bias=not batch_norm)
    normalised = [nn.BatchNorm2d(after)] if batch_norm else []
    return nn.Sequential(convolution, *normalised, nn.ReLU(inplace=True))


def _linear(before: int, after: int) -> nn.Module:
    return nn.Sequential(nn.Linear(before, after), nn.ReLU())


def _dropout(probability: float) -> nn.Module:
    return nn.Dropout(probability) if probability else nn.Identity()
