from collections.abc import Iterable, Sequence
from typing import Literal

from torch import Tensor, nn

class DeepLabV3Decoder(nn.Module):
    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        atrous_rates: Iterable[int],
        aspp_separable: bool,
        aspp_dropout: float,
    ) -> None: ...
    def forward(self, features: list[Tensor]) -> Tensor: ...

class DeepLabV3PlusDecoder(nn.Module):
    def __init__(
        self,
        encoder_channels: Sequence[int],
        encoder_depth: Literal[3, 4, 5],
        out_channels: int,
        atrous_rates: Iterable[int],
        output_stride: Literal[8, 16],
        aspp_separable: bool,
        aspp_dropout: float,
    ) -> None: ...
    def forward(self, features: list[Tensor]) -> Tensor: ...
