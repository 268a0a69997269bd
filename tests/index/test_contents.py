"""What the index says of a component is what the live registries say of it."""

from __future__ import annotations

import ast
import collections.abc
import importlib
import inspect
import random
import types
import typing
from pathlib import Path
from typing import Any

import pytest

from terraregistry.index import TIMM_NETWORKS
from terraregistry.indexing.making import AnyRegistry, library_registries, make_index
from terraregistry.registry import BaseRegistry, ComponentDescription, MultiSourceRegistry
from terraregistry.registry.signatures import NOT_EVALUATED, OPAQUE

if typing.TYPE_CHECKING:
    from terraregistry.index import Component, Index, Parameter, PortableType

_HELPERS = "terraregistry.index:"
"""What the references of factories' arguments, heads and the like begin with, which are described beside the registries."""
_REGISTRIES = {name: each for name, each in library_registries().items() if not name.startswith(_HELPERS)}


def _evaluated(portable: PortableType) -> Any:
    names = {name.partition(".")[0]: importlib.import_module(name.partition(".")[0]) for name in portable.imports}
    for name in portable.imports:
        importlib.import_module(name)
    return eval(portable.text, {**names})


def _same(found: Any, live: Any) -> bool:
    """Compare two types, whatever way they are written in."""
    found_origin, live_origin = typing.get_origin(found), typing.get_origin(live)
    unions = (typing.Union, types.UnionType)
    if live_origin in unions or found_origin in unions:
        members = [typing.get_args(each) if typing.get_origin(each) in unions else (each,) for each in (found, live)]
        if any(_says_nothing(each) for each in members[1]):
            return found is Any
        return all(any(_same(a, b) for b in members[1]) for a in members[0]) and all(
            any(_same(a, b) for a in members[0]) for b in members[1]
        )
    if _says_nothing(live) or isinstance(live, (str, typing.ForwardRef)):
        return found is Any
    if live_origin is typing.Literal:
        return found == live
    if found_origin is not None and not typing.get_args(live):  # written without arguments
        return found_origin in (live, live_origin) and all(each in (Any, ...) for each in typing.get_args(found))
    if live_origin is not None:
        arguments = typing.get_args(found), typing.get_args(live)
        same = len(arguments[0]) == len(arguments[1]) and all(map(_same, *arguments))
        return found_origin is live_origin and same
    return found is live or found == live or {found, live} == {None, type(None)}


def _says_nothing(live: Any) -> bool:
    return live is inspect.Parameter.empty or live is NOT_EVALUATED or live is Any or not _is_type(live)


def _is_type(live: Any) -> bool:
    return live in (None, ...) or isinstance(live, (type, str, int, list)) or typing.get_origin(live) is not None


def _described(registry: AnyRegistry, name: str) -> ComponentDescription:
    assert callable(registry[name])  # so that it is imported, and describes itself
    return registry.describe(name)


def _disagreements(component: Component, live: ComponentDescription) -> typing.Iterator[str]:
    said = component.name, component.aliases, component.summary, component.line, component.library, component.version
    real = live.name, live.aliases, live.summary, live.line, live.library, live.version
    if said != real:
        yield f"{said} is {real}"
    if component.weights != live.weights:
        yield "weights"
    if (
        component.file is None
        or not str(live.file).endswith("/" + component.file)
        or Path(component.file).is_absolute()
    ):
        yield f"{component.file} is {live.file}"
    parameters = list(live.signature.parameters.values())
    if [each.name for each in component.signature.parameters] != [each.name for each in parameters]:
        yield "parameters"
        return
    for said_parameter, parameter in zip(component.signature.parameters, parameters, strict=True):
        yield from _parameter_disagreements(said_parameter, parameter)
    if live.signature.return_annotation is not inspect.Signature.empty and not _same(
        _evaluated(component.product), live.signature.return_annotation
    ):
        yield f"product {component.product}"


def _parameter_disagreements(said: Parameter, live: inspect.Parameter) -> typing.Iterator[str]:
    kinds = {"positional-only": 0, "positional or keyword": 1, "*args": 2, "keyword-only": 3, "**kwargs": 4}
    if kinds[said.kind] != live.kind:
        yield f"{said.name}: {said.kind}"
    if (said.default is None) != (live.default is inspect.Parameter.empty):
        yield f"{said.name} = {said.default}"
    if said.default not in (None, "...") and ast.literal_eval(said.default or "") != live.default:
        yield f"{said.name} = {said.default} is {live.default!r}"
    if live.default is OPAQUE and said.default != "...":
        yield f"{said.name}: {said.default} for a default that is not known"
    declared = inspect.Parameter.empty if said.annotation is None else _evaluated(said.annotation)
    if declared != live.annotation:
        yield f"{said.name}: {said.annotation} is {live.annotation}"
    if said.default is None and not _same(_evaluated(said.accepts), live.annotation):
        yield f"{said.name}: {said.accepts.text} is {live.annotation}"


def _compare(index: Index, reference: str, names: list[str]) -> list[str]:
    registry = _REGISTRIES[reference]
    components = {each.name: each for each in index.registry(reference).components}
    return [
        f"{reference} {name}: {each}"
        for name in names
        for each in _disagreements(components[name], _described(registry, name))
    ]


def test_nothing_is_missing(index: Index) -> None:
    assert index.gaps == ()
    assert {each.reference for each in index.registries} == set(library_registries())
    for reference, registry in _REGISTRIES.items():
        said = index.registry(reference)
        if isinstance(registry, BaseRegistry):
            assert [each.name for each in said.components] == list(registry)
            assert said.sources == ()
        else:
            assert isinstance(registry, MultiSourceRegistry)
            assert said.components == ()
            assert [prefix for prefix, _ in said.sources] == list(registry.keys())
            assert [_REGISTRIES[source] for _, source in said.sources] == list(registry.values())


def test_every_component_but_timms_is_as_the_registry_says(index: Index) -> None:
    own = [reference for reference in _REGISTRIES if not reference.endswith("TIMM_BACKBONE_REGISTRY")]
    found = [each for name in own for each in _compare(index, name, [c.name for c in index.registry(name).components])]
    assert found == []


_TIMM = "terraregistry.library:TIMM_BACKBONE_REGISTRY"


def test_a_sample_of_timm_is_as_the_registry_says(index: Index) -> None:
    names = [each.name for each in index.registry(_TIMM).components]
    chosen = [*random.Random(0).sample(names, 60), "resnet18", "poolformer_s12", "test_maxvit", "prithvi_vit_100"]
    assert _compare(index, _TIMM, chosen) == []


@pytest.mark.slow
def test_all_of_timm_is_as_the_registry_says(index: Index) -> None:
    assert _compare(index, _TIMM, [each.name for each in index.registry(_TIMM).components]) == []


def test_every_spelling_leads_where_the_registry_leads(index: Index) -> None:
    for reference, registry in _REGISTRIES.items():
        for name, resolved in index.spellings(reference).items():
            assert name in registry, name
            if isinstance(registry, MultiSourceRegistry):
                assert str(registry.resolve(name)) == resolved.canonical, name
        assert index.spellings(reference).keys() >= set(registry), reference


def test_every_type_evaluates(index: Index) -> None:
    types = {
        each
        for registry in index.registries
        for component in registry.components
        for parameter in component.signature.parameters
        for each in (component.product, parameter.annotation or component.product, parameter.accepts)
    }
    assert len(types) > 100
    for each in types:
        assert _evaluated(each) is not inspect.Parameter.empty


def test_every_constructor_can_be_imported_by_its_reference(index: Index) -> None:
    for registry in index.registries:
        for component in registry.components:
            if component.constructor is not None:
                module, _, qualname = component.constructor.partition(":")
                found: Any = importlib.import_module(module)
                for part in qualname.split("."):
                    found = getattr(found, part)
                assert callable(found), component


def test_every_product_is_of_its_kind_of_registry(index: Index) -> None:
    for registry in map(index.registry, _REGISTRIES):
        for component in registry.components:
            product = _evaluated(component.product)
            assert isinstance(product, type)
            assert product is not object
            assert component.product != registry.kind, f"{component.name} has a type of its own"


def test_what_is_known_is_not_described_again(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    reference = "terraregistry.library:SMP_DECODER_REGISTRY"
    registry = _REGISTRIES[reference]
    before = make_index({reference: registry}, known=index)
    assert before.registry(reference) == index.registry(reference)
    monkeypatch.setattr(type(registry), "describe", None)
    assert make_index({reference: registry}, known=index) == before
    assert len(make_index({reference: registry}).gaps) == len(before.registry(reference).components)


class _Unreadable(collections.abc.Set[str]):
    """A source of a library that is broken."""

    def __iter__(self) -> collections.abc.Iterator[str]:
        raise ImportError("no libGL")

    def __len__(self) -> int:
        raise ImportError("no libGL")

    def __contains__(self, name: object) -> bool:
        return False

    def build(self, name: str, /, *args: object, **kwargs: object) -> object:
        raise ImportError("no libGL")


def test_a_source_that_cannot_be_read_is_a_gap_and_hides_no_other() -> None:
    registry = MultiSourceRegistry[object](broken=_Unreadable(), own=_registry_of_one())
    found = make_index({"package:ALL": registry})
    assert found.gaps == (("package:ALL.broken", "ImportError: no libGL"),)
    assert found.find("package:ALL", "own_thing") is not None
    assert found.find("package:ALL", "broken_thing") is None


def test_timms_networks_are_in_the_index_that_has_timm(index: Index) -> None:
    networks = {each.name for each in index.registry(TIMM_NETWORKS).components}
    assert networks == {each.name for each in index.registry("terraregistry.library:TIMM_BACKBONE_REGISTRY").components}


def _registry_of_one() -> Any:
    from terraregistry import Registry

    return Registry[object](thing=_Thing)


class _Thing:
    """A thing."""

    def __init__(self, size: int = 3) -> None:
        self.size = size
