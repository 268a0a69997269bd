"""The common base of models with a backbone: necks in a row, a decoder, heads."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from terraregistry.components.models.framing import channels_first, find_patch_size, layouts_of, three_axes
from terraregistry.components.models.images import image_size_of, is_image, pad_to_patches

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from terraregistry.components.models.framing import PaddingMode, PatchSize
    from terraregistry.components.models.images import Images

__all__ = ["EncoderDecoderModel", "EncoderModel", "NeckSequence"]


class NeckSequence(nn.ModuleList):
    """Necks, each applied to the output of the one before.

    The size of the images is passed to a neck if its `forward` has a parameter for it. The signature is read when the
    sequence is made, so a TypeError raised by a neck is never misread as a missing parameter.

    Args:
        necks: The necks, the first next to the backbone.
    """

    def __init__(self, necks: Iterable[nn.Module] = ()) -> None:
        super().__init__(necks)
        self._takes_image_size = tuple(_accepts_image_size(neck) for neck in self)

    def forward(self, features: list[Tensor], image_size: tuple[int, int]) -> list[Tensor]:
        """Pass features through each neck; the size is that of the backbone's input images, in pixels."""
        for neck, takes_size in zip(self, self._takes_image_size, strict=True):
            features = neck(features, image_size=image_size) if takes_size else neck(features)
        return features


def _accepts_image_size(neck: nn.Module) -> bool:
    """Return True if the `forward` of a neck accepts `image_size` by keyword."""
    return any(
        each.kind is each.VAR_KEYWORD or (each.name == "image_size" and each.kind is not each.POSITIONAL_ONLY)
        for each in inspect.signature(neck.forward).parameters.values()
    )


class EncoderModel(nn.Module):
    """A backbone and necks: images in, features out.

    For a backbone with several named inputs, images are a mapping, and the first image in it determines the size.

    Images are padded to whole patches if the backbone has a patch size. Its features are brought to channels first, as
    its `feature_specs` say, before the necks. Without necks, a backbone with a `prepare_features_for_image_model`
    prepares its features itself.

    Args:
        encoder: The backbone.
        necks: The necks, the first next to the backbone.
        patch_size: The unit of padding; by default the backbone's patch size, None if it has none.
        padding: The mode of padding beyond the edges of images.
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

        Of a mapping, images are padded; other values are passed on.
        """
        size, mode = self.patch_size, self.padding
        if size is None:
            return images
        if isinstance(images, Tensor):
            return pad_to_patches(images, size, mode)
        return {name: pad_to_patches(each, size, mode) if is_image(each) else each for name, each in images.items()}

    # What a backbone takes beside the images (times, places, ...) is its own.
    def features(self, images: Images, **kwargs: Any) -> list[Tensor]:
        """Compute the input features of a decoder from padded images, with further arguments of the backbone."""
        rearranged: list[Tensor] = self.neck(self.encode(images, **kwargs), image_size_of(images))
        return rearranged

    # As above.
    def encode(self, images: Images, **kwargs: Any) -> list[Tensor]:
        """Compute the input of the first neck, or of the decoder without necks, as `features` does."""
        features: list[Tensor] = list(self.encoder(images, **kwargs))
        prepare = getattr(self.encoder, "prepare_features_for_image_model", None)
        if prepare is None or len(self.neck):
            return features if self._layouts is None else channels_first(features, self._layouts)
        told = {"image_size": image_size_of(images)} if "image_size" in inspect.signature(prepare).parameters else {}
        return list(prepare(features, **told))

    def freeze_encoder(self) -> None:
        """Stop training the backbone: by its own `freeze()` if it has one."""
        freeze = getattr(self.encoder, "freeze", None)
        if freeze is None:
            self.encoder.requires_grad_(False)
        else:
            freeze()


class EncoderDecoderModel(EncoderModel):
    """A backbone, necks, a decoder and a head; the state_dict has the keys of TerraTorch's models.

    Args:
        encoder: The backbone.
        decoder: The decoder.
        head: The head; None if the decoder includes it.
        necks: The necks, the first next to the backbone.
        aux_heads: By name, further pairs of a decoder and its head (None if the decoder includes it), on the same
            features.
        patch_size: The unit of padding; by default the backbone's patch size, None if it has none.
        padding: The mode of padding beyond the edges of images.
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
        neck = self.neck
        del self.neck  # it comes last, as in TerraTorch: the state of an optimizer goes by the order of the parameters
        self.decoder = decoder
        self.head: nn.Module = nn.Identity() if head is None else head
        self.aux_heads: nn.ModuleDict = nn.ModuleDict()
        for name, (branch, top) in (aux_heads or {}).items():
            self.aux_heads[name] = nn.Sequential(branch, nn.Identity() if top is None else top)
        self.neck = neck

    def branches(self, features: list[Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        """Decode features, by the main branch and by each auxiliary one.

        Each branch has its own list, and its own tensors if there are several branches: an in-place decoder does not
        affect the others.

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
