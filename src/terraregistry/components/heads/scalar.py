"""A head with a few numbers for each image."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from torch import nn

from terraregistry.components.heads.head_blocks import dropout_or_identity, stack
from terraregistry.components.refusals import at_least, refusal
from terraregistry.errors import ProblemKind

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["ClassificationHead", "ScalarHead"]


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
            stack(widths, _block) if dim_list else nn.Identity(),
            dropout_or_identity(dropout),
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


def _block(before: int, after: int) -> nn.Module:
    return nn.Sequential(nn.Linear(before, after), nn.ReLU())
