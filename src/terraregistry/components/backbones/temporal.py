"""A backbone for images, applied to each step of a time series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence  # noqa: TC003 - read at run time
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, cast, get_args

import torch
from torch import Tensor, nn

from terraregistry.components.refusals import at_least, one_of, refusal
from terraregistry.errors import ProblemKind
from terraregistry.protocols import FeatureSpec, Layout

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["TemporalPooling", "TemporalWrapper"]

TemporalPooling: TypeAlias = Literal["mean", "max", "diff", "concat", "keep"]
"""The reduction of the steps: mean, maximum, the first minus the second, concatenated channels, or an axis kept."""

_TIME_AXES: Final = 5


class TemporalWrapper(nn.Module):
    """A backbone applied to each step of a time series, with its features pooled over time.

    The state_dict keys are TerraTorch's: the backbone's after `encoder.`. For `concat` without `n_timestamps`,
    TerraTorch does not know its channels; here it is refused.

    Args:
        encoder: The backbone.
        pooling: The reduction of the steps.
        concat: An old spelling: True for `pooling="concat"`.
        n_timestamps: The number of steps; needed for `concat`.
        features_permute_op: The permutation of a feature's axes to channels second, `(0, 3, 1, 2)` for channels last;
            needed for `concat` if the backbone does not state its layout.
        subset_lengths: Average groups of this many steps first, then pool the means.

    Raises:
        InvalidArgumentsError: There is no such pooling, `n_timestamps` is missing, or a number does not fit another.

    Shape:
        `(B, C, T, H, W)`, or a mapping of such images for a backbone with several inputs, to the backbone's output for
        `(B, C, H, W)`; with `concat` T times its channels, time-major; with `keep` an axis of T after the batch.

    Examples:
        >>> from terraregistry import BACKBONE_REGISTRY
        >>> backbone = BACKBONE_REGISTRY.build("timm_test_resnet", out_indices=[1, 2])
        >>> TemporalWrapper(backbone, "concat", n_timestamps=3).out_channels == [3 * width for width in backbone.out_channels]
        True
    """

    def __init__(
        self,
        encoder: nn.Module,
        pooling: TemporalPooling = "mean",
        concat: bool | None = None,
        n_timestamps: int | None = None,
        features_permute_op: Sequence[int] | None = None,
        subset_lengths: Sequence[int] | None = None,
    ) -> None:
        super().__init__()
        one_of(self, "pooling", pooling, get_args(TemporalPooling))
        self.encoder = encoder
        self.pooling: str = "concat" if concat else pooling
        self.n_timestamps: int | None = None if n_timestamps is None else at_least(self, "n_timestamps", n_timestamps)
        self.features_permute_op: tuple[int, ...] | None = self._order(features_permute_op)
        self.subset_lengths: tuple[int, ...] | None = self._lengths(subset_lengths)
        if self.pooling == "concat" and self._steps is None:
            detail = "pooling='concat' multiplies the channels by it"
            raise refusal(self, "n_timestamps", detail, ProblemKind.MISSING)
        if self.pooling == "diff" and self._steps not in (None, 2):
            where = "n_timestamps" if self.subset_lengths is None else "subset_lengths"
            raise refusal(self, where, f"pooling='diff' takes two steps, got {self._steps}")

    @property
    def out_channels(self) -> list[int]:
        """The number of channels of each feature."""
        channels = cast("list[int]", self.encoder.out_channels)
        return [self._factor * width for width in channels]

    @property
    def feature_specs(self) -> list[FeatureSpec]:
        """Channels, stride and layout of each feature; missing if the backbone does not state them, or with `keep`."""
        if self.pooling == "keep":
            raise AttributeError("features with an axis of time have none of the layouts")
        specs = cast("Sequence[FeatureSpec]", self.encoder.feature_specs)
        return [spec._replace(channels=self._factor * spec.channels) for spec in specs]

    # The backbone's own method.
    @property
    def prepare_features_for_image_model(self) -> Callable[..., list[Tensor]]:
        """The backbone's method to turn features into maps; missing if it has none, or with `keep`."""
        if self.pooling == "keep":
            raise AttributeError("features with an axis of time are not those of an image")
        return cast("Callable[..., list[Tensor]]", self.encoder.prepare_features_for_image_model)

    def freeze(self) -> None:
        """Stop training the backbone, by its own `freeze()` if it has one."""
        freeze: Any = getattr(self.encoder, "freeze", None)  # a method, where there is one
        if freeze is None:
            self.encoder.requires_grad_(False)
        else:
            freeze()

    def forward(
        self,
        x: Tensor | Mapping[str, Tensor],
        /,
        *,
        temporal_coords: Tensor | None = None,
        location_coords: Tensor | None = None,
    ) -> list[Tensor]:
        """Compute the features of each step, and pool them.

        Args:
            x: Images over time, `(B, C, T, H, W)`; several by name for a backbone with a mapping as its input, all of
                the same number of images and steps.
            temporal_coords: Year and day of the year of each step, `(B, T, 2)`, for a backbone with this argument,
                passed step by step.
            location_coords: Latitude and longitude in degrees, `(B, 2)`, for a backbone with this argument.

        Returns:
            One tensor a feature.

        Raises:
            ValueError: The images have no axis of time, or another number of steps than they should; coordinates have
                another shape.
        """
        batch, steps = _batch_and_steps(x)
        self._check_steps(steps)
        beside = _coordinates_of_steps(batch, steps, temporal_coords, location_coords)
        features: Tensor | Sequence[Tensor] = self.encoder(_steps_as_batch(x), **beside)
        listed = [features] if isinstance(features, Tensor) else list(features)
        return [self._pooled(each.reshape(batch, steps, *each.shape[1:]), at) for at, each in enumerate(listed)]

    @property
    def _steps(self) -> int | None:
        return self.n_timestamps if self.subset_lengths is None else len(self.subset_lengths)

    @property
    def _factor(self) -> int:
        return (self._steps or 1) if self.pooling == "concat" else 1

    def _check_steps(self, steps: int) -> None:
        if self.subset_lengths is not None and sum(self.subset_lengths) != steps:
            raise ValueError(
                f"subset_lengths {self.subset_lengths} are of {sum(self.subset_lengths)} steps, got {steps}"
            )
        left = self._steps if self.subset_lengths is not None else steps
        if self.pooling == "concat" and left != self._steps:
            raise ValueError(f"pooling='concat' was made for {self._steps} steps, got {left}")
        if self.pooling == "diff" and left != 2:
            raise ValueError(f"pooling='diff' takes two steps, got {left}")

    def _pooled(self, feature: Tensor, at: int) -> Tensor:
        """Pool one feature, `(B, T, ...)`."""
        if self.subset_lengths is not None:
            ends = pairwise(accumulate(self.subset_lengths, initial=0))
            feature = torch.stack([feature[:, start:end].mean(1) for start, end in ends], dim=1)
        if self.pooling == "mean":
            return feature.mean(1)
        if self.pooling == "max":
            return feature.amax(1)
        if self.pooling == "diff":
            return feature[:, 0] - feature[:, 1]
        if self.pooling == "keep":
            return feature
        return torch.cat(feature.unbind(1), dim=self._channel_axis(feature, at))

    def _channel_axis(self, feature: Tensor, at: int) -> int:
        """Find the axis of channels of a feature, without the axis of time."""
        if self.features_permute_op is not None:
            return self.features_permute_op[1]
        specs: Sequence[FeatureSpec] | None = getattr(self.encoder, "feature_specs", None)
        channels_first = feature.dim() != 4 if specs is None else specs[at].layout is Layout.NCHW
        return 1 if channels_first else -1

    def _order(self, given: Sequence[int] | None) -> tuple[int, ...] | None:
        if given is not None and sorted(given) != list(range(len(given))):
            detail = f"expected an order of axes such as (0, 3, 1, 2), got {tuple(given)}"
            raise refusal(self, "features_permute_op", detail)
        return None if given is None else tuple(given)

    def _lengths(self, given: Sequence[int] | None) -> tuple[int, ...] | None:
        if given is None:
            return None
        lengths = tuple(at_least(self, ("subset_lengths", at), length) for at, length in enumerate(given))
        if self.n_timestamps is not None and sum(lengths) != self.n_timestamps:
            detail = f"expected a sum of n_timestamps, {self.n_timestamps}, got {sum(lengths)}"
            raise refusal(self, "subset_lengths", detail)
        return lengths


def _batch_and_steps(x: Tensor | Mapping[str, Tensor]) -> tuple[int, int]:
    """Count images and steps, equal for all inputs."""
    inputs = {"": x} if isinstance(x, Tensor) else {f"{name}: ": each for name, each in x.items()}
    for name, each in inputs.items():
        if each.dim() != _TIME_AXES:
            raise ValueError(f"{name}expected images over time, (B, C, T, H, W), got the shape {tuple(each.shape)}")
    counts = {name: (each.shape[0], each.shape[2]) for name, each in inputs.items()}
    if len(set(counts.values())) != 1:
        found = ", ".join(f"{name}{batch} and {steps}" for name, (batch, steps) in counts.items()) or "no inputs"
        raise ValueError(f"expected inputs of one number of images and one of steps, got {found}")
    return next(iter(counts.values()))


def _steps_as_batch(x: Tensor | Mapping[str, Tensor]) -> Tensor | dict[str, Tensor]:
    if isinstance(x, Tensor):
        return x.transpose(1, 2).flatten(0, 1)
    return {name: each.transpose(1, 2).flatten(0, 1) for name, each in x.items()}


def _coordinates_of_steps(
    batch: int, steps: int, temporal_coords: Tensor | None, location_coords: Tensor | None
) -> dict[str, Tensor]:
    """Return the time and the place of each step, each an image of its own to the backbone."""
    found: dict[str, Tensor] = {}
    if temporal_coords is not None:
        _check_shape("temporal_coords", temporal_coords, (batch, steps, 2))
        found["temporal_coords"] = temporal_coords.reshape(batch * steps, 1, 2)
    if location_coords is not None:
        _check_shape("location_coords", location_coords, (batch, 2))
        found["location_coords"] = location_coords.repeat_interleave(steps, dim=0)
    return found


def _check_shape(name: str, given: Tensor, shape: tuple[int, ...]) -> None:
    if given.shape != shape:
        raise ValueError(f"{name}: expected the shape {shape}, got {tuple(given.shape)}")
