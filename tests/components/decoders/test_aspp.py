"""Atrous spatial pyramid pooling, against torchvision's and formulas."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional
from torchvision.models.segmentation.deeplabv3 import ASPP

from terraregistry.components.decoders.aspp import ASPPHead, ASPPModule, ASPPRegressionHead, ASPPSegmentationHead
from terraregistry.errors import InvalidArgumentsError, ProblemKind

quick = settings(deadline=None, max_examples=15)
HEADS = {ASPPHead: "", ASPPSegmentationHead: "conv_seg", ASPPRegressionHead: "conv_reg"}
LIST = "in_index: expected a list of features with input_transform='resize_concat', one without"
every_head = pytest.mark.parametrize("make", HEADS)


def copied(ours: nn.Module, theirs: nn.Module) -> None:
    """Give torchvision's convolution and norm random statistics and our weights."""
    convolution = next(each for each in theirs.modules() if isinstance(each, nn.Conv2d))
    norm = next(each for each in theirs.modules() if isinstance(each, nn.BatchNorm2d))
    nn.init.uniform_(ours.norm.running_mean)
    nn.init.uniform_(ours.norm.running_var, 0.5, 2)
    convolution.load_state_dict(ours.conv.state_dict())
    norm.load_state_dict(ours.norm.state_dict())


@quick
@given(
    st.lists(st.integers(2, 9), min_size=1, max_size=3),
    st.integers(1, 4),
    st.integers(1, 4),
    st.integers(1, 9),
    st.integers(1, 9),
)
def test_parts_are_torchvisions_with_the_same_weights(rates, before, after, height, width) -> None:
    head = ASPPHead([before], (1, *rates), channels=after).eval()
    reference = ASPP(before, rates, after).eval()
    for ours, theirs in zip([*head.aspp_modules.model_sequence, head.image_pool[1]], reference.convs, strict=True):
        copied(ours, theirs)
    given: list[torch.Tensor] = []
    expected: list[torch.Tensor] = []
    head.bottleneck.register_forward_pre_hook(lambda _, args: given.append(args[0]))
    reference.project.register_forward_pre_hook(lambda _, args: expected.append(args[0]))
    x = torch.randn(2, before, height, width)
    result = head([x])
    reference(x)
    first = expected[0].split(after, dim=1)
    torch.testing.assert_close(given[0], torch.cat([first[-1], *first[:-1]], 1), rtol=1e-4, atol=1e-5)
    convolved = functional.conv2d(given[0], head.bottleneck.conv.weight, padding=1)
    torch.testing.assert_close(result, (convolved / (1 + 1e-5) ** 0.5).relu(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("align_corners", [False, True])
def test_several_features_are_resized_to_the_first_and_joined(align_corners) -> None:
    several = ASPPHead(
        [2, 3, 4], (1, 2), channels=5, input_transform="resize_concat", in_index=[2, 0], align_corners=align_corners
    ).eval()
    one = ASPPHead([6], (1, 2), channels=5).eval()
    one.load_state_dict(several.state_dict())
    features = [torch.randn(1, 2, 9, 8), torch.randn(1, 3, 3, 3), torch.randn(1, 4, 5, 6)]
    smaller = functional.interpolate(features[0], (5, 6), mode="bilinear", align_corners=align_corners)
    torch.testing.assert_close(several(features), one([torch.cat([features[2], smaller], 1)]))
    assert several.in_channels == 6


def unit(prefix: str, before: int, after: int, kernel: int) -> dict[str, tuple[int, ...]]:
    keys: dict[str, tuple[int, ...]] = {f"{prefix}.conv.weight": (after, before, kernel, kernel)}
    keys |= {f"{prefix}.norm.{name}": (after,) for name in ("weight", "bias", "running_mean", "running_var")}
    return keys | {f"{prefix}.norm.num_batches_tracked": ()}


@every_head
def test_it_has_terratorchs_keys_shapes_and_order(make) -> None:
    expected = unit("image_pool.1", 4, 6, 1)
    for at, kernel in enumerate([1, 3, 3, 3]):
        expected |= unit(f"aspp_modules.model_sequence.{at}", 4, 6, kernel)
    expected |= unit("bottleneck", 30, 6, 3)
    head = make([3, 4], channels=6)
    if HEADS[make]:
        expected |= {f"{HEADS[make]}.weight": (head.out_channels, 6, 1, 1), f"{HEADS[make]}.bias": (head.out_channels,)}
    state = head.state_dict()
    assert {key: tuple(value.shape) for key, value in state.items()} == expected
    assert list(state) == list(expected)


def test_the_defaults_are_terratorchs_and_256_channels() -> None:
    head = ASPPHead([2])
    assert (head.dilations, head.channels, head.out_channels, head.align_corners) == ([1, 6, 12, 18], 256, 256, False)
    assert head.dropout.p == 0.3
    assert ASPPSegmentationHead([2], channels=3).out_channels == 2
    assert ASPPRegressionHead([2], channels=3).out_channels == 1


@every_head
def test_dropout_drops_whole_channels_before_the_head_in_training_only(make) -> None:
    head = make([3], (1,), channels=64, head_dropout_ratio=0.5)
    seen: list[torch.Tensor] = []
    head.dropout.register_forward_hook(lambda _, __, result: seen.append(result))
    features = [torch.randn(4, 3, 5, 5)]
    head(features)
    kept = seen[0].abs().sum((2, 3)) > 0
    assert 0.3 < kept.float().mean() < 0.6
    head.eval()
    torch.testing.assert_close(head(features), head(features))


@every_head
def test_no_dropout_is_a_choice(make) -> None:
    head = make([3], (1,), channels=4, head_dropout_ratio=0)
    assert head([torch.randn(2, 3, 4, 4)]).shape[1] == head.out_channels
    assert not any(isinstance(part, nn.Dropout2d) for part in head.modules())


@pytest.mark.parametrize("make", [ASPPSegmentationHead, ASPPRegressionHead])
def test_heads_come_last(make) -> None:
    head = make([3], (1, 2), channels=4).eval()
    plain = ASPPHead([3], (1, 2), channels=4).eval()
    plain.load_state_dict({key: value for key, value in head.state_dict().items() if not key.startswith("conv_")})
    x = [torch.randn(2, 3, 4, 5)]
    last = getattr(head, HEADS[make])
    torch.testing.assert_close(head(x), functional.conv2d(plain(x), last.weight, last.bias))


def test_a_module_gives_one_map_for_each_dilation() -> None:
    module = ASPPModule([1, 3], 2, 4)
    assert [part.conv.kernel_size for part in module.model_sequence] == [(1, 1), (3, 3)]
    assert [part.shape for part in module(torch.randn(2, 2, 5, 6))] == [(2, 4, 5, 6)] * 2


@every_head
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"channels": 0}, "channels: expected at least 1, got 0"),
        ({"dilations": ()}, "dilations: expected at least one dilation, got none"),
        ({"dilations": (1, 0)}, "dilations[1]: expected at least 1, got 0"),
        ({"in_index": 2}, "in_index: expected -2 to 1 with 2 features, got 2"),
        ({"in_channels": 3}, "in_channels: expected 4, which channel_list says, got 3"),
        ({"head_dropout_ratio": 1.5}, "head_dropout_ratio: expected a probability from 0 to 1, got 1.5"),
        (
            {"input_transform": "multiple_select"},
            "input_transform: expected one of 'resize_concat', got str 'multiple_select'",
        ),
        (
            {"input_transform": "resize_concat"},
            f"{LIST}, got -1 with 'resize_concat'",
        ),
        (
            {"in_index": [0]},
            f"{LIST}, got [0] with None",
        ),
        (
            {"in_index": [], "input_transform": "resize_concat"},
            f"{LIST}, got [] with 'resize_concat'",
        ),
        (
            {"in_index": [0, 5], "input_transform": "resize_concat"},
            "in_index: expected -2 to 1 with 2 features, got 5",
        ),
    ],
)
def test_bad_values_are_refused_with_what_would_be_right(make, arguments, message) -> None:
    with pytest.raises(InvalidArgumentsError) as caught:
        make([3, 4], **arguments)
    assert [str(problem) for problem in caught.value.problems] == [message]


def test_counts_below_one_are_refused() -> None:
    with pytest.raises(InvalidArgumentsError, match="num_classes: expected at least 1, got 0"):
        ASPPSegmentationHead([3], channels=2, num_classes=0)
    with pytest.raises(InvalidArgumentsError, match="out_channels: expected at least 1, got 0"):
        ASPPRegressionHead([3], channels=2, out_channels=0)
    with pytest.raises(InvalidArgumentsError, match="channel_list: expected the channels of at least one feature"):
        ASPPHead([])


def test_what_nothing_reads_is_refused() -> None:
    with pytest.raises(InvalidArgumentsError) as caught:
        ASPPHead([3], channels=2, out_dim=5)
    (problem,) = caught.value.problems
    assert problem.kind is ProblemKind.UNUSED
    assert str(problem) == "out_dim: nothing reads this: the result has as many channels as channels says"


def test_features_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="made for 3 channels in feature 0"):
        ASPPHead([3], channels=2)([torch.zeros(1, 4, 4, 4)])
