"""Whether parts fit each other is known before the first is made, and what is said of it is true."""

from __future__ import annotations

from typing import ClassVar

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sampling import rest_slow
from torch import nn

from terraregistry.components.decoders.fcn import FCNDecoder
from terraregistry.components.decoders.linear import IdentityDecoder, MLPDecoder
from terraregistry.components.decoders.unet import UNetDecoder
from terraregistry.components.decoders.upernet import UperNetDecoder
from terraregistry.components.factories.encoder_decoder_factory import EncoderDecoderFactory
from terraregistry.components.factories.fitting import Parts
from terraregistry.components.factories.planned import Fit
from terraregistry.components.necks.pyramidal import (
    FeaturePyramidNetworkNeck,
    LearnedInterpolateToPyramidal,
    MaxpoolToPyramidal,
)
from terraregistry.components.necks.rearrange import PermuteDims, SelectIndices
from terraregistry.components.necks.tokens import AggregateTokens, ReshapeTokensToImage
from terraregistry.errors import FitWarning, InvalidArgumentsError, ProblemKind
from terraregistry.library import MODEL_FACTORY_REGISTRY, TIMM_BACKBONE_REGISTRY
from terraregistry.protocols import Backbone, Decoder, FeatureSpec, Layout, Neck
from terraregistry.registry import MultiSourceRegistry, Registry
from terraregistry.sources.smp import SmpRegistry

NECKS = MultiSourceRegistry[Neck](
    terratorch=Registry(
        SelectIndices=SelectIndices,
        ReshapeTokensToImage=ReshapeTokensToImage,
        AggregateTokens=AggregateTokens,
        PermuteDims=PermuteDims,
        MaxpoolToPyramidal=MaxpoolToPyramidal,
        LearnedInterpolateToPyramidal=LearnedInterpolateToPyramidal,
        FeaturePyramidNetworkNeck=FeaturePyramidNetworkNeck,
    )
)
DECODERS = MultiSourceRegistry[Decoder](
    terratorch=Registry(
        FCNDecoder=FCNDecoder,
        IdentityDecoder=IdentityDecoder,
        MLPDecoder=MLPDecoder,
        UNetDecoder=UNetDecoder,
        UperNetDecoder=UperNetDecoder,
    ),
    smp=SmpRegistry(),
)


class Tokens(nn.Module):
    """Four features of tokens, with a class token or without, and of several steps in time."""

    made: ClassVar[int] = 0

    def __init__(self, width: int = 8, prefix: int = 1, steps: int = 1, says: bool = True) -> None:
        super().__init__()
        type(self).made += torch.empty(0).device.type != "meta"
        self.embed = nn.Conv2d(3, width, 16, 16)
        self.prefix, self.steps = prefix, steps
        self.out_channels = [width * steps] * 4
        if says:
            self.feature_specs = [FeatureSpec(width * steps, 16, Layout.TOKENS)] * 4

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        tokens = self.embed(x).flatten(2).transpose(1, 2).repeat(1, self.steps, 1)
        return [torch.cat([tokens[:, : self.prefix], tokens], dim=1)] * 4


class Prepared(Tokens):
    """Turns its tokens into maps itself."""

    def prepare_features_for_image_model(self, features, image_size):
        return ReshapeTokensToImage(self.out_channels, bool(self.prefix), self.steps)(features, image_size)


def asked(width: int = 8, prefix: int = 1) -> Prepared:
    """Says what it gives, as a function."""
    if torch.empty(0).device.type == "meta":
        raise RuntimeError("made on the meta device although it can be asked")
    return Prepared(width, prefix)


asked.feature_specs = lambda width=8, prefix=1: [FeatureSpec(width, 16, Layout.TOKENS)] * 4


BACKBONES = MultiSourceRegistry[Backbone](
    terratorch=Registry(Tokens=Tokens, Prepared=Prepared, asked=asked), timm=TIMM_BACKBONE_REGISTRY
)
FACTORY = EncoderDecoderFactory(backbones=BACKBONES, decoders=DECODERS, necks=NECKS)
RESHAPE = {"name": "ReshapeTokensToImage"}


def arguments(**given) -> dict:
    own = {"task": "segmentation", "decoder": "FCNDecoder"} | given
    if own["task"] != "embedding_generation":
        own.setdefault("num_classes", 2)
    if own["decoder"] == "FCNDecoder":
        own = {"decoder_channels": 4, "decoder_num_convs": 1} | own
    return own


def problems(**given) -> dict[str, str]:
    """What is wrong, the same whether a model is checked or built; nothing may have been made for real."""
    made = Tokens.made
    found = []
    for call in (FACTORY.validate_model, FACTORY.build_model):
        with pytest.raises(InvalidArgumentsError) as caught:
            call(**arguments(**given))
        found.append({problem.path: problem.message for problem in caught.value.problems})
    assert found[0] == found[1]
    assert Tokens.made == made
    return found[0]


# -- what is said is true --

INDICES = st.lists(st.integers(-5, 5), min_size=1, max_size=4)
NECK = st.one_of(
    st.just(RESHAPE),
    st.just(RESHAPE | {"remove_cls_token": False}),
    st.builds(lambda indices: {"name": "SelectIndices", "indices": indices}, INDICES),
    st.builds(lambda pooling: {"name": "AggregateTokens", "pooling": pooling}, st.sampled_from(["mean", "cls"])),
    st.just({"name": "PermuteDims", "new_order": [0, 2, 1]}),
    st.just({"name": "PermuteDims", "new_order": [0, 2, 3, 1]}),
    st.just({"name": "MaxpoolToPyramidal"}),
    st.just({"name": "LearnedInterpolateToPyramidal"}),
    st.just({"name": "FeaturePyramidNetworkNeck", "out_channel": 4}),
    st.just({"name": "FeaturePyramidNetworkNeck", "out_channel": 4, "output_ordered_dict": False}),
)
BACKBONE = st.sampled_from(
    [
        {"backbone": "timm_test_resnet"},
        {"backbone": "timm_test_resnet", "backbone_out_indices": [1, 2, 3, 4]},
        {"backbone": "timm_test_vit", "backbone_dynamic_img_size": True},
        {"backbone": "timm_test_vit", "backbone_features_only": False, "backbone_dynamic_img_size": True},
        {"backbone": "swin_tiny_patch4_window7_224", "backbone_depths": [1, 1, 1, 1], "backbone_embed_dim": 24},
        {"backbone": "Tokens"},
        {"backbone": "Tokens", "backbone_prefix": 0},
        {"backbone": "Tokens", "backbone_says": False},
        {"backbone": "Tokens", "backbone_steps": 3},
        {"backbone": "timm_test_resnet", "backbone_out_indices": [3, 1]},
        {"backbone": "Prepared"},
        {"backbone": "asked"},
    ]
)
DECODER = st.sampled_from(
    [
        {"decoder": "FCNDecoder"},
        {"decoder": "IdentityDecoder"},
        {"decoder": "MLPDecoder"},
        {"decoder": "UNetDecoder", "decoder_channels": [8, 4, 4, 4]},
        {"decoder": "UperNetDecoder", "decoder_channels": 4},
        {"decoder": "smp_Unet"},
        {"decoder": "smp_FPN"},
        {"decoder": "smp_PSPNet"},
        {"decoder": "smp_UPerNet"},
    ]
)


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=settings.default.max_examples // 6)
@given(
    backbone=BACKBONE,
    necks=st.lists(NECK, max_size=3),
    decoder=DECODER,
    task=st.sampled_from(["segmentation", "classification"]),
    seed=st.integers(0, 3),
)
def test_what_is_refused_does_not_run_and_what_is_accepted_does(backbone, necks, decoder, task, seed) -> None:
    given = arguments(task=task, necks=necks, **backbone, **decoder)
    torch.manual_seed(seed)
    before = torch.get_rng_state()
    try:
        FACTORY.validate_model(**given)
        refused = False
    except InvalidArgumentsError:
        refused = True
    assert torch.equal(torch.get_rng_state(), before)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Parts, "fit", lambda _: Fit())
        assert refused == (not runs(given, size=(160, 160) if "test" in backbone["backbone"] else (224, 224)))


def runs(given, size) -> bool:
    """Build a model that is not checked, and run it for real in both modes."""
    try:
        model = FACTORY.build_model(**given)
        for mode in (True, False):
            model.train(mode)
            with torch.no_grad():
                model(torch.randn(2, 3, *size))
    except Exception:  # noqa: BLE001 - parts that do not fit fail as they like
        return False
    return True


@pytest.mark.parametrize(
    "decoder", rest_slow(["FCNDecoder", "IdentityDecoder", "UperNetDecoder", "smp_Unet"], "FCNDecoder")
)
@pytest.mark.parametrize(
    ("backbone", "necks"),
    [
        ({"backbone": "timm_test_resnet"}, []),
        ({"backbone": "timm_test_vit", "backbone_dynamic_img_size": True}, []),
        ({"backbone": "timm_test_vit", "backbone_features_only": False, "backbone_dynamic_img_size": True}, [RESHAPE]),
        ({"backbone": "Tokens", "backbone_prefix": 0}, [RESHAPE | {"remove_cls_token": False}]),
        ({"backbone": "Tokens", "backbone_steps": 3}, [RESHAPE | {"effective_time_dim": 3}]),
        ({"backbone": "Prepared", "backbone_steps": 3}, []),
        ({"backbone": "asked"}, []),
        ({"backbone": "asked"}, [{"name": "SelectIndices", "indices": [1, 2]}, RESHAPE]),
    ],
)
def test_what_works_is_accepted(backbone, necks, decoder) -> None:
    model = FACTORY.build_model(**arguments(necks=necks, decoder=decoder, **backbone))
    assert model.eval()(torch.randn(2, 3, 256, 320)).output.shape == (2, 2, 256, 320)


# -- what is said --


@pytest.mark.parametrize(
    "decoder", rest_slow(["FCNDecoder", "IdentityDecoder", "UperNetDecoder", "smp_Unet", "smp_DPT"], "smp_DPT")
)
def test_tokens_need_a_neck_before_a_decoder_of_maps(decoder) -> None:
    gives = (
        "backbone ('vit_tiny_patch16_224') gives 1 feature, tokens (B, N, C) of 192 channels at stride 16; "
        "the neck ReshapeTokensToImage before it makes maps of tokens"
    )
    given = {"backbone": "vit_tiny_patch16_224", "backbone_features_only": False, "decoder": decoder}
    if decoder == "smp_DPT":
        given["decoder_intermediate_channels"] = [8]
    assert problems(**given) == {"decoder": f"expected maps (B, C, H, W), but {gives}"}
    FACTORY.validate_model(**arguments(necks=[RESHAPE], **given))


def test_a_neck_of_maps_refuses_tokens() -> None:
    necks = [{"name": "SelectIndices", "indices": [1, 3]}, {"name": "MaxpoolToPyramidal"}]
    assert problems(backbone="Tokens", necks=necks) == {
        "necks[1]": "expected maps (B, C, H, W), but necks[0] ('SelectIndices') gives 2 features, tokens (B, N, C) of 8 "
        "channels at stride 16; the neck ReshapeTokensToImage before it makes maps of tokens"
    }


def test_vectors_are_no_maps() -> None:
    assert problems(backbone="Tokens", necks=[{"name": "AggregateTokens"}]) == {
        "decoder": "expected maps (B, C, H, W), but necks[0] ('AggregateTokens') gives 1 feature, vectors (B, C) of 8 "
        "channels"
    }
    given = {"task": "classification", "decoder": "IdentityDecoder", "necks": [{"name": "AggregateTokens"}]}
    assert FACTORY.build_model(**arguments(backbone="Tokens", **given))(torch.randn(2, 3, 64, 64)).output.shape == (
        2,
        2,
    )


PYRAMID = (
    "backbone ('resnet18') gives 5 features, maps (B, C, H, W) of 64, 64, 128, 256 and 512 channels at strides 2, 4, 8, "
    "16 and 32"
)


def test_the_features_that_a_decoder_takes_are_named() -> None:
    mends = "; the neck SelectIndices with indices [1, 2, 3, 4] before it would do"
    given = {"backbone": "resnet18", "decoder": "UNetDecoder", "decoder_channels": [64, 32, 16, 8]}
    assert problems(**given) == {
        "decoder_channels": f"expected the same length as embed_dim, 5, got 4; {PYRAMID}{mends}"
    }
    FACTORY.validate_model(**arguments(**given, necks=[{"name": "SelectIndices", "indices": [1, 2, 3, 4]}]))
    assert problems(backbone="resnet18", necks=[{"name": "LearnedInterpolateToPyramidal"}])["necks[0]"].endswith(
        PYRAMID + mends
    )


def test_of_features_of_one_stride_those_are_named_that_are_spread_evenly() -> None:
    given = {"backbone": "vit_tiny_patch16_224", "backbone_out_indices": list(range(12))}
    found = problems(**given, decoder="UNetDecoder", decoder_channels=[64, 32, 16, 8])
    assert found["decoder_channels"].endswith(
        "backbone ('vit_tiny_patch16_224') gives 12 features, maps (B, C, H, W) of 192 channels at stride 16; "
        "the neck SelectIndices with indices [2, 5, 8, 11] before it would do"
    )


def test_features_of_other_sizes_than_a_decoder_takes() -> None:
    assert problems(backbone="resnet18", decoder="MLPDecoder") == {
        "decoder": f"expected maps of one size, but {PYRAMID}"
    }


def test_what_is_wrong_in_itself_has_no_features_in_it() -> None:
    assert problems(backbone="resnet18", decoder_num_convs=0) == {"decoder_num_convs": "expected at least 1, got 0"}


def test_what_each_branch_refuses_is_listed_together() -> None:
    aux = [{"name": "a", "decoder": "FCNDecoder", "decoder_args": {"decoder_in_index": 9}}]
    found = problems(
        task="regression",
        num_classes=None,
        backbone="resnet18",
        decoder_channels=0,
        aux_decoders=aux,
        head_final_act="Sigmod",
        decoder_num_cnvs=3,
        necks=[{"name": "SelectIndices", "indices": [0, 1]}],
    )
    # The decoder has a misspelt argument, so that it is not followed; the rest of it and of what follows is checked.
    assert found == {
        "decoder_channels": "expected at least 1, got 0",
        "decoder_num_cnvs": "unknown argument",
        "head_final_act": "expected an activation of torch.nn, such as 'torch.nn.Sigmoid', or a module, got 'Sigmod'",
        "aux_decoders[0].decoder_args.decoder_in_index": "expected -2 to 1 with 2 features, got 9; necks[0] "
        "('SelectIndices') gives 2 features, maps (B, C, H, W) of 64 channels at strides 2 and 4",
    }


def test_an_index_that_timm_does_not_have_is_named() -> None:
    assert problems(backbone="resnet18", backbone_out_indices=[1, 7]) == {
        "backbone_out_indices[1]": "expected -5 to 4 with 5 features, got 7"
    }


def test_a_dictionary_of_features_goes_into_no_decoder() -> None:
    neck = {"name": "FeaturePyramidNetworkNeck", "out_channel": 4}
    assert problems(backbone="timm_test_resnet", necks=[neck, {"name": "SelectIndices", "indices": [0]}]) == {
        "necks[0]": "it gives its features in a dictionary, and what comes after it takes a list; "
        "write output_ordered_dict: false"
    }
    assert set(problems(backbone="timm_test_resnet", necks=[neck])) == {"necks[0]"}
    FACTORY.validate_model(
        **arguments(task="embedding_generation", decoder=None, backbone="timm_test_resnet", necks=[neck])
    )


def test_modules_that_were_made_for_other_features_are_found() -> None:
    decoder = UperNetDecoder([32, 48, 192], channels=4)
    state = {key: value.clone() for key, value in decoder.state_dict().items()}
    assert problems(backbone="timm_test_resnet", decoder=decoder) == {
        "decoder": "it was made for 3 features of 32, 48 and 192 channels, but backbone ('timm_test_resnet') gives 5 "
        "features, maps (B, C, H, W) of 32, 32, 48, 192 and 96 channels at strides 2, 4, 8, 16 and 32; "
        "the neck SelectIndices with indices [0, 2, 3] before it would do"
    }
    assert decoder.training
    assert all(torch.equal(value, state[key]) for key, value in decoder.state_dict().items())
    neck = MaxpoolToPyramidal([7, 7])
    assert problems(backbone="timm_test_resnet", necks=[neck])["necks[0]"].startswith(
        "it was made for 2 features of 7 "
    )


def test_what_cannot_be_known_is_not_refused() -> None:
    class Moody(nn.Module):
        """Works with data only."""

        out_channels = 4

        def __init__(self, channels: list[int]) -> None:
            super().__init__()
            self.mix = nn.Conv2d(channels[0], 4, 1)
            self.scale = float(self.mix.weight.detach().sum())

        def forward(self, features: list[torch.Tensor]) -> torch.Tensor:
            return self.mix(features[0]) * (1.0 if features[0].sum().item() > 0 else self.scale)

    with DECODERS["terratorch"].scope():
        DECODERS["terratorch"].register(Moody)
        with pytest.warns(
            FitWarning, match="not checked: decoder: decoder .'Moody'. could not be run without data"
        ) as said:
            FACTORY.validate_model(**arguments(backbone="timm_test_resnet", decoder="Moody"))
        assert [problem.kind for problem in said[0].message.problems] == [ProblemKind.UNCHECKED]
        model = FACTORY.build_model(**arguments(backbone="timm_test_resnet", decoder="Moody"))
    assert model(torch.randn(1, 3, 64, 64)).output.shape == (1, 2, 64, 64)


def test_a_backbone_that_cannot_be_made_without_data_is_made_to_be_run() -> None:
    def moody(width: int = 4):
        if torch.empty(0).device.type == "meta":
            raise RuntimeError("no data")
        return Tokens(width)

    with BACKBONES["terratorch"].scope():
        BACKBONES["terratorch"].register(moody)
        FACTORY.validate_model(**arguments(backbone="moody", necks=[RESHAPE]))
        with pytest.raises(InvalidArgumentsError, match="decoder: expected maps"):
            FACTORY.validate_model(**arguments(backbone="moody"))


def test_a_backbone_that_refuses_its_arguments_is_heard_without_data() -> None:
    from terraregistry.components.refusals import at_least

    class Strict(Tokens):
        def __init__(self, width: int = 8) -> None:
            super().__init__(at_least(self, "width", width))

    with BACKBONES["terratorch"].scope():
        BACKBONES["terratorch"].register(Strict)
        assert problems(backbone="Strict", backbone_width=0) == {"backbone_width": "expected at least 1, got 0"}


def test_weights_are_never_loaded_to_find_out_about_shapes(tmp_path) -> None:
    seen = []

    def loading(pretrained: bool = True, ckpt_path: str | None = None):
        seen.append((pretrained, ckpt_path))
        return Tokens()

    with BACKBONES["terratorch"].scope():
        BACKBONES["terratorch"].register(loading)
        file = tmp_path / "x"
        given = {
            "backbone": "loading",
            "backbone_pretrained": True,
            "backbone_ckpt_path": str(file),
            "necks": [RESHAPE],
        }
        assert problems(**given) == {"backbone_ckpt_path": f"there is no file {str(file)!r}"}
        file.touch()
        FACTORY.validate_model(**arguments(**given))
        FACTORY.validate_model(**arguments(backbone="loading", necks=[RESHAPE]))
    assert set(seen) == {(False, None)}


# -- timm --


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("test_resnet", {}),
        ("test_resnet", {"out_indices": [1, 3]}),
        ("test_vit", {}),
        ("test_vit", {"features_only": False}),
        ("swin_tiny_patch4_window7_224", {}),
        ("resnet18.a1_in1k", {"output_stride": 16}),
    ],
)
def test_timms_features_are_known_without_weights(name, given) -> None:
    found = TIMM_BACKBONE_REGISTRY.feature_specs(name, **given, pretrained=True)
    assert found == tuple(TIMM_BACKBONE_REGISTRY.build(name, **given).feature_specs)
    assert TIMM_BACKBONE_REGISTRY.feature_specs(name, **given) is found


def test_timms_features_are_refused_as_its_backbones_are() -> None:
    with pytest.raises(InvalidArgumentsError, match="out_indces: unknown argument; did you mean 'out_indices'"):
        TIMM_BACKBONE_REGISTRY.feature_specs("test_resnet", out_indces=[1])
    assert TIMM_BACKBONE_REGISTRY.feature_specs("test_resnet", output_stride=3) is None


def test_the_library_checks_shapes() -> None:
    factory = MODEL_FACTORY_REGISTRY.build("EncoderDecoderFactory")
    with pytest.raises(
        InvalidArgumentsError, match=r"decoder: expected maps .* the neck ReshapeTokensToImage before it"
    ):
        factory.validate_model(
            task="segmentation",
            backbone="timm_test_vit",
            backbone_features_only=False,
            decoder="smp_Unet",
            num_classes=2,
        )
