"""Constructors of the backbones of timm."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final

from terraregistry.quiet import quietly
from terraregistry.sources.timm.additions import ADDITIONS, create_added
from terraregistry.sources.timm.loaded_timm import entrypoint_of, load_timm, weights_of
from terraregistry.sources.timm.timm_values import without_weights

if TYPE_CHECKING:
    import inspect
    from collections.abc import Callable, Mapping

    from terraregistry.pretrained import PretrainedWeights
    from terraregistry.sources.timm.backbone import TimmBackbone
    from terraregistry.sources.timm.entrypoints import TimmSignature

__all__ = ["TimmConstructor", "inspect_name"]


class TimmConstructor:
    """The constructor of the backbone of one name of timm: `timm.create_model`, with a feature pyramid by default.

    A name of this library's own is built by its own entry point, even if another package has registered that name in timm.

    Args:
        name: A name known to timm, with or without a pretrained tag.

    Attributes:
        name: The same name.
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
        return entrypoint_of(load_timm(), self.name)

    @property
    def __weights__(self) -> tuple[PretrainedWeights, ...]:
        """The weights of timm, first those of this name."""
        return weights_of(load_timm(), self.name)

    @property
    def __signature__(self) -> inspect.Signature:
        return inspect_name(self.__defined_by__, features_only=True, own_mixers=False).effective.signature

    # What an architecture takes depends on the architecture; build() holds the arguments to its signature.
    def __call__(self, pretrained: bool = False, *, features_only: bool = True, **kwargs: Any) -> TimmBackbone:
        """Make the backbone.

        Args:
            pretrained: If True, load pretrained weights.
            features_only: If True, make a feature pyramid; otherwise the only feature is that of `forward_features`.
            kwargs: Further arguments of the architecture and of `timm.create_model`.

        Returns:
            A new backbone.
        """
        from terraregistry.sources.timm.backbone import TimmBackbone, in_timms_order

        asked, order = kwargs.get("out_indices") if features_only else None, None
        if asked is not None:
            kwargs["out_indices"], order = in_timms_order(asked, lambda: self.count_features(kwargs))
        network = self._network(pretrained=pretrained, features_only=features_only, **kwargs)
        return TimmBackbone(network, _input_size(network, kwargs), order)

    def _network(self, **kwargs: Any) -> Any:  # a network of timm; any arguments
        timm = load_timm()
        is_added = self.name.partition(".")[0] in ADDITIONS
        create = functools.partial(create_added, timm) if is_added else timm.create_model
        return create(self.name, **kwargs)

    def count_features(self, kwargs: Mapping[str, Any]) -> int:  # as above
        """Count all features of a pyramid, of which `out_indices` chooses some, by making it without data.

        Args:
            kwargs: The arguments of the architecture.

        Returns:
            Their number; 0 if it is unknown.
        """
        load_timm()  # before: torch 2.6 cannot import all that timm needs while a device is set
        import torch

        # The deepest one, since some networks are cut behind the features chosen, with their description.
        arguments: dict[str, Any] = without_weights(kwargs) | {"features_only": True, "out_indices": (-1,)}  # as above
        with quietly(), torch.device("meta"):
            network = self._network(**arguments)
        info: Any = getattr(network, "feature_info", ())
        return len(info)

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
    """Return the signature of an entry point of timm.

    Args:
        entrypoint: The entry point.
        features_only: True for a feature pyramid, False for a whole network.
        own_mixers: True if the token mixers of a MetaFormer are given, and their arguments are free.
    """
    from terraregistry.sources.timm.backbone import TimmBackbone
    from terraregistry.sources.timm.entrypoints import inspect_entrypoint

    return inspect_entrypoint(
        entrypoint, load_timm().create_model, TimmBackbone, features_only=features_only, own_mixers=own_mixers
    )


def _input_size(network: Any, kwargs: Mapping[str, Any]) -> tuple[int, int, int]:  # a network of timm; any arguments
    configuration: Mapping[str, Any] = getattr(network, "pretrained_cfg", None) or {}
    configured: tuple[int, int, int] = configuration.get("input_size") or (3, 224, 224)
    channels: int = getattr(network, "in_chans", None) or kwargs.get("in_chans") or configured[0]
    size: int | tuple[int, int] = kwargs.get("img_size") or configured[1:]
    height, width = (size, size) if isinstance(size, int) else size
    return int(channels), int(height), int(width)
