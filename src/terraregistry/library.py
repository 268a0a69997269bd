"""The registries of the library, and what is in them: declared here and nowhere else.

Nothing is imported for an entry before it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from terraregistry.protocols import Backbone, Decoder, ModelFactory, Neck
from terraregistry.registry import MultiSourceRegistry, Registry
from terraregistry.sources.smp import SmpRegistry
from terraregistry.sources.timm import TimmRegistry

if TYPE_CHECKING:
    from terraregistry.components.factories.encoder_decoder import EncoderDecoderFactory

__all__ = [
    "BACKBONE_REGISTRY",
    "DECODER_REGISTRY",
    "MODEL_FACTORY_REGISTRY",
    "NECK_REGISTRY",
    "SMP_DECODER_REGISTRY",
    "TERRATORCH_BACKBONE_REGISTRY",
    "TERRATORCH_DECODER_REGISTRY",
    "TERRATORCH_NECK_REGISTRY",
    "TIMM_BACKBONE_REGISTRY",
]

# -- backbones --

TERRATORCH_BACKBONE_REGISTRY = Registry[Backbone]()
TIMM_BACKBONE_REGISTRY = TimmRegistry()
BACKBONE_REGISTRY = MultiSourceRegistry[Backbone](terratorch=TERRATORCH_BACKBONE_REGISTRY, timm=TIMM_BACKBONE_REGISTRY)

# -- necks --

TERRATORCH_NECK_REGISTRY = Registry[Neck]()
for _name, _module in {
    "AddBottleneckLayer": "bottleneck",
    "AggregateTokens": "aggregate_tokens",
    "FeaturePyramidNetworkNeck": "feature_pyramid",
    "InterpolateToPyramidal": "interpolate_pyramidal",
    "LearnedInterpolateToPyramidal": "learned_pyramidal",
    "MaxpoolToPyramidal": "maxpool_pyramidal",
    "PermuteDims": "permute_dims",
    "ReshapeTokensToImage": "reshape_tokens",
    "SelectIndices": "select_indices",
}.items():
    TERRATORCH_NECK_REGISTRY.register_lazy(_name, f"terraregistry.components.necks.{_module}:{_name}")
NECK_REGISTRY = MultiSourceRegistry[Neck](terratorch=TERRATORCH_NECK_REGISTRY)

# -- decoders --

TERRATORCH_DECODER_REGISTRY = Registry[Decoder]()
for _name, _module in {
    "ASPPHead": "aspp",
    "ASPPRegressionHead": "aspp_regression",
    "ASPPSegmentationHead": "aspp_segmentation",
    "FCNDecoder": "fcn",
    "IdentityDecoder": "identity",
    "LinearDecoder": "linear",
    "MLPDecoder": "mlp",
    "SatMAEHead": "satmae",
    "UNetDecoder": "unet",
    "UperNetDecoder": "upernet",
}.items():
    TERRATORCH_DECODER_REGISTRY.register_lazy(_name, f"terraregistry.components.decoders.{_module}:{_name}")
SMP_DECODER_REGISTRY = SmpRegistry()
DECODER_REGISTRY = MultiSourceRegistry[Decoder](terratorch=TERRATORCH_DECODER_REGISTRY, smp=SMP_DECODER_REGISTRY)

# -- model factories --

MODEL_FACTORY_REGISTRY = Registry[ModelFactory]()


def _encoder_decoder_factory() -> EncoderDecoderFactory:
    """Compose a backbone, necks, a decoder and a head from the registries of the library."""
    from terraregistry.components.factories.encoder_decoder import EncoderDecoderFactory

    return EncoderDecoderFactory(backbones=BACKBONE_REGISTRY, decoders=DECODER_REGISTRY, necks=NECK_REGISTRY)


MODEL_FACTORY_REGISTRY.register(_encoder_decoder_factory, name="EncoderDecoderFactory")
