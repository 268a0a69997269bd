"""The values that Prithvi's backbones refuse whatever they are combined with: known without torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, cast

from terraregistry.components.backbones.prithvi import bands as bands_module
from terraregistry.components.backbones.prithvi.bands import read_bands
from terraregistry.errors import InvalidArgumentsError, Problem, ProblemKind

if TYPE_CHECKING:
    from inspect import Parameter

__all__ = ["refused_values", "takes_bands"]

_BANDS: Final = ("bands", "pretrained_bands")


def takes_bands(parameters: Mapping[str, Parameter]) -> bool:
    """True if the `bands` of a component are those of this library.

    Args:
        parameters: The parameters of the component.
    """
    bands = parameters.get(_BANDS[0])
    return bands is not None and bands_module.__name__ in str(bands.annotation)


def refused_values(component: str, given: Mapping[str, Any]) -> list[Problem]:  # arguments are any objects
    """Find what a backbone refuses.

    Args:
        component: Its name.
        given: Its arguments; their types are right.

    Returns:
        One entry a mistake.
    """
    problems: list[Problem] = []
    for name in _BANDS:
        bands: object = given.get(name)
        if isinstance(bands, Sequence) and not isinstance(bands, str):
            try:
                read_bands(cast("Sequence[str]", bands), component, name)
            except InvalidArgumentsError as error:
                problems += error.problems
    if given.get("vit_adapter"):
        reason = (
            "the adapter needs an extension for deformable attention that is compiled for CUDA, which is not supported"
        )
        problems.append(Problem("vit_adapter", ProblemKind.INVALID, detail=reason))
    if not given.get("encoder_only", True):
        reason = f"a backbone is an encoder; the masked autoencoder is called '{component}_mae'"
        problems.append(Problem("encoder_only", ProblemKind.INVALID, detail=reason))
    return problems
