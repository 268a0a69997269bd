"""What there is in timm: names, entry points, tags."""

from __future__ import annotations

import contextlib
import functools
import importlib
from typing import TYPE_CHECKING, Any

from terraregistry.errors import SourceUnavailableError
from terraregistry.pretrained import PretrainedWeights
from terraregistry.wording import describe_error

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["entrypoint_of", "has_tag", "load_timm", "successor_of", "weights_of"]


def load_timm() -> Any:  # a module whose parts are typed in part
    """Import timm, or say what is missing."""
    try:
        timm = importlib.import_module("timm")
    except Exception as error:
        reason = f"importing timm raises {describe_error(error)}"
        raise SourceUnavailableError(
            "timm", reason, "install or repair it: pip install timm torch torchvision"
        ) from error
    return timm


def entrypoint_of(timm: Any, name: str) -> Callable[..., object]:  # the module
    """The entry point that is really called: for a deprecated name, that of its successor."""
    architecture = name.partition(".")[0]
    entrypoint: Callable[..., object] = timm.model_entrypoint(architecture)
    if entrypoint.__name__ != architecture:
        current = timm.models.get_deprecated_models().get(architecture)
        if current:
            return entrypoint_of(timm, current)
    return entrypoint


def has_tag(timm: Any, name: str, tag: str) -> bool:  # the module
    """Say whether a name has the pretrained tag that follows its dot."""
    if not tag:
        return False
    try:
        timm.get_pretrained_cfg(name, allow_unregistered=False)
    except RuntimeError:
        return False
    return True


def weights_of(timm: Any, name: str) -> tuple[PretrainedWeights, ...]:  # the module
    """List the pretrained weights of an architecture.

    Args:
        timm: The module.
        name: A name that timm knows.

    Returns:
        The weights that are published, first those that the name stands for.
    """
    deprecated: Mapping[str, str | None] = timm.models.get_deprecated_models()
    name = deprecated.get(name) or name
    configurations: Mapping[str, Any] = timm.models.get_arch_pretrained_cfgs(name.partition(".")[0])
    chosen: object = None
    with contextlib.suppress(RuntimeError):  # a deprecated name may be of a tag that is gone
        chosen = timm.get_pretrained_cfg(name)
    found = [
        (each.tag != getattr(chosen, "tag", None), PretrainedWeights(tagged, _origin(each), _license(each)))
        for tagged, each in configurations.items()
        if each.hf_hub_id or each.url
    ]
    return tuple(weights for _, weights in sorted(found, key=lambda pair: pair[0]))


def _license(configuration: Any) -> str | None:  # as below
    known: str | None = configuration.license
    return None if known == "unknown" else known


def _origin(configuration: Any) -> str:  # a dataclass of timm
    """Say where timm takes weights from: the hub, where they are on it."""
    if not configuration.hf_hub_id:
        return str(configuration.url)
    file = f"/{configuration.hf_hub_filename}" if configuration.hf_hub_filename else ""
    return f"hf-hub:{configuration.hf_hub_id}{file}"


@functools.lru_cache(maxsize=1024)
def successor_of(entrypoint: Callable[..., object], name: str) -> tuple[bool, str | None]:
    """Find out whether a name is deprecated and what follows it: asked once for each entry point, since timm copies all it has.

    Args:
        entrypoint: The entry point that the name leads to; deprecating a name, or registering it anew, makes another one.
        name: The name.

    Returns:
        Whether it is deprecated, and its successor; None for one that was removed.
    """
    del entrypoint
    names: Mapping[str, str | None] = load_timm().models.get_deprecated_models()
    return name in names, names.get(name)
