"""How the arguments of timm's networks are others where no feature pyramid is made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from terraregistry.errors import RegistryError
from terraregistry.index.descriptions import ParameterKind, Signature, WholeNetworks

if TYPE_CHECKING:
    import inspect
    from collections.abc import Callable, Iterator

    from terraregistry.index.descriptions import Parameter

__all__ = ["whole_networks"]

_Change = tuple[tuple["Parameter", ...], tuple[str, ...]]


def whole_networks(describe: Callable[[inspect.Parameter, str], Parameter]) -> Iterator[WholeNetworks]:
    """Compare the two signatures of each network.

    Args:
        describe: Describes a parameter, given its origin.

    Yields:
        The networks, with those that change alike together; none where timm is missing.
    """
    from terraregistry.library import TIMM_BACKBONE_REGISTRY

    found: dict[_Change, list[str]] = {}
    try:
        for name in TIMM_BACKBONE_REGISTRY:
            pyramid = TIMM_BACKBONE_REGISTRY.signature(name)
            network = TIMM_BACKBONE_REGISTRY.network_signature(name)
            found.setdefault(_change(pyramid, network, describe), []).append(name)
    except RegistryError:
        return
    for (changed, removed), names in found.items():
        yield WholeNetworks(tuple(names), Signature(changed), removed)


def _change(
    pyramid: inspect.Signature, network: inspect.Signature, describe: Callable[[inspect.Parameter, str], Parameter]
) -> _Change:
    before = {name: describe(each, "") for name, each in pyramid.parameters.items()}
    after = {name: describe(each, "") for name, each in network.parameters.items()}
    changed = (each for name, each in after.items() if name not in before or before[name].accepts != each.accepts)
    named = (each for each in changed if each.kind not in (ParameterKind.VAR_KEYWORD, ParameterKind.VAR_POSITIONAL))
    ordered = sorted(named, key=lambda each: [*ParameterKind].index(each.kind))
    return tuple(ordered), tuple(name for name in before if name not in after)
