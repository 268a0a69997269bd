"""What to make for the arguments of a decoder: the checks of each, without torch and smp.

Each function reads the arguments of the decoder of its name, notes all mistakes, and returns the plan.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, NamedTuple, get_args

from terraregistry.sources.smp.pyramid import QUARTER, Pyramid, read_pyramid, up_to_image, up_to_quarter
from terraregistry.sources.smp.smp_checks import Checks, MergePolicy, OutputStride, Readout

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["Plan", "default_block_channels", "plan_decoder", "target_stride", "times_coarser"]

_BLOCK_CHANNELS: Final = (256, 128, 64, 32, 16)  # of the five blocks of smp's Unet, Unet++ and MAnet
_SCSE_REDUCTION: Final = 16  # smp's attention divides the channels by it
_NARROWEST: Final = 4  # each block of Linknet works in a quarter of the channels that enter it
_FPN_LEVELS: Final = 4
_FPN_GROUPS: Final = 32  # of the group norms behind each convolution
_PSP_SCALES: Final = 4
_RATES: Final = 3
_SHALLOW: Final = 3  # the depth at which DeepLabV3+ doubles whatever the output stride is
_PAN_DEPTHS: Final = {2: 3, 3: 4, 4: 5}  # of smp, by the number of features used
_SEGFORMER_DEPTH: Final = 3  # the smallest
_DPT_INTERMEDIATE: Final = (256, 512, 1024, 1024)
_DPT_REDUCTION: Final = 2


class Plan(NamedTuple):
    """The decoder to make.

    Attributes:
        arguments: The arguments of smp's class.
        pyramid: The features.
        out_channels: The number of channels of the result.
        reduction: Input pixels for each step along H and W of the result.
        used: The indices of the features with an effect on the result.
    """

    arguments: dict[str, Any]  # of several types
    pyramid: Pyramid
    out_channels: int
    reduction: int
    used: tuple[int, ...]

    @property
    def is_certain(self) -> bool:
        """False if only making it shows whether smp can: a norm with arguments of its own, or of another package."""
        norm = self.arguments.get("use_norm")
        return not isinstance(norm, dict) and norm != "inplace"


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


def _plan(pyramid: Pyramid, used: tuple[int, ...], width: int, reduction: int, /, **arguments: Any) -> Plan:  # as above
    return Plan(arguments, pyramid, width, reduction, used)


# -- Unet, Unet++, MAnet and Linknet: up to the image, block by block --


def _unet(checks: Checks) -> Plan:
    norm, attention, mode = checks.norm(), checks.choice("attention_type", (None, "scse")), checks.interpolation()
    pyramid = _read_u_shape(checks)
    widths = _block_channels(checks, pyramid)
    _check_scse(checks, [_coarsest_block(pyramid), *widths])
    center = checks["add_center_block"]
    return _in_blocks(
        checks,
        pyramid,
        widths,
        use_norm=norm,
        attention_type=attention,
        interpolation_mode=mode,
        add_center_block=center,
    )


def _unet_plus_plus(checks: Checks) -> Plan:
    norm, attention, mode = checks.norm(), checks.choice("attention_type", (None, "scse")), checks.interpolation()
    pyramid = _read_u_shape(checks, entries=3, most=2)
    _check_strides_double(checks, pyramid)
    widths = _block_channels(checks, pyramid)
    dense = [width for width in pyramid.smp_channels[1:-2] if width]
    _check_scse(checks, [_coarsest_block(pyramid), *dense, *widths])
    center = checks["center"]
    return _in_blocks(
        checks, pyramid, widths, use_norm=norm, attention_type=attention, interpolation_mode=mode, center=center
    )


def _manet(checks: Checks) -> Plan:
    norm, compared, divisor = checks.norm(), checks.positive("pab_channels"), checks.positive("reduction")
    mode = checks.interpolation()
    pyramid = _read_u_shape(checks)
    _check_strides_double(checks, pyramid)
    widths = _block_channels(checks, pyramid)
    return _in_blocks(
        checks, pyramid, widths, reduction=divisor, use_norm=norm, pab_channels=compared, interpolation_mode=mode
    )


def _linknet(checks: Checks) -> Plan:
    norm, prefinal = checks.norm(), checks.positive("prefinal_channels")
    pyramid = _read_u_shape(checks)
    used = pyramid.from_entry(1)
    _check_strides_double(checks, pyramid)
    if min(pyramid.channels[i] for i in used) < _NARROWEST:
        checks.refuse("channels", f"needs features of at least {_NARROWEST} channels, got {pyramid.channels}")
    return _plan(
        pyramid,
        used,
        prefinal,
        pyramid.output_stride,
        encoder_channels=pyramid.smp_channels,
        prefinal_channels=prefinal,
        n_blocks=pyramid.depth,
        use_norm=norm,
    )


def _in_blocks(checks: Checks, pyramid: Pyramid, widths: tuple[int, ...], /, **options: Any) -> Plan:  # as in Plan
    checks.finish()
    return _plan(
        pyramid,
        pyramid.from_entry(1),
        widths[-1],
        pyramid.output_stride,
        encoder_channels=pyramid.smp_channels,
        decoder_channels=widths,
        n_blocks=pyramid.depth,
        **options,
    )


def _read_u_shape(checks: Checks, entries: int = 2, most: int | None = None) -> Pyramid:
    """Read the features of a decoder that ignores the first of its `entries` or more, the image."""
    pyramid = read_pyramid(checks, up_to_image, most)
    _check_levels(checks, pyramid, entries)
    return pyramid


def _check_levels(checks: Checks, pyramid: Pyramid, entries: int) -> None:
    if pyramid.depth + 1 < entries:
        checks.stop(
            "channels",
            f"needs a pyramid that makes {entries} levels or more together with the image's, such as "
            f"(64, 128, 256, 512) at strides (4, 8, 16, 32); got {pyramid}",
        )


def default_block_channels(count: int) -> tuple[int, ...]:
    """Return smp's default for five blocks, cut or extended to another number.

    Fewer blocks take its first entries, as smp's users write it for a smaller depth; more repeat the 256 in front.

    >>> default_block_channels(4), default_block_channels(6)
    ((256, 128, 64, 32), (256, 256, 128, 64, 32, 16))
    """
    return _BLOCK_CHANNELS[:1] * max(0, count - len(_BLOCK_CHANNELS)) + _BLOCK_CHANNELS[:count]


def _block_channels(checks: Checks, pyramid: Pyramid) -> tuple[int, ...]:
    """Return the channels of each block, one block for each step of the pyramid; empty if those given are none."""
    if checks["decoder_channels"] is None:
        return default_block_channels(pyramid.depth)
    widths = checks.positives("decoder_channels")
    if widths is not None and len(widths) != pyramid.depth:
        older = len(pyramid.channels) - 1
        is_older = pyramid.placeholders and older == len(widths)
        hint = f" ({older} are right with drop_first_features=True)" if is_older else ""
        checks.refuse(
            "decoder_channels",
            f"needs {pyramid.depth} entries, one a block, for {pyramid} (from stride {pyramid.strides[-1]} up to "
            f"{pyramid.output_stride}), got {len(widths)}{hint}",
        )
    return widths or ()


def _coarsest_block(pyramid: Pyramid) -> int:
    """Return the channels of the first block's input: those of the coarsest entry and of the one before it."""
    return sum(pyramid.smp_channels[1:][-2:])


def _check_scse(checks: Checks, widths: Sequence[int]) -> None:
    """Note a problem if attention would squeeze one of these maps to nothing."""
    narrowest = min(widths)
    if checks["attention_type"] == "scse" and narrowest < _SCSE_REDUCTION:
        detail = f"'scse' needs at least {_SCSE_REDUCTION} channels in every block; one would have {narrowest}"
        checks.refuse("attention_type", detail)


def _check_strides_double(checks: Checks, pyramid: Pyramid, first: int = 0) -> None:
    """Note a problem if the strides do not double from the feature `first` on, or not from the image on."""
    strides = pyramid.strides[first:]
    below = strides[0] if pyramid.placeholders else 1
    start = ", the first a power of two" if pyramid.placeholders else ""
    if below & (below - 1) or any(coarse != 2 * fine for fine, coarse in pairwise(strides)):
        checks.refuse(
            "strides",
            f"needs each stride to be twice the one before{start}, such as (4, 8, 16, 32), got {pyramid.strides}; "
            "make a pyramid of the features with a neck, or choose Unet, UPerNet or Segformer, which resize them",
        )


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
    _check_strides_double(checks, pyramid, used[0])
    return _plan(
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
    return _plan(
        pyramid,
        used,
        width,
        pyramid.strides[used[0]],
        encoder_channels=pyramid.smp_channels,
        encoder_depth=_PAN_DEPTHS[len(used)],
        decoder_channels=width,
        interpolation_mode=mode,
    )


def _upernet(checks: Checks) -> Plan:
    norm, width = checks.norm(), checks.positive("decoder_channels")
    pyramid, used = _read_quarter(checks, "two or more features")
    return _plan(
        pyramid,
        used,
        width,
        pyramid.strides[used[0]],
        encoder_channels=pyramid.smp_channels,
        encoder_depth=pyramid.depth,
        decoder_channels=width,
        use_norm=norm,
    )


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
    return _plan(pyramid, (len(pyramid.channels) - 1,), width, pyramid.strides[-1], **arguments)


def _deeplab_plus(checks: Checks) -> Plan:
    arguments = _aspp(checks) | {"output_stride": checks.choice("output_stride", get_args(OutputStride))}
    pyramid = read_pyramid(checks, up_to_quarter)
    shallow = checks["drop_first_features"] and pyramid.depth == _SHALLOW
    arguments |= {"encoder_channels": pyramid.smp_channels, "encoder_depth": _SHALLOW if shallow else 5}
    used = _ends(checks, pyramid, times_coarser(arguments))
    return _plan(pyramid, used, arguments["out_channels"], pyramid.strides[used[0]], **arguments)


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
    _check_levels(checks, pyramid, _SEGFORMER_DEPTH + 1)
    return _plan(
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
    return _plan(
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
    "Unet": _unet,
    "UnetPlusPlus": _unet_plus_plus,
    "MAnet": _manet,
    "Linknet": _linknet,
    "FPN": _fpn,
    "PSPNet": _pspnet,
    "DeepLabV3": _deeplab,
    "DeepLabV3Plus": _deeplab_plus,
    "PAN": _pan,
    "UPerNet": _upernet,
    "Segformer": _segformer,
    "DPT": _dpt,
}
