"""The contents of timm: names, entry points, tags, and the models added to it by this library.

The added models are in timm's registry too, for `timm.create_model`. Another package may register a model of the same name there,
before or after; this library always uses the models named here, whatever timm has under their names.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import operator
import sys
import warnings
from typing import TYPE_CHECKING, Any, Final

from terraregistry.deferred import loaded
from terraregistry.errors import SourceUnavailableError, TakenNameWarning
from terraregistry.locks import expect_imports, forking_lock
from terraregistry.pretrained import PretrainedWeights
from terraregistry.quiet import quietly
from terraregistry.registry.calls import qualified
from terraregistry.registry.locations import locate
from terraregistry.terratorch_names import TERRATORCH, TIMM, installed_names
from terraregistry.wording import describe_error

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = [
    "ADDITIONS",
    "added_entrypoint",
    "configurations_of",
    "create_added",
    "entrypoint_of",
    "has_tag",
    "is_timms",
    "load_timm",
    "of_terratorch",
    "successor_of",
    "weights_of",
]

ADDITIONS: Final = ("prithvi_swin_B", "prithvi_swin_L", "prithvi_vit_100", "prithvi_vit_300", "prithvi_vit_tiny")
"""The added architectures: entry points in the module below, whose `default_cfgs` are their weights."""
_MODELS: Final = "terraregistry.components.backbones.prithvi.timm_models"
_NOT_SAVED: Final = (
    *("cache_dir", "device", "dtype"),
    *("pretrained", "pretrained_cfg", "pretrained_cfg_overlay", "pretrained_model_args"),
)
"""Arguments not kept by timm in a network's record of its construction."""
_LOADING: Final = forking_lock()
"""Held during the import of timm and the registration of the additions: a fork waits for it."""
_loaded: Final[set[Any]] = set()  # modules, as below
"""The module, once the additions are in it; another one after a failed import, or a test."""
_NEEDED: Final = (
    *("create_model", "get_pretrained_cfg", "is_model", "layers.set_layer_config", "list_models", "model_entrypoint"),
    *("models.build_model_with_cfg", "models.generate_default_cfgs", "models.get_arch_pretrained_cfgs"),
    *("models.get_deprecated_models", "models.load_checkpoint", "models.register_model"),
)
"""The attributes of timm used by this package; an empty folder of the name `timm` has none of them."""
_REMEDY: Final = "install or repair it: pip install timm torch torchvision"


def load_timm() -> Any:  # a module whose parts are typed in part
    """Import timm, with the models added to it by this library.

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
            for architecture in ADDITIONS:
                if not timm.is_model(architecture):  # a name registered there by another package is left alone
                    timm.models.register_model(added_entrypoint(architecture))
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


def of_terratorch() -> Mapping[str, str]:
    """Return the references of the models registered in timm by the import of an installed TerraTorch, by name."""
    return installed_names().get(TIMM, {})


def added_entrypoint(architecture: str) -> Callable[..., object]:
    """Import the entry point of an added model, of this library or TerraTorch.

    Raises:
        SourceUnavailableError: It cannot be imported with the installed timm.
    """
    module, library = _MODELS, "timm"
    if architecture not in ADDITIONS:
        module, library = of_terratorch()[architecture].partition(":")[0], TERRATORCH
        expect_imports()
    try:
        with quietly():
            found: Callable[..., object] = getattr(importlib.import_module(module), architecture)
    except Exception as error:
        reason = f"{module}:{architecture} cannot be imported: {describe_error(error)}"
        remedy = f"repair {library}, or install a newer one: pip install -U {library}"
        raise SourceUnavailableError("timm", reason, remedy) from error
    return found


def entrypoint_of(name: str) -> Callable[..., object]:
    """Return the entry point actually called: for a deprecated name, that of its successor."""
    architecture = name.partition(".")[0]
    if architecture in ADDITIONS:
        return added_entrypoint(architecture)
    timm = load_timm()
    if not timm.is_model(architecture) and architecture in of_terratorch():
        return added_entrypoint(architecture)  # which registers it in timm
    entrypoint: Callable[..., object] = timm.model_entrypoint(architecture)
    if entrypoint.__name__ != architecture:
        _, current = successor_of(entrypoint, architecture)
        if current:
            return entrypoint_of(current)
    return entrypoint


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


def is_timms(entrypoint: Callable[..., object]) -> bool:
    """Return True if an entry point is defined by timm itself."""
    return getattr(entrypoint, "__module__", "").partition(".")[0] == "timm"


def has_tag(name: str) -> bool:
    """Return True if the architecture in a name has the pretrained tag after its dot."""
    architecture, _, tag = name.partition(".")
    if not tag:
        return False
    if architecture in ADDITIONS:
        return name in configurations_of(architecture)
    try:
        load_timm().get_pretrained_cfg(name, allow_unregistered=False)
    except RuntimeError:
        return False
    return True


def configurations_of(architecture: str) -> Mapping[str, Any]:  # dataclasses of timm
    """Return the configurations of an architecture's weights by the names with their tags; of an added one, the default first."""
    if architecture not in ADDITIONS:
        found: Mapping[str, Any] = load_timm().models.get_arch_pretrained_cfgs(architecture)
        return found
    described: Any = sys.modules[added_entrypoint(architecture).__module__].default_cfgs[architecture]
    return {f"{architecture}.{tag}" if tag else architecture: described.cfgs[tag] for tag in described.tags}


def weights_of(name: str) -> tuple[PretrainedWeights, ...]:
    """List the published weights of an architecture, first those of the name itself."""
    timm = load_timm()
    deprecated: Mapping[str, str | None] = timm.models.get_deprecated_models()
    name = name if name in ADDITIONS else deprecated.get(name) or name
    configurations = configurations_of(name.partition(".")[0])
    chosen = configurations.get(name)
    if chosen is None:
        with contextlib.suppress(RuntimeError):  # a deprecated name may be of a tag that is gone
            chosen = timm.get_pretrained_cfg(name)
    published = [(tagged, each) for tagged, each in configurations.items() if each.hf_hub_id or each.url]
    published.sort(key=lambda pair: pair[1].tag != getattr(chosen, "tag", None))
    return tuple(
        PretrainedWeights(tagged, _origin(each), None if each.license == "unknown" else each.license)
        for tagged, each in published
    )


def _origin(configuration: Any) -> str:  # a dataclass of timm
    """Return the source of timm's weights: the hub, if they are on it."""
    if not configuration.hf_hub_id:
        return str(configuration.url)
    file = f"/{configuration.hf_hub_filename}" if configuration.hf_hub_filename else ""
    return f"hf-hub:{configuration.hf_hub_id}{file}"


# What an architecture takes depends on the architecture; the network is one of timm's kinds.
def create_added(name: str, **arguments: Any) -> Any:
    """Build an added model as `timm.create_model` does, whatever timm has under its name.

    Args:
        name: One of `ADDITIONS`, also with a pretrained tag.
        **arguments: Those of `timm.create_model` and of the entry point; None stands for one not given.
    """
    timm = load_timm()
    architecture, _, tag = name.partition(".")
    entrypoint = added_entrypoint(architecture)
    theirs: object = timm.model_entrypoint(architecture) if timm.is_model(architecture) else entrypoint
    if qualified(theirs) != qualified(entrypoint):  # not by identity: a module may have been reloaded
        taken = TakenNameWarning(architecture, qualified(theirs), str(locate(theirs) or ""))
        warnings.warn(taken, stacklevel=2)
    layers = {setting: arguments.pop(setting, None) for setting in ("scriptable", "exportable", "no_jit")}
    checkpoint = arguments.pop("checkpoint_path", None)
    arguments["pretrained_cfg"] = arguments.get("pretrained_cfg") or tag or None
    given = {key: value for key, value in arguments.items() if value is not None}
    with timm.layers.set_layer_config(**layers):
        network: Any = entrypoint(**given)
    # For timm's checkpoints, as `timm.create_model` sets it.
    made_with = {key: value for key, value in given.items() if key not in _NOT_SAVED}
    network._model_args = {**getattr(network, "_model_args", {}), **made_with}
    if checkpoint:
        timm.models.load_checkpoint(network, checkpoint)
    return network
