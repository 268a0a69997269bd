from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

class UnetPlusPlusDecoder(nn.Module):
    out_channels: Sequence[int]
    def __init__(
        self,
        encoder_channels: Sequence[int],
        decoder_channels: Sequence[int],
        n_blocks: int = 5,
        use_norm: bool | str | dict[str, Any] = "batchnorm",
        attention_type: str | None = None,
        interpolation_mode: str = "nearest",
        center: bool = False,
    ) -> None: ...
    def forward(self, features: list[Tensor]) -> Tensor: ...
