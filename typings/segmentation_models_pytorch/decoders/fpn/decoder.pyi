from typing import Literal

from torch import Tensor, nn

class FPNDecoder(nn.Module):
    out_channels: int
    def __init__(
        self,
        encoder_channels: list[int],
        encoder_depth: int = 5,
        pyramid_channels: int = 256,
        segmentation_channels: int = 128,
        dropout: float = 0.2,
        merge_policy: Literal["add", "cat"] = "add",
        interpolation_mode: str = "nearest",
    ) -> None: ...
    def forward(self, features: list[Tensor]) -> Tensor: ...
