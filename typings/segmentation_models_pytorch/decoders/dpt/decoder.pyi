from collections.abc import Sequence
from typing import Literal

from torch import Tensor, nn

class DPTDecoder(nn.Module):
    def __init__(
        self,
        encoder_out_channels: Sequence[int] = (756, 756, 756, 756),
        encoder_output_strides: Sequence[int] = (16, 16, 16, 16),
        encoder_has_prefix_tokens: bool = True,
        readout: Literal["cat", "add", "ignore"] = "cat",
        intermediate_channels: Sequence[int] = (256, 512, 1024, 1024),
        fusion_channels: int = 256,
    ) -> None: ...
    def forward(self, features: list[Tensor], prefix_tokens: list[Tensor | None]) -> Tensor: ...
