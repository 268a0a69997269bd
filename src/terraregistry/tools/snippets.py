"""Snippets to copy: the shortest Python and the shortest config to build a component."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from terraregistry.tools.recipes import (
    BACKBONE_RECIPES,
    FACTORY_CONFIGS,
    PLACEHOLDER,
    Recipe,
    decoder_recipe,
    neck_recipe,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from terraregistry.index import Component, Index
    from terraregistry.tools.recipes import Value

__all__ = ["Snippets", "python_snippet", "snippets_of", "yaml_snippet"]


@dataclass(frozen=True)
class Snippets:
    """The snippets of a component.

    Attributes:
        python: Runnable Python.
        config: A config, in YAML, of a model with the component; None for a kind without names in configs.
    """

    python: str
    config: str | None


def snippets_of(reference: str, name: str, component: Component, *, pretrained: bool = False) -> Snippets:
    """Write the snippets of a component.

    A value known only to the reader, such as an argument without a default of a component of their own, is `...`.

    Args:
        reference: The reference of the registry, such as `terraregistry.library:BACKBONE_REGISTRY`.
        name: The name to build by, in that registry.
        component: The component of that name.
        pretrained: Load its pretrained weights.

    Returns:
        The snippets.
    """
    module, _, registry = reference.partition(":")
    home = "terraregistry" if module == "terraregistry.library" else module
    write = _WRITERS.get(reference, _any)
    return write(_Place(home, registry), name, component, {"pretrained": True} if pretrained else {})


def python_snippet(index: Index, reference: str, name: str) -> str:
    """Write the Python to build a component, with pretrained weights if there are any.

    Args:
        index: The index.
        reference: The registry, such as `terraregistry.library:BACKBONE_REGISTRY`.
        name: The name of the component there.

    Returns:
        Source text, with `...` for values known only to the reader.

    Raises:
        KeyError: The index has no such registry, or the registry no such name.
    """
    return _found(index, reference, name).python


def yaml_snippet(index: Index, reference: str, name: str) -> str:
    """Write a config of a small model with a component, with pretrained weights if there are any.

    Args:
        index: The index.
        reference: The registry, such as `terraregistry.library:DECODER_REGISTRY`.
        name: The name of the component there.

    Returns:
        YAML in the plain layout; only the name, for a kind without names in configs.

    Raises:
        KeyError: The index has no such registry, or the registry no such name.
    """
    return _found(index, reference, name).config or f"{name}\n"


def _found(index: Index, reference: str, name: str) -> Snippets:
    resolved = index.find(reference, name)
    if resolved is None:
        raise KeyError(name)
    return snippets_of(reference, name, resolved.component, pretrained=bool(resolved.component.weights))


@dataclass(frozen=True)
class _Place:
    module: str
    registry: str

    def python(self, target: str, name: str, arguments: Mapping[str, Value], *, channels: bool = False) -> str:
        """Write the import of the registry, and the call."""
        call = self.call(target, name, arguments, channels=channels)
        return f"from {self.module} import {self.registry}\n\n{call}\n"

    def call(self, target: str, name: str, arguments: Mapping[str, Value], *, channels: bool = False) -> str:
        """Write the call to build a component; its first argument may be the channels of `backbone`."""
        given = [f'"{name}"', *(["backbone.out_channels"] if channels else [])]
        given += [f"{key}={_python(value)}" for key, value in arguments.items()]
        line = f"{target} = {self.registry}.build({', '.join(given)})"
        if len(line) <= _WIDTH:
            return line
        return f"{target} = {self.registry}.build(\n" + "".join(f"    {each},\n" for each in given) + ")"


_WIDTH: Final = 72
_BACKBONES: Final = _Place("terraregistry", "BACKBONE_REGISTRY")
_BANDS: Final = ("RED", "GREEN", "BLUE")


def _backbone(place: _Place, name: str, component: Component, more: Mapping[str, Value]) -> Snippets:
    has_bands = any(each.name == "bands" for each in component.signature.parameters)
    recipe = BACKBONE_RECIPES.get(component.name, Recipe())
    arguments: dict[str, Value] = {**({"bands": _BANDS} if has_bands else {}), **recipe.arguments}
    config: dict[str, Value] = {"model_factory": "EncoderDecoderFactory", "task": "segmentation", "backbone": name}
    config |= _prefixed("backbone", arguments | dict(more)) | {"decoder": recipe.decoder, "num_classes": 4}
    return Snippets(place.python("backbone", name, arguments | dict(more)), _yaml(config))


def _decoder(place: _Place, name: str, component: Component, more: Mapping[str, Value]) -> Snippets:
    recipe = decoder_recipe(component)
    arguments = dict(recipe.arguments) | dict(more)
    own = {key: value for key, value in arguments.items() if key not in recipe.outputs}  # those the factory passes on
    config = {**_head(recipe), "decoder": name, **_prefixed("decoder", own), **recipe.outputs}
    return Snippets(_after_backbone(place, "decoder", name, recipe, arguments), _yaml(config))


def _neck(place: _Place, name: str, component: Component, more: Mapping[str, Value]) -> Snippets:
    recipe = neck_recipe(component)
    arguments = dict(recipe.arguments) | dict(more)
    lines = [f"necks:\n  - name: {name}\n", *(f"    {key}: {_plain(value)}\n" for key, value in arguments.items())]
    config = _yaml(_head(recipe)) + "".join(lines) + _yaml({"decoder": recipe.decoder, **recipe.outputs})
    return Snippets(_after_backbone(place, "neck", name, recipe, arguments), config)


def _full_model(place: _Place, name: str, component: Component, more: Mapping[str, Value]) -> Snippets:
    has_bands = any(each.name == "bands" for each in component.signature.parameters)
    arguments: dict[str, Value] = {**({"bands": _BANDS} if has_bands else {}), **more}
    config: dict[str, Value] = {"model_factory": "FullModelFactory", "model": name, **arguments}
    return Snippets(place.python("model", name, arguments), _yaml(config))


def _factory(place: _Place, name: str, component: Component, more: Mapping[str, Value]) -> Snippets:
    arguments = FACTORY_CONFIGS.get(component.name, {"task": PLACEHOLDER})
    given = "".join(f"    {key}={_python(value)},\n" for key, value in arguments.items())
    python = place.python("factory", name, more) + f"model = factory.build_model(\n{given})\n"
    return Snippets(python, _yaml({"model_factory": name, **arguments}))


def _any(place: _Place, name: str, component: Component, more: Mapping[str, Value]) -> Snippets:
    """Write only the call, for a registry outside the library."""
    required = [
        each.name for each in component.signature.parameters if each.default is None and not each.kind.startswith("*")
    ]
    return Snippets(place.python("component", name, dict.fromkeys(required, PLACEHOLDER) | dict(more)), None)


_WRITERS: Final[Mapping[str, Callable[[_Place, str, Component, Mapping[str, Value]], Snippets]]] = {
    "terraregistry.library:BACKBONE_REGISTRY": _backbone,
    "terraregistry.library:DECODER_REGISTRY": _decoder,
    "terraregistry.library:FULL_MODEL_REGISTRY": _full_model,
    "terraregistry.library:MODEL_FACTORY_REGISTRY": _factory,
    "terraregistry.library:NECK_REGISTRY": _neck,
}


def _after_backbone(place: _Place, target: str, name: str, recipe: Recipe, arguments: Mapping[str, Value]) -> str:
    imports = f"from terraregistry import {', '.join(sorted({_BACKBONES.registry, place.registry}))}\n"
    backbone = _BACKBONES.call("backbone", recipe.backbone, {"out_indices": recipe.indices})
    return f"{imports}\n{backbone}\n{place.call(target, name, arguments, channels=True)}\n"


def _head(recipe: Recipe) -> dict[str, Value]:
    return {
        "model_factory": "EncoderDecoderFactory",
        "task": recipe.task,
        "backbone": recipe.backbone,
        "backbone_out_indices": recipe.indices,
    }


def _prefixed(prefix: str, arguments: Mapping[str, Value]) -> dict[str, Value]:
    return {f"{prefix}_{key}": value for key, value in arguments.items()}


def _yaml(fields: Mapping[str, Value]) -> str:
    return "".join(f"{key}: {_plain(value)}\n" for key, value in fields.items())


def _plain(value: Value) -> str:
    if isinstance(value, tuple):
        return f"[{_listed(map(_plain, value))}]"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _python(value: Value) -> str:
    if value == PLACEHOLDER:
        return PLACEHOLDER
    if isinstance(value, str):
        return f'"{value}"'
    return f"[{_listed(map(_python, value))}]" if isinstance(value, tuple) else repr(value)


def _listed(texts: Iterable[str]) -> str:
    return ", ".join(texts)
