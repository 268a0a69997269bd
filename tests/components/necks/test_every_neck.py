"""What is true of every neck: the channels it says, features left alone, types, copies, and arguments checked by name."""

from __future__ import annotations

import copy
import inspect
import pickle
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from terraregistry.components.models.encoder_decoder import NeckSequence
from terraregistry.components.necks.pyramidal import (
    FeaturePyramidNetworkNeck,
    InterpolateToPyramidal,
    LearnedInterpolateToPyramidal,
    MaxpoolToPyramidal,
)
from terraregistry.components.necks.rearrange import AddBottleneckLayer, PermuteDims, SelectIndices
from terraregistry.components.necks.tokens import AggregateTokens, ReshapeTokensToImage
from terraregistry.errors import InvalidArgumentsError
from terraregistry.protocols import Neck
from terraregistry.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable

quick = settings(deadline=None, max_examples=25)


class Case(NamedTuple):
    make: type[nn.Module]
    channels: list[int]
    arguments: dict[str, Any]
    shapes: list[tuple[int, ...]]
    axis: int = 1  # where the channels of the result are

    def build(self) -> Any:
        return self.make(self.channels, **self.arguments)

    def features(self, batch: int = 2, dtype: torch.dtype = torch.float32) -> list[torch.Tensor]:
        generator = torch.Generator().manual_seed(0)
        return [torch.randn((batch, *shape), generator=generator).to(dtype).requires_grad_() for shape in self.shapes]


MAPS = [(8, 9, 12), (6, 9, 12), (4, 9, 12), (2, 9, 12)]
WIDTHS = [8, 6, 4, 2]
TOKENS = [(7, width) for width in WIDTHS]
CASES = {
    "aggregate": Case(AggregateTokens, WIDTHS, {}, TOKENS),
    "aggregate several": Case(AggregateTokens, WIDTHS, {"pooling": "max", "indices": [2, 0, 2]}, MAPS),
    "aggregate over time": Case(
        AggregateTokens,
        WIDTHS,
        {"pooling": "CLS", "indices": 0, "temporal_inputs": True},
        [(3, *shape) for shape in TOKENS],
        axis=2,
    ),
    "permute": Case(PermuteDims, WIDTHS, {"new_order": [0, 2, 3, 1]}, MAPS, axis=3),
    "interpolate": Case(InterpolateToPyramidal, WIDTHS, {"mode": "bilinear"}, MAPS),
    "maxpool": Case(MaxpoolToPyramidal, WIDTHS, {}, MAPS),
    "bottleneck": Case(AddBottleneckLayer, WIDTHS, {}, MAPS),
    "learned": Case(LearnedInterpolateToPyramidal, WIDTHS, {}, MAPS),
    "fpn": Case(FeaturePyramidNetworkNeck, WIDTHS, {"out_channel": 3, "output_ordered_dict": False}, MAPS),
    "select": Case(SelectIndices, WIDTHS, {"indices": [-1, 0]}, MAPS),
    "reshape": Case(ReshapeTokensToImage, WIDTHS, {"h": 2}, TOKENS),
}
every = pytest.mark.parametrize("case", CASES.values(), ids=CASES)
WITH_STRIDES = {"permute", "select", "reshape"}

channels = st.lists(st.integers(1, 9), min_size=1, max_size=5)


@st.composite
def necks(draw: st.DrawFn) -> tuple[Case, int]:
    """Any neck with any channels, and a size of the batch."""
    kind = draw(st.sampled_from(sorted(CASES)))
    least, count = (4, 4) if kind == "learned" else (2, None)
    widths = draw(st.lists(st.integers(least, 9), min_size=count or 1, max_size=count or 5))
    height, width = draw(st.integers(1, 3)) * 16, draw(st.integers(1, 3)) * 16
    tokens = kind in ("aggregate", "aggregate over time", "reshape")
    base = CASES[kind]
    arguments = dict(base.arguments)
    if "indices" in arguments:
        index = st.integers(-len(widths), len(widths) - 1)
        arguments["indices"] = draw(
            index | st.lists(index, min_size=1) if base.make is AggregateTokens else st.lists(index, min_size=1)
        )
    steps = (2,) if kind == "aggregate over time" else ()
    shapes = [(*steps, 5, each) if tokens else (each, height // 4, width // 4) for each in widths]
    if kind == "maxpool":
        shapes = [(each, height, width) for each in widths]
    if kind == "interpolate":
        shapes = [(each, 1, 2) for each in widths]
    return base._replace(channels=widths, arguments=arguments, shapes=shapes), draw(st.integers(1, 2))


@quick
@given(necks())
def test_the_channels_are_what_the_neck_says(drawn) -> None:
    case, batch = drawn
    neck = case.build().eval()
    given_channels = list(case.channels)
    says = neck.process_channel_list(given_channels)
    assert [feature.shape[case.axis] for feature in neck(case.features(batch))] == says
    assert given_channels == case.channels
    assert says is not given_channels


@every
def test_the_list_of_features_and_the_features_stay_as_they_were(case: Case) -> None:
    features = case.features()
    kept, values = list(features), [feature.detach().clone() for feature in features]
    result = case.build()(features)
    assert result is not features
    assert len(features) == len(kept)
    assert all(feature is was for feature, was in zip(features, kept, strict=True))
    assert all(torch.equal(feature, value) for feature, value in zip(features, values, strict=True))


@every
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_gradients_reach_every_parameter_and_every_feature_that_is_used(case: Case, dtype: torch.dtype) -> None:
    neck = case.build().to(dtype)
    features = case.features(dtype=dtype)
    results = neck(features)
    assert {result.dtype for result in results} == {dtype}
    sum(result.float().square().sum() for result in results).backward()
    assert all(parameter.grad is not None and parameter.grad.isfinite().all() for parameter in neck.parameters())
    used = len({index % len(features) for index in getattr(neck, "indices", range(len(features)))})
    assert sum(feature.grad is not None and bool(feature.grad.abs().sum() > 0) for feature in features) == used


@every
def test_one_image_is_enough_where_nothing_is_trained(case: Case) -> None:
    neck = case.build().eval()
    whole, single = neck(case.features(2)), neck([feature[:1] for feature in case.features(2)])
    for both, one in zip(whole, single, strict=True):
        torch.testing.assert_close(both[:1], one, rtol=1e-4, atol=1e-5)


@every
@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda module: pickle.loads(pickle.dumps(module))])
def test_copies_compute_the_same_with_parameters_of_their_own(
    case: Case, duplicate: Callable[[nn.Module], nn.Module]
) -> None:
    original = case.build().eval()
    features = case.features()
    before = original(features)
    twin = duplicate(original)
    torch.testing.assert_close(twin(features), before)
    with torch.no_grad():
        for parameter in twin.parameters():
            parameter.zero_()
    torch.testing.assert_close(original(features), before)


@every
def test_lists_that_are_given_stay_the_callers(case: Case) -> None:
    widths, arguments = list(case.channels), copy.deepcopy(case.arguments)
    neck = case.make(widths, **arguments).eval()
    before = neck(case.features())
    assert widths == case.channels
    assert arguments == case.arguments
    widths.clear()
    for value in arguments.values():
        if isinstance(value, list):
            value.clear()
    torch.testing.assert_close(neck(case.features()), before)


@every
def test_a_neck_runs_where_terratorch_has_set_its_channels(case: Case) -> None:
    neck = case.build().eval()
    before = neck(case.features())
    neck.channel_list = neck.process_channel_list(case.channels)
    torch.testing.assert_close(neck(case.features()), before)


@every
def test_necks_satisfy_the_protocol_and_take_the_size_of_the_image(case: Case) -> None:
    neck = case.build()
    assert isinstance(neck, Neck)
    assert len(NeckSequence([neck])(case.features(), (32, 32))) == len(neck.process_channel_list(case.channels))


@pytest.mark.parametrize("name", CASES)
def test_strides_are_kept_where_process_channel_list_rearranges_them(name: str) -> None:
    assert getattr(CASES[name].make, "keeps_strides", False) is (name in WITH_STRIDES)


@every
def test_a_registry_knows_the_type_of_every_argument(case: Case) -> None:
    registry = Registry[Neck]()
    registry.register(case.make)
    name = case.make.__name__
    parameters = registry.signature(name).parameters
    assert all(parameter.annotation is not inspect.Parameter.empty for parameter in parameters.values())
    assert isinstance(registry.build(name, case.channels, **case.arguments), case.make)
    for parameter in list(parameters)[1:]:
        with pytest.raises(InvalidArgumentsError) as caught:
            registry.validate(name, case.channels, **(case.arguments | {parameter: {1}}))
        assert [problem.path for problem in caught.value.problems] == [parameter]


@pytest.mark.slow
@every
def test_compiled_necks_compute_the_same(case: Case) -> None:
    neck = case.build().eval()
    compiled = torch.compile(neck, backend="aot_eager", fullgraph=True)
    torch.testing.assert_close(compiled(case.features()), neck(case.features()))


@pytest.mark.parametrize("name", ["interpolate", "maxpool", "bottleneck", "learned", "fpn"])
def test_necks_for_maps_refuse_other_features(name: str) -> None:
    case = CASES[name]
    neck, title = case.build(), case.make.__name__
    with pytest.raises(ValueError, match=rf"^{title} was made for 4 feature\(s\), got 3$"):
        neck(case.features()[:3])
    tokens = [torch.zeros(1, 8, width) for width in WIDTHS]
    expected = rf"^{title} expects maps \(B, C, H, W\), feature 0 has the shape \(1, 8, 8\); ReshapeTokensToImage makes"
    with pytest.raises(ValueError, match=expected):
        neck(tokens)
    with pytest.raises(ValueError, match=rf"^{title} expects maps .*, feature 1 has the shape \(1, 6\)$"):
        neck([torch.zeros(1, 8, 2, 2), *[torch.zeros(1, width) for width in WIDTHS[1:]]])
    expected = rf"^{title} was made for 6 channels in feature 1, which has the shape \(1, 5, 16, 16\)$"
    with pytest.raises(ValueError, match=expected):
        neck([torch.zeros(1, 5 if width == 6 else width, 16, 16) for width in WIDTHS])
