"""The models of segmentation-models-pytorch by class name, as constructors without the open `**kwargs` of their classes.

Importing this module imports none of them: `smp_constructors.Unet` does.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Mapping
from inspect import Parameter
from typing import TYPE_CHECKING, Any, Final, cast

from terraregistry.components.factories.smp_library import import_smp
from terraregistry.registry.signatures import effective_signature

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import nn

__all__ = ["constructor_of"]


_NORM: Final = bool | str | Mapping[str, object] | None
_IN_KWARGS: Final[Mapping[str, object]] = {
    "decoder_use_batchnorm": _NORM,
    "output_stride": int,
    "psp_use_batchnorm": _NORM,
    "upscale_mode": str | None,
}
"""Arguments read from the `**kwargs` of some models, with their types: of all encoders, or deprecated."""


@functools.cache
def constructor_of(name: str) -> Callable[..., nn.Module]:
    """Return the constructor of a model, without the `**kwargs` of its class: only encoders of timm read these.

    Called, it takes the arguments of such an encoder as well.

    Args:
        name: The name of the class.

    Returns:
        The constructor; the same object each time.

    Raises:
        KeyError: There is no such model.
        SourceUnavailableError: smp is missing or broken.
    """
    classes = cast("Mapping[str, type[nn.Module]]", import_smp().MODEL_ARCHITECTURES_MAPPING).values()
    cls = {each.__name__: each for each in classes}[name]

    # Each model has arguments of its own.
    def construct(*args: Any, **kwargs: Any) -> nn.Module:
        return cls(*args, **kwargs)

    signature = inspect.signature(cls)
    read = [each for each in signature.parameters.values() if each.kind is not each.VAR_KEYWORD]
    read += _in_kwargs(cls)
    functools.update_wrapper(construct, cls, updated=())
    del construct.__dict__["__wrapped__"]
    construct.__annotations__ = {each.name: each.annotation for each in read if each.annotation is not each.empty}
    construct.__dict__["__signature__"] = signature.replace(parameters=read)
    construct.__dict__["__defined_by__"] = cls
    return construct


def _in_kwargs(cls: type[nn.Module]) -> list[Parameter]:
    found = effective_signature(cls).signature.parameters
    return [
        found[name].replace(kind=Parameter.KEYWORD_ONLY, annotation=annotation)
        for name, annotation in _IN_KWARGS.items()
        if name in found and not (name == "output_stride" and found[name].default is None)  # of DPT, which refuses it
    ]


def __getattr__(name: str) -> Callable[..., nn.Module]:
    try:
        return constructor_of(name)
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
