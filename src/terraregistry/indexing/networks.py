"""How the arguments of timm's networks are others where no feature pyramid is made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from terraregistry.errors import RegistryError
from terraregistry.index.descriptions import Signature, WholeNetworks
from terraregistry.indexing.annotations import written_parameters

if TYPE_CHECKING:
    import inspect
    from collections.abc import Callable, Iterator

    from terraregistry.index.descriptions import Parameter, Written
    from terraregistry.registry import ComponentDescription

__all__ = ["whole_networks"]

_Change = tuple[tuple["Parameter", ...], tuple[str, ...], tuple["Written", ...] | None, tuple[tuple[str, str], ...]]


def whole_networks(describe: Callable[[inspect.Parameter, str], Parameter]) -> Iterator[WholeNetworks]:
    """Compare the two signatures of each network.

    Args:
        describe: Describes a parameter, given its origin.

    Yields:
        The networks, with those that change alike together; none where timm is missing.
    """
    from terraregistry.library import TIMM_BACKBONE_REGISTRY

    found: dict[_Change, list[tuple[str, tuple[int, ...]]]] = {}
    try:
        for name in TIMM_BACKBONE_REGISTRY:
            pyramid = TIMM_BACKBONE_REGISTRY.describe(name)
            network = TIMM_BACKBONE_REGISTRY.describe_network(name)
            change = _change(pyramid, network, describe)
            order = list(network.signature.parameters)
            places = tuple(order.index(each.name) for each in change[0])
            found.setdefault(change, []).append((name, places))
    except RegistryError:
        return
    for (changed, removed, written, ineffective), names in found.items():
        own = tuple(each for _, each in names)
        yield WholeNetworks(tuple(name for name, _ in names), Signature(changed), removed, written, ineffective, own)


def _change(
    pyramid: ComponentDescription,
    network: ComponentDescription,
    describe: Callable[[inspect.Parameter, str], Parameter],
) -> _Change:
    parameters = network.signature.parameters
    before = {
        name: describe(each, pyramid.origins.get(name, "")) for name, each in pyramid.signature.parameters.items()
    }
    after = {name: describe(each, network.origins.get(name, "")) for name, each in parameters.items()}
    ordered = tuple(each for name, each in after.items() if before.get(name) != each)
    written = written_parameters(parameters[each.name] for each in ordered)
    removed = tuple(name for name in before if name not in after)
    return ordered, removed, written, tuple(network.ineffective.items())
