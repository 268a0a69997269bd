from typing import Any

from torch import Tensor, nn

class PSPDecoder(nn.Module):
    def __init__(
        self,
        encoder_channels: list[int],
        use_norm: bool | str | dict[str, Any] = "batchnorm",
        out_channels: int = 512,
        dropout: float = 0.2,
    ) -> None: ...
    def forward(self, features: list[Tensor]) -> Tensor: ...
