"""Prithvi Swin: a Swin transformer for images of any size, as timm builds its models, and the layouts of its checkpoints."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence  # noqa: TC003 - read at run time
from math import isqrt
from typing import TYPE_CHECKING, Any, Final

from timm.layers.classifier import ClassifierHead
from torch import Tensor, nn
from torch.nn import functional

from terraregistry.components.backbones.prithvi.swin_layers import BlockSettings, PatchEmbed2d, PatchMerging, SwinStage
from terraregistry.components.refusals import at_least, refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from terraregistry.components.backbones.prithvi.checkpoint import BandChoice

__all__ = ["PrithviSwin", "swin_state", "unfold_order"]

_PATCHES: Final = "patch_embed.projection.weight"
_TABLE: Final = "relative_position_bias_table"
_RENAMED: Final = (
    (re.compile(r"^layers\."), "stages."),
    (re.compile(r"\.attn\."), ".attn.w_msa."),
    (re.compile(r"\.mlp\.fc1\."), ".ffn.layers.0.0."),
    (re.compile(r"\.mlp\.fc2\."), ".ffn.layers.1."),
    (re.compile(r"^patch_embed\.proj\."), "patch_embed.projection."),
)
_NORM_OF_STAGE: Final = re.compile(r"^norm(\d)\.")


class PrithviSwin(nn.Module):
    """A Swin transformer with a norm on the feature of each stage.

    Parameters, buffers and state_dict keys are TerraTorch's, from MMSegmentation. A defect of TerraTorch's is mended:
    `frozen_stages` freezes (and keeps in evaluation mode) in place of failing.

    Source: Swin Transformer (Liu et al., 2021), in the layout of MMSegmentation; timm's feature pyramid takes it apart.

    Args:
        in_chans: The number of channels of an image.
        embed_dim: The number of channels of the first stage; each further one has twice as many.
        patch_size: Height and width of a patch.
        window_size: The side of the windows of attention.
        mlp_ratio: The width of each block's hidden layer, in widths of its input.
        depths: The number of blocks of each stage.
        num_heads: The number of attention heads of each stage.
        num_classes: The number of classes of the classifier, left out of a feature pyramid; 0 for none.
        global_pool: The pooling of the classifier.
        qkv_bias: Give queries, keys and values a bias.
        qk_scale: The factor of the queries; one over the root of a head's width by default.
        drop_rate: Dropout on the outputs of the linear layers.
        attn_drop_rate: Dropout on the attention.
        drop_path_rate: The probability of skipping the last block in training; less for earlier ones, linearly from 0.
        act_layer: Makes the activation.
        norm_layer: Makes a normalisation of a width.
        with_cp: Recompute activations in the backward pass, to save memory.
        frozen_stages: The number of first stages to freeze, together with the patch embedding; 0 for the patch
            embedding alone, -1 for nothing.

    Attributes:
        feature_info: The properties of each stage for timm's feature pyramid.
        output_fmt: The layout of the features.

    Raises:
        InvalidArgumentsError: A number does not fit another.

    Shape:
        Images `(B, C, H, W)` of any size to `(B, num_classes)`; as a feature pyramid to maps `(B, H / 4, W / 4, C)`,
        rounded up, and so on.
    """

    output_fmt = "NHWC"

    def __init__(
        self,
        in_chans: int = 3,
        embed_dim: int = 96,
        patch_size: int = 4,
        window_size: int = 7,
        mlp_ratio: float = 4.0,
        depths: Sequence[int] = (2, 2, 6, 2),
        num_heads: Sequence[int] = (3, 6, 12, 24),
        num_classes: int = 1000,
        global_pool: str = "avg",
        qkv_bias: bool = True,
        qk_scale: float | None = None,
        drop_rate: float = 0.0,
        attn_drop_rate: float = 0.0,
        drop_path_rate: float = 0.1,
        act_layer: Callable[[], nn.Module] = nn.GELU,
        norm_layer: Callable[..., nn.Module] = nn.LayerNorm,
        with_cp: bool = False,
        frozen_stages: int = -1,
    ) -> None:
        super().__init__()
        if len(depths) != len(num_heads) or not depths or min(depths) < 1:
            got = f"got {list(depths)} and {list(num_heads)}"
            raise refusal(self, "depths", f"expected a number of blocks and of heads for each stage, {got}")
        if not -1 <= frozen_stages <= len(depths):
            stages = f"{len(depths)} for {len(depths)} stages"
            raise refusal(self, "frozen_stages", f"expected -1 to {stages}, got {frozen_stages}")
        self.in_chans: int = at_least(self, "in_chans", in_chans)
        self.num_classes: int = num_classes
        self.patch_embed: PatchEmbed2d = PatchEmbed2d(
            in_chans, embed_dim, at_least(self, "patch_size", patch_size), norm_layer, drop_rate
        )
        if frozen_stages >= 0:
            self.patch_embed.requires_grad_(False)
        window = at_least(self, "window_size", window_size)
        settings = BlockSettings(
            window, mlp_ratio, qkv_bias, qk_scale, drop_rate, attn_drop_rate, act_layer, norm_layer, with_cp
        )
        widths = [embed_dim * 2**index for index in range(len(depths))]
        blocks = sum(depths)
        drop_paths = _split([drop_path_rate * at / max(1, blocks - 1) for at in range(blocks)], depths)
        self.stages: nn.Sequential = nn.Sequential(
            *(
                SwinStage(
                    width,
                    num_heads[index],
                    drop_paths[index],
                    settings,
                    PatchMerging(width, norm_layer) if index + 1 < len(depths) else None,
                    frozen=index < frozen_stages,
                )
                for index, width in enumerate(widths)
            )
        )
        # timm's own way of describing features: entries of several types.
        self.feature_info: Final[list[dict[str, Any]]] = [
            {"num_chs": width, "reduction": patch_size * 2**index, "module": f"stages.{index}"}
            for index, width in enumerate(widths)
        ]
        self.num_features: Any = widths[-1]
        self.head: ClassifierHead = ClassifierHead(
            widths[-1], num_classes, pool_type=global_pool, drop_rate=drop_rate, input_fmt=self.output_fmt
        )

    def forward_features(self, x: Tensor) -> Tensor:
        """Compute the feature of the last stage, `(B, H, W, C)`, from images, `(B, C, H, W)`."""
        feature, _ = self.stages(self.patch_embed(x))
        last: Tensor = feature
        return last

    def forward_head(self, x: Tensor, pre_logits: bool = False) -> Tensor:
        """Classify the feature of the last stage, or only pool it."""
        result: Tensor = self.head(x, pre_logits=pre_logits)
        return result

    def forward(self, x: Tensor) -> Tensor:
        """Classify images, `(B, C, H, W)`."""
        return self.forward_head(self.forward_features(x))

    def get_classifier(self) -> nn.Module:
        """Return the last layer of the classifier."""
        classifier: nn.Module = self.head.fc
        return classifier

    def reset_classifier(self, num_classes: int, global_pool: str | None = None) -> None:
        """Replace the classifier by a new one."""
        self.num_classes = num_classes
        self.head.reset(num_classes, global_pool)  # pyright: ignore[reportUnknownMemberType] - timm leaves it open

    def no_weight_decay(self) -> set[str]:
        """Return the names of the parameters harmed by weight decay."""
        return {name for name, _ in self.named_parameters() if "relative_position_bias_table" in name}


def _split(values: list[float], counts: Sequence[int]) -> list[list[float]]:
    rest = iter(values)
    return [[next(rest) for _ in range(count)] for count in counts]


def swin_state(
    checkpoint: Mapping[str, Tensor], swin: PrithviSwin, bands: BandChoice, origin: str
) -> dict[str, Tensor]:
    """Extract the state dict of a Swin from a checkpoint, as far as it has the keys.

    A checkpoint with keys beginning with `encoder.` has the layout of the original Swin and is converted. The original
    normalises only the last stage's output: the norms of the other stages keep their initial values. Any other
    checkpoint has the layout of MMSegmentation, with the prefix `backbone.` or without. Tables of biases for windows of
    another size are resized (bicubic). The classifier is the model's own, unless the checkpoint has one in the model's
    layout.
    """
    cleaned = {key.removeprefix("module."): tensor for key, tensor in checkpoint.items()}
    if any(key.startswith("encoder.") for key in cleaned):
        state = _of_original(cleaned, swin)
    else:
        names = {key: _NORM_OF_STAGE.sub(r"stages.\1.norm.", key.removeprefix("backbone.")) for key in cleaned}
        state = {names[key]: tensor for key, tensor in cleaned.items()}
    own: dict[str, Tensor] = swin.state_dict()
    for key, tensor in state.items():
        if key.endswith(_TABLE) and key in own:
            state[key] = _resized(tensor, own[key])
    if _PATCHES in state:
        state[_PATCHES] = bands.apply(state[_PATCHES], own[_PATCHES], origin)
    return {key: own[key] for key in own if key.startswith("head.")} | state


def unfold_order(weight: Tensor) -> Tensor:
    """Reorder the inputs of the original Swin's patch merging, `(..., 4 * C)`, to the order of `torch.nn.Unfold`.

    The original lines up four places (top left, bottom left, top right, bottom right), each with all channels; unfolding
    lines up the channels, each with four places row by row.
    """
    places = weight.reshape(*weight.shape[:-1], 4, -1)
    by_row = places[..., [0, 2, 1, 3], :]
    return by_row.transpose(-1, -2).flatten(-2)


def _of_original(checkpoint: Mapping[str, Tensor], swin: PrithviSwin) -> dict[str, Tensor]:
    last = len(swin.stages) - 1
    norms = tuple(f"stages.{index}.norm." for index in range(last))
    state: dict[str, Tensor] = {key: each for key, each in swin.state_dict().items() if key.startswith(norms)}
    for key, tensor in checkpoint.items():
        name = key.removeprefix("encoder.")
        if name.startswith(("decoder", "head", "mask_token")):
            continue
        for pattern, replacement in _RENAMED:
            name = pattern.sub(replacement, name)
        if name.endswith("attn_mask"):
            continue  # a buffer that this model computes for each size
        if name.startswith("norm."):
            name = f"stages.{last}.{name}"
        state[name] = unfold_order(tensor) if ".downsample." in name else tensor
    return state


def _resized(table: Tensor, wanted: Tensor) -> Tensor:
    if table.dim() != wanted.dim() or table.shape[1] != wanted.shape[1] or table.shape == wanted.shape:
        return table
    old, new = isqrt(table.shape[0]), isqrt(wanted.shape[0])
    if old * old != table.shape[0]:
        return table
    maps = table.T.reshape(1, -1, old, old)
    resized = functional.interpolate(maps.float(), size=(new, new), mode="bicubic").to(table.dtype)
    return resized.reshape(-1, new * new).T.contiguous()
