"""Constructors of the backbones of timm, and their features, found without weights."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final, cast

from terraregistry.quiet import quietly
from terraregistry.sources.timm.loaded_timm import ADDITIONS, create_added, entrypoint_of, load_timm, weights_of
from terraregistry.sources.timm.timm_values import without_weights

if TYPE_CHECKING:
    import inspect
    from collections.abc import Callable, Mapping

    from terraregistry.pretrained import PretrainedWeights
    from terraregistry.protocols import Backbone, FeatureSpec
    from terraregistry.registry import ComponentSpec
    from terraregistry.sources.timm.backbone import TimmBackbone
    from terraregistry.sources.timm.entrypoints import TimmSignature
    from terraregistry.sources.timm.timm_registry import TimmRegistry

__all__ = ["TimmConstructor", "count_features", "find_features", "inspect_name"]


class TimmConstructor:
    """The constructor of the backbone of one name of timm: `timm.create_model`, with a feature pyramid by default.

    A name of this library's own is built by its own entry point, even if another package has registered that name in timm.

    Attributes:
        name: A name known to timm, with or without a pretrained tag.
    """

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name: Final = name

    @property
    def __name__(self) -> str:
        return self.name

    @property
    def __defined_by__(self) -> Callable[..., object]:
        """The entry point in timm."""
        return entrypoint_of(self.name)

    @property
    def __weights__(self) -> tuple[PretrainedWeights, ...]:
        """The weights of timm, first those of this name."""
        return weights_of(self.name)

    @property
    def __signature__(self) -> inspect.Signature:
        return inspect_name(self.__defined_by__, features_only=True, own_mixers=False).effective.signature

    # What an architecture takes depends on the architecture; build() holds the arguments to its signature.
    def __call__(self, pretrained: bool = False, *, features_only: bool = True, **kwargs: Any) -> TimmBackbone:
        """Make a new backbone.

        Args:
            pretrained: If True, load pretrained weights.
            features_only: If True, make a feature pyramid; otherwise the only feature is that of `forward_features`.
            kwargs: Further arguments of the architecture and of `timm.create_model`.
        """
        from terraregistry.sources.timm.backbone import TimmBackbone, in_timms_order

        __tracebackhide__ = True
        asked, order = kwargs.get("out_indices") if features_only else None, None
        if asked is not None:
            kwargs["out_indices"], order = in_timms_order(asked, lambda: self.count_features(kwargs))
        network = self._network(pretrained=pretrained, features_only=features_only, **kwargs)
        return TimmBackbone(network, _input_size(network, kwargs), order)

    def _network(self, **kwargs: Any) -> Any:  # a network of timm; any arguments
        __tracebackhide__ = True
        entrypoint_of(self.name)  # registers one of TerraTorch
        is_added = self.name.partition(".")[0] in ADDITIONS
        create = create_added if is_added else load_timm().create_model
        return create(self.name, **kwargs)

    def count_features(self, kwargs: Mapping[str, Any]) -> int:  # as above
        """Count all features of a pyramid, of which `out_indices` chooses some, by making it without data; 0 if unknown."""
        load_timm()  # before: torch 2.6 cannot import all that timm needs while a device is set
        import torch

        # The deepest one, since some networks are cut behind the features chosen, with their description.
        arguments: dict[str, Any] = without_weights(kwargs) | {"features_only": True, "out_indices": (-1,)}  # as above
        with quietly(), torch.device("meta"):
            network = self._network(**arguments)
        return len(getattr(network, "feature_info", ()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TimmConstructor) and self.name == other.name

    def __hash__(self) -> int:
        return hash((TimmConstructor, self.name))

    # What reconstructs it has arguments of its own.
    def __reduce__(self) -> tuple[Any, ...]:
        return TimmConstructor, (self.name,)


@functools.lru_cache(maxsize=4096)
def inspect_name(entrypoint: Callable[..., object], *, features_only: bool, own_mixers: bool) -> TimmSignature:
    """Inspect an entry point as `inspect_entrypoint` does, once."""
    from terraregistry.sources.timm.entrypoints import inspect_entrypoint

    return inspect_entrypoint(entrypoint, features_only=features_only, own_mixers=own_mixers)


# An entry point is a part of the key: the results hold as long as the name leads to it.
@functools.lru_cache(maxsize=256)
def find_features(entrypoint: Callable[..., object], spec: ComponentSpec[Backbone]) -> tuple[FeatureSpec, ...] | None:
    """Make a network on the meta device, and read the description of its features; None if it needs data or weights."""
    del entrypoint
    import torch

    try:
        with quietly(), torch.device("meta"):  # what there is to warn of is said when the backbone is built
            return tuple(cast("TimmBackbone", spec.build()).feature_specs)
    except Exception:  # noqa: BLE001 - an architecture may raise anything, and raises it again when it is built
        return None


@functools.lru_cache(maxsize=256)
def count_features(entrypoint: Callable[..., object], spec: ComponentSpec[Backbone]) -> int | None:
    """Make a network on the meta device, and count the features `out_indices` can choose; None as above."""
    del entrypoint
    constructor = cast("TimmConstructor", cast("TimmRegistry", spec.registry)[spec.spelling])
    try:
        return constructor.count_features(spec.kwargs) or None
    except Exception:  # noqa: BLE001 - as above
        return None


def _input_size(network: Any, kwargs: Mapping[str, Any]) -> tuple[int, int, int]:  # a network of timm; any arguments
    configuration: Mapping[str, Any] = getattr(network, "pretrained_cfg", None) or {}
    configured: tuple[int, int, int] = configuration.get("input_size") or (3, 224, 224)
    channels: int = getattr(network, "in_chans", None) or kwargs.get("in_chans") or configured[0]
    size: int | tuple[int, int] = kwargs.get("img_size") or configured[1:]
    height, width = (size, size) if isinstance(size, int) else size
    return int(channels), int(height), int(width)
