from typing import Any

from torch import Tensor, nn

class MAnetDecoder(nn.Module):
    def __init__(
        self,
        encoder_channels: list[int],
        decoder_channels: list[int],
        n_blocks: int = 5,
        reduction: int = 16,
        use_norm: bool | str | dict[str, Any] = "batchnorm",
        pab_channels: int = 64,
        interpolation_mode: str = "nearest",
    ) -> None: ...
    def forward(self, features: list[Tensor]) -> Tensor: ...
