"""The U-Net as a backbone, and the backbone without layers."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from terraregistry import BACKBONE_REGISTRY, MODEL_FACTORY_REGISTRY
from terraregistry.components.backbones.unet_backbone import IdentityBackbone, UNet
from terraregistry.errors import InvalidArgumentsError

FACTORY = MODEL_FACTORY_REGISTRY.build("EncoderDecoderFactory")


@st.composite
def shapes(draw: st.DrawFn) -> dict[str, object]:
    stages = draw(st.integers(1, 4))

    def each(values: st.SearchStrategy[object], count: int) -> st.SearchStrategy[list[object]]:
        return st.lists(values, min_size=count, max_size=count)

    few, switches = st.integers(1, 2), st.booleans()
    return {
        "num_stages": stages,
        "strides": draw(each(st.integers(1, 3), stages)),
        "enc_num_convs": draw(each(few, stages)),
        "dec_num_convs": draw(each(few, stages - 1)),
        "downsamples": draw(each(switches, stages - 1)),
        "enc_dilations": draw(each(few, stages)),
        "dec_dilations": draw(each(few, stages - 1)),
        "with_cp": draw(switches),
    }


@settings(max_examples=25, deadline=None)
@given(shapes())
def test_features_have_the_channels_and_strides_that_it_says(shape) -> None:
    model = UNet(in_channels=2, out_channels=2, **shape)
    side = 2 * model.feature_specs[0].stride
    features = model(torch.randn(2, 2, side, side, requires_grad=True))
    assert [(each.shape[1], side // each.shape[-1]) for each in features] == [
        (spec.channels, spec.stride) for spec in model.feature_specs
    ]
    assert model.out_channels == [spec.channels for spec in model.feature_specs]
    sum(each.sum() for each in features).backward()
    assert all(each.grad is not None for each in model.parameters())


def test_checkpointing_changes_no_gradient() -> None:
    plain, saving = UNet(out_channels=2), UNet(out_channels=2, with_cp=True)
    saving.load_state_dict(plain.state_dict())
    images = torch.randn(2, 3, 32, 32)
    for model in (plain, saving):
        model(images.clone().requires_grad_())[-1].sum().backward()
    pairs = zip(plain.parameters(), saving.parameters(), strict=True)
    assert all(torch.equal(one.grad, other.grad) for one, other in pairs)


def test_the_state_dict_has_the_keys_of_terratorch() -> None:
    model = UNet(in_channels=2, out_channels=4)
    keys = [*model.state_dict()]
    assert (len(keys), keys[0]) == (132, "encoder.0.0.convs.0.conv.weight")
    assert {
        *("encoder.1.1.convs.1.norm.running_var", "decoder.3.conv_block.convs.0.conv.weight"),
        *("decoder.0.upsample.conv.weight", "decoder.3.upsample.norm.num_batches_tracked"),
    } <= {*keys}
    resized = UNet(upsample_cfg={"scale_factor": 2, "mode": "bilinear"})
    assert "decoder.0.upsample.1.conv.weight" in resized.state_dict()


def test_batch_norms_stay_as_they_are_with_norm_eval() -> None:
    model = UNet(out_channels=2, norm_eval=True).train()
    before = {name: each.clone() for name, each in model.named_buffers()}
    model(torch.randn(2, 3, 16, 16))
    assert all(torch.equal(before[name], each) for name, each in model.named_buffers())


def test_base_channels_is_the_older_name() -> None:
    assert UNet(base_channels=2).out_channels == [32, 16, 8, 4, 2]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_stages": 3}, "strides: expected 3 numbers for num_stages, got 5"),
        ({"downsamples": [True]}, "downsamples: expected 4 values for num_stages, got 1"),
        ({"enc_num_convs": [2, 0, 2, 2, 2]}, "enc_num_convs[1]: expected at least 1, got 0"),
        ({"out_channels": 0}, "out_channels: expected at least 1, got 0"),
        ({"base_channels": 0}, "base_channels: expected at least 1, got 0"),
        (
            {"conv_cfg": {"type": "float32"}},
            "conv_cfg: nothing reads this, in TerraTorch either: convolutions, batch norms and ReLUs are fixed",
        ),
        ({"upsample_cfg": {"size": 1, "foo": 2}}, "upsample_cfg: expected the arguments of torch.nn.Upsample: "),
    ],
)
def test_bad_arguments_are_refused(arguments, message) -> None:
    with pytest.raises(InvalidArgumentsError) as caught:
        BACKBONE_REGISTRY.build("UNet", **arguments)
    assert message in str(caught.value)


def test_other_images_are_refused() -> None:
    with pytest.raises(ValueError, match=r"expected images of sides divisible by 16, got \(1, 3, 32, 24\)"):
        UNet(out_channels=2)(torch.zeros(1, 3, 32, 24))


def test_the_identity_gives_its_input_back() -> None:
    image, other = torch.randn(1, 6, 8, 8), torch.randn(1, 2, 4, 4)
    assert IdentityBackbone([6])(image)[0] is image
    assert [*map(id, IdentityBackbone([6, 2])([image, other]))] == [id(image), id(other)]
    model = FACTORY.build_model(
        "segmentation", "IdentityBackbone", "IdentityDecoder", backbone_out_channels=[6], num_classes=3
    )
    assert model(image).output.shape == (1, 3, 8, 8)
    for wrong, message in (([], "expected the channels of at least one feature"), ([0], "expected at least 1, got 0")):
        with pytest.raises(InvalidArgumentsError, match=message):
            BACKBONE_REGISTRY.build("IdentityBackbone", out_channels=wrong)
