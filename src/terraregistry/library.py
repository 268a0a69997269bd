"""The registries of the library and their contents: declared here and nowhere else.

Nothing is imported for an entry before it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from terraregistry.library_types import (
    BackboneRegistry,
    DecoderRegistry,
    FullModelRegistry,
    MmsegDecoderRegistry,
    ModelFactoryRegistry,
    NeckRegistry,
    SmpDecoderRegistry,
    TerratorchBackboneRegistry,
    TerratorchDecoderRegistry,
    TerratorchFullModelRegistry,
    TerratorchNeckRegistry,
    TimmBackboneRegistry,
)
from terraregistry.sources.mmseg import is_installed

if TYPE_CHECKING:
    from terraregistry.components.factories.detection import ObjectDetectionModelFactory
    from terraregistry.components.factories.encoder_decoder_factory import EncoderDecoderFactory
    from terraregistry.components.factories.full_model import FullModelFactory
    from terraregistry.components.factories.generic_unet import GenericUnetModelFactory
    from terraregistry.components.factories.prithvi import PrithviModelFactory
    from terraregistry.components.factories.smp import SMPModelFactory
    from terraregistry.components.factories.timm import TimmModelFactory

__all__ = [
    "BACKBONE_REGISTRY",
    "DECODER_REGISTRY",
    "FULL_MODEL_REGISTRY",
    "MMSEG_DECODER_REGISTRY",
    "MODEL_FACTORY_REGISTRY",
    "NECK_REGISTRY",
    "SMP_DECODER_REGISTRY",
    "TERRATORCH_BACKBONE_REGISTRY",
    "TERRATORCH_DECODER_REGISTRY",
    "TERRATORCH_FULL_MODEL_REGISTRY",
    "TERRATORCH_NECK_REGISTRY",
    "TIMM_BACKBONE_REGISTRY",
]

# -- backbones, and the whole models that some of them belong to --

TERRATORCH_BACKBONE_REGISTRY = TerratorchBackboneRegistry()
TERRATORCH_FULL_MODEL_REGISTRY = TerratorchFullModelRegistry()
for _name in ("tiny", "v1_100", "v2_100_tl", "v2_300", "v2_300_tl", "v2_600", "v2_600_tl", "v2_tiny_tl"):
    _reference = f"terraregistry.components.backbones.prithvi.variants:prithvi_eo_{_name}"
    TERRATORCH_BACKBONE_REGISTRY.register_lazy(f"prithvi_eo_{_name}", _reference)
    TERRATORCH_FULL_MODEL_REGISTRY.register_lazy(f"prithvi_eo_{_name}_mae", f"{_reference}_mae")
for _name in ("IdentityBackbone", "UNet"):
    TERRATORCH_BACKBONE_REGISTRY.register_lazy(_name, f"terraregistry.components.backbones.unet_backbone:{_name}")
TIMM_BACKBONE_REGISTRY = TimmBackboneRegistry()
BACKBONE_REGISTRY = BackboneRegistry(terratorch=TERRATORCH_BACKBONE_REGISTRY, timm=TIMM_BACKBONE_REGISTRY)
FULL_MODEL_REGISTRY = FullModelRegistry(terratorch=TERRATORCH_FULL_MODEL_REGISTRY)

# -- necks --

TERRATORCH_NECK_REGISTRY = TerratorchNeckRegistry()
for _name, _module in {
    "AddBottleneckLayer": "rearrange",
    "AggregateTokens": "tokens",
    "FeaturePyramidNetworkNeck": "pyramidal",
    "InterpolateToPyramidal": "pyramidal",
    "LearnedInterpolateToPyramidal": "pyramidal",
    "MaxpoolToPyramidal": "pyramidal",
    "PermuteDims": "rearrange",
    "ReshapeTokensToImage": "tokens",
    "SelectIndices": "rearrange",
}.items():
    TERRATORCH_NECK_REGISTRY.register_lazy(_name, f"terraregistry.components.necks.{_module}:{_name}")
NECK_REGISTRY = NeckRegistry(terratorch=TERRATORCH_NECK_REGISTRY)

# -- decoders --

TERRATORCH_DECODER_REGISTRY = TerratorchDecoderRegistry()
for _name, _module in {
    "ASPPHead": "aspp",
    "ASPPRegressionHead": "aspp",
    "ASPPSegmentationHead": "aspp",
    "FCNDecoder": "fcn",
    "IdentityDecoder": "linear",
    "LinearDecoder": "linear",
    "MLPDecoder": "linear",
    "SatMAEHead": "satmae",
    "UNetDecoder": "unet",
    "UperNetDecoder": "upernet",
}.items():
    TERRATORCH_DECODER_REGISTRY.register_lazy(_name, f"terraregistry.components.decoders.{_module}:{_name}")
SMP_DECODER_REGISTRY = SmpDecoderRegistry()
DECODER_REGISTRY = DecoderRegistry(terratorch=TERRATORCH_DECODER_REGISTRY, smp=SMP_DECODER_REGISTRY)
MMSEG_DECODER_REGISTRY = MmsegDecoderRegistry()
if is_installed():
    DECODER_REGISTRY.register_source("mmseg", MMSEG_DECODER_REGISTRY)

# -- model factories --

MODEL_FACTORY_REGISTRY = ModelFactoryRegistry()


def _encoder_decoder_factory() -> EncoderDecoderFactory:
    """Compose a backbone, necks, a decoder and a head from the registries of the library."""
    from terraregistry.components.factories.encoder_decoder_factory import EncoderDecoderFactory

    return EncoderDecoderFactory(backbones=BACKBONE_REGISTRY, decoders=DECODER_REGISTRY, necks=NECK_REGISTRY)


def _full_model_factory() -> FullModelFactory:
    """Build whole models by name."""
    from terraregistry.components.factories.full_model import FullModelFactory

    return FullModelFactory(FULL_MODEL_REGISTRY)


def _generic_unet_model_factory() -> GenericUnetModelFactory:
    """Compose a backbone and a decoder with its head, as configs with a U-Net have it."""
    from terraregistry.components.factories.generic_unet import GenericUnetModelFactory

    return GenericUnetModelFactory(_encoder_decoder_factory())


def _object_detection_model_factory() -> ObjectDetectionModelFactory:
    """Compose a backbone, necks and one of torchvision's object detectors."""
    from terraregistry.components.factories.detection import ObjectDetectionModelFactory

    return ObjectDetectionModelFactory(_encoder_decoder_factory())


def _prithvi_model_factory() -> PrithviModelFactory:
    """Compose a Prithvi backbone, a decoder and a head, with the arguments of older configs."""
    from terraregistry.components.factories.prithvi import PrithviModelFactory

    return PrithviModelFactory(_encoder_decoder_factory())


def _smp_model_factory() -> SMPModelFactory:
    """Build whole models of segmentation-models-pytorch."""
    from terraregistry.components.factories.smp import SMPModelFactory
    from terraregistry.sources.timm.loaded_timm import load_timm

    return SMPModelFactory(TIMM_BACKBONE_REGISTRY, load_timm)


def _timm_model_factory() -> TimmModelFactory:
    """Build classifiers of timm."""
    from terraregistry.components.factories.timm import TimmModelFactory

    return TimmModelFactory(TIMM_BACKBONE_REGISTRY)


MODEL_FACTORY_REGISTRY.register(_encoder_decoder_factory, name="EncoderDecoderFactory")
MODEL_FACTORY_REGISTRY.register(_full_model_factory, name="FullModelFactory")
MODEL_FACTORY_REGISTRY.register(_generic_unet_model_factory, name="GenericUnetModelFactory")
MODEL_FACTORY_REGISTRY.register(_object_detection_model_factory, name="ObjectDetectionModelFactory")
MODEL_FACTORY_REGISTRY.register(_prithvi_model_factory, name="PrithviModelFactory")
MODEL_FACTORY_REGISTRY.register(_smp_model_factory, name="SMPModelFactory")
MODEL_FACTORY_REGISTRY.register(_timm_model_factory, name="TimmModelFactory")
