"""The models of segmentation-models-pytorch by class name, as constructors with the effective parameters only.

Importing this module imports none of them: `smp_constructors.Unet` does.
"""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any, cast

from terraregistry.components.factories.smp_library import import_smp

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import nn

__all__ = ["constructor_of"]


@functools.cache
def constructor_of(name: str) -> Callable[..., nn.Module]:
    """Return the constructor of a model, without the unused `**kwargs` of its class.

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
    functools.update_wrapper(construct, cls, updated=())
    del construct.__dict__["__wrapped__"]
    construct.__annotations__ = {each.name: each.annotation for each in read if each.annotation is not each.empty}
    construct.__dict__["__signature__"] = signature.replace(parameters=read)
    construct.__dict__["__defined_by__"] = cls
    return construct


def __getattr__(name: str) -> Callable[..., nn.Module]:
    try:
        return constructor_of(name)
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
