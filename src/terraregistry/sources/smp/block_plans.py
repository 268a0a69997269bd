"""What to make of the decoders that go up to the image block by block: Unet, Unet++, MAnet and Linknet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from terraregistry.sources.smp.pyramid import check_levels, check_strides_double, plan_of, read_pyramid, up_to_image

if TYPE_CHECKING:
    from collections.abc import Sequence

    from terraregistry.sources.smp.pyramid import Plan, Pyramid
    from terraregistry.sources.smp.smp_checks import Checks

__all__ = ["default_block_channels", "plan_linknet", "plan_manet", "plan_unet", "plan_unet_plus_plus"]

_BLOCK_CHANNELS: Final = (256, 128, 64, 32, 16)  # of the five blocks of smp's Unet, Unet++ and MAnet
_SCSE_REDUCTION: Final = 16  # smp's attention divides the channels by it
_NARROWEST: Final = 4  # each block of Linknet works in a quarter of the channels that enter it


def plan_unet(checks: Checks) -> Plan:
    """Return the plan of Unet."""
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


def plan_unet_plus_plus(checks: Checks) -> Plan:
    """Return the plan of Unet++."""
    norm, attention, mode = checks.norm(), checks.choice("attention_type", (None, "scse")), checks.interpolation()
    pyramid = _read_u_shape(checks, entries=3, most=2)
    check_strides_double(checks, pyramid)
    widths = _block_channels(checks, pyramid)
    dense = [width for width in pyramid.smp_channels[1:-2] if width]
    _check_scse(checks, [_coarsest_block(pyramid), *dense, *widths])
    center = checks["center"]
    return _in_blocks(
        checks, pyramid, widths, use_norm=norm, attention_type=attention, interpolation_mode=mode, center=center
    )


def plan_manet(checks: Checks) -> Plan:
    """Return the plan of MAnet."""
    norm, compared, divisor = checks.norm(), checks.positive("pab_channels"), checks.positive("reduction")
    mode = checks.interpolation()
    pyramid = _read_u_shape(checks)
    check_strides_double(checks, pyramid)
    widths = _block_channels(checks, pyramid)
    return _in_blocks(
        checks, pyramid, widths, reduction=divisor, use_norm=norm, pab_channels=compared, interpolation_mode=mode
    )


def plan_linknet(checks: Checks) -> Plan:
    """Return the plan of Linknet."""
    norm, prefinal = checks.norm(), checks.positive("prefinal_channels")
    pyramid = _read_u_shape(checks)
    used = pyramid.from_entry(1)
    check_strides_double(checks, pyramid)
    if min(pyramid.channels[i] for i in used) < _NARROWEST:
        checks.refuse("channels", f"needs features of at least {_NARROWEST} channels, got {pyramid.channels}")
    return plan_of(
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
    return plan_of(
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
    check_levels(checks, pyramid, entries)
    return pyramid


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
