"""The catalogue's data: everything that the index says is in it."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from terraregistry.index import Component, Index, IndexedRegistry, Parameter, ParameterKind, PortableType, Signature
from terraregistry.tools.catalogue import NAME, catalogue_data
from terraregistry.tools.snippets import snippets_of

ANY = PortableType("typing.Any", ("typing",))
ROOTS = ("BACKBONE", "DECODER", "FULL_MODEL", "MODEL_FACTORY", "NECK")
FIELDS = (
    *("name", "kind", "source", "aliases", "weights", "signature", "product", "summary"),
    *("place", "library", "plain", "pretrained", "page"),
)


@pytest.fixture(scope="module")
def data(index: Index) -> dict[str, Any]:
    return json.loads(catalogue_data(index))


def entries(data: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    """The rows, by kind and name."""
    rows = [dict(zip(FIELDS, row, strict=True)) for row in data["components"]]
    return {(data["kinds"][row["kind"]], row["name"]): row for row in rows}


def parameters_of(index: Index, kind: str, component: Component) -> tuple[Parameter, ...]:
    """Those of the constructor; of a factory, those of its `build_model`."""
    if kind != "model-factory":
        return component.signature.parameters
    builder = index.find("terraregistry.index:BUILD_MODELS", component.name)
    assert builder is not None
    return builder.component.signature.parameters


def canonical(index: Index) -> dict[tuple[str, str], tuple[str, Component]]:
    """Every component, by kind and canonical name, as `resolve` names it."""
    return {
        (root.lower().replace("_", "-"), each.canonical): (reference, each.component)
        for root in ROOTS
        for reference in [f"terraregistry.library:{root}_REGISTRY"]
        for each in index.spellings(reference).values()
    }


def test_every_component_of_the_index_is_in_it_once(index: Index, data: dict[str, Any]) -> None:
    expected = canonical(index)
    assert entries(data).keys() == expected.keys()
    assert len(data["components"]) == len(expected)
    assert {"build-models", "parts", "heads"}.isdisjoint(data["kinds"])


def test_a_component_keeps_what_the_index_says_of_it(index: Index, data: dict[str, Any]) -> None:
    found = entries(data)
    for key, (_, component) in canonical(index).items():
        row = found[key]
        source, prefix = data["sources"][row["source"]]
        assert row["name"] == prefix + component.name
        assert prefix in ("", f"{source}_")
        assert row["summary"] == component.summary
        assert row["place"] == f"{component.file}:{component.line}"
        assert data["libraries"][row["library"]] == f"{component.library} {component.version}"
        assert data["types"][row["product"]][-1] == component.product.text
        assert {*row["aliases"], *(weights[0] for weights in row["weights"])} >= {*component.aliases}


def test_a_parameter_keeps_its_type_default_and_origin(index: Index, data: dict[str, Any]) -> None:
    kinds = list(ParameterKind)
    found = entries(data)
    for key, (_, component) in canonical(index).items():
        places = data["signatures"][found[key]["signature"]]
        for place, expected in zip(places, parameters_of(index, key[0], component), strict=True):
            name, kind, type_, default, origin = data["parameters"][place]
            assert (name, kinds[kind], default) == (expected.name, expected.kind, expected.default)
            assert data["types"][type_][-1] == expected.accepts.text
            assert data["origins"][origin] == (expected.origin or component.constructor or "").replace(
                ":", "."
            ).removesuffix(".__init__")


def test_weights_keep_their_licence_and_where_they_come_from(index: Index, data: dict[str, Any]) -> None:
    found = entries(data)
    seen = 0
    for key, (_, component) in canonical(index).items():
        for row, expected in zip(found[key]["weights"], component.weights, strict=True):
            name, place, licence, size = row
            assert name == expected.name
            assert data["places"][place].replace(NAME, name) == expected.origin
            assert (data["licences"][licence], size) == (expected.license, expected.size)
            seen += 1
    assert seen > 1000


@pytest.mark.parametrize("pretrained", [False, True])
def test_the_name_put_into_a_shared_snippet_makes_the_components_own(
    index: Index, data: dict[str, Any], *, pretrained: bool
) -> None:
    found = entries(data)
    for (kind, name), (reference, component) in canonical(index).items():
        expected = snippets_of(reference, name, component, pretrained=pretrained and bool(component.weights))
        texts = data["snippets"][found[kind, name]["pretrained" if pretrained else "plain"]]
        assert [text and text.replace(NAME, name) for text in texts] == [expected.python, expected.config]


def test_what_components_share_is_written_once(data: dict[str, Any]) -> None:
    for table in data.keys() - {"components"}:
        rows = [json.dumps(row) for row in data[table]]
        assert len(rows) == len(set(rows)), table
    assert len(data["snippets"]) < 60
    assert len(gzip.compress(json.dumps(data, separators=(",", ":")).encode())) < 500_000


def test_types_are_shown_without_modules_and_known_in_full(data: dict[str, Any]) -> None:
    assert ["int | Sequence[int] | None", "int | collections.abc.Sequence[int] | None"] in data["types"]
    assert ["bool"] in data["types"]


def test_a_page_is_that_of_the_constructor_or_else_of_what_it_builds(index: Index) -> None:
    pages = {
        "terraregistry.components.decoders.fcn.FCNDecoder": "../components/#fcn",
        "terraregistry.sources.timm.backbone.TimmBackbone": "../sources/#timm",
    }
    data = json.loads(catalogue_data(index, pages))
    found = entries(data)
    pages_of = {name: data["pages"][row["page"]] for (_, name), row in found.items()}
    assert pages_of["terratorch_FCNDecoder"] == "../components/#fcn"
    assert pages_of["timm_resnet18"] == "../sources/#timm"
    assert pages_of["smp_Unet"] == ""


def test_it_is_the_same_for_the_same_index(index: Index) -> None:
    assert catalogue_data(index) == catalogue_data(index)


def own_index(*components: Component, sources: tuple[tuple[str, str], ...] = ()) -> Index:
    registry = IndexedRegistry("shop.parts:SHOP_REGISTRY", ANY, ANY, ANY, components, sources)
    return Index.of((registry,))


def own_component(**changes: object) -> Component:
    plain = Component(
        *("shelf", (), None, Signature(()), ANY),
        *("", None, None, None, None),
    )
    return plain._replace(**changes)  # type: ignore[arg-type]  # fields of a component


def test_a_component_of_a_project_that_is_not_installed_has_its_place_too() -> None:
    data = json.loads(catalogue_data(own_index(own_component(summary='Holds "things" <b>& more</b> \u2028'))))
    [row] = data["components"]
    entry = dict(zip(FIELDS, row, strict=True))
    assert (entry["name"], entry["place"], entry["summary"]) == ("shelf", "", 'Holds "things" <b>& more</b> \u2028')
    assert data["kinds"] == ["shop"]
    assert data["libraries"] == [""]
    assert data["snippets"][entry["plain"]] == [
        'from shop.parts import SHOP_REGISTRY\n\ncomponent = SHOP_REGISTRY.build("{name}")\n',
        None,
    ]


def test_there_may_be_nothing_at_all() -> None:
    assert json.loads(catalogue_data(Index.of(())))["components"] == []
