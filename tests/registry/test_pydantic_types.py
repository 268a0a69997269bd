"""Specs as the fields of pydantic models, and the models of arguments."""

from __future__ import annotations

import inspect
import json
import pickle
from enum import Enum
from typing import Annotated, Any, Literal

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel, TypeAdapter, ValidationError

from terraregistry import (
    BACKBONE_REGISTRY,
    DECODER_REGISTRY,
    MODEL_FACTORY_REGISTRY,
    NECK_REGISTRY,
    Backbone,
    ComponentSpec,
    Decoder,
    In,
    ModelFactory,
    Neck,
    Registry,
)


class Norm(Enum):
    BATCH = "batch"
    LAYER = "layer"


class Widget:
    """A widget.

    Args:
        width: The width.
        norm: The norm.
    """

    def __init__(
        self,
        width: int,
        norm: Norm = Norm.BATCH,
        sizes: tuple[int, ...] = (1, 2),
        mode: Literal["a", "b"] = "a",
        *,
        copy: bool = False,
        _inner: float = 1.5,
        cutoff: float = float("inf"),
        made: type = dict,
        wide: int = None,  # type: ignore[assignment]  # noqa: RUF013 - as in the wild
        anything=None,
        table: dict[str, int] | None = None,
    ) -> None:
        self.width = width


def by_position(first: int, /, *rest: int, **options: int) -> tuple[object, ...]:
    return (first, *rest, options)


def named(name: str, size: int = 1) -> str:
    return name * size


WIDGETS = Registry(Widget=Widget, by_position=by_position, named=named)


class Config(BaseModel):
    widget: Annotated[ComponentSpec[Any], In(WIDGETS)]
    others: list[Annotated[ComponentSpec[Any], In(WIDGETS)]] = []


def errors(**given: object) -> list[tuple[tuple[int | str, ...], str, str, object]]:
    with pytest.raises(ValidationError) as caught:
        Config(**given)
    return [(each["loc"], each["type"], each["msg"], each["input"]) for each in caught.value.errors()]


@pytest.mark.parametrize(
    "given",
    [
        {"name": "Widget", "width": 3},
        '{"name": "Widget", "width": 3}',
        WIDGETS.validate("Widget", 3),
        WIDGETS.validate("Widget", width=3),
    ],
)
def test_a_field_is_read_and_dumped_as_plain_data(given: object) -> None:
    config = Config(widget=given)
    assert config.widget.build().width == 3
    plain = {"widget": {"name": "Widget", "width": 3}, "others": []}
    assert config.model_dump() == config.model_dump(mode="json") == plain
    assert Config.model_validate_json(config.model_dump_json()).model_dump() == plain
    assert pickle.loads(pickle.dumps(config)).widget == config.widget


def test_values_inside_are_dumped_as_plain_data() -> None:
    config = Config(widget={"name": "Widget", "width": 3, "norm": Norm.LAYER, "sizes": (4, 5)})
    assert config.model_dump()["widget"] == {"name": "Widget", "width": 3, "norm": "layer", "sizes": [4, 5]}


def test_each_mistake_has_its_own_location() -> None:
    given = {"name": "Widget", "widht": 3, "sizes": [1, "2"], "table": {1: 2}}
    assert errors(widget=given, others=["Wigdet", {"name": "Widgets"}]) == [
        (("widget", "width"), "missing", "missing; expected int", given),
        (("widget", "sizes", 1), "type", "expected int, got str '2'; did you mean 2?", "2"),
        (("widget", "table", 1, "[key]"), "type", "expected str, got int 1", 2),
        (("widget", "widht"), "unknown", "unknown argument; did you mean 'width'?", 3),
        (("others", 0), "not_found", "WIDGETS has no component 'Wigdet'; did you mean 'Widget'?", "Wigdet"),
        (("others", 1, "name"), "not_found", "WIDGETS has no component 'Widgets'; did you mean 'Widget'?", "Widgets"),
    ]


@pytest.mark.parametrize(
    ("given", "location", "kind", "message"),
    [
        (3, (), "type", "expected a name, a mapping of name and arguments, or a spec, got int 3"),
        ({"width": 3}, ("name",), "missing", "missing; expected the name of a component"),
        ({"name": "Widget", 3: 4}, ("int 3",), "unknown", "unknown argument"),
        ({"name": 3}, ("name",), "not_found", "WIDGETS has no component int 3: names are strings"),
        ('{"name": ', (), "json", "invalid JSON: Expecting value: line 1 column 10 (char 9)"),
        (
            Registry(other=dict).validate("other"),
            (),
            "registry",
            "a spec of another registry: <ComponentSpec other()>",
        ),
    ],
)
def test_what_is_no_spec_is_refused(given: object, location: tuple[str, ...], kind: str, message: str) -> None:
    assert [each[:3] for each in errors(widget=given)] == [(("widget", *location), kind, message)]


def test_a_library_that_is_missing_is_an_error_at_the_field() -> None:
    registry = Registry[object]()
    registry.register_lazy("broken", "no_such_module_at_all:thing")
    with pytest.raises(ValidationError, match="no_such_module_at_all:thing cannot be imported") as caught:
        TypeAdapter(Annotated[ComponentSpec[Any], In(registry)]).validate_python("broken")
    assert [(each["loc"], each["type"]) for each in caught.value.errors()] == [((), "invalid")]


@pytest.mark.parametrize("spec", [WIDGETS.validate("by_position", 1), WIDGETS.validate("named", "x")])
def test_arguments_that_a_mapping_cannot_hold_are_not_dumped(spec: ComponentSpec[Any]) -> None:
    with pytest.raises(Exception, match="that a mapping of name and arguments cannot hold: use to_dict"):
        Config(widget=spec).model_dump()


def test_the_kinds_of_the_library_have_their_registries() -> None:
    kinds = {
        Backbone: BACKBONE_REGISTRY,
        Decoder: DECODER_REGISTRY,
        Neck: NECK_REGISTRY,
        ModelFactory: MODEL_FACTORY_REGISTRY,
    }
    for kind, registry in kinds.items():
        name = next(
            name for name in registry if name.endswith(("tiny", "FCNDecoder", "SelectIndices", "EncoderDecoderFactory"))
        )
        arguments = {Decoder: {"embed_dim": [8]}, Neck: {"channel_list": [8], "indices": [0]}}.get(kind, {})
        found = TypeAdapter(ComponentSpec[kind]).validate_python({"name": name, **arguments})
        assert found == registry.validate(name, **arguments)


@pytest.mark.parametrize(("wrong", "said"), [(int, "int"), (Any, "Any")])
def test_another_kind_needs_its_registry(wrong: Any, said: str) -> None:
    with pytest.raises(TypeError, match=rf"no registry of this library makes {said}: write Annotated\[ComponentSpec"):
        TypeAdapter(ComponentSpec[wrong])
    with pytest.raises(TypeError, match="no registry of this library makes None"):
        TypeAdapter(ComponentSpec)


def test_in_is_of_a_registry_and_beside_a_spec() -> None:
    with pytest.raises(TypeError, match="In takes a registry, got str 'WIDGETS'"):
        In("WIDGETS")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"In\(\.\.\.\) annotates a spec alone: list\[Annotated\["):
        TypeAdapter(Annotated[list[ComponentSpec[Any]], In(WIDGETS)])


def test_the_json_schema_of_a_field_offers_the_names() -> None:
    schema = Config.model_json_schema()
    valid = Draft202012Validator(schema)
    assert schema["properties"]["widget"]["anyOf"][0]["anyOf"][0] == {"enum": ["Widget", "by_position", "named"]}
    for given in ("Widget", "an alias", {"name": "Widget", "width": 3}):
        assert valid.is_valid({"widget": given})
    for given in (3, {"width": 3}, None):
        assert not valid.is_valid({"widget": given})


def test_the_model_of_arguments_describes_them() -> None:
    model = WIDGETS.arguments_model("Widget")
    assert (model.__name__, model.__doc__) == ("Widget", "A widget.")
    assert list(model.model_fields) == [
        *("width", "norm", "sizes", "mode", "copy_", "inner_", "cutoff", "made", "wide", "anything", "table")
    ]
    fields = model.model_fields
    assert fields["width"].is_required()
    assert fields["width"].annotation is int
    assert fields["width"].description == "The width."
    assert model(width=1).made is dict  # type: ignore[attr-defined]
    schema = model.model_json_schema()
    Draft202012Validator.check_schema(schema)
    said = schema["properties"]
    assert said["width"] == {"title": "Width", "description": "The width.", "type": "integer"}
    assert said["sizes"]["default"] == [1, 2]
    assert said["mode"]["enum"] == ["a", "b"]
    norm = schema["$defs"]["Norm"] if "$ref" in said["norm"] else said["norm"]  # as pydantic 2.10 has it
    assert norm["enum"] == ["batch", "layer"]
    assert said["wide"]["anyOf"] == [{"type": "integer"}, {"type": "null"}]
    assert (said["copy"]["type"], said["_inner"]["default"]) == ("boolean", 1.5)
    assert not {"type", "anyOf", "default"} & {*said["made"], *said["cutoff"]} - {"type"}
    assert schema["required"] == ["width"]


def test_the_model_of_arguments_makes_the_checks_of_validate() -> None:
    model = WIDGETS.arguments_model("Widget")
    made = model(width="3", norm="layer", copy="true", sizes="[4, 5]", mode="b", table={"a": 1}, anything="1")
    arguments = made.model_dump(exclude_unset=True, by_alias=True)
    assert arguments == {
        "width": 3,
        "norm": Norm.LAYER,
        "copy": True,
        "sizes": (4, 5),
        "mode": "b",
        "table": {"a": 1},
        "anything": "1",
    }
    assert WIDGETS.validate("Widget", **arguments).kwargs == arguments
    assert model.model_validate(made) is made
    with pytest.raises(ValidationError) as caught:
        model(widht=3, copy="perhaps")
    assert [(each["loc"], each["msg"]) for each in caught.value.errors()] == [
        (("width",), "missing; expected int"),
        (("copy",), "expected bool, got str 'perhaps'"),
        (("widht",), "unknown argument; did you mean 'width'?"),
    ]
    with pytest.raises(ValidationError, match="valid dictionary or instance of Widget"):
        model.model_validate(3)


def test_further_arguments_are_extras_and_positions_have_no_field() -> None:
    model = Registry(options=lambda size=1, **more: more).arguments_model("options")
    assert model(size=2, other=3).model_dump(exclude_unset=True) == {"size": 2, "other": 3}
    assert list(WIDGETS.arguments_model("by_position").model_fields) == []


@pytest.mark.parametrize("registry", [BACKBONE_REGISTRY, DECODER_REGISTRY, NECK_REGISTRY])
def test_the_arguments_of_the_library_have_models(registry: Any) -> None:
    for name in [*registry][:: max(1, len(registry) // 5)]:
        model = registry.arguments_model(name)
        schema = model.model_json_schema()
        Draft202012Validator.check_schema(schema)
        json.dumps(schema)
        parameters = registry.signature(name).parameters.values()
        assert [*schema["properties"]] == [
            each.name for each in parameters if each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)
        ]
        required = [
            each.name
            for each in parameters
            if each.default is inspect.Parameter.empty and each.name in schema["properties"]
        ]
        assert schema.get("required", []) == required


def test_replaced_arguments_stay_where_they_were_given() -> None:
    spec = WIDGETS.validate("by_position", 1, 2, a=3)
    assert spec.replace(first=5, b=6).build() == (5, 2, {"a": 3, "b": 6})
    assert spec.build() == (1, 2, {"a": 3})
    with pytest.raises(TypeError, match="a: expected int, got str 'x'"):
        spec.replace(a="x")
