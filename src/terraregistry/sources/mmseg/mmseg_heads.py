"""The decode heads of mmsegmentation from features to logits: known without importing it, imported on first use.

The import gives none of its warnings, and works with an mmcv without compiled operators.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import types
from contextlib import contextmanager
from enum import Enum, auto
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn

from terraregistry.deferred import is_loaded, loaded
from terraregistry.errors import SourceUnavailableError
from terraregistry.locks import expect_imports, forking_lock
from terraregistry.quiet import quietly
from terraregistry.wording import describe_error

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

__all__ = [
    "HEADS",
    "LEFT_OUT",
    "LOCK",
    "REMEDY",
    "Head",
    "Needs",
    "Result",
    "Takes",
    "check_needs",
    "head_class",
    "is_installed",
    "load_module",
    "not_installed",
]


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


class Head(NamedTuple):
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
        """Return the number of features taken by default, the deepest ones; None for all."""
        if self.name == "ANNHead":
            return 2
        if self.name == "LRASPPHead":
            return len(arguments.get("branch_channels", (32, 64))) + 1
        if self.name == "DPTHead":
            return len(arguments.get("post_process_channels", (96, 192, 384, 768)))
        return None


_OF_ONE: Final = (
    "APCHead", "ASPPHead", "CCHead", "DAHead", "DMHead", "DNLHead", "DepthwiseSeparableASPPHead", "DepthwiseSeparableFCNHead",
    "EMAHead", "FCNHead", "GCHead", "ISAHead", "NLHead", "PSPHead", "SETRUPHead", "STDCHead", "SegmenterMaskTransformerHead",
)  # fmt: skip
_OF_SEVERAL: Final = ("ANNHead", "EncHead", "FPNHead", "LightHamHead", "SETRMLAHead", "SegformerHead", "UPerHead")
_ALL: Final = (
    *map(Head, _OF_ONE),
    *(Head(name, Takes.SEVERAL) for name in _OF_SEVERAL),
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

LOCK: Final = forking_lock()
"""Held while mmseg is imported or builds: its scopes, and the filters of warnings, are those of the whole process."""

_NAME: Final = "mmseg"
_INSTALL: Final = 'pip install "terraregistry[mmseg]"'
_EXTENSION: Final = "mmcv._ext"
_MISSING: Final = "mmsegmentation is not installed"
REMEDY: Final = f"{_MISSING}: {_INSTALL}"
"""The remedy for a head without the library."""
_OPERATORS: Final = "install mmcv 2.1.0, compiled for the torch that is installed, in the place of mmcv-lite"
_failures: Final[list[Exception]] = []


def is_installed() -> bool:
    """Return True if a package mmseg is installed, without importing it."""
    try:
        spec = importlib.util.find_spec(_NAME)
    except (ImportError, ValueError):  # what stands in sys.modules has no spec
        return False
    return spec is not None and spec.origin is not None  # a folder of that name is no package


def not_installed() -> SourceUnavailableError:
    """Make the error for a missing installation."""
    return SourceUnavailableError(_NAME, _MISSING, f"install it: {_INSTALL}")


def load_module(name: str) -> Any:  # a module of a library without types
    """Import a module of mmseg or of its dependencies.

    Raises:
        SourceUnavailableError: mmsegmentation is not installed, or importing it fails.
    """
    known = loaded(name)
    if known is not None:
        return known
    if not is_installed():
        raise not_installed()
    expect_imports()
    with LOCK:
        # A second attempt would fail on what the first has left registered, and not say why.
        error = _failures[0] if _failures else None
        if error is None:
            try:
                with quietly(), _with_stand_in():
                    return importlib.import_module(name)
            except Exception as failure:  # noqa: BLE001 - a broken library may raise anything
                error = failure
                if is_loaded(_NAME):
                    _failures.append(failure)
    reason = f"importing {_NAME} raises {describe_error(error)}"
    raise SourceUnavailableError(_NAME, reason, f"repair it: {_INSTALL}") from error


def head_class(head: Head) -> Callable[..., Any]:  # a class without types
    """Import the class of a head.

    Raises:
        SourceUnavailableError: mmsegmentation is not installed, importing it fails, or it is too old to have the head.
    """
    heads = load_module("mmseg.models.decode_heads")
    found: Callable[..., Any] | None = getattr(heads, head.name, None)
    if found is None:
        version = getattr(load_module(_NAME), "__version__", "")
        reason = f"mmsegmentation {version} has no {head.name}"
        raise SourceUnavailableError(_NAME, reason, "install a newer one: pip install mmsegmentation==1.2.2")
    return found


# The arguments of a call are any objects.
def check_needs(head: Head, arguments: dict[str, Any]) -> None:
    """Check that the installation can build a head with some arguments.

    Raises:
        SourceUnavailableError: mmsegmentation cannot be imported, or another requirement of the head is missing.
    """
    bases = getattr(head_class(head), "__mro__", ())
    if head.needs is Needs.MMDET and not any(base.__module__.partition(".")[0] == "mmdet" for base in bases):
        reason = f"{head.name} needs mmdet, which is not installed"
        raise SourceUnavailableError(_NAME, reason, "install it: pip install mmdet==3.3.0")
    # In its compact form it computes with torch alone.
    if head.needs is Needs.OPERATORS and arguments.get("compact") is not True and not _has_operators():
        reason = f"{head.name} needs the compiled operators of mmcv, which mmcv-lite does not have"
        raise SourceUnavailableError(_NAME, reason, f"{_OPERATORS}, or give compact=True")


def _has_operators() -> bool:
    try:
        return importlib.util.find_spec(_EXTENSION) is not None
    except Exception:  # noqa: BLE001 - mmcv is missing or broken, which importing mmseg will say
        return False


@contextmanager
def _with_stand_in() -> Generator[None]:
    """Replace mmcv's compiled operators during an import; code without use for them then works."""
    if is_loaded(_EXTENSION) or _has_operators():
        yield
        return
    sys.modules[_EXTENSION] = _StandIn(_EXTENSION)
    try:
        yield
    finally:
        # mmengine takes its presence for that of the operators.
        del sys.modules[_EXTENSION]


class _StandIn(types.ModuleType):
    """A stand-in with every operator by name; calling one fails."""

    def __getattr__(self, name: str) -> Callable[..., NoReturn]:
        if name.startswith("__"):
            raise AttributeError(name)

        def operator(*_args: object, **_kwargs: object) -> NoReturn:
            reason = f"{name} is one of the compiled operators of mmcv, which mmcv-lite does not have"
            raise SourceUnavailableError(_NAME, reason, _OPERATORS)

        return operator
