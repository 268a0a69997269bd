"""The effective arguments of an entry point of timm: found by following it to the model class, without building anything.

An entry point is `def resnet18(pretrained=False, **kwargs)`, and ends in `build_model_with_cfg(ResNet, ..., **kwargs)`. Its code
is run here with another `build_model_with_cfg`, one that only records its arguments, in a copy of the module's namespace: timm
itself is not touched, and other threads see nothing of it.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from inspect import Parameter
from typing import Any, Final, Literal, NamedTuple, cast

from terraregistry.deferred import loaded
from terraregistry.registry.signatures import NOT_EVALUATED, OPAQUE, EffectiveSignature, Signature, effective_signature
from terraregistry.sources.timm.loaded_timm import is_timms, load_timm

__all__ = ["TimmSignature", "inspect_entrypoint"]


def _keyword(name: str, annotation: Any, default: object = OPAQUE) -> Parameter:  # an annotation is any object
    return Parameter(name, Parameter.KEYWORD_ONLY, annotation=annotation, default=default)


_BUILDER: Final = "build_model_with_cfg"
_BUILDER_OPTIONS: Final = ("pretrained_strict", "pretrained_filter_fn", "kwargs_filter", "pretrained_model_args")
_PYRAMID_ONLY: Final = {
    "out_indices": _keyword("out_indices", int | Sequence[int] | None),
    "feature_cls": _keyword("feature_cls", str | Callable[..., Any] | None),
}
_TIMMS_INDICES: Final = (0, 1, 2, 3, 4)
"""The features chosen by timm's builder itself."""
_SIZE: Final = int | tuple[int, int]
"""`img_size` of every architecture: where the annotation names one of the two, `timm.layers.to_2tuple` takes both."""
_NO_CLASSES: Final = _keyword("num_classes", Literal[0] | None)
"""A feature pyramid has no classifier: no classes say nothing new, and any other number has no effect."""
_NAMED: Final = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)
_STARRED: Final = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
_MIXERS: Final = "token_mixers"
_BEFORE_MIXERS: Final = ("MetaFormerStage", "MetaFormerBlock")
"""The classes a MetaFormer's arguments pass through on their way; parameters of these classes do not reach the mixers."""

_Parameters = dict[str, Parameter]
_Origins = dict[str, object]


class TimmSignature(NamedTuple):
    """The effective signature of `build` for one entry point, and the arguments timm would drop silently, with the reasons."""

    effective: EffectiveSignature
    ineffective: Mapping[str, str]


class _Built(NamedTuple):
    """The class and arguments an entry point would have built."""

    model_class: Callable[..., object]
    options: Mapping[str, Any]  # whatever the entry point passes


def inspect_entrypoint(
    entrypoint: Callable[..., object], *, features_only: bool, own_mixers: bool = False
) -> TimmSignature:
    """Find the arguments of `build` for an entry point registered in timm.

    Args:
        entrypoint: The function.
        features_only: If True, for a feature pyramid, built by some entry points from another class.
        own_mixers: If True, the caller gives the token mixers of a MetaFormer; their arguments are then unknown.
    """
    from terraregistry.sources.timm.backbone import TimmBackbone

    follower = _Follower(entrypoint)
    built = follower.follow({"features_only": features_only}) if is_timms(entrypoint) else None
    found = _class_signature(entrypoint if built is None else built.model_class)
    parameters = {name: each for name, each in found.signature.parameters.items() if each.kind not in _STARRED}
    star = next((each for each in found.signature.parameters.values() if each.kind is Parameter.VAR_KEYWORD), None)
    origins: _Origins = dict(found.origins)
    ineffective: dict[str, str] = {}
    collisions: list[str] = []
    if built is not None:
        for name in built.options.keys() & parameters.keys():  # the architecture's values
            parameters[name] = parameters[name].replace(default=built.options[name])
        if star is not None and (
            _add_configuration(parameters, origins, built)
            or (not own_mixers and _add_mixers(parameters, origins, built.model_class))
        ):
            star = None
        whole = follower.follow({"features_only": False}) if features_only else built
        ineffective = _dropped(built, whole or built, features_only=features_only)
        collisions = follower.collisions([*parameters, *_BUILDER_OPTIONS])
        size = parameters.get("img_size")
        if size is not None and (size.annotation is int or typing.get_origin(size.annotation) is tuple):
            parameters["img_size"] = size.replace(annotation=_SIZE)
    create = load_timm().create_model
    _add_builder(parameters, origins, create, features_only=features_only)
    if built is not None and features_only and parameters["out_indices"].default is OPAQUE:
        configured: Mapping[str, object] = built.options.get("feature_cfg") or {}
        chosen = configured.get("out_indices", _TIMMS_INDICES)
        parameters["out_indices"] = parameters["out_indices"].replace(default=chosen)
    for name in [*ineffective, *collisions]:
        parameters.pop(name, None)
    if features_only and "num_classes" in ineffective and "num_classes" not in collisions:
        parameters["num_classes"] = _NO_CLASSES
        origins["num_classes"] = create
    signature = Signature(_ordered(parameters, star), return_annotation=TimmBackbone)
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
        """Find the class an entry point would build with some arguments; None if it does not come to building."""
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

    def collisions(self, names: Sequence[str]) -> list[str]:
        """Find the names passed by the entry point itself, so giving them is an error: `got multiple values`."""
        rest = list(names)
        found: list[str] = []
        while (error := self._refusal(rest)) is not None:  # all at once: each run may build a part of a network
            is_collision = isinstance(error, TypeError) and "multiple values" in str(error)
            collided = [name for name in rest if is_collision and f"'{name}'" in str(error)]
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


def _isolated(
    function: Callable[..., object], note: Callable[..., object], namespaces: dict[int, dict[str, object]]
) -> Callable[..., object]:
    """Copy a function, and the functions called on the way, to call `note` for building."""
    if not isinstance(function, types.FunctionType) or _BUILDER not in function.__globals__:
        return function
    key = id(function.__globals__)
    if key not in namespaces:
        namespaces[key] = namespace = dict(function.__globals__)
        for name, value in function.__globals__.items():
            if isinstance(value, types.FunctionType) and value.__module__.startswith("timm.models"):
                namespace[name] = _isolated(value, note, namespaces)
        namespace[_BUILDER] = note
    copied = types.FunctionType(
        function.__code__, namespaces[key], function.__name__, function.__defaults__, function.__closure__
    )
    copied.__kwdefaults__ = function.__kwdefaults__
    return copied


# -- putting the signature together --


def _add_configuration(parameters: _Parameters, origins: _Origins, built: _Built) -> bool:
    """Add the fields of a class's configuration as further arguments (ByobNet, MaxxVit, HighResolutionNet, ...)."""
    configuration = built.options.get("model_cfg") or built.options.get("cfg")
    if configuration is None:
        return False
    for name, (hint, value) in _fields(configuration).items():
        if name not in parameters:
            parameters[name] = _keyword(name, hint, value)
            origins[name] = type(configuration)
    return True


def _fields(configuration: object) -> dict[str, tuple[object, object]]:
    if isinstance(configuration, dict):
        values = cast("dict[str, object]", configuration)
        return {name: (NOT_EVALUATED, value) for name, value in values.items()}
    found: dict[str, tuple[object, object]] = {}
    if dataclasses.is_dataclass(configuration) and not isinstance(configuration, type):
        hints = typing.get_type_hints(type(configuration))
        for name in (field.name for field in dataclasses.fields(configuration)):
            value: object = getattr(configuration, name)
            if name.endswith("_cfg") and dataclasses.is_dataclass(value):  # MaxxVit: conv_expand_ratio is conv_cfg's
                found |= {name.removesuffix("cfg") + inner: each for inner, each in _fields(value).items()}
            else:
                found[name] = (hints.get(name, NOT_EVALUATED), value)
    return found


def _add_mixers(parameters: _Parameters, origins: _Origins, model_class: Callable[..., object]) -> bool:
    """Add the arguments forwarded to its token mixers by a MetaFormer of the known structure."""
    module = loaded(getattr(model_class, "__module__", ""))
    passed_through = [getattr(module, name, None) for name in _BEFORE_MIXERS]
    if _MIXERS not in parameters:
        return False
    default: object = parameters[_MIXERS].default
    mixers = cast("Sequence[object]", default) if isinstance(default, (list, tuple)) else [default]
    if not all(isinstance(each, type) for each in (*passed_through, *mixers)):
        return False
    taken = {name for each in passed_through for name in inspect.signature(cast("type", each)).parameters}
    for mixer in mixers:
        for name, parameter in effective_signature(mixer).signature.parameters.items():
            if parameter.kind in _NAMED and name not in taken and name not in parameters:
                parameters[name] = parameter.replace(kind=Parameter.KEYWORD_ONLY)
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
    parameters: _Parameters, origins: _Origins, create: Callable[..., object], *, features_only: bool
) -> None:
    """Add the arguments of `timm.create_model` and its builder, common to all architectures."""
    own = _class_signature(create).signature.parameters
    builder = _class_signature(getattr(load_timm().models, _BUILDER)).signature.parameters
    added = {name: own[name] for name in own if name not in ("model_name", "kwargs")}
    added["features_only"] = _keyword("features_only", bool, default=True)
    added["pruned"] = _keyword("pruned", bool, default=False)
    added |= {name: builder[name] for name in _BUILDER_OPTIONS if name in builder}
    if features_only:
        added |= _PYRAMID_ONLY
    for name, parameter in added.items():
        if parameter.default is OPAQUE and name in parameters:  # an entry point that is not timm's may say it
            parameter = parameter.replace(default=parameters[name].default)  # noqa: PLW2901 - the same, with its default
        parameters[name] = parameter
        origins[name] = create


def _ordered(parameters: Mapping[str, Parameter], kwargs: Parameter | None) -> list[Parameter]:
    """`pretrained` first, as in timm; all else by name, the architecture's own arguments before the builder's."""
    first = parameters["pretrained"].replace(kind=Parameter.POSITIONAL_OR_KEYWORD, annotation=bool, default=False)
    rest = [
        _keyword(name, _or_none(each.annotation), OPAQUE if each.default is Parameter.empty else each.default)
        for name, each in parameters.items()
        if name != "pretrained"
    ]
    return [first, *rest, *([] if kwargs is None else [kwargs])]


def _or_none(annotation: Any) -> Any:  # an annotation is any object
    """Timm takes None for `not given`, whatever the argument."""
    if annotation is NOT_EVALUATED or annotation is Any or annotation is bool:
        return annotation
    return typing.Optional[annotation]  # noqa: UP045 - made at run time, also of what has no `|`
