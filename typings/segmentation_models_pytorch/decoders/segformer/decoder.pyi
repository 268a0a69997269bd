from torch import Tensor, nn

class SegformerDecoder(nn.Module):
    def __init__(
        self,
        encoder_channels: list[int],
        encoder_depth: int = 5,
        segmentation_channels: int = 256,
    ) -> None: ...
    def forward(self, features: list[Tensor]) -> Tensor: ...
