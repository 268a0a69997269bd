"""Heads: a kind of component that only this project has, with a registry of its own."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor, nn

from terraregistry import Registry

__all__ = ["HEADS", "Head", "LinearHead"]


class Head(Protocol):
    """Turns a feature map into scores."""

    @property
    def classes(self) -> int:
        """The number of classes."""
        ...

    def __call__(self, x: Tensor, /) -> Tensor:
        """Score a map, `(B, C, H, W)`."""
        ...


HEADS = Registry[Head]()


@HEADS.register(name="linear")
class LinearHead(nn.Module):
    """One linear layer at each position.

    Args:
        channels: The channels of the map.
        classes: The number of classes.
    """

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.classes: int = classes
        self.layer: nn.Conv2d = nn.Conv2d(channels, classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Score a map, `(B, C, H, W)`, as `(B, classes, H, W)`."""
        scores: Tensor = self.layer(x)
        return scores
