"""The output of a model for a batch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["ModelOutput"]


@dataclass(eq=False)
class ModelOutput:
    """The result of a model for a batch of images.

    Attributes:
        output: The result of the main head.
        auxiliary_heads: The result of each auxiliary head, by its name.
    """

    output: Tensor
    auxiliary_heads: dict[str, Tensor] = field(default_factory=dict)
