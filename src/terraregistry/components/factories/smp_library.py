"""The models, encoders and weights of segmentation-models-pytorch.

Each model is an attribute of this module as well, by its class name: a constructor without the open `**kwargs` of the class.
smp is imported when one is read.
"""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from inspect import Parameter
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

from terraregistry.components.factories.planned_parts import Builds, nn
from terraregistry.components.factories.rules import TIMM_ENCODER
from terraregistry.errors import InvalidArgumentsError, Problem, ProblemKind, SourceUnavailableError
from terraregistry.index import SMP_ENCODERS, SMP_MODELS
from terraregistry.index.provider import DescribedEntry, stored_components
from terraregistry.problems import Replace
from terraregistry.registry import Entry, Registry
from terraregistry.registry.signatures import effective_signature
from terraregistry.suggest import nearest
from terraregistry.wording import describe_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = [
    "EncoderNetworks",
    "encoder_problems",
    "models_on",
    "smp_encoders",
    "smp_models",
    "timm_network",
    "weights_of",
]

_LIBRARY: Final = "segmentation_models_pytorch"
_OLD_PREFIX: Final = "timm-"
_MOVED: Final = ("gernet", "mobilenetv3", "regnet", "res2", "resnest")
"""The beginnings of names built by timm also with the old prefix; other names with that are smp's own encoders."""
_WHOLE: Final = "DPT"
"""The model with a whole network of timm as its encoder, not a feature pyramid."""
_GIVEN_BY_SMP: Final = (
    "depth", "features_only", "in_channels", "in_chans", "name", "num_classes", "out_indices", "output_stride", "pretrained",
    "weights",
)  # fmt: skip
"""Arguments given to timm, or taken, by smp itself."""
_NORM: Final = bool | str | Mapping[str, object] | None
_IN_KWARGS: Final[Mapping[str, object]] = {
    "decoder_use_batchnorm": _NORM,
    "output_stride": int,
    "psp_use_batchnorm": _NORM,
    "upscale_mode": str | None,
}
"""Arguments read from the `**kwargs` of some models, with their types: of all encoders, or deprecated."""


def _import_smp() -> Any:  # a module without types
    try:
        return importlib.import_module(_LIBRARY)
    except Exception as error:
        reason = f"importing segmentation-models-pytorch raises {describe_error(error)}"
        remedy = "install or repair it: pip install segmentation-models-pytorch"
        raise SourceUnavailableError("smp", reason, remedy) from error


def _classes() -> dict[str, type[nn.Module]]:
    """Return the classes of smp's models, by name."""
    return {cls.__name__: cls for cls in _import_smp().MODEL_ARCHITECTURES_MAPPING.values()}


@functools.cache
def _constructor_of(name: str) -> Callable[..., nn.Module]:
    """Return the constructor of a model, without the `**kwargs` of its class: only encoders of timm read these.

    Called, it takes the arguments of such an encoder as well.
    """
    cls = _classes()[name]

    # Each model has arguments of its own.
    def construct(*args: Any, **kwargs: Any) -> nn.Module:
        return cls(*args, **kwargs)

    signature = inspect.signature(cls)
    read = [each for each in signature.parameters.values() if each.kind is not each.VAR_KEYWORD]
    found = effective_signature(cls).signature.parameters
    read += [
        found[name].replace(kind=Parameter.KEYWORD_ONLY, annotation=annotation)
        for name, annotation in _IN_KWARGS.items()
        if name in found and not (name == "output_stride" and found[name].default is None)  # of DPT, which refuses it
    ]
    functools.update_wrapper(construct, cls, updated=())
    del construct.__dict__["__wrapped__"]
    construct.__annotations__ = {each.name: each.annotation for each in read if each.annotation is not each.empty}
    construct.__dict__["__signature__"] = signature.replace(parameters=read)
    construct.__dict__["__defined_by__"] = cls
    return construct


def __getattr__(name: str) -> Callable[..., nn.Module]:
    # The import system looks for `__path__`.
    if name.startswith("_") or name not in _classes():
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return _constructor_of(name)


class _Models(Registry[nn.Module]):
    """The models, described from the index until smp is imported."""

    def _lazy(self, name: str, reference: str) -> Entry[nn.Module]:
        return DescribedEntry(name, None, reference, stored_in=SMP_MODELS, library=_LIBRARY)


@functools.cache
def smp_models() -> Registry[nn.Module]:
    """Return smp's models by class name; none is imported if the index has their names.

    Raises:
        SourceUnavailableError: smp is missing or broken.
    """
    models = _Models()
    stored = stored_components(SMP_MODELS, _LIBRARY)
    for name in [each.name for each in stored] if stored else _classes():
        models.register_lazy(name, f"{__name__}:{name}")
    return models


def smp_encoders() -> Mapping[str, tuple[str, ...]]:
    """Return the weights of each of smp's own encoders, by its name: from the index, until smp is imported.

    Raises:
        SourceUnavailableError: smp is missing or broken.
    """
    stored = stored_components(SMP_ENCODERS, _LIBRARY)
    if stored:
        return {each.name: _weights_in(each.signature.parameters[0].accepts.text) for each in stored}
    encoders = cast("Mapping[str, Mapping[str, Any]]", _import_smp().encoders.encoders)  # smp's descriptions of them
    return {name: tuple(encoder.get("pretrained_settings") or ()) for name, encoder in encoders.items()}


def _weights_in(literal: str) -> tuple[str, ...]:
    """Read the names of weights out of the type of the parameter, `typing.Literal[True, 'imagenet']`."""
    values: list[object] = ast.literal_eval(literal[literal.index("[") :])
    return tuple(value for value in values if isinstance(value, str) and value)


def weights_of(pretrained: bool | str | None) -> str | None:
    """Name the weights of an encoder as smp does: True for those of ImageNet; None for random weights."""
    return "imagenet" if pretrained is True else (pretrained or None)


class EncoderNetworks(Builds, Protocol):
    """The methods of timm's registry used here."""

    def __contains__(self, name: object, /) -> bool: ...

    def __iter__(self) -> Iterator[str]: ...

    def network_signature(self, name: str) -> inspect.Signature:
        """Return the effective signature of a whole network; `signature` is that of a feature pyramid."""
        ...


def timm_network(encoder: str) -> str:
    """Return the name of the network of timm behind an encoder; empty for smp's own encoders.

    >>> timm_network("tu-resnet18"), timm_network("timm-mobilenetv3_small_100"), timm_network("resnet18")
    ('resnet18', 'tf_mobilenetv3_small_100', '')
    """
    old = encoder.removeprefix(_OLD_PREFIX)
    if encoder.startswith(_OLD_PREFIX) and old.startswith(_MOVED):
        return f"tf_{old}" if old.startswith("mobilenetv3") else old
    return encoder.removeprefix(TIMM_ENCODER) if encoder.startswith(TIMM_ENCODER) else ""


def models_on(encoder: str, networks: EncoderNetworks, weights: str | None) -> Builds:
    """Return smp's models on an encoder with the named weights; on one of timm, they take its arguments too."""
    network = timm_network(encoder)
    return _OnTimm(networks, network, weights is not None) if network in networks else smp_models()


@dataclass(frozen=True)
class _OnTimm:
    """smp's models on an encoder of timm."""

    networks: EncoderNetworks
    network: str
    pretrained: bool

    # Each model and each network has arguments of its own.
    def build(self, name: str, /, *args: Any, **kwargs: Any) -> nn.Module:
        return smp_models()[name](*args, **kwargs)

    def validate(self, name: str, /, *args: Any, **kwargs: Any) -> object:
        theirs = {each.name for each in self._parameters(name)}
        problems: list[Problem] = []
        try:
            smp_models().validate(name, *args, **{key: kwargs[key] for key in kwargs if key not in theirs})
        except InvalidArgumentsError as error:
            choices = self.signature(name).parameters
            problems += [
                Problem(each.steps, each.kind, choices=choices) if each.kind is ProblemKind.UNKNOWN else each
                for each in error.problems
            ]
        whole = {"features_only": False} if name == _WHOLE else {}
        given = {key: kwargs[key] for key in kwargs if key in theirs}
        try:
            self.networks.validate(self.network, pretrained=self.pretrained, **whole, **given)
        except InvalidArgumentsError as error:
            problems += error.problems
        if problems:
            raise InvalidArgumentsError(name, self.network, tuple(problems))
        return name

    def signature(self, name: str) -> inspect.Signature:
        own = smp_models().signature(name)
        return own.replace(parameters=[*own.parameters.values(), *self._parameters(name)])

    def _parameters(self, name: str) -> Iterator[Parameter]:
        """Return the parameters of the encoder open to the caller."""
        networks = self.networks
        found = (networks.network_signature if name == _WHOLE else networks.signature)(self.network).parameters
        taken = {*smp_models().signature(name).parameters, *_GIVEN_BY_SMP}
        for each in found.values():
            if each.name not in taken and each.kind is not Parameter.VAR_KEYWORD:
                yield each.replace(kind=Parameter.KEYWORD_ONLY)


def encoder_problems(name: str, weights: str | None, networks: EncoderNetworks) -> list[Problem]:
    """Check the names of an encoder and of its weights; None for random weights."""
    encoders = smp_encoders()
    if timm_network(name) in networks:
        return []
    if name not in encoders:
        network = timm_network(name)
        choices = [TIMM_ENCODER + each for each in nearest(network, networks)] if network else nearest(name, encoders)
        fix: Replace | None = None
        if not choices and name in networks:
            choices = [TIMM_ENCODER + name]
            fix = Replace(choices[0])
        detail = f"smp has no encoder {name!r}"
        return [Problem("backbone", ProblemKind.NOT_FOUND, given=name, detail=detail, choices=choices, fix=fix)]
    known = encoders[name]
    if weights is None or weights in known:
        return []
    detail = f"{name} has no weights {weights!r}; expected one of {', '.join(known)}, or false"
    return [Problem("pretrained", ProblemKind.INVALID, detail=detail)]
