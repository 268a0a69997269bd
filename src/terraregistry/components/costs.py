"""The cost of a model, in numbers."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - part of a documented class
from dataclasses import dataclass, field
from typing import Final

__all__ = ["Cost", "in_units"]

_ADAM: Final = 2
"""The values kept by Adam for each trained parameter."""


@dataclass(frozen=True)
class Cost:
    """The cost of a model, or of one of its parts, for a batch of images.

    Multiply-adds (MACs) are those of convolutions and matrix products, by torch's own formulas. Norms, activation functions,
    softmax and interpolation count nothing. Activations are the elements in the results of these operations. Attention is
    counted as the fused kernels compute it, without the matrix of its weights.

    Attributes:
        batch: The shape of the batch, `(B, C, H, W)` or `(B, C, T, H, W)`.
        parameters: The number of parameters, each counted once.
        macs: The multiply-adds of inference.
        activations: The elements in the results of convolutions and matrix products.
        weight_bytes: The size of parameters and buffers.
        trained_bytes: The size of the parameters with gradients.
        peak_bytes: The most bytes of intermediate results that exist at once in inference, beside weights and images.
        saved_bytes: The bytes of intermediate results kept for the backward pass; None if unknown.
        parts: The cost of each part: of a composed model `backbone`, `necks.0`, `decoder`, `head`, else of its children.
    """

    batch: tuple[int, ...]
    parameters: int
    macs: int
    activations: int
    weight_bytes: int
    trained_bytes: int
    peak_bytes: int
    saved_bytes: int | None
    parts: Mapping[str, Cost] = field(default_factory=dict["str", "Cost"], hash=False)

    def training_bytes(self, batch_size: int | None = None, *, optimizer_values: int = _ADAM) -> int | None:
        """Return the memory of a training step: weights, gradients, optimizer and activations, without workspaces.

        Args:
            batch_size: The number of images; by default that of `batch`.
            optimizer_values: The values kept by the optimizer for each parameter: 2 for Adam, 1 for SGD with momentum.

        Returns:
            The bytes; None if those for the backward pass are unknown.
        """
        if self.saved_bytes is None:
            return None
        images = self.batch[0] if batch_size is None else batch_size
        return self._fixed(optimizer_values) + -(-self.saved_bytes * images // self.batch[0])

    def largest_batch(self, memory: int, *, optimizer_values: int = _ADAM) -> int | None:
        """Return the most images in a training step of at most the given bytes; None if the bytes of one are unknown.

        Args:
            memory: The available bytes.
            optimizer_values: As for `training_bytes`.
        """
        if not self.saved_bytes:
            return None
        return max(0, memory - self._fixed(optimizer_values)) * self.batch[0] // self.saved_bytes

    def _fixed(self, optimizer_values: int) -> int:
        return self.weight_bytes + self.trained_bytes * (1 + optimizer_values)


def in_units(number: float) -> str:
    """Write a number with three digits and a unit.

    Examples:
        >>> in_units(4_089_184_256), in_units(25_557_032), in_units(999_999), in_units(12)
        ('4.09 G', '25.6 M', '1.00 M', '12')
    """
    for unit, factor in (("T", 1e12), ("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if number >= factor * 0.9995:
            value = number / factor
            return f"{value:.{2 if value < 9.995 else 1 if value < 99.95 else 0}f} {unit}"
    return f"{number:.0f}"
