from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

class UPerNetDecoder(nn.Module):
    def __init__(
        self,
        encoder_channels: Sequence[int],
        encoder_depth: int = 5,
        decoder_channels: int = 256,
        use_norm: bool | str | dict[str, Any] = "batchnorm",
    ) -> None: ...
    def forward(self, features: list[Tensor]) -> Tensor: ...
