"""The decode heads of mmsegmentation that map features to logits: what each takes and gives, known without importing it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["HEADS", "LEFT_OUT", "Head", "Needs", "Result", "Takes"]


class Takes(Enum):
    """Which features a head takes."""

    ONE = auto()
    """One map, or several that it brings to one size and concatenates (`resize_concat`)."""
    ONE_AS_IT_IS = auto()
    """One map, given by itself."""
    SEVERAL = auto()
    """Several maps; the head itself says that they are selected one by one."""
    SEVERAL_IF_TOLD = auto()
    """Several maps, for which it has to be given `input_transform`."""
    AS_ITS_PART = auto()
    """What the head that it holds takes (`kernel_generate_head`)."""


class Result(Enum):
    """How the logits are got from a head."""

    LOGITS = auto()
    """It gives them, alone or as the first of a tuple, or one for each of its stages in a list."""
    OF_MAIN_BRANCH = auto()
    """It has further branches for the losses, which take features that a pyramid does not have."""
    WITHOUT_TOKENS = auto()
    """It takes each map together with a class token."""
    OF_MASKS = auto()
    """It gives masks, and the classes of each."""


class Needs(Enum):
    """What a head needs besides mmcv-lite."""

    NOTHING = auto()
    OPERATORS = auto()
    """The compiled operators of mmcv."""
    MMDET = auto()


@dataclass(frozen=True)
class Head:
    """What is known of a head.

    Attributes:
        name: The name of its class.
        takes: Which features it takes.
        result: How the logits are got from it.
        needs: What it needs besides mmcv-lite.
    """

    name: str
    takes: Takes = Takes.ONE
    result: Result = Result.LOGITS
    needs: Needs = Needs.NOTHING

    # The arguments of a call are any objects.
    def usual_count(self, arguments: Mapping[str, Any]) -> int | None:
        """Say how many features it takes where the caller does not choose: the deepest of them.

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
"""What else `mmseg.models.decode_heads` exports, and why it is no decoder here."""
