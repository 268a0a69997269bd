"""The Python and the YAML that build a component, to be copied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from terraregistry.index import ParameterKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from terraregistry.index import Component, Index, Parameter

__all__ = ["python_snippet", "yaml_snippet"]

_NAMED: Final = (ParameterKind.POSITIONAL_OR_KEYWORD, ParameterKind.KEYWORD_ONLY)
_BESIDE: Final = {"backbone": "timm_resnet18", "decoder": "FCNDecoder", "num_classes": "2"}
"""The other parts of a model that is built to show one of them."""
_FACTORIES: Final[Mapping[str, Mapping[str, str]]] = {
    "EncoderDecoderFactory": {"task": "segmentation", **_BESIDE},
    "FullModelFactory": {"task": "segmentation", "model": "prithvi_eo_tiny_mae"},
    "PrithviModelFactory": {"task": "segmentation", **_BESIDE, "backbone": "prithvi_eo_tiny"},
    "SMPModelFactory": {"task": "segmentation", "model": "Unet", "backbone": "timm_resnet18", "num_classes": "2"},
    "TimmModelFactory": {"task": "classification", "backbone": "resnet18", "num_classes": "2"},
}
"""The least that each factory of the library is given."""


def python_snippet(index: Index, reference: str, name: str) -> str:
    """Write the Python that builds a component.

    Args:
        index: The index.
        reference: The registry, such as `terraregistry.library:BACKBONE_REGISTRY`.
        name: The name of the component there.

    Returns:
        Source text; `...` stands for the value of an argument that has to be given.

    Raises:
        KeyError: The index has no such registry, or the registry no such name.
    """
    component = _component(index, reference, name)
    module, _, attribute = reference.partition(":")
    place = "terraregistry" if module == "terraregistry.library" else module
    arguments = [f'"{name}"', *(f"{each.name}=..." for each in _required(component))]
    if component.weights and _takes(component, "pretrained"):
        arguments.append("pretrained=True")
    variable = _kind(reference)
    return f"from {place} import {attribute}\n\n{variable} = {attribute}.build({', '.join(arguments)})\n"


def yaml_snippet(index: Index, reference: str, name: str) -> str:
    """Write the smallest config in which a component is built.

    Args:
        index: The index.
        reference: The registry, such as `terraregistry.library:DECODER_REGISTRY`.
        name: The name of the component there.

    Returns:
        YAML in the plain layout, for a component of a kind that no config names only its name; `...` stands for the value
        of an argument that has to be given.

    Raises:
        KeyError: The index has no such registry, or the registry no such name.
    """
    component = _component(index, reference, name)
    return "".join(f"{line}\n" for line in _lines(_kind(reference), name, component))


def _lines(kind: str, name: str, component: Component) -> Iterator[str]:
    if kind == "model_factory":
        yield f"model_factory: {name}"
        yield from _entries(_FACTORIES.get(name, {"task": "segmentation"}))
        return
    if kind == "full_model":
        yield "model_factory: FullModelFactory"
        yield from _entries({"task": "segmentation", "model": name})
        return
    if kind not in ("backbone", "neck", "decoder"):
        yield name
        return
    yield "model_factory: EncoderDecoderFactory"
    parts = {"task": "segmentation", **_BESIDE, **({kind: name} if kind != "neck" else {})}
    for key, value in parts.items():
        yield f"{key}: {value}"
        if key == kind:
            yield from (f"{kind}_{each}" for each in _given(component, inside=kind != "backbone"))
        if key == "backbone" and kind == "neck":
            yield "necks:"
            yield f"  - name: {name}"
            yield from (f"    {each}" for each in _given(component, inside=True))


def _given(component: Component, *, inside: bool) -> Iterator[str]:
    """Write the arguments of a part; what is inside a model is given its channels, first of all, by the model."""
    required = _required(component)
    if inside and component.signature.parameters:
        required = [each for each in required if each is not component.signature.parameters[0]]
    yield from (f"{each.name}: ..." for each in required)
    if component.weights and _takes(component, "pretrained"):
        yield "pretrained: true"


def _entries(values: Mapping[str, str]) -> Iterator[str]:
    return (f"{key}: {value}" for key, value in values.items())


def _component(index: Index, reference: str, name: str) -> Component:
    found = index.find(reference, name)
    if found is None:
        raise KeyError(name)
    return found.component


def _kind(reference: str) -> str:
    return reference.rpartition(":")[2].rpartition(".")[2].removesuffix("_REGISTRY").lower()


def _takes(component: Component, name: str) -> bool:
    return any(each.name == name for each in component.signature.parameters)


def _required(component: Component) -> list[Parameter]:
    return [each for each in component.signature.parameters if each.default is None and each.kind in _NAMED]
