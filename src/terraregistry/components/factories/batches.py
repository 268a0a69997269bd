"""The batch for a model, from the arguments of its backbone or attributes of the built backbone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from terraregistry.components.models.images import Images

__all__ = ["batch_shape", "make_inputs"]

_UNPREFIXED: Final = ("bands", "img_size", "in_channels", "num_frames")


def batch_shape(
    arguments: Mapping[str, object],
    model: object,
    batch_size: int,
    image_size: tuple[int, int] | None = None,
    in_channels: int | None = None,
) -> tuple[int, ...]:
    """Choose the shape of a batch of images.

    Args:
        arguments: The arguments of the model. Read are `backbone_in_chans`, `backbone_bands`, `backbone_model_bands`,
            `backbone_img_size` and `backbone_num_frames`, the same without prefix in `backbone_kwargs`, and their
            equivalents in the factories of whole models: `in_channels`, `bands`, `img_size`, `num_frames`.
        model: The model. Fallback: the `in_channels`, `in_chans`, `img_size`, `num_frames` and `input_size`,
            `(C, H, W)`, of its `encoder`.
        batch_size: The number of images.
        image_size: Height and width; chosen by default.
        in_channels: The number of channels; chosen by default.

    Returns:
        `(B, C, H, W)`, or `(B, C, T, H, W)` for a backbone with more than one frame or applied to each frame.

    >>> batch_shape({"backbone_bands": ["RED", "NIR"], "backbone_img_size": 64}, None, 2)
    (2, 2, 64, 64)
    """
    given = {name: arguments[name] for name in _UNPREFIXED if name in arguments} | _backbone_arguments(arguments)
    encoder = _encoder_of(model)
    input_size = _sizes(getattr(encoder, "input_size", None), 3)
    modality = next(iter(_modalities(encoder).values()), None)
    channels = in_channels or modality or _channels(given, encoder) or (input_size[0] if input_size else 3)
    sides = image_size or _image_size(given.get("img_size")) or (input_size[1:] if input_size else None)
    height, width = sides or _image_size(getattr(encoder, "img_size", None)) or (224, 224)
    frames = _frames({"num_frames": getattr(encoder, "num_frames", None), **given})
    return (batch_size, channels, height, width) if frames is None else (batch_size, channels, frames, height, width)


def make_inputs(shape: tuple[int, ...], model: object, make: Callable[[tuple[int, ...]], Tensor]) -> Images:
    """Make a batch of images of a shape; for a backbone with several modalities, one for each by its name."""
    modalities = _modalities(_encoder_of(model))
    if len(modalities) < 2:
        return make(shape)
    return {name: make((shape[0], channels, *shape[2:])) for name, channels in modalities.items()}


def _encoder_of(model: object) -> object:
    encoder: object = getattr(model, "encoder", model)
    if _modalities(encoder):
        return encoder
    return getattr(encoder, "encoder", encoder)  # of a wrapper


def _modalities(encoder: object) -> dict[str, int]:
    """Return the channels of each image modality of TerraTorch's TerraMind; empty for other backbones."""
    names: object = getattr(encoder, "mod_name_mapping", None)
    embeddings: Any = getattr(encoder, "encoder_embeddings", {})  # modules by the names of the mapping
    if not isinstance(names, Mapping):
        return {}
    widths = {
        name: _whole(getattr(embeddings[key], "num_channels", None))
        for name, key in cast("Mapping[str, str]", names).items()
    }
    return {name: width for name, width in widths.items() if width}


def _backbone_arguments(arguments: Mapping[str, object]) -> dict[str, object]:
    prefix = "backbone_"
    given = {name.removeprefix(prefix): value for name, value in arguments.items() if name.startswith(prefix)}
    together = given.pop("kwargs", None)
    return {**given, **cast("dict[str, object]", together)} if isinstance(together, dict) else given


def _channels(given: Mapping[str, object], encoder: object) -> int | None:
    named = _whole(given.get("in_chans")) or _whole(given.get("in_channels"))
    bands = given.get("bands") or given.get("model_bands")
    if named is None and isinstance(bands, list):
        named = sum(_width(band) for band in cast("list[object]", bands)) or None
    return named or _whole(getattr(encoder, "in_channels", None)) or _whole(getattr(encoder, "in_chans", None))


def _frames(given: Mapping[str, object]) -> int | None:
    """Count the frames of an image; None for an image without an axis for them."""
    frames = _whole(given.get("num_frames")) or 1
    if given.get("use_temporal") is True:
        return _whole(given.get("temporal_n_timestamps")) or max(frames, 2)  # enough for any way to pool them
    return None if frames == 1 else frames


def _width(band: object) -> int:
    """Count the bands in one entry: a name, a number, or the first and last of a range."""
    ends = _sizes(getattr(band, "value", band), 2, least=0)
    return ends[1] - ends[0] + 1 if ends and ends[1] >= ends[0] else 1


def _image_size(value: object) -> tuple[int, ...] | None:
    side = _whole(value)
    return (side, side) if side else _sizes(value, 2)


def _whole(value: object, least: int = 1) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= least else None


def _sizes(value: object, count: int, least: int = 1) -> tuple[int, ...] | None:
    if not isinstance(value, (list, tuple)):
        return None
    sizes = [_whole(size, least) for size in cast("list[object]", value)]
    whole = tuple(size for size in sizes if size is not None)
    return whole if len(whole) == len(sizes) == count else None
