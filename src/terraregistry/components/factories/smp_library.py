"""The models, encoders and weights of segmentation-models-pytorch."""

from __future__ import annotations

import ast
import functools
import importlib
from typing import TYPE_CHECKING, Any, Final, cast

from terraregistry.deferred import DeferredModule
from terraregistry.errors import Problem, ProblemKind, SourceUnavailableError
from terraregistry.index import SMP_ENCODERS, SMP_MODELS
from terraregistry.index.provider import DescribedEntry, stored_components
from terraregistry.problems import Replace
from terraregistry.registry import Entry, Registry
from terraregistry.suggest import nearest
from terraregistry.wording import describe_error

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

    from torch import nn

else:
    nn = DeferredModule("torch.nn")

__all__ = ["TIMM_PREFIX", "encoder_problems", "import_smp", "smp_encoders", "smp_models", "weights_of"]

_LIBRARY: Final = "segmentation_models_pytorch"
TIMM_PREFIX: Final = "tu-"
"""The prefix of the names of encoders built by timm."""
_IMAGENET: Final = "imagenet"


@functools.cache
def smp_models() -> Registry[nn.Module]:
    """Register smp's models, each with its effective parameters: its `**kwargs` are unused.

    Returns:
        The models by class name; none is imported if the index has their names.

    Raises:
        SourceUnavailableError: smp is missing or broken.
    """
    models = _Models()
    for name in _model_names():
        models.register_lazy(name, f"terraregistry.components.factories.smp_constructors:{name}")
    return models


class _Models(Registry[nn.Module]):
    """The models, described from the index until smp is imported."""

    def _lazy(self, name: str, reference: str) -> Entry[nn.Module]:
        return DescribedEntry(name, None, reference, stored_in=SMP_MODELS, library=_LIBRARY)


def _model_names() -> Sequence[str]:
    stored = stored_components(SMP_MODELS, _LIBRARY)
    if stored:
        return [each.name for each in stored]
    classes = cast("Mapping[str, type[nn.Module]]", import_smp().MODEL_ARCHITECTURES_MAPPING).values()
    return [cls.__name__ for cls in classes]


def smp_encoders() -> Mapping[str, tuple[str, ...]]:
    """List smp's own encoders.

    Returns:
        The weights of each encoder, by its name: from the index, until smp is imported.

    Raises:
        SourceUnavailableError: smp is missing or broken.
    """
    stored = stored_components(SMP_ENCODERS, _LIBRARY)
    if stored:
        return {each.name: _weights_in(each.signature.parameters[0].accepts.text) for each in stored}
    encoders = cast("Mapping[str, Mapping[str, Any]]", import_smp().encoders.encoders)  # smp's descriptions of them
    return {name: tuple(encoder.get("pretrained_settings") or ()) for name, encoder in encoders.items()}


def _weights_in(literal: str) -> tuple[str, ...]:
    """Read the names of weights out of the type of the parameter, `typing.Literal[True, 'imagenet']`."""
    values: list[object] = ast.literal_eval(literal[literal.index("[") :])
    return tuple(value for value in values if isinstance(value, str) and value)


def weights_of(pretrained: bool | str | None) -> str | None:
    """Name the weights of an encoder.

    Args:
        pretrained: True for those of ImageNet, or a name.

    Returns:
        Their name in smp; None for random weights.
    """
    return _IMAGENET if pretrained is True else (pretrained or None)


def encoder_problems(name: str, weights: str | None, networks: Container[str]) -> list[Problem]:
    """Check the names of an encoder and of its weights.

    Args:
        name: Its name in smp.
        weights: The name of its weights; None for random weights.
        networks: The names of timm's networks.

    Returns:
        The problems found.
    """
    encoders = smp_encoders()
    if name.startswith(TIMM_PREFIX) and name.removeprefix(TIMM_PREFIX) in networks:
        return []
    if name not in encoders:
        choices = nearest(name, encoders)
        fix: Replace | None = None
        if not choices and name in networks:
            choices = (TIMM_PREFIX + name,)
            fix = Replace(choices[0])
        detail = f"smp has no encoder {name!r}"
        return [Problem("backbone", ProblemKind.NOT_FOUND, given=name, detail=detail, choices=choices, fix=fix)]
    known = encoders[name]
    if weights is None or weights in known:
        return []
    detail = f"{name} has no weights {weights!r}; expected one of {', '.join(known)}, or false"
    return [Problem("pretrained", ProblemKind.INVALID, detail=detail)]


def import_smp() -> Any:  # a module without types
    """Import segmentation-models-pytorch.

    Returns:
        The library.

    Raises:
        SourceUnavailableError: It is missing or broken.
    """
    try:
        return importlib.import_module(_LIBRARY)
    except Exception as error:
        reason = f"importing segmentation-models-pytorch raises {describe_error(error)}"
        remedy = "install or repair it: pip install segmentation-models-pytorch"
        raise SourceUnavailableError("smp", reason, remedy) from error
