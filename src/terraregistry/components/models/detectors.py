"""Object detectors: torchvision's, on the features of any backbone and necks."""

from __future__ import annotations

import functools
import inspect
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from inspect import Parameter
from typing import TYPE_CHECKING, Any, Final, cast

import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models import detection as _untyped  # type: ignore[import-untyped]  # torchvision has no types
from torchvision.ops import MultiScaleRoIAlign  # type: ignore[import-untyped]  # as above

from terraregistry.components.models.encoder_decoder import NeckSequence
from terraregistry.components.models.framing import channels_first, layouts_of
from terraregistry.components.models.images import image_size_of
from terraregistry.components.refusals import refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "DetectionBackbone",
    "ObjectDetectionModel",
    "ObjectDetectionOutput",
    "faster_rcnn",
    "fcos",
    "mask_rcnn",
    "retinanet",
]

detection: Any = _untyped  # torchvision has no types, and loads its modules itself
_RATIOS: Final = (0.5, 1.0, 2.0)
_POOLED: Final = 7
_ROI_LEVELS: Final = ("feat0", "feat1", "feat2", "feat3")
_GROUPS: Final = 32


class DetectionBackbone(nn.Module):
    """A backbone and necks with the features of a detector: maps by name, `feat0`, `feat1`, ...

    Args:
        backbone: The backbone.
        necks: The necks, the first next to the backbone.
        channels: The channels of the features after the necks.

    Attributes:
        channel_list: The channels of the features.
        out_channels: The channels of each, as torchvision has it.
    """

    def __init__(self, backbone: nn.Module, necks: Iterable[nn.Module], channels: Sequence[int]) -> None:
        super().__init__()
        self.backbone = backbone
        self.necks: NeckSequence = NeckSequence(necks)
        self.channel_list: list[int] = list(channels)
        self.out_channels: int = self.channel_list[0]
        permuted = any(getattr(neck, "reads_layout", False) for neck in self.necks)
        self._layouts = None if permuted else layouts_of(backbone)

    def forward(self, images: Tensor) -> OrderedDict[str, Tensor]:
        """Compute the features of images, `(B, C, H, W)` or `(B, C, T, H, W)`.

        Raises:
            ValueError: A feature is no map of its channels.
        """
        features: list[Tensor] = list(self.backbone(images))
        if self._layouts is not None:
            features = channels_first(features, self._layouts)
        given: list[Tensor] | Mapping[str, Tensor] = self.necks(features, image_size_of(images))
        maps = list(given.values()) if isinstance(given, Mapping) else list(given)
        for at, (each, channels) in enumerate(zip(maps, self.channel_list, strict=True)):
            if each.dim() != 4 or each.shape[1] != channels:
                hint = "; the neck ReshapeTokensToImage makes maps of tokens" if each.dim() == 3 else ""
                expected = f"a detector takes maps (B, {channels}, H, W)"
                raise ValueError(f"{expected}, and feature {at} has the shape {tuple(each.shape)}{hint}")
        return OrderedDict((f"feat{at}", each) for at, each in enumerate(maps))


class _AsTheyAre(nn.Module):
    """Images as they are: neither resized nor normalised; zeros fill smaller ones at the right and the bottom."""

    def forward(
        self, images: Iterable[Tensor], targets: list[dict[str, Tensor]] | None = None
    ) -> tuple[object, list[dict[str, Tensor]] | None]:
        """Make a batch of images; targets stay as they are."""
        sizes = [image_size_of(image) for image in images]
        height, width = (max(side) for side in zip(*sizes, strict=True))
        padded = [
            functional.pad(image, (0, width - size[1], 0, height - size[0]))
            for image, size in zip(images, sizes, strict=True)
        ]
        return detection.image_list.ImageList(torch.stack(padded), sizes), targets

    def postprocess(
        self,
        result: list[dict[str, Tensor]],
        image_shapes: object,  # noqa: ARG002 - torchvision's detectors pass it
        original_image_sizes: list[tuple[int, int]],
    ) -> list[dict[str, Tensor]]:
        """Put the masks of objects, if any, at their boxes in the images."""
        for found, size in zip(result, original_image_sizes, strict=False):
            if "masks" in found:
                found["masks"] = detection.roi_heads.paste_masks_in_image(found["masks"], found["boxes"], size)
        return result


@dataclass(eq=False)
class ObjectDetectionOutput:
    """The result of a detector for a batch of images.

    Attributes:
        output: In evaluation mode, for each image a dictionary of `boxes` `(N, 4)`, `labels` `(N,)`, `scores` `(N,)` and,
            of Mask R-CNN, `masks` `(N, 1, H, W)`. In training mode, the losses by name.
        auxiliary_heads: Empty.
    """

    output: list[dict[str, Tensor]] | dict[str, Tensor]
    auxiliary_heads: dict[str, Tensor] = field(default_factory=dict)


class ObjectDetectionModel(nn.Module):
    """A detector; its state_dict keys come after `torchvision_model.`, as in TerraTorch.

    Args:
        torchvision_model: The detector, on a `DetectionBackbone`.
        framework: Its name, such as `faster-rcnn`.

    Attributes:
        model_name: The name of the framework.
    """

    def __init__(self, torchvision_model: nn.Module, framework: str) -> None:
        super().__init__()
        self.torchvision_model = torchvision_model
        self.model_name = framework

    @property
    def encoder(self) -> nn.Module:
        """The backbone."""
        return self.torchvision_model.get_submodule("backbone.backbone")

    @property
    def neck(self) -> nn.Module:
        """The necks."""
        return self.torchvision_model.get_submodule("backbone.necks")

    @property
    def heads(self) -> dict[str, nn.Module]:
        """The trained parts after the necks: `rpn` and `roi_heads`, or `head`."""
        children = self.torchvision_model.named_children()
        return {name: child for name, child in children if name in ("rpn", "roi_heads", "head")}

    def forward(
        self, x: Tensor | list[Tensor], targets: list[dict[str, Tensor]] | None = None
    ) -> ObjectDetectionOutput:
        """Find objects in images.

        Boxes are `(x_min, y_min, x_max, y_max)` in pixels. On the meta device, boxes cannot be selected for want of values:
        the result is that of each layer.

        Args:
            x: The images, `(B, C, H, W)` or `(B, C, T, H, W)`, or a list of them without the axis B.
            targets: In training mode, for each image its `boxes` `(N, 4)`, `labels` `(N,)` and, for Mask R-CNN, `masks`
                `(N, H, W)`. Class 0 is the background, except for FCOS and RetinaNet.

        Returns:
            The boxes in evaluation mode, and the losses in training mode.
        """
        if isinstance(x, Tensor) and x.is_meta:
            return ObjectDetectionOutput(dict(self._layers(x)))
        found: list[dict[str, Tensor]] | dict[str, Tensor] = self.torchvision_model(x, targets)
        return ObjectDetectionOutput(found)

    def freeze_encoder(self) -> None:
        """Stop training the backbone and the necks."""
        self.torchvision_model.get_submodule("backbone").requires_grad_(False)

    def freeze_decoder(self) -> None:
        """Stop training all but the backbone and the necks."""
        for head in self.heads.values():
            head.requires_grad_(False)

    def _layers(self, images: Tensor) -> Iterator[tuple[str, Tensor]]:
        """Run every layer, without the selection of boxes in between."""
        features: dict[str, Tensor] = self.torchvision_model.get_submodule("backbone")(images)
        maps = list(features.values())
        for name, head in self.heads.items():
            if name == "head":
                yield from cast("dict[str, Tensor]", head(maps)).items()
            elif name == "rpn":
                scores, deltas = head.get_submodule("head")(maps)
                yield from [(f"objectness{at}", each) for at, each in enumerate(scores)]
                yield from [(f"rpn_boxes{at}", each) for at, each in enumerate(deltas)]
            else:
                pooled = maps[0].new_empty((len(images), maps[0].shape[1], _POOLED, _POOLED))
                layers = dict(head.named_children())
                yield from zip(("scores", "boxes"), layers["box_predictor"](layers["box_head"](pooled)), strict=True)
                if "mask_head" in layers:
                    yield "masks", layers["mask_predictor"](layers["mask_head"](pooled))


_Parts = Callable[[int, int], Mapping[str, object]]


def _anchors(sizes: Iterable[tuple[int, ...]], ratios: tuple[float, ...], levels: int) -> object:
    """Make anchors of the first sizes, one a level."""
    chosen = tuple(sizes)[:levels]
    return detection.anchor_utils.AnchorGenerator(chosen, (ratios,) * len(chosen))


def _two_stages(_: int, levels: int) -> Mapping[str, object]:
    sizes = ((32,), (64,), (128,), (256,), (512,))
    pool = MultiScaleRoIAlign(list(_ROI_LEVELS), output_size=_POOLED, sampling_ratio=2)
    return {"rpn_anchor_generator": _anchors(sizes, _RATIOS, levels), "box_roi_pool": pool}


def _two_stages_and_masks(channels: int, levels: int) -> Mapping[str, object]:
    widths = [256] * 4
    pool = MultiScaleRoIAlign(list(_ROI_LEVELS), output_size=_POOLED, sampling_ratio=2)
    return {
        **_two_stages(channels, levels),
        "rpn_head": detection.rpn.RPNHead(channels, len(_RATIOS), conv_depth=2),
        "box_head": detection.faster_rcnn.FastRCNNConvFCHead(
            (channels, _POOLED, _POOLED), widths, [1024], norm_layer=nn.BatchNorm2d
        ),
        "mask_roi_pool": pool,
        "mask_head": detection.mask_rcnn.MaskRCNNHeads(channels, widths, 1, norm_layer=nn.BatchNorm2d),
    }


def _one_anchor(_: int, levels: int) -> Mapping[str, object]:
    sizes = ((8,), (16,), (32,), (64,), (128,), (256,))
    return {"anchor_generator": _anchors(sizes, (1.0,), levels)}


def _nine_anchors(channels: int, levels: int) -> Mapping[str, object]:
    sizes = ((side, int(side * 2 ** (1 / 3)), int(side * 2 ** (2 / 3))) for side in (16, 32, 64, 128, 256, 512))
    norm = functools.partial(nn.GroupNorm, _GROUPS)

    def head(classes: int) -> object:
        return detection.retinanet.RetinaNetHead(channels, 3 * len(_RATIOS), classes, norm_layer=norm)

    return {"anchor_generator": _anchors(sizes, _RATIOS, levels), "_head": head}


def _framework(detector: type[nn.Module], parts: _Parts, levels: int, divisor: int = 1) -> Callable[..., nn.Module]:
    """Make the constructor of a detector: the numbers among the parameters of its class, and a type for each.

    Args:
        detector: The class.
        parts: Makes the parts chosen here, for the channels and the number of features.
        levels: The most features.
        divisor: The number dividing the channels of its features.
    """

    # The numbers that the class takes.
    def construct(backbone: DetectionBackbone, num_classes: int, **numbers: Any) -> nn.Module:
        _check_features(backbone, levels, divisor)
        chosen = dict(parts(backbone.out_channels, len(backbone.channel_list)))
        if "_head" in chosen:
            chosen["head"] = cast("Callable[[int], object]", chosen.pop("_head"))(num_classes)
        model = detector(backbone, num_classes, **chosen, **numbers)
        model.transform = _AsTheyAre()
        return model

    taken = [
        Parameter("backbone", Parameter.POSITIONAL_OR_KEYWORD, annotation=DetectionBackbone),
        Parameter("num_classes", Parameter.POSITIONAL_OR_KEYWORD, annotation=int),
    ]
    for each in inspect.signature(detector).parameters.values():
        if isinstance(each.default, (int, float)):
            annotation: object = int | Sequence[int] if each.name == "min_size" else type(each.default)
            taken.append(each.replace(kind=Parameter.KEYWORD_ONLY, annotation=annotation))
    functools.update_wrapper(construct, detector, updated=())
    del construct.__dict__["__wrapped__"]
    construct.__annotations__ = {each.name: each.annotation for each in taken}
    construct.__dict__["__signature__"] = inspect.Signature(taken, return_annotation=nn.Module)
    construct.__dict__["__defined_by__"] = detector
    return construct


def _check_features(backbone: DetectionBackbone, levels: int, divisor: int) -> None:
    channels = backbone.channel_list
    given = ", ".join(map(str, channels))
    if len(set(channels)) > 1:
        detail = f"a detector takes features of equal channels, got {given}"
        raise refusal(
            backbone, "backbone", f"{detail}; the neck FeaturePyramidNetworkNeck, as the last, makes them equal"
        )
    if len(channels) > levels:
        detail = f"it takes at most {levels} features, got {len(channels)}; the neck SelectIndices takes some of them"
        raise refusal(backbone, "backbone", detail)
    if channels[0] % divisor:
        detail = f"its group norms take features of a multiple of {divisor} channels, got {channels[0]}"
        raise refusal(backbone, "backbone", detail)


faster_rcnn: Final = _framework(detection.FasterRCNN, _two_stages, 5)
fcos: Final = _framework(detection.FCOS, _one_anchor, 6, _GROUPS)
mask_rcnn: Final = _framework(detection.MaskRCNN, _two_stages_and_masks, 5)
retinanet: Final = _framework(detection.RetinaNet, _nine_anchors, 6, _GROUPS)
