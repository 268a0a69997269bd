"""Components that a case registers, by importing this."""

from __future__ import annotations

from typing import Any

from terraregistry import TERRATORCH_BACKBONE_REGISTRY, TERRATORCH_DECODER_REGISTRY, TERRATORCH_NECK_REGISTRY


@TERRATORCH_BACKBONE_REGISTRY.register
class OwnBackbone:
    """A backbone of one feature."""

    def __init__(self, width: int = 8) -> None:
        self.out_channels = [width]

    def forward(self, x: Any) -> list[Any]:
        return [x]

    __call__ = forward


@TERRATORCH_DECODER_REGISTRY.register
class OwnDecoder:
    """A decoder that gives the last feature."""

    def __init__(self, channel_list: list[int], *, scale: float = 1.0) -> None:
        self.out_channels = channel_list[-1]
        self.scale = scale

    def forward(self, features: list[Any]) -> Any:
        return features[-1]

    __call__ = forward


@TERRATORCH_NECK_REGISTRY.register
class OwnNeck:
    """A neck that changes nothing."""

    def __init__(self, channel_list: list[int]) -> None:
        self.channel_list = channel_list

    def process_channel_list(self, channel_list: list[int]) -> list[int]:
        return channel_list

    def forward(self, features: list[Any]) -> list[Any]:
        return features

    __call__ = forward
