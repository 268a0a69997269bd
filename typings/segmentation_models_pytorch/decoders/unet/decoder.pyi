from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

class UnetDecoder(nn.Module):
    center: nn.Module
    blocks: nn.ModuleList
    def __init__(
        self,
        encoder_channels: Sequence[int],
        decoder_channels: Sequence[int],
        n_blocks: int = 5,
        use_norm: bool | str | dict[str, Any] = "batchnorm",
        attention_type: str | None = None,
        add_center_block: bool = False,
        interpolation_mode: str = "nearest",
    ) -> None: ...
    def forward(self, features: list[Tensor]) -> Tensor: ...
