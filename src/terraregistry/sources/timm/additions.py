"""The models added to timm by this library: their modules, their weights, and their construction.

They are in timm's registry too, for `timm.create_model`. Another package may register a model of the same name there, before or
after; this library always uses the models named here, whatever timm has under their names.
"""

from __future__ import annotations

import importlib
import sys
import warnings
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from terraregistry.errors import SourceUnavailableError, TakenNameWarning
from terraregistry.registry.calls import qualified
from terraregistry.registry.locations import locate
from terraregistry.wording import describe_error

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["ADDITIONS", "added_configurations", "added_entrypoint", "create_added", "register_additions"]

_MODELS: Final = "terraregistry.components.backbones.prithvi.timm_models"

ADDITIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        name: f"{_MODELS}:{name}"
        for name in ("prithvi_swin_B", "prithvi_swin_L", "prithvi_vit_100", "prithvi_vit_300", "prithvi_vit_tiny")
    }
)
"""The architectures, each with its entry point as `package.module:function`; the module's `default_cfgs` are their weights."""
_NOT_SAVED: Final = ("cache_dir", "device", "dtype", "pretrained_cfg_overlay", "pretrained_model_args")
"""Arguments not kept by timm in a network's record of its construction."""


def added_entrypoint(architecture: str) -> Callable[..., object]:
    """Import the entry point of an added model.

    Args:
        architecture: One of `ADDITIONS`.

    Returns:
        The function, as timm's entry points are.

    Raises:
        SourceUnavailableError: It cannot be imported with the installed timm.
    """
    reference = ADDITIONS[architecture]
    module, _, function = reference.partition(":")
    try:
        found: Callable[..., object] = getattr(importlib.import_module(module), function)
    except Exception as error:
        reason = f"{reference} cannot be imported: {describe_error(error)}"
        raise SourceUnavailableError(
            "timm", reason, "repair timm, or install a newer one: pip install -U timm"
        ) from error
    return found


def added_configurations(architecture: str) -> Mapping[str, Any]:  # dataclasses of timm
    """Find the configurations of an added model's weights.

    Args:
        architecture: One of `ADDITIONS`.

    Returns:
        The configurations by the names with their tags, the default first; one without a tag by the architecture's name.
    """
    module = sys.modules[added_entrypoint(architecture).__module__]
    described: Any = module.default_cfgs[architecture]  # timm's own way: entries by tag, and the tags in order
    return {f"{architecture}.{tag}" if tag else architecture: described.cfgs[tag] for tag in described.tags}


def register_additions(timm: Any) -> None:  # the module
    """Add the models to timm's registry; a name registered there by another package is left alone.

    Args:
        timm: The module.
    """
    for architecture in ADDITIONS:
        if not timm.is_model(architecture):
            timm.models.register_model(added_entrypoint(architecture))


# What an architecture takes depends on the architecture; the network is one of timm's kinds.
def create_added(
    timm: Any,
    name: str,
    *,
    pretrained: bool,
    pretrained_cfg: Any = None,
    checkpoint_path: Any = None,
    scriptable: bool | None = None,
    exportable: bool | None = None,
    no_jit: bool | None = None,
    **arguments: Any,
) -> Any:
    """Build an added model as `timm.create_model` does, whatever timm has under its name.

    Args:
        timm: The module.
        name: One of `ADDITIONS`, also with a pretrained tag.
        pretrained: As for `timm.create_model`, like all that follow.
        pretrained_cfg: The tag or the description of the weights.
        checkpoint_path: A file of weights, loaded into the new network.
        scriptable: Use layers suitable for scripting.
        exportable: Use layers suitable for export.
        no_jit: Avoid scripted layers.
        **arguments: Those of the entry point; None stands for one not given.
        **arguments: Those of the entry point; None stands for one that is not given.

    Returns:
        The network.
    """
    architecture, _, tag = name.partition(".")
    entrypoint = added_entrypoint(architecture)
    _warn_of_another(timm, architecture, entrypoint)
    given = {key: value for key, value in arguments.items() if value is not None}
    with timm.layers.set_layer_config(scriptable=scriptable, exportable=exportable, no_jit=no_jit):
        network: Any = entrypoint(pretrained=pretrained, pretrained_cfg=pretrained_cfg or tag or None, **given)
    # For timm's checkpoints, as `timm.create_model` sets it.
    made_with = {key: value for key, value in given.items() if key not in _NOT_SAVED}
    network._model_args = {**getattr(network, "_model_args", {}), **made_with}
    if checkpoint_path:
        timm.models.load_checkpoint(network, checkpoint_path)
    return network


def _warn_of_another(timm: Any, architecture: str, ours: Callable[..., object]) -> None:  # the module
    theirs: object = timm.model_entrypoint(architecture) if timm.is_model(architecture) else ours
    if qualified(theirs) != qualified(ours):  # not by identity: a module may have been reloaded
        warnings.warn(TakenNameWarning(architecture, qualified(theirs), str(locate(theirs) or "")), stacklevel=3)
