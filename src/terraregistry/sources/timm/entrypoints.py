"""The effective arguments of an entry point of timm: found by following it to the model class, without building anything.

An entry point is `def resnet18(pretrained=False, **kwargs)`, and ends in `build_model_with_cfg(ResNet, ..., **kwargs)`. Its code
is run here with another `build_model_with_cfg`, one that only records its arguments, in a copy of the module's namespace: timm
itself is not touched, and other threads see nothing of it.
"""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from inspect import Parameter
from typing import Any, Final, Literal

from terraregistry.registry.signatures import NOT_EVALUATED, OPAQUE, EffectiveSignature, Signature, effective_signature
from terraregistry.sources.timm.loaded_timm import is_timms
from terraregistry.sources.timm.mixers import mixer_parameters

__all__ = ["TimmSignature", "inspect_entrypoint"]

_BUILDER: Final = "build_model_with_cfg"
_PYRAMID_ONLY: Final = {
    "out_indices": Parameter(
        "out_indices", Parameter.KEYWORD_ONLY, annotation=int | Sequence[int] | None, default=OPAQUE
    ),
    "feature_cls": Parameter(
        "feature_cls", Parameter.KEYWORD_ONLY, annotation=str | Callable[..., Any] | None, default=OPAQUE
    ),
}
_TIMMS_INDICES: Final = (0, 1, 2, 3, 4)
"""The features chosen by timm's builder itself."""
_SIZE: Final = int | tuple[int, int]
"""`img_size` of every architecture: where the annotation names one of the two, `timm.layers.to_2tuple` takes both."""
_NO_CLASSES: Final = Parameter(
    "num_classes",
    Parameter.KEYWORD_ONLY,
    annotation=Literal[0] | None,
    default=OPAQUE,
)
"""A feature pyramid has no classifier: no classes say nothing new, and any other number has no effect."""
_STARRED: Final = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
_BUILDER_OPTIONS: Final = ("pretrained_strict", "pretrained_filter_fn", "kwargs_filter", "pretrained_model_args")


@dataclasses.dataclass(frozen=True)
class TimmSignature:
    """The arguments of `build` for one entry point.

    Attributes:
        effective: The effective signature.
        ineffective: Arguments timm would drop silently, with the reason.
    """

    effective: EffectiveSignature
    ineffective: Mapping[str, str]


@dataclasses.dataclass(frozen=True)
class _Built:
    """The class and arguments an entry point would have built."""

    model_class: Callable[..., object]
    options: Mapping[str, Any]  # whatever the entry point passes


def inspect_entrypoint(
    entrypoint: Callable[..., object],
    create: Callable[..., object],
    returns: type,
    *,
    features_only: bool,
    own_mixers: bool = False,
) -> TimmSignature:
    """Find the arguments of `build` for an entry point.

    Args:
        entrypoint: A function registered in timm.
        create: `timm.create_model`.
        returns: The return type of `build`.
        features_only: If True, for a feature pyramid, built by some entry points from another class.
        own_mixers: If True, the caller gives the token mixers of a MetaFormer; their arguments are then unknown.

    Returns:
        The signature, and the arguments left out because timm would drop them.
    """
    follower = _Follower(entrypoint) if is_timms(entrypoint) else None
    built = follower.follow({"features_only": features_only}) if follower is not None else None
    found = _class_signature(entrypoint if built is None else built.model_class)
    parameters = {name: each for name, each in found.signature.parameters.items() if each.kind not in _STARRED}
    star = next((each for each in found.signature.parameters.values() if each.kind is Parameter.VAR_KEYWORD), None)
    origins: dict[str, object] = dict(found.origins)
    ineffective: dict[str, str] = {}
    collisions: list[str] = []
    if follower is not None and built is not None:
        _use_entrypoints_values(parameters, built)
        if star is not None and (
            _add_configuration(parameters, origins, built)
            or (not own_mixers and _add_mixers(parameters, origins, built.model_class))
        ):
            star = None
        whole = follower.follow({"features_only": False}) if features_only else built
        ineffective = _dropped(built, built if whole is None else whole, features_only=features_only)
        collisions = follower.collisions(parameters)
        size = parameters.get("img_size")
        if size is not None and (size.annotation is int or typing.get_origin(size.annotation) is tuple):
            parameters["img_size"] = size.replace(annotation=_SIZE)
    _add_builder(parameters, origins, create, features_only=features_only)
    if follower is not None and built is not None:
        collisions += follower.collisions(_BUILDER_OPTIONS)
        if features_only and parameters["out_indices"].default is OPAQUE:
            configured: Mapping[str, object] = built.options.get("feature_cfg") or {}
            chosen = configured.get("out_indices", _TIMMS_INDICES)
            parameters["out_indices"] = parameters["out_indices"].replace(default=chosen)
    for name in [*ineffective, *collisions]:
        parameters.pop(name, None)
    if features_only and "num_classes" in ineffective and "num_classes" not in collisions:
        parameters["num_classes"] = _NO_CLASSES
        origins["num_classes"] = create
    signature = Signature(_ordered(parameters, star), return_annotation=returns)
    return TimmSignature(EffectiveSignature(signature, origins), ineffective)


@functools.lru_cache(maxsize=512)
def _class_signature(constructor: Callable[..., object]) -> EffectiveSignature:
    return effective_signature(constructor)


# -- following an entry point to the class --


class _Follower:
    """A runner of an entry point up to the point of building."""

    def __init__(self, entrypoint: Callable[..., object]) -> None:
        self._notes: list[_Built] = []
        self._run = _isolated(entrypoint, self._note, {})

    # timm's own signature; what an entry point passes is any object.
    def _note(self, model_class: Callable[..., object], variant: str, pretrained: bool, **options: Any) -> _Built:
        del variant, pretrained
        self._notes.append(_Built(model_class, options))
        return self._notes[-1]

    def follow(self, kwargs: Mapping[str, object]) -> _Built | None:
        """Find the class an entry point would build.

        Args:
            kwargs: The arguments.

        Returns:
            The class and its arguments; None if the entry point does not come to building.
        """
        import torch

        self._notes.clear()
        try:
            with torch.device("meta"):  # what it makes by other ways holds no data
                result = self._run(pretrained=False, **kwargs)
        except Exception:
            if not self._notes:
                raise
            result = None  # it goes on with what it believes is the network: what it asked for is known by now
        if isinstance(result, _Built):
            return result
        return self._notes[-1] if self._notes else None

    def collisions(self, names: typing.Iterable[str]) -> list[str]:
        """Find the names passed by the entry point itself, so giving them is an error: `got multiple values`.

        Args:
            names: The names to try.

        Returns:
            The names in collision.
        """
        rest = list(names)
        found: list[str] = []
        while (error := self._refusal(rest)) is not None:  # all at once: each run may build a part of a network
            collided = [name for name in rest if _collides(name, error)]
            if not collided:  # refused for another reason
                half = len(rest) // 2
                parts = (rest[:half], rest[half:]) if half else ()
                return found + [name for part in parts for name in self.collisions(part)]
            found += collided
            rest = [name for name in rest if name not in collided]
        return found

    def _refusal(self, names: list[str]) -> Exception | None:
        try:
            self.follow({"features_only": True, **dict.fromkeys(names, OPAQUE)})
        except Exception as error:  # noqa: BLE001 - OPAQUE is no value of any argument: an entry point may raise anything
            return error
        return None


def _collides(name: str, error: Exception) -> bool:
    return isinstance(error, TypeError) and "multiple values" in str(error) and f"'{name}'" in str(error)


def _isolated(
    function: Callable[..., object], note: Callable[..., object], namespaces: dict[int, dict[str, object]]
) -> Callable[..., object]:
    """Copy a function, and the functions called on the way, to call `note` for building."""
    if not isinstance(function, types.FunctionType) or _BUILDER not in function.__globals__:
        return function
    key = id(function.__globals__)
    if key not in namespaces:
        namespaces[key] = namespace = dict(function.__globals__)
        namespace.update(
            {
                name: _isolated(value, note, namespaces)
                for name, value in function.__globals__.items()
                if isinstance(value, types.FunctionType) and value.__module__.startswith("timm.models")
            }
        )
        namespace[_BUILDER] = note
    copied = types.FunctionType(
        function.__code__, namespaces[key], function.__name__, function.__defaults__, function.__closure__
    )
    copied.__kwdefaults__ = function.__kwdefaults__
    return copied


# -- putting the signature together --


def _use_entrypoints_values(parameters: dict[str, Parameter], built: _Built) -> None:
    """Replace the defaults of the class by the architecture's values."""
    for name, value in built.options.items():
        if name in parameters:
            parameters[name] = parameters[name].replace(default=value)


def _add_configuration(parameters: dict[str, Parameter], origins: dict[str, object], built: _Built) -> bool:
    """Add the fields of a class's configuration as further arguments (ByobNet, MaxxVit, HighResolutionNet, ...)."""
    configuration = built.options.get("model_cfg") or built.options.get("cfg")
    if configuration is None:
        return False
    for name, (hint, value) in _fields(configuration).items():
        if name not in parameters:
            parameters[name] = Parameter(name, Parameter.KEYWORD_ONLY, annotation=hint, default=value)
            origins[name] = type(configuration)
    return True


def _fields(configuration: object) -> dict[str, tuple[object, object]]:
    if dataclasses.is_dataclass(configuration) and not isinstance(configuration, type):
        hints = typing.get_type_hints(type(configuration))
        found: dict[str, tuple[object, object]] = {}
        for name in (field.name for field in dataclasses.fields(configuration)):
            value: object = getattr(configuration, name)
            if name.endswith("_cfg") and dataclasses.is_dataclass(value):  # MaxxVit: conv_expand_ratio is conv_cfg's
                found |= {name.removesuffix("cfg") + inner: each for inner, each in _fields(value).items()}
            else:
                found[name] = (hints.get(name, NOT_EVALUATED), value)
        return found
    if isinstance(configuration, dict):
        values = typing.cast("dict[str, object]", configuration)
        return {name: (NOT_EVALUATED, value) for name, value in values.items()}
    return {}


def _add_mixers(
    parameters: dict[str, Parameter], origins: dict[str, object], model_class: Callable[..., object]
) -> bool:
    """Add the arguments a MetaFormer forwards to its token mixers."""
    found = mixer_parameters(model_class, parameters)
    if found is None:
        return False
    for name, (parameter, mixer) in found.items():
        parameters[name] = parameter
        origins[name] = mixer
    return True


def _dropped(built: _Built, whole: _Built, *, features_only: bool) -> dict[str, str]:
    """Find the arguments timm would drop: those of a feature pyramid, and those of this architecture in either way."""
    dropped = {} if built.options.get("model_cfg") is None else {"cfg": "the architecture is its configuration"}
    dropped |= {"feature_cfg": "timm's architectures set it themselves; give out_indices or feature_cls"}
    if features_only:
        reason = "has no effect on a feature pyramid; it needs features_only=False"
        dropped |= dict.fromkeys(("num_classes", *(built.options.get("kwargs_filter") or ())), reason)
    else:
        dropped |= dict.fromkeys(_PYRAMID_ONLY, "has no effect without features_only=True")
    never = "has no effect on this architecture, which has no classifier"
    return dropped | dict.fromkeys(whole.options.get("kwargs_filter") or (), never)


def _add_builder(
    parameters: dict[str, Parameter], origins: dict[str, object], create: Callable[..., object], *, features_only: bool
) -> None:
    """Add the arguments of `timm.create_model` and its builder, common to all architectures."""
    own = _class_signature(create).signature.parameters
    added = {name: own[name] for name in own if name not in ("model_name", "kwargs")}
    added["features_only"] = Parameter("features_only", Parameter.KEYWORD_ONLY, annotation=bool, default=True)
    added["pruned"] = Parameter("pruned", Parameter.KEYWORD_ONLY, annotation=bool, default=False)
    builder = _builder_parameters()
    added |= {name: builder[name] for name in _BUILDER_OPTIONS if name in builder}
    if features_only:
        added |= _PYRAMID_ONLY
    for name, parameter in added.items():
        if parameter.default is OPAQUE and name in parameters:  # an entry point that is not timm's may say it
            parameter = parameter.replace(default=parameters[name].default)  # noqa: PLW2901 - the same, with its default
        parameters[name] = parameter
        origins[name] = create


def _builder_parameters() -> Mapping[str, Parameter]:
    from timm import models

    builder: Callable[..., object] = getattr(models, _BUILDER)
    return _class_signature(builder).signature.parameters


def _ordered(parameters: Mapping[str, Parameter], kwargs: Parameter | None) -> list[Parameter]:
    """`pretrained` first, as in timm; all else by name, the architecture's own arguments before the builder's."""
    first = parameters["pretrained"].replace(kind=Parameter.POSITIONAL_OR_KEYWORD, annotation=bool, default=False)
    rest = [
        parameter.replace(
            kind=Parameter.KEYWORD_ONLY, annotation=_or_none(parameter.annotation), default=_default(parameter)
        )
        for name, parameter in parameters.items()
        if name != "pretrained" and parameter.kind not in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
    ]
    return [first, *rest, *([] if kwargs is None else [kwargs])]


def _default(parameter: Parameter) -> object:
    return OPAQUE if parameter.default is Parameter.empty else parameter.default


def _or_none(annotation: Any) -> Any:  # an annotation is any object
    """Timm takes None for `not given`, whatever the argument."""
    if annotation is NOT_EVALUATED or annotation is Any or annotation is bool:
        return annotation
    return typing.Optional[annotation]  # noqa: UP045 - made at run time, also of what has no `|`
