"""The heads: documented keys, shapes and values."""

from __future__ import annotations

import copy
import pickle
import re

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from terraregistry.components.heads import ClassificationHead, RegressionHead, ScalarHead, SegmentationHead
from terraregistry.errors import InvalidArgumentsError

quick = settings(deadline=None, max_examples=25)
widths = st.none() | st.lists(st.integers(1, 6), max_size=3)


def shapes(module: nn.Module) -> dict[str, tuple[int, ...]]:
    return {key: tuple(value.shape) for key, value in module.state_dict().items()}


def layer(prefix: str, *shape: int, bias: bool = True) -> dict[str, tuple[int, ...]]:
    weight = {f"{prefix}.weight": shape}
    return weight | {f"{prefix}.bias": shape[:1]} if bias else weight


def norm(prefix: str, channels: int) -> dict[str, tuple[int, ...]]:
    names = ("weight", "bias", "running_mean", "running_var")
    return {f"{prefix}.{name}": (channels,) for name in names} | {f"{prefix}.num_batches_tracked": ()}


@quick
@given(st.integers(1, 5), st.integers(1, 4), widths, st.sampled_from([0, 0.3]), st.integers(1, 2), st.integers(1, 5))
def test_segmentation_scores_each_position(channels, classes, channel_list, dropout, batch, side) -> None:
    head = SegmentationHead(channels, classes, channel_list=channel_list, dropout=dropout)
    assert head(torch.randn(batch, channels, side, side + 1)).shape == (batch, classes, side, side + 1)
    assert head.num_classes == classes


@quick
@given(st.integers(1, 4), st.integers(1, 3), widths, st.integers(0, 2), st.booleans())
def test_regression_predicts_at_each_position(channels, outputs, channel_list, layers, batch_norm) -> None:
    head = RegressionHead(
        channels,
        outputs,
        learned_upscale_layers=layers,
        channel_list=channel_list,
        batch_norm=batch_norm,
    )
    assert head(torch.randn(2, channels, 3, 5)).shape == (2, outputs, 3 * 2**layers, 5 * 2**layers)
    assert any(isinstance(part, nn.BatchNorm2d) for part in head.modules()) == (
        batch_norm and bool(layers or channel_list)
    )


@quick
@given(
    st.integers(1, 5), st.integers(1, 4), widths, st.sampled_from([(), (1,), (3,), (2, 3), (2, 3, 2)]), st.booleans()
)
def test_scalar_reduces_any_number_of_axes(channels, outputs, dim_list, axes, pool_first) -> None:
    head = ScalarHead(channels, outputs, dim_list=dim_list, linear_after_pool=pool_first)
    assert head(torch.randn(2, channels, *axes)).shape == (2, outputs)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (SegmentationHead(4, 3), layer("head.2", 3, 4, 1, 1)),
        (SegmentationHead(4, 3, dropout=0.5), layer("head.2", 3, 4, 1, 1)),
        (
            SegmentationHead(4, 3, channel_list=[5, 6]),
            layer("head.0.0.0", 5, 4, 3, 3) | layer("head.0.1.0", 6, 5, 3, 3) | layer("head.2", 3, 6, 1, 1),
        ),
        (RegressionHead(4), layer("head.1", 1, 4, 1, 1)),
        (
            RegressionHead(4, 2, channel_list=[5]),
            layer("head.0.0.0", 5, 4, 3, 3, bias=False) | norm("head.0.0.1", 5) | layer("head.2", 2, 5, 1, 1),
        ),
        (
            RegressionHead(4, channel_list=[5], batch_norm=False),
            layer("head.0.0.0", 5, 4, 3, 3) | layer("head.2", 1, 5, 1, 1),
        ),
        (
            RegressionHead(4, learned_upscale_layers=2),
            layer("head.0.0.conv", 16, 4, 3, 3)
            | norm("head.0.0.bn", 4)
            | layer("head.0.1.conv", 16, 4, 3, 3)
            | norm("head.0.1.bn", 4)
            | layer("head.2", 1, 4, 1, 1),
        ),
        (
            RegressionHead(4, learned_upscale_layers=1, channel_list=[5]),
            layer("head.0.0.conv", 16, 4, 3, 3)
            | norm("head.0.0.bn", 4)
            | layer("head.1.0.0", 5, 4, 3, 3, bias=False)
            | norm("head.1.0.1", 5)
            | layer("head.3", 1, 5, 1, 1),
        ),
        (
            RegressionHead(4, learned_upscale_layers=1, batch_norm=False),
            layer("head.0.0.conv", 16, 4, 3, 3) | layer("head.2", 1, 4, 1, 1),
        ),
        (ScalarHead(4, 3), layer("head.2", 3, 4)),
        (
            ScalarHead(4, num_classes=3, dim_list=[5, 6], dropout=0.1),
            layer("head.0.0.0", 5, 4) | layer("head.0.1.0", 6, 5) | layer("head.2", 3, 6),
        ),
    ],
)
def test_the_state_has_terratorchs_keys_and_shapes(head, expected) -> None:
    assert shapes(head) == expected


HEADS = [
    SegmentationHead(4, 3, channel_list=[5], dropout=0.5),
    RegressionHead(4, 3, final_act=nn.PReLU(), learned_upscale_layers=1, channel_list=[5], dropout=0.5),
    ScalarHead(4, 3, dim_list=[5], dropout=0.5),
]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("head", HEADS)
def test_every_parameter_gets_a_gradient(head, dtype) -> None:
    head = copy.deepcopy(head).to(dtype).eval()
    result = head(torch.randn(1, 4, 3, 5, dtype=dtype))
    assert result.dtype == dtype
    result.float().square().sum().backward()
    assert all(parameter.grad is not None and parameter.grad.isfinite().all() for parameter in head.parameters())


@pytest.mark.parametrize("head", HEADS)
def test_bfloat16_is_float32_with_less_precision(head) -> None:
    head = copy.deepcopy(head).eval()
    x = torch.randn(2, 4, 3, 5)
    expected = head(x)
    given = head.to(torch.bfloat16)(x.to(torch.bfloat16)).float()
    assert (given - expected).abs().max() < 0.05 * max(1.0, expected.abs().max().item())


@pytest.mark.slow
@pytest.mark.parametrize("head", HEADS)
def test_compiled_heads_compute_the_same(head) -> None:
    head = copy.deepcopy(head).eval()
    x = torch.randn(1, 4, 3, 5)
    torch.testing.assert_close(torch.compile(head, backend="aot_eager", fullgraph=True)(x), head(x))


@pytest.mark.parametrize("head", HEADS)
def test_heads_copy_and_pickle(head) -> None:
    head = head.eval()
    x = torch.randn(2, 4, 3, 3)
    for twin in (copy.deepcopy(head), pickle.loads(pickle.dumps(head))):
        torch.testing.assert_close(twin(x), head(x))


@pytest.mark.parametrize(
    ("head", "kind", "probability"),
    [
        (HEADS[0], nn.Dropout, 0.5),
        (HEADS[1], nn.Dropout2d, 0.5),
        (HEADS[2], nn.Dropout, 0.5),
        (RegressionHead(4), nn.Dropout2d, 0),
    ],
)
def test_dropout_is_of_the_documented_kind(head, kind, probability) -> None:
    (dropout,) = [part for part in head.head if type(part) is kind]
    assert dropout.p == probability


def test_pooling_before_or_after_the_layers_differs_only_where_they_are_not_linear() -> None:
    x = torch.randn(2, 4, 3, 5)
    after = ScalarHead(4, 3, dim_list=[6])
    before = ScalarHead(4, 3, dim_list=[6], linear_after_pool=True)
    before.load_state_dict(after.state_dict())
    torch.testing.assert_close(before(x), before.head(x.mean((2, 3))))
    torch.testing.assert_close(after(x), after.head(x.permute(0, 2, 3, 1)).mean((1, 2)))
    assert not torch.allclose(before(x), after(x))


@pytest.mark.parametrize(
    ("final_act", "kind"),
    [
        (None, nn.Identity),
        ("torch.nn.Sigmoid", nn.Sigmoid),
        ("torch.nn.modules.activation.ReLU", nn.ReLU),
        (nn.Softplus(), nn.Softplus),
    ],
)
def test_the_final_activation_is_applied_to_the_result(final_act, kind) -> None:
    head = RegressionHead(4, final_act=final_act)
    x = torch.randn(2, 4, 3, 3)
    assert type(head.final_act) is kind
    torch.testing.assert_close(head(x), kind()(head.head(x)))


@pytest.mark.parametrize(
    "name",
    ["Sigmoid", "os.system", "torch.nn.Sigmod", "torch.nn.functional.relu", "torch.nn.init", "torch.nnx.Sigmoid", ""],
)
def test_a_name_activates_nothing_but_classes_of_torch(name) -> None:
    with pytest.raises(ValueError, match="final_act") as caught:
        RegressionHead(4, final_act=name)
    assert str(caught.value).splitlines()[1] == (
        f"  final_act: expected an activation of torch.nn, such as 'torch.nn.Sigmoid', or a module, got {name!r}"
    )


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: SegmentationHead(4, 0), "num_classes: expected at least 1, got 0"),
        (lambda: RegressionHead(4, 0), "num_outputs: expected at least 1, got 0"),
        (lambda: RegressionHead(4, learned_upscale_layers=-1), "learned_upscale_layers: expected at least 0, got -1"),
        (lambda: ScalarHead(4), "num_outputs: missing (num_classes serves as well)"),
        (lambda: ScalarHead(4, num_outputs=0), "num_outputs: expected at least 1, got 0"),
        (lambda: ScalarHead(4, num_classes=0), "num_classes: expected at least 1, got 0"),
    ],
)
def test_bad_values_are_refused_with_what_would_be_right(make, message) -> None:
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        make()
    assert isinstance(caught.value, InvalidArgumentsError)
    assert [str(problem) for problem in caught.value.problems] == [message]
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_outputs_win_over_classes_with_a_warning() -> None:
    with pytest.warns(UserWarning, match="num_outputs=2 wins over num_classes=3; give one of them") as caught:
        head = ScalarHead(4, num_outputs=2, num_classes=3)
    assert head.num_outputs == 2
    assert caught[0].filename == __file__


def test_the_old_name_is_the_same_class() -> None:
    assert ClassificationHead is ScalarHead
