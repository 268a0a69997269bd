"""What models with a backbone have in common."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from terraregistry.components.models.framing import find_patch_size, three_axes
from terraregistry.components.models.images import image_size_of, is_image
from terraregistry.components.models.layout import channels_first, layouts_of
from terraregistry.components.models.padding import pad_to_patches
from terraregistry.components.necks.sequence import NeckSequence

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from terraregistry.components.models.framing import PaddingMode, PatchSize
    from terraregistry.components.models.images import Images

__all__ = ["EncoderDecoderModel", "EncoderModel"]


class EncoderModel(nn.Module):
    """A backbone and necks: images in, features out.

    For a backbone that takes several inputs by name, images are a mapping, and the first image in it tells the size.

    Images are padded to whole patches where the backbone has a patch size. The features that come out of the backbone
    are brought to channels first, as its `feature_specs` say, before they go through the necks. Without necks, a
    backbone that has a `prepare_features_for_image_model` prepares its features itself.

    Args:
        encoder: The backbone.
        necks: The necks, the first next to the backbone.
        patch_size: What to pad images to; found in the backbone by default, None where it has none.
        padding: How images continue beyond their edges.
    """

    def __init__(
        self,
        encoder: nn.Module,
        *,
        necks: Iterable[nn.Module] = (),
        patch_size: PatchSize | None = None,
        padding: PaddingMode = "reflect",
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.neck: NeckSequence = NeckSequence(necks)
        self.patch_size: tuple[int, int, int] | None = (
            find_patch_size(encoder) if patch_size is None else three_axes(patch_size)
        )
        self.padding: PaddingMode = padding
        # Configs that permute the axes of channels-last maps themselves are given them as the backbone gives them.
        permuted = any(getattr(neck, "reads_layout", False) for neck in self.neck)
        self._layouts = None if permuted else layouts_of(encoder)

    def pad(self, images: Images) -> Images:
        """Pad images, `(B, C, H, W)` or `(B, C, T, H, W)`, to whole patches of the backbone.

        Of a mapping, whatever is an image is padded; the rest is passed on.
        """
        if self.patch_size is None:
            return images
        if isinstance(images, Tensor):
            return self._padded(images, self.patch_size)
        return {name: self._padded(each, self.patch_size) if is_image(each) else each for name, each in images.items()}

    # What a backbone takes beside the images (times, places, ...) is its own.
    def features(self, images: Images, **kwargs: Any) -> list[Tensor]:
        """Compute what a decoder is given.

        Args:
            images: `(B, C, H, W)` or `(B, C, T, H, W)`, padded; several by name for a backbone that takes a mapping.
            **kwargs: What else the backbone takes.

        Returns:
            One tensor a feature.
        """
        rearranged: list[Tensor] = self.neck(self.encode(images, **kwargs), image_size_of(images))
        return rearranged

    # As above.
    def encode(self, images: Images, **kwargs: Any) -> list[Tensor]:
        """Compute what the first neck is given, or the decoder where there are no necks.

        Args:
            images: As for `features`.
            **kwargs: What else the backbone takes.

        Returns:
            One tensor a feature.
        """
        features: list[Tensor] = list(self.encoder(images, **kwargs))
        prepare = getattr(self.encoder, "prepare_features_for_image_model", None)
        if prepare is None or len(self.neck):
            return self._to_channels_first(features)
        told = {"image_size": image_size_of(images)} if "image_size" in inspect.signature(prepare).parameters else {}
        return list(prepare(features, **told))

    def freeze_encoder(self) -> None:
        """Stop training the backbone: by its own `freeze()` where it has one."""
        freeze = getattr(self.encoder, "freeze", None)
        if freeze is None:
            self.encoder.requires_grad_(False)
        else:
            freeze()

    def _padded(self, images: Tensor, patch_size: tuple[int, int, int]) -> Tensor:
        return pad_to_patches(images, patch_size, self.padding)

    def _to_channels_first(self, features: list[Tensor]) -> list[Tensor]:
        return features if self._layouts is None else channels_first(features, self._layouts)


class EncoderDecoderModel(EncoderModel):
    """A backbone, necks, a decoder and a head; the state_dict has the keys of TerraTorch's models.

    Args:
        encoder: The backbone.
        decoder: The decoder.
        head: The head; None where the decoder includes it.
        necks: The necks, the first next to the backbone.
        aux_heads: By name, further pairs of a decoder and its head (None where the decoder includes it); they see the
            same features.
        patch_size: What to pad images to; found in the backbone by default, None where it has none.
        padding: How images continue beyond their edges.
    """

    def __init__(
        self,
        encoder: nn.Module,
        decoder: nn.Module,
        head: nn.Module | None = None,
        *,
        necks: Iterable[nn.Module] = (),
        aux_heads: Mapping[str, tuple[nn.Module, nn.Module | None]] | None = None,
        patch_size: PatchSize | None = None,
        padding: PaddingMode = "reflect",
    ) -> None:
        super().__init__(encoder, necks=necks, patch_size=patch_size, padding=padding)
        self.decoder = decoder
        self.head: nn.Module = _head_or_identity(head)
        pairs = (aux_heads or {}).items()
        self.aux_heads: nn.ModuleDict = nn.ModuleDict(
            {name: nn.Sequential(branch, _head_or_identity(top)) for name, (branch, top) in pairs}
        )

    def branches(self, features: list[Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        """Decode features, by the main branch and by each auxiliary one.

        Each branch has a list of its own, and tensors of its own where there are several branches: a decoder that works
        in place does not reach the others.

        Args:
            features: One tensor a feature.

        Returns:
            The result of the main head, and those of the auxiliary heads by name.
        """
        aux = {name: branch([feature.clone() for feature in features]) for name, branch in self.aux_heads.items()}
        return self.head(self.decoder(list(features))), aux

    def freeze_decoder(self) -> None:
        """Stop training the main decoder."""
        self.decoder.requires_grad_(False)

    def freeze_head(self) -> None:
        """Stop training the main head."""
        self.head.requires_grad_(False)


def _head_or_identity(head: nn.Module | None) -> nn.Module:
    return nn.Identity() if head is None else head
