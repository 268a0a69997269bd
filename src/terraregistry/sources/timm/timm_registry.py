"""timm's models as a read-only registry of backbones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from terraregistry.deferred import is_loaded
from terraregistry.errors import Registration
from terraregistry.index import TIMM_NETWORKS
from terraregistry.index.provider import DescribedEntry, has_looked, stored_component
from terraregistry.protocols import Backbone
from terraregistry.registry import Call, ComponentSpec, Entry
from terraregistry.registry.locations import locate
from terraregistry.registry.registry import ReadOnlyRegistry
from terraregistry.sources.timm.loaded_timm import (
    ADDITIONS,
    configurations_of,
    entrypoint_of,
    has_tag,
    is_timms,
    load_timm,
    of_terratorch,
    successor_of,
)
from terraregistry.sources.timm.scan import in_listing_order, scan_timm
from terraregistry.sources.timm.timm_constructor import TimmConstructor, count_features, find_features, inspect_name
from terraregistry.sources.timm.timm_values import index_problems, weights_problems, without_weights
from terraregistry.terratorch_names import TERRATORCH

if TYPE_CHECKING:
    import inspect
    from collections.abc import Mapping, Sequence

    from terraregistry.index import Component
    from terraregistry.protocols import FeatureSpec
    from terraregistry.registry import ComponentDescription
    from terraregistry.registry.arguments import Checked
    from terraregistry.sources.timm.scan import TimmSource

__all__ = ["TimmRegistry"]

_STORED_IN: Final = "terraregistry.library:TIMM_BACKBONE_REGISTRY"
"""The reference of the registry in the index."""


class TimmRegistry(ReadOnlyRegistry[Backbone]):
    """Every model of timm as a `Backbone`, as timm knows them at this moment.

    Iteration gives the architectures. A name with a pretrained tag (`resnet18.a1_in1k`) and a deprecated name are aliases of
    their architecture: they are contained and built, and not iterated. Names for loading a model's description from a hub or a
    folder (`hf-hub:...`, `local-dir:...`) are not contained.

    Names are read from timm's source, or from an index in use, until timm is imported; from then on timm itself is used. It is
    imported here for anything but names; the models added by this library are then registered in it. Those that an installed
    TerraTorch adds are names from the start, and are registered in it when one of them is used.
    """

    _remedy = "register the model in timm itself, with timm.models.register_model, and it is seen here at once"

    def __init__(self) -> None:
        super().__init__()
        self._scanned: TimmSource | None = None
        self._known: set[str] = set()

    def _source(self) -> TimmSource | None:
        """The names in timm's source, read once; None once timm is imported, or without a source to read."""
        if is_loaded("timm"):
            return None
        if self._scanned is None:
            self._scanned = scan_timm((*ADDITIONS, *of_terratorch()))
        return self._scanned

    def _is_stored(self, name: str) -> bool | None:
        """Look a name up in the index; None if that lacks its architecture."""
        if name not in self._known:
            architecture = name.partition(".")[0]
            stored = stored_component(_STORED_IN, architecture, "timm")
            if stored is None or name not in (architecture, *stored.aliases):
                return None if stored is None else False
            self._known.add(name)
        return True

    def look_up(self, name: str) -> str | None:
        """Return the canonical spelling of a name or an alias; None for an unknown name."""
        architecture = name.partition(".")[0]
        if not is_loaded("timm"):
            if self._scanned is None and has_looked() and self._is_stored(name):
                return architecture  # timm's source need not be read
            source = self._source()
            if source is not None:
                is_known, canonical = source.look_up(name)
                if is_known:
                    return canonical
                is_stored = self._is_stored(name)  # some tags are put together by code
                if is_stored is not None:
                    return architecture if is_stored else None
        if architecture in ADDITIONS:
            load_timm()
            return architecture if architecture == name or has_tag(name) else None
        try:
            entrypoint = load_timm().model_entrypoint(architecture)
        except KeyError:
            return name if name in of_terratorch() else None
        if architecture != name and not has_tag(name):
            return None
        # Every entry point is registered by its function's name; only a deprecated name leads to another function.
        if entrypoint.__name__ == architecture:
            return architecture
        is_deprecated, current = successor_of(entrypoint, architecture)
        if not is_deprecated:
            return architecture
        return None if current is None else self.look_up(current.partition(".")[0])

    def _find(self, name: str) -> Entry[Backbone] | None:
        canonical = self.look_up(name)
        if canonical is None:
            return None
        entry = self._entries.get(name)
        if entry is None:
            current = None if self._scanned is None else self._scanned.deprecated.get(name)
            entry = self._entries.setdefault(name, _TimmEntry(self, canonical, name, current or name))
        return entry

    def _names(self) -> Sequence[str]:
        source = self._source()
        if source is not None:
            return source.listed
        names: list[str] = load_timm().list_models()
        added = {*ADDITIONS, *of_terratorch()}  # TerraTorch may be imported later; or they were taken out of timm
        return names if added <= {*names} else sorted(added.union(names), key=in_listing_order)

    def registrations(self, name: str) -> tuple[Registration, ...]:
        """Return the imports required for a name: the module of a model registered in timm by another package."""
        if not is_loaded("timm") or name in of_terratorch() or self.look_up(name) is None:
            return ()
        entrypoint = entrypoint_of(name)
        if entrypoint.__module__.partition(".")[0] in ("timm", "terraregistry"):
            return ()
        return (Registration(entrypoint.__module__, str(locate(entrypoint) or "")),)

    # Each architecture has arguments of its own.
    def feature_specs(self, name: str, /, *args: Any, **kwargs: Any) -> tuple[FeatureSpec, ...] | None:
        """Find the features of a backbone, without its weights.

        The network is made on torch's meta device: its tensors have shapes and no data. The result is cached.

        Args:
            name: A name known to timm, with or without a pretrained tag.
            args: The positional arguments of `build`.
            kwargs: The keyword arguments of `build`; those for loading weights have no effect.

        Returns:
            Channels, stride and layout of each feature, in the order of the backbone's; None if they only show with data.

        Raises:
            ComponentNotFoundError: The name is not here.
            InvalidArgumentsError: The arguments do not fit the architecture.
        """
        spec = self.validate(name, *args, **kwargs)
        return find_features(entrypoint_of(name), self.validate(name, **without_weights(spec.kwargs)))

    def network_signature(self, name: str) -> inspect.Signature:
        """Return the signature for a whole network, with `features_only=False`; that of `signature` is for a feature pyramid.

        Args:
            name: A name known to timm, with or without a pretrained tag.

        Returns:
            The effective signature.

        Raises:
            ComponentNotFoundError: The name is not here.
        """
        return self.describe_network(name).signature

    def describe_network(self, name: str) -> ComponentDescription:
        """Describe a whole network as `describe` does a feature pyramid: with `features_only=False`."""
        entry = self.found(name)[0]
        return entry.answer({"features_only": False}).describe(entry.name, self.kind.name, self._aliases_of(entry.name))

    def _aliases_of(self, name: str) -> tuple[str, ...]:
        stored = stored_component(_STORED_IN, name, "timm")
        if stored is not None:
            return stored.aliases
        names: Mapping[str, str | None] = load_timm().models.get_deprecated_models()
        deprecated = [old for old, new in names.items() if new and new.partition(".")[0] == name]
        return tuple(alias for alias in (*configurations_of(name), *deprecated) if alias != name)

    def _nearest(self, name: str) -> tuple[str, ...]:
        """Return suggestions; after a wrong tag, the existing tags come first."""
        if "." in name and name.partition(".")[0] in self:
            from terraregistry.suggest import nearest

            architecture = self.look_up(name.partition(".")[0]) or name
            tagged = [alias for alias in self._aliases_of(architecture) if "." in alias]
            return nearest(name, tagged) or tuple(tagged[:3])
        return super()._nearest(name)


class _TimmEntry(DescribedEntry[Backbone]):
    """One spelling of a name of timm."""

    __slots__ = ("_chosen", "_made", "_registry", "_spelling")
    examines_builds: ClassVar[bool] = True  # timm drops or garbles some values

    def __init__(self, registry: TimmRegistry, canonical: str, spelling: str, chosen: str) -> None:
        library = TERRATORCH if canonical in of_terratorch() and canonical not in ADDITIONS else "timm"
        super().__init__(canonical, TimmConstructor(spelling), stored_in=_STORED_IN, library=library)
        self._registry = registry
        self._spelling = spelling
        self._chosen = chosen
        self._made: dict[tuple[bool, bool], tuple[object, Call[Backbone]]] = {}

    def call(self, kwargs: Mapping[str, Any]) -> Call[Backbone]:  # the arguments of a call are any objects
        """Return the call for a feature pyramid or for a whole network, as requested by the arguments.

        If they give the token mixers of a MetaFormer, any further ones are accepted: they may be for those.
        """
        features_only = kwargs.get("features_only", True) is not False
        own_mixers = kwargs.get("token_mixers") is not None
        entrypoint = entrypoint_of(self.name)
        made = self._made.get((features_only, own_mixers))
        if made is None or made[0] is not entrypoint:  # registered anew since
            found = inspect_name(entrypoint, features_only=features_only, own_mixers=own_mixers)
            call = Call(self.constructor, found.effective, ineffective=found.ineffective)
            made = self._made[features_only, own_mixers] = (entrypoint, call)
        return made[1]

    def examined(self, call: Call[Backbone], checked: Checked) -> Checked:
        """Check the features chosen, and the weights in dictionaries."""
        args, kwargs, found = checked
        problems = [*found, *weights_problems(args, kwargs)]
        if not found:
            problems += index_problems(kwargs, call.effective.signature, lambda: self._count(kwargs))
        return args, kwargs, tuple(problems)

    def _count(self, kwargs: Mapping[str, Any]) -> int | None:  # as above
        """Count the features of a network, made without data; None for one of another package, or that cannot be made."""
        if self.name in of_terratorch() and self.name not in ADDITIONS:
            return None
        entrypoint = entrypoint_of(self.name)
        if not is_timms(entrypoint) and self.name not in ADDITIONS:
            return None
        arguments = without_weights({**kwargs, "out_indices": ()})
        return count_features(entrypoint, ComponentSpec(self._registry, self._spelling, (), arguments))

    def checker(self, kwargs: Mapping[str, Any]) -> Call[Backbone] | None:  # as above
        """Return the call from the index for a network of timm's own, if the files of timm's installation stay the same."""
        from terraregistry.index.keys import is_unchanging

        place = self.place_of(kwargs)
        is_known = place and is_unchanging("timm") and is_timms(entrypoint_of(self.name))
        return self.described(place) if is_known else None

    def place_of(self, kwargs: Mapping[str, Any]) -> str:  # as above
        """Return the place of feature pyramids or of whole networks; none if the arguments of token mixers are free."""
        if kwargs.get("token_mixers") is not None:
            return ""
        return TIMM_NETWORKS if kwargs.get("features_only", True) is False else _STORED_IN

    def fitting(self, component: Component) -> Component | None:
        """Move the weights of the spelling to the front."""
        if self._chosen == self.name:
            return component
        order = {alias: place for place, alias in enumerate(component.aliases)}
        weights = sorted(component.weights, key=lambda each: (each.name != self._chosen, order.get(each.name, -1)))
        return component._replace(weights=tuple(weights))
