"""The contents of timm: names, entry points, tags."""

from __future__ import annotations

import contextlib
import functools
import importlib
import operator
from typing import TYPE_CHECKING, Any, Final

from terraregistry.deferred import loaded
from terraregistry.errors import SourceUnavailableError
from terraregistry.locks import expect_imports, forking_lock
from terraregistry.pretrained import PretrainedWeights
from terraregistry.sources.timm.additions import ADDITIONS, added_configurations, added_entrypoint, register_additions
from terraregistry.wording import describe_error

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["configurations_of", "entrypoint_of", "has_tag", "is_timms", "load_timm", "successor_of", "weights_of"]


_LOADING: Final = forking_lock()
"""Held during the import of timm and the registration of the additions: a fork waits for it."""
_loaded: Final[set[Any]] = set()  # modules, as below
"""The module, once the additions are in it; another one after a failed import, or a test."""
_NEEDED: Final = (
    "create_model",
    "get_pretrained_cfg",
    "is_model",
    "layers.set_layer_config",
    "list_models",
    "model_entrypoint",
    "models.build_model_with_cfg",
    "models.generate_default_cfgs",
    "models.get_arch_pretrained_cfgs",
    "models.get_deprecated_models",
    "models.load_checkpoint",
    "models.register_model",
)
"""The attributes of timm used by this package; an empty folder of the name `timm` has none of them."""
_REMEDY: Final = "install or repair it: pip install timm torch torchvision"


def load_timm() -> Any:  # a module whose parts are typed in part
    """Import timm, with the models added to it by this library.

    Returns:
        The module.

    Raises:
        SourceUnavailableError: timm is missing, or broken.
    """
    timm = loaded("timm")
    if timm in _loaded:
        return timm
    expect_imports()
    with _LOADING:
        timm = _import_timm()
        # Where these cannot be imported they alone are unavailable, which is said where they are asked for.
        with contextlib.suppress(SourceUnavailableError):
            register_additions(timm)
        _loaded.add(timm)
    return timm


def _import_timm() -> Any:  # the module
    try:
        timm = importlib.import_module("timm")
    except Exception as error:
        raise SourceUnavailableError("timm", f"importing timm raises {describe_error(error)}", _REMEDY) from error
    for needed in _NEEDED:
        try:
            operator.attrgetter(needed)(timm)
        except AttributeError as error:
            places = ", ".join(map(str, getattr(timm, "__path__", ())))
            reason = f"the timm in {places or 'sys.modules'} is incomplete: it has no {needed}"
            raise SourceUnavailableError("timm", reason, _REMEDY) from error
    return timm


def entrypoint_of(timm: Any, name: str) -> Callable[..., object]:  # the module
    """The entry point actually called: for a deprecated name, that of its successor."""
    architecture = name.partition(".")[0]
    if architecture in ADDITIONS:
        return added_entrypoint(architecture)
    entrypoint: Callable[..., object] = timm.model_entrypoint(architecture)
    if entrypoint.__name__ != architecture:
        current = timm.models.get_deprecated_models().get(architecture)
        if current:
            return entrypoint_of(timm, current)
    return entrypoint


def is_timms(entrypoint: Callable[..., object]) -> bool:
    """Return True if an entry point is defined by timm itself."""
    return getattr(entrypoint, "__module__", "").partition(".")[0] == "timm"


def has_tag(timm: Any, name: str, tag: str) -> bool:  # the module
    """Return True if a name has the pretrained tag after its dot."""
    if not tag:
        return False
    architecture = name.partition(".")[0]
    if architecture in ADDITIONS:
        return name in added_configurations(architecture)
    try:
        timm.get_pretrained_cfg(name, allow_unregistered=False)
    except RuntimeError:
        return False
    return True


def weights_of(timm: Any, name: str) -> tuple[PretrainedWeights, ...]:  # the module
    """List the pretrained weights of an architecture.

    Args:
        timm: The module.
        name: A name known to timm.

    Returns:
        The published weights, first those of the name itself.
    """
    deprecated: Mapping[str, str | None] = timm.models.get_deprecated_models()
    name = name if name in ADDITIONS else deprecated.get(name) or name
    configurations = configurations_of(timm, name.partition(".")[0])
    chosen = configurations.get(name)
    if chosen is None:
        with contextlib.suppress(RuntimeError):  # a deprecated name may be of a tag that is gone
            chosen = timm.get_pretrained_cfg(name)
    found = [
        (each.tag != getattr(chosen, "tag", None), PretrainedWeights(tagged, _origin(each), _license(each)))
        for tagged, each in configurations.items()
        if each.hf_hub_id or each.url
    ]
    return tuple(weights for _, weights in sorted(found, key=lambda pair: pair[0]))


def configurations_of(timm: Any, architecture: str) -> Mapping[str, Any]:  # the module; dataclasses of timm
    """Find the configurations of an architecture's weights.

    Args:
        timm: The module.
        architecture: Its name.

    Returns:
        The configurations by the names with their tags.
    """
    if architecture in ADDITIONS:
        return added_configurations(architecture)
    found: Mapping[str, Any] = timm.models.get_arch_pretrained_cfgs(architecture)
    return found


def _license(configuration: Any) -> str | None:  # as below
    known: str | None = configuration.license
    return None if known == "unknown" else known


def _origin(configuration: Any) -> str:  # a dataclass of timm
    """Return the source of timm's weights: the hub, if they are on it."""
    if not configuration.hf_hub_id:
        return str(configuration.url)
    file = f"/{configuration.hf_hub_filename}" if configuration.hf_hub_filename else ""
    return f"hf-hub:{configuration.hf_hub_id}{file}"


@functools.lru_cache(maxsize=1024)
def successor_of(entrypoint: Callable[..., object], name: str) -> tuple[bool, str | None]:
    """Find the successor of a deprecated name: looked up once for each entry point, since timm copies its whole registry.

    Args:
        entrypoint: The entry point of the name; deprecating a name, or registering it anew, makes another one.
        name: The name.

    Returns:
        True if it is deprecated, and its successor; None for a removed name.
    """
    del entrypoint
    names: Mapping[str, str | None] = load_timm().models.get_deprecated_models()
    return name in names, names.get(name)
