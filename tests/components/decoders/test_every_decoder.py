"""What is true of every decoder: shapes, types, copies, the protocol, and arguments that are checked by name."""

from __future__ import annotations

import copy
import inspect
import pickle
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import torch
from torch import nn

from terraregistry.components.decoders.aspp import ASPPHead, ASPPRegressionHead, ASPPSegmentationHead
from terraregistry.components.decoders.fcn import FCNDecoder
from terraregistry.components.decoders.linear import IdentityDecoder, LinearDecoder, MLPDecoder
from terraregistry.components.decoders.satmae import SatMAEHead
from terraregistry.components.decoders.unet import UNetDecoder
from terraregistry.components.decoders.upernet import UperNetDecoder
from terraregistry.errors import InvalidArgumentsError
from terraregistry.protocols import Decoder
from terraregistry.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable

SIZES = [(20, 13), (10, 7), (5, 4), (3, 2)]  # odd, not square, no multiples of each other


class Case(NamedTuple):
    make: type[nn.Module]
    channels: list[int]
    arguments: dict[str, Any]
    out_channels: int
    size: tuple[int, ...]
    includes_head: bool = False
    one_size: bool = False

    def build(self) -> Any:
        return self.make(self.channels, **self.arguments)

    def features(self, batch: int = 2, dtype: torch.dtype = torch.float32) -> list[torch.Tensor]:
        generator = torch.Generator().manual_seed(0)
        shapes = [(batch, width, *SIZES[0 if self.one_size else at]) for at, width in enumerate(self.channels)]
        return [torch.randn(shape, generator=generator).to(dtype).requires_grad_() for shape in shapes]

    def shape(self, batch: int = 2) -> tuple[int, ...]:
        return (batch, self.out_channels, *self.size)


FOUR = [6, 5, 4, 7]
ASPP = {"channels": 3, "dilations": (1, 2), "in_index": 1}
SATMAE = {"num_heads": 2, "mlp_ratio": 2.0, "patch_size": 3, "num_patches": 6, "depth": 2, "in_chans": 2}
CASES = {
    "fcn": Case(FCNDecoder, FOUR, {"channels": 3, "num_convs": 2, "in_index": 1}, 3, (40, 28)),
    "identity": Case(IdentityDecoder, FOUR, {"out_index": 2}, 4, (5, 4)),
    "linear": Case(LinearDecoder, FOUR, {"num_classes": 3, "upsampling_size": 4}, 3, (12, 8), includes_head=True),
    "mlp": Case(MLPDecoder, FOUR, {"activation": "GELU"}, 7, (20, 13), one_size=True),
    "unet": Case(UNetDecoder, FOUR, {"channels": [8, 6, 5, 3]}, 3, (20, 13)),
    "unet scse": Case(UNetDecoder, [16, 17], {"channels": [18, 16], "attention_type": "scse"}, 16, (20, 13)),
    "upernet": Case(UperNetDecoder, FOUR, {"channels": 3, "pool_scales": [1, 2]}, 3, (20, 13)),
    "aspp": Case(ASPPHead, FOUR, ASPP, 3, (10, 7)),
    "aspp several": Case(ASPPHead, FOUR, ASPP | {"input_transform": "resize_concat", "in_index": [2, 0]}, 3, (5, 4)),
    "aspp segmentation": Case(ASPPSegmentationHead, FOUR, ASPP | {"num_classes": 4}, 4, (10, 7), includes_head=True),
    "aspp regression": Case(ASPPRegressionHead, FOUR, ASPP | {"out_channels": 2}, 2, (10, 7), includes_head=True),
    "satmae": Case(SatMAEHead, [5, 4], SATMAE | {"out_channels": 8}, 2, (30, 21)),
}
every = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


@every
def test_the_result_has_the_channels_and_size_that_are_documented(case: Case) -> None:
    decoder = case.build()
    assert decoder(case.features()).shape == case.shape()
    assert decoder.out_channels == case.out_channels
    assert type(decoder.out_channels) is int


@every
def test_one_image_is_enough_where_nothing_is_trained(case: Case) -> None:
    assert case.build().eval()(case.features(batch=1)).shape == case.shape(1)


@every
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_gradients_reach_every_parameter_and_every_feature_that_is_read(case: Case, dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    decoder = case.build().to(dtype)
    features = case.features(dtype=dtype)
    result = decoder(features)
    assert result.dtype == dtype
    result.float().square().sum().backward()
    unused = {"mask_token"}  # nothing is masked here
    # The attention before the convolutions of the last block reads nothing: there is no skip.
    unused |= {name for name, _ in decoder.named_parameters() if name.startswith("decoder.blocks.1.attention1")}
    for name, parameter in decoder.named_parameters():
        if parameter.requires_grad and name not in unused:
            assert parameter.grad is not None, name
            assert parameter.grad.isfinite().all(), name
    assert any(feature.grad is not None and feature.grad.abs().sum() > 0 for feature in features)


@every
def test_bfloat16_is_float32_with_less_precision(case: Case) -> None:
    decoder = case.build().eval()
    expected = decoder(case.features())
    given = decoder.to(torch.bfloat16)(case.features(dtype=torch.bfloat16)).float()
    assert (given - expected).abs().max() < 0.05 * max(1.0, expected.abs().max().item())


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
def test_decoders_satisfy_the_protocol_and_say_whether_they_include_a_head(case: Case) -> None:
    assert isinstance(case.build(), Decoder)
    assert getattr(case.make, "includes_head", False) is case.includes_head


@every
def test_lists_that_are_given_stay_as_they_were(case: Case) -> None:
    channels = list(case.channels)
    arguments = copy.deepcopy(case.arguments)
    decoder = case.make(channels, **arguments).eval()
    features = case.features()
    kept, values = list(features), [feature.detach().clone() for feature in features]
    before = decoder(features)
    assert all(given is was for given, was in zip(features, kept, strict=True))
    assert all(torch.equal(feature, value) for feature, value in zip(features, values, strict=True))
    assert channels == case.channels
    assert arguments == case.arguments
    channels.clear()
    for value in arguments.values():
        if isinstance(value, list):
            value.clear()
    torch.testing.assert_close(decoder(features), before)


@every
def test_state_loads_into_another_decoder_of_the_same_arguments(case: Case) -> None:
    first, second = case.build().eval(), case.build().eval()
    second.load_state_dict(first.state_dict())
    torch.testing.assert_close(second(case.features()), first(case.features()))


@every
def test_a_registry_knows_the_type_of_every_argument(case: Case) -> None:
    registry = Registry[Decoder]()
    registry.register(case.make)
    name = case.make.__name__
    parameters = registry.signature(name).parameters
    assert all(parameter.annotation is not inspect.Parameter.empty for parameter in parameters.values())
    assert isinstance(registry.build(name, case.channels, **case.arguments), case.make)
    for parameter in list(parameters)[1:]:
        with pytest.raises(InvalidArgumentsError) as caught:
            registry.validate(name, case.channels, **(case.arguments | {parameter: {1}}))
        assert [problem.path for problem in caught.value.problems] == [parameter]
    with pytest.raises(InvalidArgumentsError, match="channel_lst: unknown argument"):
        registry.validate(name, case.channels, **case.arguments, channel_lst=[1])


@pytest.mark.slow
@every
def test_compiled_decoders_compute_the_same(case: Case) -> None:
    decoder = case.build().eval()
    expected = decoder(case.features())
    compiled = torch.compile(decoder, backend="aot_eager", fullgraph=True)
    torch.testing.assert_close(compiled(case.features()), expected)
