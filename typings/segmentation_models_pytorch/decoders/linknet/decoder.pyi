from typing import Any

from torch import Tensor, nn

class LinknetDecoder(nn.Module):
    def __init__(
        self,
        encoder_channels: list[int],
        prefinal_channels: int = 32,
        n_blocks: int = 5,
        use_norm: bool | str | dict[str, Any] = "batchnorm",
    ) -> None: ...
    def forward(self, features: list[Tensor]) -> Tensor: ...
