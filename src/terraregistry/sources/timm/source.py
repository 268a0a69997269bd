"""timm's models as a read-only registry of backbones."""

from __future__ import annotations

import functools
import importlib
import threading
from typing import TYPE_CHECKING, Any, Final

from terraregistry.errors import InvalidArgumentsError, Problem, ProblemKind, SourceUnavailableError
from terraregistry.protocols import Backbone
from terraregistry.registry import Call, Entry
from terraregistry.registry.readonly import ReadOnlyRegistry

if TYPE_CHECKING:
    import inspect
    from collections.abc import Callable, Mapping

    from terraregistry.sources.timm.backbone import TimmBackbone
    from terraregistry.sources.timm.inspection import TimmSignature

__all__ = ["TimmConstructor", "TimmRegistry"]


class TimmConstructor:
    """Makes the backbone of one name of timm: `timm.create_model`, with a feature pyramid by default.

    Args:
        name: A name that timm knows, with or without a pretrained tag.

    Attributes:
        name: That name.
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
        return _entrypoint(_timm(), self.name)

    @property
    def __signature__(self) -> inspect.Signature:
        return _inspect(self.__defined_by__, features_only=True).effective.signature

    # What an architecture takes depends on the architecture; build() holds the arguments to its signature.
    def __call__(self, pretrained: bool = False, *, features_only: bool = True, **kwargs: Any) -> TimmBackbone:
        """Make the backbone.

        Args:
            pretrained: Whether to load pretrained weights.
            features_only: Whether to make a feature pyramid; otherwise the only feature is that of `forward_features`.
            kwargs: Further arguments of the architecture and of `timm.create_model`.

        Returns:
            A new backbone.
        """
        from terraregistry.sources.timm.backbone import TimmBackbone

        network = _timm().create_model(self.name, pretrained=pretrained, features_only=features_only, **kwargs)
        return TimmBackbone(network, _input_size(network, kwargs))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TimmConstructor) and self.name == other.name

    def __hash__(self) -> int:
        return hash((TimmConstructor, self.name))

    # What reconstructs it has arguments of its own.
    def __reduce__(self) -> tuple[Any, ...]:
        return TimmConstructor, (self.name,)


class TimmRegistry(ReadOnlyRegistry[Backbone]):
    """Every model of timm as a `Backbone`, as timm knows them at this moment.

    Iteration gives the architectures. A name with a pretrained tag (`resnet18.a1_in1k`) and a deprecated name are aliases of
    their architecture: they are contained and built, and not iterated. Names that would load a model's description from a hub
    or a folder (`hf-hub:...`, `local-dir:...`) are not contained. timm is imported when it is first asked for.
    """

    _remedy = "register the model in timm itself, with timm.models.register_model, and it is seen here at once"

    def __init__(self) -> None:
        super().__init__()
        self._entries: dict[str, _TimmEntry] = {}

    def look_up(self, name: str) -> str | None:
        """Return the canonical spelling of a name or an alias, or None for a name that is not here."""
        timm = _timm()
        architecture, dot, tag = name.partition(".")
        try:
            entrypoint = timm.model_entrypoint(architecture)
        except KeyError:
            return None
        if dot and not _has_tag(timm, name, tag):
            return None
        # Every entry point is registered by its function's name; only a deprecated name leads to another function.
        if entrypoint.__name__ == architecture:
            return architecture
        return self._successor(architecture)

    def _successor(self, deprecated: str) -> str | None:
        current = _deprecated(_timm().models, len(_timm().models.list_modules())).get(deprecated)
        if current is None:
            return None if deprecated in _timm().models.get_deprecated_models() else deprecated
        return self.look_up(current.partition(".")[0])

    def _find(self, name: str) -> _TimmEntry | None:
        canonical = self.look_up(name)
        if canonical is None:
            return None
        entry = self._entries.get(name)
        if entry is None:
            entry = self._entries.setdefault(name, _TimmEntry(canonical, name))
        return entry

    def _names(self) -> list[str]:
        names: list[str] = _timm().list_models()
        return names

    def _aliases_of(self, name: str) -> tuple[str, ...]:
        models = _timm().models
        tagged: list[str] = list(models.get_arch_pretrained_cfgs(name))
        deprecated = [
            old for old, new in models.get_deprecated_models().items() if new and new.partition(".")[0] == name
        ]
        return tuple(alias for alias in (*tagged, *deprecated) if alias != name)

    def _nearest(self, name: str) -> tuple[str, ...]:
        """After a wrong tag, the tags that there are come first."""
        if "." in name and name.partition(".")[0] in self:
            from terraregistry.nearest import nearest

            tagged: list[str] = list(_timm().models.get_arch_pretrained_cfgs(name))
            return nearest(name, tagged) or tuple(tagged[:3])
        return super()._nearest(name)


class _TimmEntry(Entry[Backbone]):
    """One spelling of a name of timm."""

    __slots__ = ("_lock", "_made")

    def __init__(self, canonical: str, spelling: str) -> None:
        super().__init__(canonical, TimmConstructor(spelling))
        self._lock = threading.Lock()
        self._made: dict[bool, tuple[object, _TimmCall]] = {}

    def call(self, kwargs: Mapping[str, Any]) -> Call[Backbone]:  # the arguments of a call are any objects
        """Return the call for a feature pyramid or for a whole network, whichever the arguments ask for."""
        features_only = kwargs.get("features_only", True) is not False
        entrypoint = _entrypoint(_timm(), self.name)
        made = self._made.get(features_only)
        if made is None or made[0] is not entrypoint:  # registered anew since
            call = _TimmCall(self.constructor, _inspect(entrypoint, features_only=features_only))
            made = self._made[features_only] = (entrypoint, call)
        return made[1]


class _TimmCall(Call[Backbone]):
    """A call of timm that reports the arguments that timm would drop."""

    __slots__ = ("_ineffective",)

    def __init__(self, constructor: Callable[..., Backbone], found: TimmSignature) -> None:
        super().__init__(constructor, found.effective)
        self._ineffective = found.ineffective

    # The arguments of a call are any objects.
    def validate(
        self, args: tuple[Any, ...], kwargs: Mapping[str, Any], component: str, registry: Callable[[], str]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Validate, and say of an argument that has no effect why it has none."""
        try:
            return super().validate(args, kwargs, component, registry)
        except InvalidArgumentsError as error:
            problems = tuple(self._explained(problem) for problem in error.problems)
        raise InvalidArgumentsError(component, registry, problems, self.signature_text, self.defined_at)

    def _explained(self, problem: Problem) -> Problem:
        reason = self._ineffective.get(problem.path)
        if reason is None or problem.kind is not ProblemKind.UNKNOWN:
            return problem
        return Problem(problem.path, ProblemKind.UNUSED, detail=reason)


def _timm() -> Any:  # a module whose parts are typed in part
    """Import timm, or say what is missing."""
    try:
        timm = importlib.import_module("timm")
    except Exception as error:
        reason = f"importing timm raises {type(error).__name__}: {error}"
        raise SourceUnavailableError(
            "timm", reason, "install or repair it: pip install timm torch torchvision"
        ) from error
    return timm


def _entrypoint(timm: Any, name: str) -> Callable[..., object]:  # the module
    """The entry point that is really called: for a deprecated name, that of its successor."""
    architecture = name.partition(".")[0]
    entrypoint: Callable[..., object] = timm.model_entrypoint(architecture)
    if entrypoint.__name__ != architecture:
        current = timm.models.get_deprecated_models().get(architecture)
        if current:
            return _entrypoint(timm, current)
    return entrypoint


def _has_tag(timm: Any, name: str, tag: str) -> bool:  # the module
    if not tag:
        return False
    try:
        timm.get_pretrained_cfg(name, allow_unregistered=False)
    except RuntimeError:
        return False
    return True


@functools.lru_cache(maxsize=4)
def _deprecated(models: Any, modules: int) -> Mapping[str, str | None]:  # the module
    """The deprecated names and what follows them: read once for each number of timm's modules, since timm copies it each time."""
    del modules
    names: Mapping[str, str | None] = models.get_deprecated_models()
    return names


@functools.lru_cache(maxsize=4096)
def _inspect(entrypoint: Callable[..., object], *, features_only: bool) -> TimmSignature:
    from terraregistry.sources.timm.backbone import TimmBackbone
    from terraregistry.sources.timm.inspection import inspect_entrypoint

    return inspect_entrypoint(entrypoint, _timm().create_model, TimmBackbone, features_only=features_only)


def _input_size(network: Any, kwargs: Mapping[str, Any]) -> tuple[int, int, int]:  # a network of timm; any arguments
    configuration: Mapping[str, Any] = getattr(network, "pretrained_cfg", None) or {}
    configured: tuple[int, int, int] = configuration.get("input_size") or (3, 224, 224)
    channels: int = kwargs.get("in_chans") or configured[0]
    size: int | tuple[int, int] = kwargs.get("img_size") or configured[1:]
    height, width = (size, size) if isinstance(size, int) else size
    return int(channels), int(height), int(width)
