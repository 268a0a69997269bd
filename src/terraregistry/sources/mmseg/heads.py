"""The decode heads of mmsegmentation from features to logits: their inputs and results, known without importing it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["HEADS", "LEFT_OUT", "Head", "Needs", "Result", "Takes"]


class Takes(Enum):
    """The features taken by a head."""

    ONE = auto()
    """One map, or several, resized to one size and concatenated (`resize_concat`)."""
    ONE_AS_IT_IS = auto()
    """One map, given by itself."""
    SEVERAL = auto()
    """Several maps; the head itself selects them one by one."""
    SEVERAL_IF_TOLD = auto()
    """Several maps, with `input_transform` given."""
    AS_ITS_PART = auto()
    """The features of its inner head (`kernel_generate_head`)."""


class Result(Enum):
    """The ways from a head's output to the logits."""

    LOGITS = auto()
    """It gives them, alone or as the first of a tuple, or one for each of its stages in a list."""
    OF_MAIN_BRANCH = auto()
    """It has further branches for the losses, with features not in a pyramid."""
    WITHOUT_TOKENS = auto()
    """It takes each map together with a class token."""
    OF_MASKS = auto()
    """It gives masks, and the classes of each."""


class Needs(Enum):
    """The requirements of a head besides mmcv-lite."""

    NOTHING = auto()
    OPERATORS = auto()
    """The compiled operators of mmcv."""
    MMDET = auto()


@dataclass(frozen=True)
class Head:
    """The properties of a head.

    Attributes:
        name: The name of its class.
        takes: The features it takes.
        result: The way from its output to the logits.
        needs: Its requirements besides mmcv-lite.
    """

    name: str
    takes: Takes = Takes.ONE
    result: Result = Result.LOGITS
    needs: Needs = Needs.NOTHING

    # The arguments of a call are any objects.
    def usual_count(self, arguments: Mapping[str, Any]) -> int | None:
        """Return the number of features taken by default: the deepest of them.

        Args:
            arguments: The arguments of the call.

        Returns:
            The number; None for all.
        """
        if self.name == "ANNHead":
            return 2
        if self.name == "LRASPPHead":
            return len(arguments.get("branch_channels", (32, 64))) + 1
        if self.name == "DPTHead":
            return len(arguments.get("post_process_channels", (96, 192, 384, 768)))
        return None


_ALL: Final = (
    *map(
        Head,
        (
            "APCHead",
            "ASPPHead",
            "CCHead",
            "DAHead",
            "DMHead",
            "DNLHead",
            "DepthwiseSeparableASPPHead",
            "DepthwiseSeparableFCNHead",
            "EMAHead",
            "FCNHead",
            "GCHead",
            "ISAHead",
            "NLHead",
            "PSPHead",
            "SETRUPHead",
            "STDCHead",
            "SegmenterMaskTransformerHead",
        ),
    ),
    *(
        Head(name, Takes.SEVERAL)
        for name in ("ANNHead", "EncHead", "FPNHead", "LightHamHead", "SETRMLAHead", "SegformerHead", "UPerHead")
    ),
    Head("DDRHead", Takes.ONE_AS_IT_IS, Result.OF_MAIN_BRANCH),
    Head("DPTHead", Takes.SEVERAL_IF_TOLD, Result.WITHOUT_TOKENS),
    Head("IterativeDecodeHead", Takes.AS_ITS_PART),
    Head("LRASPPHead", Takes.SEVERAL_IF_TOLD),
    Head("Mask2FormerHead", Takes.SEVERAL, Result.OF_MASKS, Needs.MMDET),
    Head("MaskFormerHead", Takes.SEVERAL, Result.OF_MASKS, Needs.MMDET),
    Head("PIDHead", Takes.ONE_AS_IT_IS, Result.OF_MAIN_BRANCH),
    Head("PSAHead", needs=Needs.OPERATORS),
)

HEADS: Final[Mapping[str, Head]] = MappingProxyType(
    {head.name: head for head in sorted(_ALL, key=lambda each: each.name)}
)
"""The heads by name."""

LEFT_OUT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "KernelUpdateHead": "a part of IterativeDecodeHead",
        "KernelUpdator": "a part of KernelUpdateHead",
        "OCRHead": "takes the result of another head with the features",
        "PointHead": "takes points of the features and of the result of another head",
        "SideAdapterCLIPHead": "takes images, the features of CLIP and embeddings of text",
        "VPDDepthHead": "gives depths and not the logits of classes",
    }
)
"""The other exports of `mmseg.models.decode_heads`, each with the reason it is no decoder here."""
