"""What there is in segmentation-models-pytorch."""

from __future__ import annotations

import functools
import importlib
import inspect
from typing import TYPE_CHECKING, Any, Final, cast

from terraregistry.deferred import DeferredModule
from terraregistry.errors import Problem, ProblemKind, SourceUnavailableError
from terraregistry.nearest import nearest
from terraregistry.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping

    from torch import nn
else:
    nn = DeferredModule("torch.nn")

__all__ = ["encoder_problems", "smp_encoders", "smp_models", "weights_of"]

_TIMM: Final = "tu-"
_IMAGENET: Final = "imagenet"


@functools.cache
def smp_models() -> Registry[nn.Module]:
    """Register smp's models, each with the arguments that it reads: its `**kwargs` go nowhere.

    Returns:
        The models by the names of their classes.

    Raises:
        SourceUnavailableError: smp is missing or broken.
    """
    smp = _smp()
    classes = cast("Mapping[str, type[nn.Module]]", smp.MODEL_ARCHITECTURES_MAPPING).values()
    models = Registry[nn.Module]()
    for cls in classes:
        models.register(_strict(cls), name=cls.__name__)
    return models


def smp_encoders() -> dict[str, tuple[str, ...]]:
    """List smp's own encoders.

    Returns:
        The names of the weights that there are for each, by its name.

    Raises:
        SourceUnavailableError: smp is missing or broken.
    """
    encoders = cast("Mapping[str, Mapping[str, Any]]", _smp().encoders.encoders)  # smp's descriptions of its encoders
    return {name: tuple(encoder.get("pretrained_settings") or ()) for name, encoder in encoders.items()}


def weights_of(pretrained: bool | str | None) -> str | None:
    """Name the weights of an encoder.

    Args:
        pretrained: True for those of ImageNet, or a name.

    Returns:
        The name that smp has for them; None for random ones.
    """
    return _IMAGENET if pretrained is True else (pretrained or None)


def encoder_problems(name: str, weights: str | None, networks: Container[str]) -> list[Problem]:
    """Check that there is an encoder, and that it has weights.

    Args:
        name: Its name, as smp has it.
        weights: The name of its weights; None for random ones.
        networks: The names of timm's networks.

    Returns:
        What is wrong.
    """
    encoders = smp_encoders()
    if name.startswith(_TIMM) and name.removeprefix(_TIMM) in networks:
        return []
    if name not in encoders:
        choices = nearest(name, encoders)
        if not choices and name in networks:
            choices = (_TIMM + name,)
        return [Problem("backbone", ProblemKind.NOT_FOUND, detail=f"smp has no encoder {name!r}", choices=choices)]
    known = encoders[name]
    if weights is None or weights in known:
        return []
    detail = f"{name} has no weights {weights!r}; expected one of {', '.join(known)}, or false"
    return [Problem("pretrained", ProblemKind.INVALID, detail=detail)]


def _strict(cls: type[nn.Module]) -> Callable[..., nn.Module]:
    """Make a constructor that takes what a model reads."""

    # Each model has arguments of its own.
    def construct(*args: Any, **kwargs: Any) -> nn.Module:
        return cls(*args, **kwargs)

    signature = inspect.signature(cls)
    read = [each for each in signature.parameters.values() if each.kind is not each.VAR_KEYWORD]
    functools.update_wrapper(construct, cls, updated=())
    del construct.__dict__["__wrapped__"]
    construct.__annotations__ = {each.name: each.annotation for each in read if each.annotation is not each.empty}
    construct.__dict__["__signature__"] = signature.replace(parameters=read)
    return construct


def _smp() -> Any:  # a module without types
    try:
        return importlib.import_module("segmentation_models_pytorch")
    except Exception as error:
        reason = f"importing segmentation-models-pytorch raises {type(error).__name__}: {error}"
        remedy = "install or repair it: pip install segmentation-models-pytorch"
        raise SourceUnavailableError("smp", reason, remedy) from error
