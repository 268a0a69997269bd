"""What is known of a backbone before it is made."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

from torch import nn
from typing_extensions import TypeIs

from terraregistry.components.factories.parts import ModulePart, NamedPart
from terraregistry.components.factories.problems import is_composition, noting
from terraregistry.components.factories.shadows import without_data
from terraregistry.components.factories.wrapping import ADAPTERS, WrappedPart
from terraregistry.components.models.layout import specs_of
from terraregistry.deferred import is_stand_in
from terraregistry.errors import InvalidArgumentsError
from terraregistry.problems import display_path
from terraregistry.registry import MultiSourceRegistry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from terraregistry.components.factories.parts import Part
    from terraregistry.protocols import FeatureSpec

__all__ = ["BackboneFacts", "find_facts"]

_PREPARES: Final = "prepare_features_for_image_model"
_WEIGHTS: Final = ("pretrained", "ckpt_path", "checkpoint_path")


@dataclass(frozen=True)
class BackboneFacts:
    """What is known of a backbone.

    Attributes:
        channels: The channels of each feature.
        specs: Channels, stride and layout of each; None where the backbone does not say.
        prepares: Whether it turns its features into maps itself, for a model without necks; None where that is open.
    """

    channels: tuple[int, ...]
    specs: tuple[FeatureSpec, ...] | None
    prepares: bool | None


def find_facts(part: Part) -> BackboneFacts | None:
    """Find out what is known of a backbone, without weights.

    A source is asked that has a `feature_specs(name, **arguments)`, then a constructor that has a
    `feature_specs(**arguments)`; any other is tried on the meta device.

    Args:
        part: The backbone.

    Returns:
        The facts; None where nothing is known before the backbone is made.

    Raises:
        InvalidArgumentsError: The backbone refuses the values of its arguments; they are named as the caller wrote them.
    """
    if isinstance(part, ModulePart):
        return _read(part.module)
    if isinstance(part, WrappedPart):
        inner = find_facts(part.inner)
        # Adapters change no shapes; a wrapper for time series is asked, around something that has the facts.
        return inner if inner is None or part.wrapper.name == ADAPTERS else _read(part.wrapper.build(_Known(inner)))
    if not isinstance(part, NamedPart):
        return None
    registry: object = part.registry
    if not _has_sources(registry):
        return None
    given = {name: value for name, value in part.arguments.values.items() if name not in _WEIGHTS}
    ask = _source_method(registry, part.name) or _constructor_method(registry, part.name)
    if ask is not None:
        specs = _asked(part, ask, given)
        product: object = registry.signature(part.name).return_annotation
        prepares = hasattr(product, _PREPARES) if isinstance(product, type) and not is_stand_in(product) else None
        return None if specs is None else BackboneFacts(tuple(spec.channels for spec in specs), specs, prepares)
    if "pretrained" in part.parameters:
        given["pretrained"] = False
    return _tried(part, given)


class _Known(nn.Module):
    """Has the attributes of a backbone that is not made."""

    def __init__(self, facts: BackboneFacts) -> None:
        super().__init__()
        self.out_channels = list(facts.channels)
        if facts.specs is not None:
            self.feature_specs = facts.specs
        if facts.prepares:
            self.prepare_features_for_image_model = list[Any]  # what it makes of features is not asked


def _read(module: nn.Module) -> BackboneFacts | None:
    channels: Any = getattr(module, "out_channels", None)  # whatever a module has under this name
    if not isinstance(channels, list):
        return None
    return BackboneFacts(tuple(cast("list[int]", channels)), specs_of(module), hasattr(module, _PREPARES))


def _has_sources(registry: object) -> TypeIs[MultiSourceRegistry[Any]]:  # of backbones
    return isinstance(registry, MultiSourceRegistry)


# Each source and constructor has arguments of its own.
def _source_method(registry: MultiSourceRegistry[Any], name: str) -> Callable[..., Any] | None:
    """The method of the source of a name, with that name filled in."""
    source, bare = registry.find_registry(name), registry.resolve(name).name
    if _has_sources(source):
        return _source_method(source, bare)
    method: Callable[..., Any] | None = getattr(source, "feature_specs", None)
    return None if method is None else partial(method, bare)


def _constructor_method(registry: MultiSourceRegistry[Any], name: str) -> Callable[..., Any] | None:
    """The method of a constructor, where it is one that can be called without a backbone."""
    constructor = registry.find_class(name)
    found: object = inspect.getattr_static(constructor, "feature_specs", None)
    if isinstance(constructor, type) and not isinstance(found, (classmethod, staticmethod)):
        return None
    method: Callable[..., Any] | None = getattr(constructor, "feature_specs", None)
    return method if callable(method) else None


def _asked(
    part: NamedPart, ask: Callable[..., Any], given: Mapping[str, Any]
) -> tuple[FeatureSpec, ...] | None:  # as above
    with noting(f"while asking {display_path(part.where)} ({part.name!r}) for its features"):
        try:
            specs: Sequence[FeatureSpec] | None = ask(**given)
        except InvalidArgumentsError as error:
            part.refuse(error)
    return None if specs is None else tuple(specs)


def _tried(part: NamedPart, given: Mapping[str, Any]) -> BackboneFacts | None:  # as above
    try:
        with without_data():
            return _read(part.with_values(given).build())
    except InvalidArgumentsError as error:
        if is_composition(error):
            raise
    except Exception:  # noqa: BLE001, S110 - what only fails without data is not known, and what fails with data will
        pass
    return None
