"""What to make for the arguments of a decoder: the checks of each, without torch and smp.

Each function reads the arguments of the decoder of its name, notes all mistakes, and returns the plan.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, get_args

from terraregistry.sources.smp.block_plans import plan_linknet, plan_manet, plan_unet, plan_unet_plus_plus
from terraregistry.sources.smp.pyramid import (
    QUARTER,
    Plan,
    Pyramid,
    check_levels,
    check_strides_double,
    plan_of,
    read_pyramid,
    up_to_quarter,
)
from terraregistry.sources.smp.smp_checks import Checks, MergePolicy, OutputStride, Readout

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["plan_decoder", "target_stride", "times_coarser"]

_FPN_LEVELS: Final = 4
_FPN_GROUPS: Final = 32  # of the group norms behind each convolution
_PSP_SCALES: Final = 4
_RATES: Final = 3
_SHALLOW: Final = 3  # the depth at which DeepLabV3+ doubles whatever the output stride is
_PAN_DEPTHS: Final = {2: 3, 3: 4, 4: 5}  # of smp, by the number of features used
_SEGFORMER_DEPTH: Final = 3  # the smallest
_DPT_INTERMEDIATE: Final = (256, 512, 1024, 1024)
_DPT_REDUCTION: Final = 2


def plan_decoder(name: str, arguments: Mapping[str, object], called: str = "") -> Plan:
    """Check the arguments of a decoder.

    Args:
        name: The name of the decoder.
        arguments: All its arguments, defaults included.
        called: The name of a subclass, for the error.

    Returns:
        The decoder to make.

    Raises:
        InvalidArgumentsError: The arguments do not fit; every problem is listed.
    """
    checks = Checks(called or name, arguments)
    plan = _PLANS[name](checks)
    checks.finish()
    return plan


# -- FPN, PAN and UPerNet: a feature pyramid --


def _fpn(checks: Checks) -> Plan:
    inner, outer = checks.positive("pyramid_channels"), checks.positive("segmentation_channels")
    if outer % _FPN_GROUPS:
        detail = f"must be a multiple of {_FPN_GROUPS}, the groups of its norms, got {outer}"
        checks.refuse("segmentation_channels", detail)
    rate, policy = checks.fraction("dropout"), checks.choice("merge_policy", get_args(MergePolicy))
    mode = checks.interpolation()
    pyramid = read_pyramid(checks)
    used = pyramid.from_entry(len(pyramid.channels) - _FPN_LEVELS)
    if len(used) < _FPN_LEVELS:
        checks.refuse("channels", f"needs a pyramid of {_FPN_LEVELS} features or more, got {pyramid}")
    check_strides_double(checks, pyramid, used[0])
    return plan_of(
        pyramid,
        used,
        outer if policy == "add" else _FPN_LEVELS * outer,
        pyramid.strides[used[0]],
        encoder_channels=pyramid.smp_channels,
        encoder_depth=pyramid.depth,
        pyramid_channels=inner,
        segmentation_channels=outer,
        dropout=rate,
        merge_policy=policy,
        interpolation_mode=mode,
    )


def _pan(checks: Checks) -> Plan:
    width, mode = checks.positive("decoder_channels"), checks.interpolation()
    pyramid, used = _read_quarter(checks, "two to four features", most=4)
    return _from_quarter(pyramid, used, width, encoder_depth=_PAN_DEPTHS[len(used)], interpolation_mode=mode)


def _upernet(checks: Checks) -> Plan:
    norm, width = checks.norm(), checks.positive("decoder_channels")
    pyramid, used = _read_quarter(checks, "two or more features")
    return _from_quarter(pyramid, used, width, encoder_depth=pyramid.depth, use_norm=norm)


def _from_quarter(pyramid: Pyramid, used: tuple[int, ...], width: int, **arguments: Any) -> Plan:  # as in Plan
    channels = {"encoder_channels": pyramid.smp_channels, "decoder_channels": width}
    return plan_of(pyramid, used, width, pyramid.strides[used[0]], **channels, **arguments)


def _read_quarter(checks: Checks, words: str, most: int | None = None) -> tuple[Pyramid, tuple[int, ...]]:
    """Read the features of a decoder that uses those from the third entry of its list on, and their indices."""
    pyramid = read_pyramid(checks, up_to_quarter)
    used = pyramid.from_entry(2)
    if not 2 <= len(used) <= (most or len(used)):
        place = "after the first two" if checks["drop_first_features"] else "of stride 4 or more"
        checks.stop("channels", f"needs a pyramid with {words} {place}, got {pyramid}")
    return pyramid, used


# -- PSPNet, DeepLabV3 and DeepLabV3+: the context of the last feature --


def _pspnet(checks: Checks) -> Plan:
    norm, width, rate = checks.norm(), checks.positive("out_channels"), checks.fraction("dropout")
    pyramid = read_pyramid(checks)
    last = pyramid.channels[-1]
    if last % _PSP_SCALES:
        detail = f"needs a last feature whose channels are a multiple of {_PSP_SCALES}, got {last}"
        checks.refuse("channels", detail)
    return _on_last(
        pyramid, width, encoder_channels=pyramid.smp_channels, use_norm=norm, out_channels=width, dropout=rate
    )


def _deeplab(checks: Checks) -> Plan:
    arguments = _aspp(checks)
    pyramid = read_pyramid(checks)
    return _on_last(pyramid, arguments["out_channels"], in_channels=pyramid.channels[-1], **arguments)


def _on_last(pyramid: Pyramid, width: int, **arguments: Any) -> Plan:  # as in Plan
    return plan_of(pyramid, (len(pyramid.channels) - 1,), width, pyramid.strides[-1], **arguments)


def _deeplab_plus(checks: Checks) -> Plan:
    arguments = _aspp(checks) | {"output_stride": checks.choice("output_stride", get_args(OutputStride))}
    pyramid = read_pyramid(checks, up_to_quarter)
    shallow = checks["drop_first_features"] and pyramid.depth == _SHALLOW
    arguments |= {"encoder_channels": pyramid.smp_channels, "encoder_depth": _SHALLOW if shallow else 5}
    used = _ends(checks, pyramid, times_coarser(arguments))
    return plan_of(pyramid, used, arguments["out_channels"], pyramid.strides[used[0]], **arguments)


def _aspp(checks: Checks) -> dict[str, Any]:  # arguments of several types
    width, rates = checks.positive("out_channels"), checks.positives("atrous_rates")
    if rates is not None and len(rates) != _RATES:
        checks.refuse("atrous_rates", f"needs {_RATES} dilations, got {len(rates)}")
    rate, separable = checks.fraction("aspp_dropout"), checks["aspp_separable"]
    return {"out_channels": width, "atrous_rates": rates, "aspp_dropout": rate, "aspp_separable": separable}


def times_coarser(arguments: Mapping[str, Any]) -> int:  # as above
    """Return how much coarser than the finer feature the last one of DeepLabV3+ is."""
    return 4 if arguments["output_stride"] == 16 and arguments["encoder_depth"] > _SHALLOW else 2


def _ends(checks: Checks, pyramid: Pyramid, ratio: int) -> tuple[int, int]:
    """Return the indices of DeepLabV3+'s two features, and note a mismatch between them."""
    low, last = pyramid.from_entry(2)[:1], len(pyramid.channels) - 1
    if not low or low[0] == last:
        checks.stop(
            "channels",
            "needs a pyramid with a feature of stride 4 or more and a coarser one, such as (64, 128, 256, 512) at "
            f"strides (4, 8, 16, 16); got {pyramid}",
        )
    if not pyramid.assumed and pyramid.strides[last] != ratio * pyramid.strides[low[0]]:
        checks.refuse(
            "strides",
            f"needs the last stride to be {ratio} times that of feature {low[0]}, such as (4, 8, 16, 16) with "
            f"output_stride=16 or (4, 8, 8, 8) with output_stride=8; got {pyramid.strides}",
        )
    return low[0], last


# -- Segformer and DPT: made for vision transformers --


def _segformer(checks: Checks) -> Plan:
    width = checks.positive("segmentation_channels")
    pyramid = read_pyramid(checks, up_to_quarter)
    check_levels(checks, pyramid, _SEGFORMER_DEPTH + 1)
    return plan_of(
        pyramid,
        pyramid.from_entry(1),
        width,
        pyramid.output_stride * QUARTER,
        encoder_channels=pyramid.smp_channels,
        encoder_depth=pyramid.depth,
        segmentation_channels=width,
    )


def _dpt(checks: Checks) -> Plan:
    mode, width = checks.choice("readout", get_args(Readout)), checks.positive("fusion_channels")
    pyramid = read_pyramid(checks)
    inner = _intermediate(checks, len(pyramid.channels))
    for at, stride in enumerate(pyramid.strides):
        target = target_stride(at)
        if stride % target and target % stride:
            checks.stop(
                "strides",
                f"feature {at} is resized from stride {stride} to {target}, which is no whole factor; needs strides "
                f"such as (4, 8, 16, 32) or (16, 16, 16, 16), got {pyramid.strides}",
            )
    return plan_of(
        pyramid,
        pyramid.from_entry(0),
        width,
        _DPT_REDUCTION,
        encoder_out_channels=pyramid.channels,
        encoder_output_strides=pyramid.strides,
        encoder_has_prefix_tokens=checks["encoder_has_prefix_tokens"],
        readout=mode,
        intermediate_channels=inner,
        fusion_channels=width,
    )


def _intermediate(checks: Checks, count: int) -> tuple[int, ...] | None:
    if checks["intermediate_channels"] is None:
        return (_DPT_INTERMEDIATE + _DPT_INTERMEDIATE[-1:] * max(0, count - len(_DPT_INTERMEDIATE)))[:count]
    widths = checks.positives("intermediate_channels")
    if widths is not None and len(widths) != count:
        checks.refuse("intermediate_channels", f"needs {count} entries, one a feature, got {len(widths)}")
    return widths


def target_stride(index: int) -> int:
    """Return the stride of a feature of DPT after it is resized."""
    return int(QUARTER * 2**index)


_PLANS: Final[dict[str, Callable[[Checks], Plan]]] = {
    "Unet": plan_unet,
    "UnetPlusPlus": plan_unet_plus_plus,
    "MAnet": plan_manet,
    "Linknet": plan_linknet,
    "FPN": _fpn,
    "PSPNet": _pspnet,
    "DeepLabV3": _deeplab,
    "DeepLabV3Plus": _deeplab_plus,
    "PAN": _pan,
    "UPerNet": _upernet,
    "Segformer": _segformer,
    "DPT": _dpt,
}
