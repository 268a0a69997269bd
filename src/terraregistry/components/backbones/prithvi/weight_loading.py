"""Getting the weights of a variant of Prithvi, from the hub or from a file, into a module."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from terraregistry.components.backbones.weights.hub import download
from terraregistry.components.backbones.weights.weight_files import read_weights
from terraregistry.components.backbones.weights.weight_fitting import load_exactly
from terraregistry.errors import WeightsError

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping

    from torch import Tensor, nn

    from terraregistry.components.backbones.prithvi.architectures import Architecture
    from terraregistry.components.backbones.prithvi.patch_weights import BandChoice

__all__ = ["REMEDY", "WeightsFile", "WeightsRequest", "find_weights", "load_weights"]

M = TypeVar("M", bound="nn.Module")

REMEDY: Final = "give a file with ckpt_path=..., or build with pretrained=False for random weights"


class WeightsRequest(NamedTuple):
    """The weights requested for a module.

    Attributes:
        pretrained: True to load the published ones.
        path: A file to load instead.
    """

    pretrained: bool
    path: str | os.PathLike[str] | None


class WeightsFile(NamedTuple):
    """A file of weights, and its name in errors."""

    path: str | os.PathLike[str]
    origin: str


def find_weights(architecture: Architecture, request: WeightsRequest) -> WeightsFile | None:
    """Find the file of the weights requested, before anything is built.

    Args:
        architecture: The variant.
        request: The weights requested.

    Returns:
        The file; None if no weights are requested.

    Raises:
        WeightsError: There are no such weights, or they are unavailable.
    """
    if request.path is not None:
        return WeightsFile(request.path, str(request.path))
    if not request.pretrained:
        return None
    if architecture.weights is None:
        raise WeightsError(architecture.name, "", "none are published", remedy=REMEDY)
    return WeightsFile(download(architecture.weights, architecture.name, REMEDY), str(architecture.weights))


def load_weights(
    module: M,
    weights: WeightsFile,
    bands: BandChoice,
    convert: Callable[[Mapping[str, Tensor], M, BandChoice, str], dict[str, Tensor]],
) -> None:
    """Load weights into a module.

    Args:
        module: The module.
        weights: The file.
        bands: The bands of the module and of the weights.
        convert: Takes the module's state dict out of a checkpoint.

    Raises:
        WeightsError: They cannot be read, or do not fit.
    """
    checkpoint = read_weights(weights.path, bands.component)
    state = convert(checkpoint, module, bands, weights.origin)
    load_exactly(module, state, bands.component, weights.origin, allow_mismatch=bands.allow_mismatch)
