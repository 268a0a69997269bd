"""The published variants by their names."""

from __future__ import annotations

import inspect
import re
import typing

import pytest
import torch
from torch import nn

from terraregistry.components.backbones.prithvi import variants, vit_building
from terraregistry.components.backbones.prithvi.architectures import ARCHITECTURES
from terraregistry.components.backbones.prithvi.mae import PrithviMAE
from terraregistry.components.backbones.prithvi.vit import PrithviViT
from terraregistry.errors import InvalidArgumentsError
from terraregistry.protocols import Backbone
from terraregistry.registry import Registry

PARAMETERS = {
    "prithvi_eo_tiny": 3_553_280,
    "prithvi_eo_v1_100": 86_237_184,
    "prithvi_eo_v2_tiny_tl": 5_634_050,
    "prithvi_eo_v2_100_tl": 86_237_186,
    "prithvi_eo_v2_300": 303_886_336,
    "prithvi_eo_v2_300_tl": 303_886_338,
    "prithvi_eo_v2_600": 631_188_480,
    "prithvi_eo_v2_600_tl": 631_188_482,
}
KEYS = {"prithvi_eo_tiny": 54, "prithvi_eo_v2_300_tl": 296}
REPOSITORIES = {
    "prithvi_eo_tiny": None,
    "prithvi_eo_v1_100": "Prithvi-EO-1.0-100M",
    "prithvi_eo_v2_tiny_tl": "Prithvi-EO-2.0-tiny-TL",
    "prithvi_eo_v2_100_tl": "Prithvi-EO-2.0-100M-TL",
    "prithvi_eo_v2_300": "Prithvi-EO-2.0-300M",
    "prithvi_eo_v2_300_tl": "Prithvi-EO-2.0-300M-TL",
    "prithvi_eo_v2_600": "Prithvi-EO-2.0-600M",
    "prithvi_eo_v2_600_tl": "Prithvi-EO-2.0-600M-TL",
}


@pytest.mark.parametrize("name", PARAMETERS)
def test_sizes_of_a_backbone(name) -> None:
    with torch.device("meta"):
        vit = getattr(variants, name)()
        features = vit(torch.empty(1, 6, 224, 224))
    architecture = ARCHITECTURES[name]
    assert type(vit) is PrithviViT
    assert sum(parameter.numel() for parameter in vit.parameters()) == PARAMETERS[name]
    assert len(vit.state_dict()) == KEYS.get(name, len(vit.state_dict()))
    assert vit.out_channels == [architecture.embed_dim] * architecture.depth
    assert vit.patch_embed.patch_size == (1, architecture.patch, architecture.patch)
    assert (vit.temporal_encoding, vit.location_encoding) == (name.endswith("_tl"),) * 2
    side = 224 // architecture.patch
    assert [each.shape for each in features] == [(1, 1 + side * side, architecture.embed_dim)] * architecture.depth


@pytest.mark.parametrize("name", PARAMETERS)
def test_sizes_of_a_masked_autoencoder(name) -> None:
    with torch.device("meta"):
        mae = getattr(variants, f"{name}_mae")()
    encoder = sum(parameter.numel() for parameter in mae.encoder.parameters())
    assert type(mae) is PrithviMAE
    assert encoder == PARAMETERS[name]
    architecture = ARCHITECTURES[name]
    assert mae.decoder.decoder_embed.out_features == architecture.decoder_embed_dim
    assert len(mae.decoder.decoder_blocks) == architecture.decoder_depth
    assert {block.attn.num_heads for block in mae.decoder.decoder_blocks} == {architecture.decoder_num_heads}
    assert name != "prithvi_eo_v2_300_tl" or len(mae.state_dict()) == 402


def test_every_variant_has_a_function_and_weights_of_its_own() -> None:
    assert set(ARCHITECTURES) == set(PARAMETERS)
    assert set(variants.__all__) == {f"{name}{kind}" for name in PARAMETERS for kind in ("", "_mae")}
    for name, architecture in ARCHITECTURES.items():
        found = None if architecture.weights is None else architecture.weights.repository
        assert found == (REPOSITORIES[name] and f"ibm-nasa-geospatial/{REPOSITORIES[name]}")
        assert len(architecture.mean) == len(architecture.std) == 6
    assert ARCHITECTURES["prithvi_eo_v1_100"].mean[0] == 775
    assert ARCHITECTURES["prithvi_eo_v2_300"].std[-1] == 1049
    assert str(ARCHITECTURES["prithvi_eo_v2_600_tl"].weights).endswith("/Prithvi_EO_V2_600M_TL.pt")


@pytest.mark.parametrize(
    ("build", "kind"),
    [(vit_building.build_vit, vit_building.PrithviOptions), (vit_building.build_mae, vit_building.PrithviMAEOptions)],
)
def test_what_is_declared_is_what_is_built_from(build, kind) -> None:
    declared = typing.get_type_hints(kind)
    taken = typing.get_type_hints(build)
    names = [
        name for name in inspect.signature(build).parameters if name not in ("architecture", "pretrained", "bands")
    ]
    assert set(declared) == set(names)
    assert {name: taken[name] for name in names} == declared


@pytest.mark.parametrize(
    ("name", "build"),
    [("prithvi_eo_v2_300_tl", vit_building.build_vit), ("prithvi_eo_v1_100_mae", vit_building.build_mae)],
)
def test_a_registry_shows_the_defaults_that_are_built_with(name, build) -> None:
    registry = Registry[nn.Module]()
    registry.register(getattr(variants, name), name=name)
    shown = {parameter.name: parameter.default for parameter in registry.signature(name).parameters.values()}
    taken = inspect.signature(build).parameters
    assert shown == {parameter.name: parameter.default for parameter in taken.values() if parameter.name in shown}
    assert {
        "num_frames: int = 1",
        "img_size: int | Sequence[int] = 224",
        "norm_layer: Callable[..., Module] = LayerNorm",
    } <= {part.strip() for part in re.split(r", (?=\w+:)", str(registry.describe(name)))}


def test_a_registry_knows_every_argument() -> None:
    registry = Registry[Backbone]()
    registry.register(variants.prithvi_eo_tiny)
    vit = registry.build(
        "prithvi_eo_tiny", bands=["RED", [3, 5]], num_frames=2, img_size=[32, 48], out_indices=[1, 3], drop_path=0
    )
    assert vit.model_bands == ("RED", 3, 4, 5)
    assert vit.out_channels == [512, 512]
    assert vit(torch.zeros(1, 4, 2, 32, 48))[0].shape == (1, 13, 256)
    with pytest.raises(InvalidArgumentsError) as caught:
        registry.build("prithvi_eo_tiny", pretraned=True, num_frame=3, img_size="224")
    assert "did you mean 'pretrained'" in str(caught.value)
    assert "did you mean 'num_frames'" in str(caught.value)
    assert "img_size: expected int | Sequence[int], got str '224'" in str(caught.value)
    assert "several" not in registry.describe("prithvi_eo_tiny").summary


def test_what_a_backbone_is_not_is_refused_with_the_reason() -> None:
    with pytest.raises(InvalidArgumentsError) as caught:
        variants.prithvi_eo_v2_300(vit_adapter=True, encoder_only=False)
    adapter, encoder = caught.value.problems
    assert adapter.path == "vit_adapter"
    assert "deformable attention that is compiled for CUDA" in adapter.message
    assert encoder.message == "a backbone is an encoder; the masked autoencoder is called 'prithvi_eo_v2_300_mae'"
    assert isinstance(variants.prithvi_eo_tiny(vit_adapter=False, encoder_only=True), PrithviViT)


def test_a_misspelt_band_is_refused_before_anything_is_built() -> None:
    with pytest.raises(
        InvalidArgumentsError, match=re.escape("bands[1]: there is no HLS band 'GREN'; did you mean 'GREEN'?")
    ):
        variants.prithvi_eo_v2_600(bands=["RED", "GREN"])


def test_a_variant_can_be_reshaped() -> None:
    vit = variants.prithvi_eo_v2_tiny_tl(
        embed_dim=32, depth=2, num_heads=4, patch_size=8, img_size=16, mlp_ratio=2, coords_scale_learn=False
    )
    assert vit.blocks[0].mlp.fc1.out_features == 64
    assert not any("scale" in name for name, _ in vit.named_parameters())
    mae = variants.prithvi_eo_tiny_mae(img_size=32, norm_pix_loss=True, mask_ratio=0.5, decoder_depth=1)
    assert (mae.norm_pix_loss, mae.mask_ratio, len(mae.decoder.decoder_blocks)) == (True, 0.5, 1)
