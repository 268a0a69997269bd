"""The factory for models of a backbone, necks, a decoder and a head."""

from __future__ import annotations

from collections.abc import Mapping, Sequence  # noqa: TC003 - read at run time
from typing import TYPE_CHECKING, Any, Final

from terraregistry.components.factories.branches import AuxiliaryHead  # noqa: TC001 - read at run time
from terraregistry.components.factories.own_arguments import OwnArguments, named_in
from terraregistry.components.factories.planned import PlanningFactory, UnusedPolicy
from terraregistry.components.factories.planned_parts import nn  # noqa: TC001 - read at run time
from terraregistry.components.factories.planning import Planner, Registries
from terraregistry.components.factories.rules import ENCODER_DECODER

if TYPE_CHECKING:
    from terraregistry.components.factories.planned import Draft
    from terraregistry.protocols import Backbone, Decoder, Neck
    from terraregistry.registry import MultiSourceRegistry

__all__ = ["EncoderDecoderFactory"]


class EncoderDecoderFactory(PlanningFactory):
    """Builds models of a backbone, necks, a decoder and a head.

    It takes TerraTorch's arguments, and checks them, with those of every part, before making the first part. Differences
    from TerraTorch: auxiliary heads get their own head arguments and not those of the main head; the decoder declares
    if it includes its head; arguments are never modified; unused arguments are refused for every task.

    Args:
        backbones: The registry of backbones; each of the three is that of this library by default.
        decoders: The registry of decoders.
        necks: The registry of necks.

    Attributes:
        registries: These.
    """

    def __init__(
        self,
        *,
        backbones: MultiSourceRegistry[Backbone] | None = None,
        decoders: MultiSourceRegistry[Decoder] | None = None,
        necks: MultiSourceRegistry[Neck] | None = None,
    ) -> None:
        from terraregistry.registry import BACKBONE_REGISTRY, DECODER_REGISTRY, NECK_REGISTRY

        self.registries: Final = Registries(
            BACKBONE_REGISTRY if backbones is None else backbones,
            DECODER_REGISTRY if decoders is None else decoders,
            NECK_REGISTRY if necks is None else necks,
        )

    # The arguments of the parts are any objects.
    def build_model(
        self,
        task: str,
        backbone: str | nn.Module,
        decoder: str | nn.Module | None = None,
        backbone_kwargs: Mapping[str, Any] | None = None,
        decoder_kwargs: Mapping[str, Any] | None = None,
        head_kwargs: Mapping[str, Any] | None = None,
        num_classes: int | None = None,
        num_outputs: int | None = None,
        necks: Sequence[Mapping[str, Any] | nn.Module] | None = None,
        aux_decoders: Sequence[AuxiliaryHead | Mapping[str, Any]] | None = None,
        rescale: bool = True,
        image_size_out: tuple[int, int] | None = None,
        peft_config: Mapping[str, Any] | None = None,
        unused: UnusedPolicy = "error",
        **kwargs: Any,
    ) -> nn.Module:
        """Build a model.

        Arguments of a part are given in its dictionary, or one by one with its name in front: `backbone_pretrained`,
        `decoder_channels`, `head_dropout`. `backbone_patch_size` and `backbone_padding` set the padding of images; they are
        passed on to a backbone with such parameters. With `backbone_use_temporal`, a backbone for images is applied
        to each step of `(B, C, T, H, W)`; `backbone_temporal_pooling`, ... are the arguments of `TemporalWrapper`.

        Args:
            task: `segmentation`, `regression`, `classification`, `scalar_regression` or `embedding_generation`.
            backbone: The name of a backbone, or the backbone itself.
            decoder: The name of a decoder, or the decoder itself; none for `embedding_generation`.
            backbone_kwargs: Arguments of the backbone.
            decoder_kwargs: Arguments of the decoder.
            head_kwargs: Arguments of the head.
            num_classes: The number of classes, for segmentation and classification.
            num_outputs: The number of outputs, for regression.
            necks: The necks, the first next to the backbone: dictionaries of `name` and arguments, or necks themselves.
            aux_decoders: Further branches on the same features.
            rescale: Bring results at each pixel to the resolution of the images.
            image_size_out: Height and width of results at each pixel; those of the images by default.
            peft_config: Adapters on the backbone: the `method` of the library peft, such as `LORA`, its arguments under
                `peft_config_kwargs`, and under `replace_qkv` the name of the layers to split, so that queries, keys
                and values can have adapters of their own. The rest of the backbone is frozen.
            unused: The treatment of unused arguments: `error` refuses them, `warn` drops them with an
                `UnusedArgumentWarning`.
            **kwargs: Arguments of the parts, with `backbone_`, `decoder_` or `head_` in front.

        Returns:
            A `PixelWiseModel`, `ScalarOutputModel` or `EmbeddingOutputModel`.

        Raises:
            InvalidArgumentsError: Arguments of the factory or of a part are invalid; every problem is listed with its path.
            ComponentProtocolError: A part violates the protocol of its registry.
            SourceUnavailableError: The library behind a source is missing or broken.
        """
        return self._build(named_in(locals()) | kwargs)

    # The arguments of the parts are any objects.
    def draft(self, arguments: Mapping[str, Any]) -> Draft:
        """Check the arguments of `build_model`, with those of every part, without making any part."""
        return Planner(self.registries, _OWN.read(arguments)).draft()


_OWN: Final = OwnArguments(EncoderDecoderFactory.build_model, ENCODER_DECODER.parts)
