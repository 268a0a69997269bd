"""The factory: what it builds, and how it says everything that is wrong at once."""

from __future__ import annotations

import copy
import pickle
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from terraregistry import MODEL_FACTORY_REGISTRY
from terraregistry.components.decoders.fcn import FCNDecoder
from terraregistry.components.decoders.linear import IdentityDecoder
from terraregistry.components.factories.branches import AuxiliaryHead
from terraregistry.components.factories.encoder_decoder_factory import EncoderDecoderFactory
from terraregistry.components.models.task_models import EmbeddingOutputModel, PixelWiseModel, ScalarOutputModel
from terraregistry.components.necks.rearrange import SelectIndices
from terraregistry.components.necks.tokens import ReshapeTokensToImage
from terraregistry.errors import ComponentProtocolError, InvalidArgumentsError, Problem, ProblemKind, Rename
from terraregistry.protocols import Backbone, Decoder, FeatureSpec, Layout, ModelFactory, Neck
from terraregistry.registry import MultiSourceRegistry, Registry


class Pyramid(nn.Module):
    """Features at strides 2, 4 and 8."""

    built = 0

    def __init__(self, in_chans: int = 2, out_indices: list[int] | None = None, width: int = 3) -> None:
        super().__init__()
        type(self).built += torch.empty(0).device.type != "meta"  # one without data is made to be asked
        self.out_indices = out_indices or [0, 1, 2]
        self.layers = nn.ModuleList(
            nn.Conv2d(before, after, 2, stride=2)
            for before, after in [(in_chans, width), (width, 2 * width), (2 * width, 4 * width)]
        )
        self._channels = [width, 2 * width, 4 * width]

    @property
    def out_channels(self) -> list[int]:
        return [self._channels[index] for index in self.out_indices]

    @property
    def feature_specs(self) -> list[FeatureSpec]:
        return [FeatureSpec(self._channels[index], 2 ** (index + 1), Layout.NCHW) for index in self.out_indices]

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        features = []
        for layer in self.layers:
            x = layer(x)
            features.append(x)
        return [features[index] for index in self.out_indices]


class Patches(nn.Module):
    """Tokens of patches, with parameters for what says how images are padded."""

    def __init__(self, patch_size: int = 4, padding: int = 0) -> None:
        super().__init__()
        self.size = patch_size
        self.padding = padding
        self.embed = nn.Conv2d(2, 6, patch_size, patch_size)

    @property
    def out_channels(self) -> list[int]:
        return [6]

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        return [self.embed(x).flatten(2).transpose(1, 2)]


class Fusing(nn.Module):
    """A decoder that asks for strides; remembers what it was built with."""

    def __init__(self, channel_list: list[int], strides: list[int] | None = None, depth: int = 1) -> None:
        super().__init__()
        self.channel_list, self.strides = channel_list, strides
        self.mix = nn.Conv2d(channel_list[0], 4, depth)

    out_channels = 4

    def forward(self, features: list[torch.Tensor]) -> torch.Tensor:
        return self.mix(features[0])


class Whole(nn.Module):
    """A decoder that includes its head."""

    includes_head: ClassVar[bool] = True

    def __init__(self, channel_list: list[int], num_classes: int, depth: int = 1) -> None:
        super().__init__()
        self.out_channels = num_classes
        self.classify = nn.Conv2d(channel_list[-1], num_classes, depth)

    def forward(self, features: list[torch.Tensor]) -> torch.Tensor:
        return self.classify(features[-1])


class Fixed(Whole):
    """A decoder that includes its head and always gives two numbers."""

    def __init__(self, channel_list: list[int]) -> None:
        super().__init__(channel_list, 2)


def whole(channel_list: list[int], num_classes: int = 2) -> Whole:
    return Whole(channel_list, num_classes)


def unannounced(channel_list: list[int]):
    """Only the product says that it includes a head."""
    return Fixed(channel_list)


class Picky(nn.Module):
    out_channels = 1

    def __init__(self, channel_list: list[int], channels: list[int] | None = None) -> None:
        super().__init__()
        raise ValueError(f"channels should have the same length as channel_list ({len(channel_list)})")

    def forward(self, features: list[torch.Tensor]) -> torch.Tensor:
        return features[0]


class Demanding(nn.Module):
    """A decoder that takes four features and says so as the libraries' own do."""

    out_channels = 1

    def __init__(self, channels: list[int]) -> None:
        super().__init__()
        problem = Problem("channels", ProblemKind.INVALID, detail=f"expected 4 features, got {len(channels)}")
        raise InvalidArgumentsError("Demanding", "smp", (problem,))

    def forward(self, features: list[torch.Tensor]) -> torch.Tensor:
        return features[0]


def nesting(channel_list: list[int]):
    return DECODERS.build("FCNDecoder", channel_list, num_cnvs=3)


class Doubling(nn.Module):
    """A neck that does not say what it does to strides."""

    def __init__(self, channel_list: list[int]) -> None:
        super().__init__()

    def process_channel_list(self, channel_list: list[int]) -> list[int]:
        return list(channel_list)

    def forward(self, features: list[torch.Tensor]) -> list[torch.Tensor]:
        return [nn.functional.interpolate(feature, scale_factor=2.0) for feature in features]


def no_module(channel_list: list[int]):
    class Plain:
        out_channels = 1

        def forward(self, features):
            return features[0]

        __call__ = forward

    return Plain()


BACKBONES = MultiSourceRegistry[Backbone](
    terratorch=Registry(Pyramid=Pyramid, Patches=Patches), other=Registry(pyramid_s=Pyramid)
)
DECODERS = MultiSourceRegistry[Decoder](
    terratorch=Registry(
        FCNDecoder=FCNDecoder,
        IdentityDecoder=IdentityDecoder,
        Fusing=Fusing,
        Whole=Whole,
        Fixed=Fixed,
        whole=whole,
        unannounced=unannounced,
        Picky=Picky,
        Demanding=Demanding,
        Nesting=nesting,
        no_module=no_module,
    )
)
NECKS = MultiSourceRegistry[Neck](
    terratorch=Registry(SelectIndices=SelectIndices, ReshapeTokensToImage=ReshapeTokensToImage, Doubling=Doubling)
)
FACTORY = EncoderDecoderFactory(backbones=BACKBONES, decoders=DECODERS, necks=NECKS)
build = FACTORY.build_model
X = torch.randn(2, 2, 32, 32)


def problems(*args, **kwargs) -> dict[str, str]:
    """What is wrong with a call, by place; nothing may have been built."""
    before = Pyramid.built
    with pytest.raises(InvalidArgumentsError) as caught:
        build(*args, **kwargs)
    assert Pyramid.built == before
    error = caught.value
    assert error.component == "EncoderDecoderFactory.build_model"
    assert error.registry == "MODEL_FACTORY_REGISTRY"
    found = {problem.path: problem.message for problem in error.problems}
    assert len(found) == len(error.problems)
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
    return found


# -- what is built --


def test_the_factory_is_a_model_factory() -> None:
    assert isinstance(FACTORY, ModelFactory)


@settings(deadline=None, max_examples=30)
@given(
    indices=st.lists(st.integers(-3, 2), min_size=1, max_size=4),
    picks=st.none() | st.lists(st.integers(0, 0), min_size=1, max_size=2),
    stages=st.integers(1, 2),
    classes=st.integers(1, 3),
    height=st.integers(8, 40),
    width=st.integers(8, 40),
    batch=st.integers(1, 2),
)
def test_any_composition_that_is_accepted_runs(indices, picks, stages, classes, height, width, batch) -> None:
    necks = [{"name": "SelectIndices", "indices": indices}]
    necks += [] if picks is None else [{"name": "terratorch_SelectIndices", "indices": picks}]
    model = build(
        "segmentation",
        "Pyramid",
        "FCNDecoder",
        necks=necks,
        num_classes=classes,
        decoder_channels=4,
        decoder_num_convs=stages,
        aux_decoders=[{"name": "aux", "decoder": "IdentityDecoder"}],
    )
    result = model(torch.randn(batch, 2, height, width))
    shape = (batch, classes, height, width) if classes > 1 else (batch, height, width)
    assert result.output.shape == result.auxiliary_heads["aux"].shape == shape


@pytest.mark.parametrize(
    ("task", "given", "kind", "shape"),
    [
        ("segmentation", {"num_classes": 3}, PixelWiseModel, (2, 3, 32, 32)),
        ("Segmentation", {"num_classes": 3, "image_size_out": [16, 8]}, PixelWiseModel, (2, 3, 16, 8)),
        ("segmentation", {"num_classes": 3, "rescale": False}, PixelWiseModel, (2, 3, 8, 8)),
        ("segmentation", {"head_num_classes": 3}, PixelWiseModel, (2, 3, 32, 32)),
        ("regression", {}, PixelWiseModel, (2, 32, 32)),
        ("regression", {"num_outputs": 3}, PixelWiseModel, (2, 3, 32, 32)),
        ("classification", {"num_classes": 3}, ScalarOutputModel, (2, 3)),
        ("classification", {"num_outputs": 3}, ScalarOutputModel, (2, 3)),
        ("scalar_regression", {"num_outputs": 3}, ScalarOutputModel, (2, 3)),
        ("scalar_regression", {"num_classes": 3}, ScalarOutputModel, (2, 3)),
    ],
)
def test_each_task_has_its_model(task, given, kind, shape) -> None:
    model = build(task, "Pyramid", "FCNDecoder", decoder_channels=4, decoder_num_convs=1, **given)
    assert type(model) is kind
    assert model(X).output.shape == shape


def test_embeddings_need_no_decoder() -> None:
    model = build("embedding_generation", "Pyramid", necks=[{"name": "SelectIndices", "indices": [2, 0]}])
    assert type(model) is EmbeddingOutputModel
    assert [feature.shape[1] for feature in model(X)] == [12, 3]
    assert len(build("embedding_generation", "Pyramid")(X)) == 3


def test_arguments_go_to_their_parts_prefixed_or_in_dictionaries() -> None:
    prefixed = build(
        "segmentation",
        "Pyramid",
        "FCNDecoder",
        num_classes=3,
        backbone_width=5,
        backbone_out_indices=[0, 2],
        decoder_channels=6,
        decoder_num_convs=1,
        head_channel_list=[7],
    )
    together = build(
        "segmentation",
        "Pyramid",
        "FCNDecoder",
        num_classes=3,
        backbone_kwargs={"width": 5, "out_indices": [0, 2]},
        decoder_kwargs={"channels": 6, "num_convs": 1},
        head_kwargs={"channel_list": [7]},
    )
    shapes = {key: value.shape for key, value in prefixed.state_dict().items()}
    assert shapes == {key: value.shape for key, value in together.state_dict().items()}
    assert shapes["head.head.2.weight"] == (3, 7, 1, 1)
    assert shapes["decoder.convs.0.0.weight"] == (20, 6, 2, 2)
    assert set(shapes) >= {"encoder.layers.0.weight", "head.head.0.0.0.weight"}


def test_nothing_that_is_given_is_changed() -> None:
    given = {
        "backbone_kwargs": {"out_indices": [0, 1], "padding": "constant", "patch_size": [4, 4]},
        "decoder_kwargs": {"num_convs": 1},
        "head_kwargs": {"channel_list": [4]},
        "necks": [{"name": "SelectIndices", "indices": [0]}],
        "aux_decoders": [AuxiliaryHead("aux", "FCNDecoder", {"decoder_num_convs": 1, "head_dropout": 0.1})],
    }
    before = copy.deepcopy(given)
    build("segmentation", "Pyramid", "FCNDecoder", num_classes=2, **given)
    assert given == before


def test_parts_may_be_modules() -> None:
    backbone, neck, decoder, aux = (
        Pyramid(),
        SelectIndices([3, 6, 12], [1]),
        FCNDecoder([6], 4, 1),
        IdentityDecoder([6]),
    )
    model = build(
        "segmentation", backbone, decoder, necks=[neck], num_classes=3, aux_decoders=[AuxiliaryHead("aux", aux)]
    )
    assert model.encoder is backbone
    assert model.decoder is decoder
    assert model.neck[0] is neck
    assert model.aux_heads["aux"][0] is aux
    assert model(X).output.shape == (2, 3, 32, 32)
    assert [key for key in model.state_dict() if key.startswith("aux")] == [
        "aux_heads.aux.1.head.2.weight",
        "aux_heads.aux.1.head.2.bias",
    ]


def test_auxiliary_heads_have_their_own_arguments() -> None:
    model = build(
        "segmentation",
        "Pyramid",
        "IdentityDecoder",
        num_classes=3,
        head_dropout=0.5,
        aux_decoders=[
            {
                "name": "deep",
                "decoder": "FCNDecoder",
                "decoder_args": {"decoder_channels": 4, "decoder_num_convs": 1, "head_channel_list": [5]},
            },
            AuxiliaryHead("two", "IdentityDecoder", {"head_num_classes": 2, "decoder_out_index": 0}),
            AuxiliaryHead("whole", "Whole"),
            AuxiliaryHead("whole_two", "Whole", {"decoder_num_classes": 2}),
        ],
    )
    deep, two, entire, entire_two = (model.aux_heads[name] for name in ("deep", "two", "whole", "whole_two"))
    assert isinstance(deep[1].head[0][0][0], nn.Conv2d)
    assert isinstance(deep[1].head[1], nn.Identity)
    assert isinstance(model.head.head[1], nn.Dropout)
    assert (two[1].num_classes, two[0].out_channels) == (2, 3)
    assert isinstance(entire[1], nn.Identity)
    assert (entire[0].out_channels, entire_two[0].out_channels) == (3, 2)
    assert set(model(X).auxiliary_heads) == {"deep", "two", "whole", "whole_two"}


@pytest.mark.parametrize("decoder", ["Whole", "whole", Whole([3, 6, 12], 3)])
@pytest.mark.parametrize("count", ["num_classes", "num_outputs"])
def test_a_decoder_that_includes_its_head_gets_the_classes_and_no_second_head(decoder, count) -> None:
    model = build("segmentation", "Pyramid", decoder, **{count: 3})
    assert isinstance(model.head, nn.Identity)
    assert model(X).output.shape == (2, 3, 32, 32)


def test_a_decoder_with_a_fixed_number_of_outputs_needs_none() -> None:
    for decoder in ("Fixed", Fixed([3, 6, 12])):
        assert build("segmentation", "Pyramid", decoder)(X).output.shape == (2, 2, 32, 32)
        assert isinstance(build("segmentation", "Pyramid", decoder, num_classes=2).head, nn.Identity)


def test_a_decoder_may_turn_out_to_include_its_head() -> None:
    model = build("segmentation", "Pyramid", "unannounced", num_classes=2)
    assert isinstance(model.head, nn.Identity)
    with pytest.raises(InvalidArgumentsError) as caught:
        build("segmentation", "Pyramid", "unannounced", num_classes=3, head_dropout=0.5)
    assert [str(problem) for problem in caught.value.problems] == [
        "head_dropout: nothing reads this: the decoder includes its head",
        "num_classes: the decoder includes its head, which gives 2, not 3",
    ]


@pytest.mark.parametrize(
    ("given", "strides"),
    [
        ({}, [2, 4, 8]),
        ({"backbone_out_indices": [1, 2]}, [4, 8]),
        ({"decoder_strides": [1, 1, 1]}, [1, 1, 1]),
        ({"necks": [{"name": "SelectIndices", "indices": [2, 0]}, {"name": "ReshapeTokensToImage"}]}, [8, 2]),
        ({"necks": [{"name": "Doubling"}]}, None),
    ],
)
def test_a_decoder_that_asks_for_strides_gets_them_where_they_are_known(given, strides) -> None:
    model = build("segmentation", "Pyramid", "Fusing", num_classes=3, **given)
    assert model.decoder.strides == strides


def test_a_backbone_without_specs_has_no_strides() -> None:
    model = build("segmentation", "Patches", "Fusing", num_classes=3, necks=[{"name": "ReshapeTokensToImage"}])
    assert model.decoder.strides is None


def test_padding_is_said_by_arguments_of_the_backbone() -> None:
    model = build(
        "segmentation", "Pyramid", "Fusing", num_classes=3, backbone_patch_size=8, backbone_padding="constant"
    )
    assert (model.patch_size, model.padding) == ((1, 8, 8), "constant")
    model = build("segmentation", Pyramid(), "Fusing", num_classes=3, backbone_kwargs={"patch_size": [4, 8]})
    assert (model.patch_size, model.padding) == ((1, 4, 8), "reflect")


def test_what_a_backbone_has_parameters_for_reaches_it() -> None:
    necks = [{"name": "ReshapeTokensToImage", "remove_cls_token": False}]
    model = build(
        "segmentation",
        "Patches",
        "IdentityDecoder",
        num_classes=3,
        necks=necks,
        backbone_patch_size=8,
        backbone_padding=2,
    )
    assert (model.encoder.size, model.encoder.padding) == (8, 2)
    assert (model.patch_size, model.padding) == ((1, 8, 8), "reflect")
    assert model(torch.randn(1, 2, 20, 50)).output.shape == (1, 3, 20, 50)


def test_a_backbone_that_takes_anything_is_given_what_says_how_images_are_padded() -> None:
    seen = {}

    def anything(**options):
        seen.update(options)
        return Pyramid()

    with BACKBONES["terratorch"].scope():
        BACKBONES["terratorch"].register(anything)
        model = build(
            "segmentation", "anything", "Fusing", num_classes=3, backbone_patch_size=8, backbone_padding="circular"
        )
    assert seen == {"patch_size": 8, "padding": "circular"}
    assert (model.patch_size, model.padding) == ((1, 8, 8), "circular")


def test_a_decoder_that_takes_anything_and_includes_its_head_gets_the_classes() -> None:
    def anything(channel_list: list[int], **options):
        return Whole(channel_list, options["num_classes"])

    anything.includes_head = True
    with DECODERS["terratorch"].scope():
        DECODERS["terratorch"].register(anything)
        model = build("segmentation", "Pyramid", "anything", num_outputs=3)
    assert model(X).output.shape == (2, 3, 32, 32)


def test_models_copy_and_pickle() -> None:
    model = build("segmentation", "Pyramid", "FCNDecoder", num_classes=3, decoder_num_convs=1).eval()
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        torch.testing.assert_close(twin(X).output, model(X).output)


# -- what is wrong --


def test_every_mistake_of_every_part_is_reported_at_once_where_it_was_written() -> None:
    assert problems(
        "segmentatoin",
        "Pyramd",
        "FCNDecodr",
        num_classes=0,
        necks=[{"name": "SelectIndicse", "indices": [0]}, {"name": "SelectIndices", "indices": [0, "1"]}, {}],
        aux_decoders=[
            {"name": "a.b", "decoder": "FCNDecoder", "decoder_args": {"decoder_channels": "4", "channels": 4}},
            {"name": "keys", "decodr": "FCNDecoder"},
        ],
        rescal=True,
        backbone_padding="mirror",
    ) == {
        "task": "there is no task 'segmentatoin'; did you mean 'segmentation'?",
        "backbone_padding": "expected Literal['reflect', 'replicate', 'circular', 'constant'], got str 'mirror'",
        "backbone": "BACKBONES has no component 'Pyramd' (sources searched: terratorch, other); "
        "did you mean 'terratorch_Pyramid'?",
        "necks[0].name": "NECKS has no component 'SelectIndicse' (sources searched: terratorch); "
        "did you mean 'terratorch_SelectIndices'?",
        "necks[1].indices[1]": "expected int, got str '1'; did you mean 1?",
        "necks[2].name": "missing; expected str",
        "num_classes": "expected at least 1, got 0",
        "decoder": "DECODERS has no component 'FCNDecodr' (sources searched: terratorch); "
        "did you mean 'terratorch_FCNDecoder'?",
        "aux_decoders[0].name": "invalid head name 'a.b': must be a valid nn.Module attribute (no dots)",
        "aux_decoders[0].decoder_args.decoder_channels": "expected int, got str '4'; did you mean 4?",
        "aux_decoders[0].decoder_args.channels": "unknown argument; did you mean 'decoder_channels'?",
        "aux_decoders[1].decoder": "missing; expected str | Module",
        "aux_decoders[1].decodr": "unknown argument; did you mean 'decoder'?",
        "rescal": "unknown argument; did you mean 'rescale'?",
    }


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            {"backbone_out_indcies": [0]},
            {"backbone_out_indcies": "unknown argument; did you mean 'backbone_out_indices'?"},
        ),
        (
            {"backbone_kwargs": {"out_indcies": [0]}},
            {"backbone_kwargs.out_indcies": "unknown argument; did you mean 'out_indices'?"},
        ),
        ({"backbone_out_indices": 0}, {"backbone_out_indices": "expected list[int] | None, got int 0"}),
        (
            {"backbone_kwargs": {"out_indices": ["0"]}},
            {"backbone_kwargs.out_indices[0]": "expected int, got str '0'; did you mean 0?"},
        ),
        ({"decoder_num_conv": 1}, {"decoder_num_conv": "unknown argument; did you mean 'decoder_num_convs'?"}),
        (
            {"decoder_embed_dim": [1]},
            {"decoder_embed_dim": "the part is given its embed_dim by what comes before it; leave it out"},
        ),
        ({"head_dropuot": 0.1}, {"head_dropuot": "unknown argument; did you mean 'head_dropout'?"}),
        ({"head_dropout": "x"}, {"head_dropout": "expected float, got str 'x'"}),
        ({"head_kwargs": {"dropout": "x"}}, {"head_kwargs.dropout": "expected float, got str 'x'"}),
        ({"head_num_classes": 3}, {"head_num_classes": "num_classes says this already; give one of them"}),
        ({"backbon_width": 3}, {"backbon_width": "unknown argument; did you mean 'backbone_width'?"}),
        ({"channels": 3}, {"channels": "unknown argument; did you mean 'decoder_channels'?"}),
        ({"zzz": 3}, {"zzz": "unknown argument"}),
        (
            {"decoder_kwargs": {"channels": 3}, "decoder_num_convs": 1},
            {"decoder_num_convs": "decoder_kwargs is given as well: write 'num_convs' in there"},
        ),
        ({"rescale": 1}, {"rescale": "expected bool, got int 1"}),
        ({"num_classes": "3"}, {"num_classes": "expected int | None, got str '3'; did you mean 3?"}),
        ({"num_classes": None}, {"num_classes": "missing; expected int"}),
        ({"num_outputs": 3}, {"num_outputs": "num_classes is given as well; give one of them"}),
        (
            {"num_classes": None, "num_outputs": 3},
            {"num_outputs": "segmentation has no num_outputs; write num_classes"},
        ),
        ({"num_classes": -1}, {"num_classes": "expected at least 1, got -1"}),
        ({"decoder": None}, {"decoder": "missing; expected str | Module"}),
        ({"decoder": 5}, {"decoder": "expected str | Module | None, got int 5"}),
        ({"backbone": ["Pyramid"]}, {"backbone": "expected str | Module, got list ['Pyramid']"}),
        ({"backbone_kwargs": 5}, {"backbone_kwargs": "expected Mapping[str, Any] | None, got int 5"}),
        (
            {"necks": [5, {"name": "SelectIndices"}]},
            {
                "necks[0]": "expected Mapping[str, Any] | Module, got int 5",
                "necks[1].indices": "missing; expected list[int]",
            },
        ),
        (
            {"necks": [{"name": "SelectIndices", "indices": [0], "index": 3}]},
            {"necks[0].index": "unknown argument"},
        ),
        (
            {"necks": [{"name": "SelectIndices", "indices": [0], "channel_list": [3]}]},
            {"necks[0].channel_list": "the part is given its channel_list by what comes before it; leave it out"},
        ),
        ({"necks": [nn.Identity()]}, {"necks[0]": "Identity is no Neck: it lacks process_channel_list"}),
        ({"necks": [{"name": 5}]}, {"necks[0].name": "NECKS has no component 5 (sources searched: terratorch)"}),
        (
            {"decoder": FCNDecoder([3, 6, 12]), "decoder_channels": 5},
            {"decoder_channels": "nothing reads this: decoder is a module that is made already"},
        ),
        (
            {"backbone": Pyramid(), "backbone_width": 5},
            {"backbone_width": "nothing reads this: backbone is a module that is made already"},
        ),
        (
            {"backbone": nn.Conv2d(1, 2, 3)},
            {"backbone": "Conv2d is no Backbone: it has out_channels = int 2, not list[int]"},
        ),
        ({"decoder": nn.Identity()}, {"decoder": "Identity is no Decoder: it lacks out_channels"}),
        (
            {"decoder": "Whole", "head_dropout": 0.1},
            {"head_dropout": "nothing reads this: the decoder includes its head"},
        ),
        ({"decoder": "Whole", "num_classes": None}, {"num_classes": "missing; expected int"}),
        (
            {"decoder": "Whole", "decoder_num_classes": 3},
            {"decoder_num_classes": "num_classes says this already; give one of them"},
        ),
        (
            {"decoder": Whole([3, 6, 12], 3)},
            {"num_classes": "the decoder includes its head, which gives 3, not 2"},
        ),
        (
            {"aux_decoders": [{"name": "aux", "decoder": "FCNDecoder", "decoder_args": {"head_dropuot": 1}}]},
            {"aux_decoders[0].decoder_args.head_dropuot": "unknown argument; did you mean 'head_dropout'?"},
        ),
        (
            {"aux_decoders": [{"name": "aux", "decoder": "FCNDecodr"}]},
            {
                "aux_decoders[0].decoder": "DECODERS has no component 'FCNDecodr' (sources searched: terratorch); "
                "did you mean 'terratorch_FCNDecoder'?"
            },
        ),
        (
            {"aux_decoders": [AuxiliaryHead("aux", "IdentityDecoder"), AuxiliaryHead("aux", "IdentityDecoder")]},
            {"aux_decoders[1].name": "another auxiliary head is called 'aux' already"},
        ),
        (
            {"aux_decoders": [AuxiliaryHead("aux", "IdentityDecoder", 5), 7]},
            {
                "aux_decoders[0].decoder_args": "expected Mapping[str, Any] | None, got int 5",
                "aux_decoders[1]": "expected AuxiliaryHead | Mapping[str, Any], got int 7",
            },
        ),
        (
            {"backbone_patch_size": [0, 4]},
            {
                "backbone_patch_size": "patch_size is [0, 4]; expected a number, (height, width) or "
                "(time, height, width), each at least 1"
            },
        ),
        (
            {"backbone_patch_size": "4"},
            {"backbone_patch_size": "expected int | Sequence[int] | None, got str '4'; did you mean 4?"},
        ),
    ],
)
def test_each_mistake_is_named_where_it_was_written(given, expected) -> None:
    arguments = {"backbone": "Pyramid", "decoder": "FCNDecoder", "num_classes": 2} | given
    if isinstance(arguments["decoder"], nn.Module):
        arguments["backbone"] = "Pyramid"
    assert problems("segmentation", **arguments) == expected


@pytest.mark.parametrize(
    ("task", "given", "expected"),
    [
        ("regression", {"num_classes": 3}, {"num_classes": "regression has no num_classes; write num_outputs"}),
        ("classification", {}, {"num_classes": "missing; expected int"}),
        ("scalar_regression", {}, {"num_outputs": "missing; expected int"}),
        (
            "classification",
            {"num_classes": 2, "image_size_out": (8, 8)},
            {"image_size_out": "nothing reads this: classification has no results at each pixel"},
        ),
        (
            "embedding_generation",
            {"num_classes": 2, "decoder_channels": 3, "head_kwargs": {"dropout": 0.1}},
            {
                "decoder": "nothing reads this: embedding_generation has no decoder",
                "num_classes": "nothing reads this: embedding_generation has no decoder",
                "decoder_channels": "nothing reads this: embedding_generation has no decoder",
                "head_kwargs.dropout": "nothing reads this: embedding_generation has no decoder",
            },
        ),
        (
            "zzz",
            {"decoder_chanels": 3},
            {
                "task": "there is no task 'zzz'; expected segmentation, regression, classification, "
                "scalar_regression, embedding_generation",
                "decoder_chanels": "unknown argument; did you mean 'decoder_channels'?",
            },
        ),
        (
            5,
            {"decoder_chanels": 3},
            {
                "task": "expected str, got int 5",
                "decoder_chanels": "unknown argument; did you mean 'decoder_channels'?",
            },
        ),
    ],
)
def test_each_task_refuses_what_it_does_not_read(task, given, expected) -> None:
    assert problems(task, "Pyramid", "FCNDecoder", **given) == expected


MISTAKES = {
    "task": {"task": "segmentaton"},
    "backbone": {"backbone": "Pyramd"},
    "decoder_chanels": {"decoder_chanels": 4},
    "head_kwargs.dropuot": {"head_kwargs": {"dropuot": 0.1}},
    "num_classes": {"num_classes": "2"},
    "rescale": {"rescale": "yes"},
    "image_size_out[0]": {"image_size_out": (1.5, 2)},
    "necks[0].index": {"necks": [{"name": "SelectIndices", "indices": [0], "index": 0}]},
    "aux_decoders[0].name": {"aux_decoders": [{"name": "", "decoder": "IdentityDecoder"}]},
    "rescal": {"rescal": True},
    "backbone_padding": {"backbone_padding": "mirror"},
}


@settings(deadline=None, max_examples=60)
@given(st.sets(st.sampled_from(sorted(MISTAKES)), min_size=1))
def test_mistakes_do_not_hide_each_other(paths) -> None:
    arguments = {"task": "segmentation", "backbone": "Pyramid", "decoder": "FCNDecoder", "num_classes": 2}
    for path in paths:
        arguments |= MISTAKES[path]
    # Which head there is depends on the task.
    hidden = {"head_kwargs.dropuot"} if "task" in paths else set()
    assert set(problems(**arguments)) == paths - hidden


def test_names_that_are_not_found_have_their_kind_and_suggestions() -> None:
    with pytest.raises(InvalidArgumentsError) as caught:
        build("segmentation", "Pyramd", "FCNDecoder", num_classes=2, necks=[{"name": "Doublng"}])
    backbone, neck = caught.value.problems
    assert (backbone.path, neck.path) == ("backbone", "necks[0].name")
    assert backbone.kind is neck.kind is ProblemKind.NOT_FOUND
    assert backbone.suggestions == ("terratorch_Pyramid",)
    assert neck.suggestions == ("terratorch_Doubling",)


# -- what only shows when parts are asked --


GIVES = "backbone ('Pyramid') gives 3 features, maps (B, C, H, W) of 3, 6 and 12 channels at strides 2, 4 and 8"


def late(**given) -> Exception:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - which one is asserted by the caller
        build(**({"task": "segmentation", "backbone": "Pyramid", "decoder": "FCNDecoder", "num_classes": 2} | given))
    return caught.value


def refused(**given) -> list[str]:
    given = {"task": "segmentation", "backbone": "Pyramid", "decoder": "FCNDecoder", "num_classes": 2} | given
    return [f"{path}: {message}" for path, message in problems(**given).items()]


def test_values_that_a_part_refuses_are_named_where_they_were_written() -> None:
    select = {"name": "SelectIndices", "indices": [0, 3]}
    assert refused(necks=[select]) == [f"necks[0].indices[1]: expected -3 to 2 with 3 features, got 3; {GIVES}"]
    assert refused(necks=[select | {"indices": [0]}, select]) == [
        (
            "necks[1].indices[1]: expected -1 to 0 with 1 feature, got 3; "
            "necks[0] ('SelectIndices') gives 1 feature, maps (B, C, H, W) of 3 channels at stride 2"
        )
    ]
    assert refused(decoder_in_index=3) == [f"decoder_in_index: expected -3 to 2 with 3 features, got 3; {GIVES}"]
    assert refused(decoder_kwargs={"num_convs": 0}) == ["decoder_kwargs.num_convs: expected at least 1, got 0"]
    aux = {"name": "aux", "decoder": "FCNDecoder", "decoder_args": {"decoder_channels": 0}}
    assert refused(aux_decoders=[aux]) == ["aux_decoders[0].decoder_args.decoder_channels: expected at least 1, got 0"]
    assert refused(task="regression", num_classes=None, head_final_act="Sigmod") == [
        "head_final_act: expected an activation of torch.nn, such as 'torch.nn.Sigmoid', or a module, got 'Sigmod'"
    ]
    assert refused(decoder="Demanding") == [f"decoder: expected 4 features, got 3; {GIVES}"]


def test_an_error_about_what_a_part_builds_itself_stays_as_it_is() -> None:
    error = late(decoder="Nesting")
    assert isinstance(error, InvalidArgumentsError)
    assert (error.component, [str(problem) for problem in error.problems]) == (
        "terratorch_FCNDecoder",
        ["num_cnvs: unknown argument; did you mean 'num_convs'?"],
    )
    assert error.__notes__[-1] == "while building decoder ('Nesting') for channels [3, 6, 12]"


def test_what_a_part_raises_when_it_is_built_is_named() -> None:
    error = late(decoder="Picky", decoder_channels=[4], backbone_out_indices=[0, 1])
    assert type(error) is ValueError
    assert str(error) == "channels should have the same length as channel_list (2)"
    assert (
        error.__notes__[-1] == "while building decoder ('Picky') for channels [3, 6], with decoder_channels = list [4]"
    )
    error = late(aux_decoders=[{"name": "aux", "decoder": "Picky"}])
    assert error.__notes__[-1] == "while building aux_decoders[0].decoder ('Picky') for channels [3, 6, 12]"
    error = late(head_dropout=2.0)
    assert error.__notes__[-1] == (
        "while building the head of decoder ('SegmentationHead') for channels 256, "
        "with head_dropout = float 2.0, num_classes = int 2"
    )


def test_a_neck_that_is_made_already_is_asked_too() -> None:
    assert refused(necks=[SelectIndices([1] * 9, [8])]) == [
        f"necks[0]: indices[0]: expected -3 to 2 with 3 features, got 8; {GIVES}"
    ]


def test_a_part_has_to_be_a_module() -> None:
    error = late(decoder="no_module")
    assert isinstance(error, ComponentProtocolError)
    assert "'no_module' of decoder built a no_module.<locals>.Plain, which is no torch.nn.Module" in str(error)


@dataclass(frozen=True)
class FrozenError(Exception):
    code: int


class WordlessError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


@pytest.mark.parametrize("part", ["backbone", "decoder"])
@pytest.mark.parametrize("kind", [FrozenError, WordlessError, KeyError, KeyboardInterrupt, SystemExit])
def test_what_a_part_raises_comes_out_of_the_composition_as_it_is(part: str, kind: type[BaseException]) -> None:
    def failing(*args: Any, **kwargs: Any) -> Any:
        raise kind(1)

    registry = (BACKBONES if part == "backbone" else DECODERS)["terratorch"]
    with registry.scope():
        registry.register(failing)
        given = ("failing", "FCNDecoder") if part == "backbone" else ("Pyramid", "failing")
        with pytest.raises(kind) as caught:
            build("segmentation", *given, num_classes=3)
    assert caught.value.args == (1,)
    notes = getattr(caught.value, "__notes__", [])
    assert [note.split("'")[1] for note in notes if note.startswith("while building 'terra")] == (
        ["terratorch_failing"] if issubclass(kind, Exception) else []
    )


@pytest.mark.parametrize(
    ("name", "message", "fix"),
    [
        ("img_size", "unknown argument (the backbone's is written 'backbone_img_size')", Rename("backbone_img_size")),
        (
            "in_channels",
            "unknown argument (the backbone's is written 'backbone_in_chans')",
            Rename("backbone_in_chans"),
        ),
        (
            "pretrain_img_size",
            "unknown argument (the backbone's is written 'backbone_img_size')",
            Rename("backbone_img_size"),
        ),
        (
            "pretrained_cfg_overlay",
            "unknown argument (a file of weights is written 'backbone_ckpt_path: FILE')",
            None,
        ),
        ("features_only", "unknown argument (whether there are features is settled: leave it out)", None),
        ("freeze_backbone", "unknown argument (it belongs to the training task, not to the model)", None),
        ("loss", "unknown argument (it belongs to the training task, not to the model)", None),
    ],
)
def test_an_argument_of_something_else_is_sent_home(name: str, message: str, fix: Rename | None) -> None:
    with pytest.raises(InvalidArgumentsError) as caught:
        MODEL_FACTORY_REGISTRY.build("EncoderDecoderFactory").validate_model(
            task="segmentation", backbone="prithvi_eo_tiny", decoder="FCNDecoder", num_classes=3, **{name: 6}
        )
    (problem,) = (each for each in caught.value.problems if each.parameter == name)
    assert (problem.message, problem.fix) == (message, fix)


def test_without_registries_it_composes_from_those_of_the_library() -> None:
    from terraregistry import BACKBONE_REGISTRY, DECODER_REGISTRY, NECK_REGISTRY

    assert EncoderDecoderFactory().registries == (BACKBONE_REGISTRY, DECODER_REGISTRY, NECK_REGISTRY)
