"""The arguments forwarded by a MetaFormer to its token mixers: its effective `**kwargs`."""

from __future__ import annotations

import inspect
import sys
from inspect import Parameter
from typing import TYPE_CHECKING, Final, cast

from terraregistry.registry.signatures import effective_signature

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["mixer_parameters"]

_MIXERS: Final = "token_mixers"
_PASSED_THROUGH: Final = ("MetaFormerStage", "MetaFormerBlock")
"""The classes the arguments pass through on their way; parameters of these classes do not reach the mixers."""
_NAMED: Final = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)


def mixer_parameters(
    model_class: Callable[..., object], parameters: Mapping[str, Parameter]
) -> dict[str, tuple[Parameter, object]] | None:
    """Find the effective `**kwargs` of a MetaFormer, with its architecture's token mixers.

    Args:
        model_class: The class built by an entry point.
        parameters: Its own parameters, with the architecture's values as defaults.

    Returns:
        Each parameter with the mixer declaring it; None unless it is a MetaFormer of the known structure.
    """
    module = sys.modules.get(getattr(model_class, "__module__", ""))
    on_the_way = [getattr(module, name, None) for name in _PASSED_THROUGH]
    if _MIXERS not in parameters or not all(isinstance(each, type) for each in on_the_way):
        return None
    default: object = parameters[_MIXERS].default
    mixers = cast("Sequence[object]", default) if isinstance(default, (list, tuple)) else [default]
    if not all(isinstance(mixer, type) for mixer in mixers):
        return None
    taken = {name for each in on_the_way for name in inspect.signature(cast("type", each)).parameters}
    found: dict[str, tuple[Parameter, object]] = {}
    for mixer in mixers:
        for name, parameter in effective_signature(mixer).signature.parameters.items():
            if parameter.kind in _NAMED and name not in taken and name not in parameters:
                found.setdefault(name, (parameter.replace(kind=Parameter.KEYWORD_ONLY), mixer))
    return found
