"""`R.builder("name")`: a call of it is a call of `build`, and it looks like the component."""

from __future__ import annotations

import copy
import inspect
import pickle
import pydoc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terraregistry import BACKBONE_REGISTRY, Backbone, ComponentSpec, MultiSourceRegistry, Registry
from terraregistry.errors import ComponentNotFoundError
from terraregistry.registry.builders import Builder


class Square:
    """A square."""

    def __init__(self, side: float = 1.0, *, colour: str = "red") -> None:
        self.made = (side, colour)


def scaled(self: int, name: float = 2.0) -> tuple[int, float]:
    """Scale a number.

    At once.
    """
    return self, name


class Foreign(dict[str, Any]):
    """A source written by somebody else."""

    def build(self, name: str, /, *args: Any, **kwargs: Any) -> Any:
        return self[name](*args, **kwargs)


ONE = Registry[Any](scaled=scaled)
ONE.register(Square, aliases=["Box"])
MANY = MultiSourceRegistry[Any](shape=ONE, foreign=Foreign(Square=Square, cube=scaled))
BACKBONES = Registry[Backbone](Square=Square)  # type: ignore[arg-type]  # it makes no backbone, as `build` finds out
CASES = [
    *((ONE, name) for name in ("scaled", "Square", "Box")),
    *((MANY, name) for name in ("scaled", "Box", "shape_Square", "foreign_Square", "cube")),
    (BACKBONES, "Square"),
]


def outcome(call: Any, *args: Any, **kwargs: Any) -> object:
    try:
        made = call(*args, **kwargs)
    except Exception as error:  # noqa: BLE001 - whatever it raises, both have to raise it
        return type(error), str(error)
    return made if isinstance(made, (tuple, ComponentSpec)) else made.made


VALUES = st.one_of(st.integers(-2, 2), st.floats(-1, 1), st.text("ab", max_size=2))


@given(
    case=st.sampled_from(CASES),
    args=st.lists(VALUES, max_size=3),
    kwargs=st.dictionaries(st.sampled_from(["side", "colour", "self", "name", "coluor"]), VALUES, max_size=3),
)
def test_a_call_is_a_call_of_build(case: Any, args: list[Any], kwargs: dict[str, Any]) -> None:
    registry, name = case
    builder = registry.builder(name)
    for mine, theirs in ((builder, registry.build), (builder.validate, registry.validate)):
        assert outcome(mine, *args, **kwargs) == outcome(theirs, name, *args, **kwargs)


@pytest.mark.parametrize(("registry", "name"), CASES)
def test_it_looks_like_the_component(registry: Any, name: str) -> None:
    builder = registry.builder(name)
    assert isinstance(builder, Builder)
    assert inspect.signature(builder) == registry.signature(name)
    assert builder.__name__ == registry.validate(name, 1).spelling
    described = registry.describe(name)
    assert builder.__doc__ == f"{described.summary}\n\nDefined at {described.file}:{described.line}."
    assert described.summary in pydoc.render_doc(builder)
    assert repr(builder) == f"<builder of {builder.__name__!r}: {registry!r}>"


def test_the_class_has_a_signature_and_a_docstring_of_its_own() -> None:
    assert list(inspect.signature(Builder).parameters) == ["registry", "name"]
    assert (Builder.__doc__ or "").startswith("A validated constructor of one component")


@pytest.mark.parametrize(
    ("registry", "name"), [(ONE, "scalde"), (MANY, "shape"), (MANY, "shape_cube"), (BACKBONE_REGISTRY, "tim_resnet18")]
)
def test_an_unknown_name_or_prefix_is_refused_at_once(registry: Any, name: str) -> None:
    with pytest.raises(ComponentNotFoundError) as caught:
        registry.build(name)
    with pytest.raises(ComponentNotFoundError) as again:
        registry.builder(name)
    assert str(again.value) == str(caught.value)


def test_it_follows_its_registry() -> None:
    registry = Registry[Any](part=Square)
    builder = registry.builder("part")
    registry.register(scaled, name="part", override=True)
    assert builder(3) == (3, 2.0)
    assert inspect.signature(builder) == registry.signature("part")
    assert builder.__doc__ is not None
    assert builder.__doc__.startswith("Scale a number.")
    registry.unregister("part")
    with pytest.raises(ComponentNotFoundError):
        builder(3)


def test_it_pickles_and_copies_by_reference() -> None:
    builder = BACKBONE_REGISTRY.builder("resnet18.a1_in1k")
    assert builder.__name__ == "timm_resnet18.a1_in1k"
    for again in (pickle.loads(pickle.dumps(builder)), copy.copy(builder), copy.deepcopy(builder)):
        assert again.validate(in_chans=3) == builder.validate(in_chans=3)
        assert again.validate(in_chans=3).registry is BACKBONE_REGISTRY


def test_the_parameters_of_a_backbone_of_timm_are_there_without_torch() -> None:
    builder = BACKBONE_REGISTRY.builder("resnet18")
    assert {"in_chans", "drop_rate", "out_indices"} <= inspect.signature(builder).parameters.keys()
    assert "resnet.py" in (builder.__doc__ or "")
