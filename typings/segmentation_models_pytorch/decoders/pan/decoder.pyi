from collections.abc import Sequence
from typing import Literal

from torch import Tensor, nn

class PANDecoder(nn.Module):
    def __init__(
        self,
        encoder_channels: Sequence[int],
        encoder_depth: Literal[3, 4, 5],
        decoder_channels: int,
        interpolation_mode: str = "bilinear",
    ) -> None: ...
    def forward(self, features: list[Tensor]) -> Tensor: ...
