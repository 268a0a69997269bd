"""Answering for timm's networks from the index, before anybody has imported timm."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from terraregistry.index.answers import answering_index, described_call, indexed_component
from terraregistry.index.descriptions import Signature

if TYPE_CHECKING:
    from collections.abc import Callable

    from terraregistry.index import Component, WholeNetworks
    from terraregistry.index.answers import IndexedCall
    from terraregistry.protocols import Backbone

__all__ = ["answer_from_index", "known_aliases"]

_INDEXED_AS: Final = "terraregistry.library:TIMM_BACKBONE_REGISTRY"
"""The reference of the registry in the index."""


def answer_from_index(
    name: str, chosen: str, *, features_only: bool, load: Callable[[], Callable[..., Backbone]]
) -> IndexedCall[Backbone] | None:
    """Find what validates and describes the calls of one network.

    Args:
        name: The name of the architecture.
        chosen: The name with the tag whose weights come first, or the same name.
        features_only: Whether a feature pyramid is asked for; otherwise the whole network.
        load: Imports the constructor.

    Returns:
        The call; None where the index does not know enough.
    """
    component = indexed_component(_INDEXED_AS, name)
    if component is not None and not features_only:
        component = _whole(component)
    if component is None:
        return None
    if chosen != name:
        order = {alias: place for place, alias in enumerate(component.aliases)}
        weights = sorted(component.weights, key=lambda each: (each.name != chosen, order.get(each.name, -1)))
        component = replace(component, weights=tuple(weights))
    return described_call(component, load)


def known_aliases(name: str) -> tuple[str, ...] | None:
    """Find the other spellings of an architecture.

    Args:
        name: Its name.

    Returns:
        Its names with tags, and its deprecated ones; None where the index does not know it.
    """
    component = indexed_component(_INDEXED_AS, name)
    return None if component is None else component.aliases


def _whole(component: Component) -> Component | None:
    """Describe the whole network of a component that is described as a feature pyramid."""
    index = answering_index()
    networks = () if index is None else index.facts.whole_networks
    change = next((each for each in networks if component.name in each.names), None)
    return None if change is None else _changed(component, change)


def _changed(component: Component, change: WholeNetworks) -> Component | None:
    if component.written is None or change.written is None or len(change.places) != len(change.names):
        return None
    *forms, returns = component.written
    gone = {*change.removed, *(each.name for each in change.changed.parameters)}
    pairs = zip(component.signature.parameters, forms, strict=True)
    found = [(each, form) for each, form in pairs if each.name not in gone]
    places = change.places[change.names.index(component.name)]
    if len(places) != len(change.written):
        return None
    # From the first to the last: each place counts those before it.
    for place, each, form in zip(places, change.changed.parameters, change.written, strict=True):
        found.insert(place, (each, form))
    return replace(
        component,
        signature=Signature(tuple(each for each, _ in found)),
        written=(*(form for _, form in found), returns),
        ineffective=change.ineffective,
    )
