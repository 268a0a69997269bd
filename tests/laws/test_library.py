"""The same laws on the registries of the library, with the names that timm and smp really have."""

from __future__ import annotations

import functools
import operator
from typing import TYPE_CHECKING, Any

import pytest
import timm
from hypothesis import given, settings
from hypothesis import strategies as st

import terraregistry
from terraregistry import (
    BACKBONE_REGISTRY,
    TERRATORCH_BACKBONE_REGISTRY,
    TIMM_BACKBONE_REGISTRY,
    MultiSourceRegistry,
    Registry,
)

from .checks import (
    check_agreement,
    check_alias,
    check_iteration,
    check_mapping,
    check_resolution,
    check_round_trip,
    missing,
)
from .models import Flat, Model, Tree
from .worlds import World

if TYPE_CHECKING:
    from collections.abc import Callable

FEW = settings(max_examples=settings.default.max_examples // 3)
FEWER = settings(max_examples=settings.default.max_examples // 20)  # for set operations on all names of timm: 5 ms each

len(TIMM_BACKBONE_REGISTRY)  # the library adds models of its own to timm when it first asks it
# timm's own account of itself, tags and deprecated names included.
ARCHITECTURES: list[str] = timm.list_models()
DEPRECATED: dict[str, str] = timm.models.get_deprecated_models()
TAGGED = [each for each in timm.list_models(include_tags=True) if "." in each]
FOREIGN = [
    "hf-hub:timm/resnet18",
    "hf_hub:timm/resnet18",
    "local-dir:weights",
    "timm/resnet18",
    "resnet18.",
    "resnet18.no_tag",
]
FOREIGN += [
    "Resnet18",
    "timm_resnet_18",
    "timm_",
    "timm",
    "terratorch_resnet18",
    "resnet18.a1_in1k.a1_in1k",
    ".a1_in1k",
    "",
]


def timm_model() -> Flat:
    aliases = {each: each.partition(".")[0] for each in TAGGED} | {
        old: new.partition(".")[0] for old, new in DEPRECATED.items() if new
    }
    return Flat(dict.fromkeys(ARCHITECTURES), aliases)


def flat(registry: Any) -> Flat:
    return Flat(dict.fromkeys(registry), {a: name for name in registry for a in registry.describe(name).aliases})


def model_of(registry: Any) -> Model:
    if registry is TIMM_BACKBONE_REGISTRY:
        return timm_model()
    if isinstance(registry, MultiSourceRegistry):
        return Tree({prefix: model_of(source) for prefix, source in registry.items()})
    return flat(registry)


def worlds() -> dict[str, World]:
    exported = {name: getattr(terraregistry, name) for name in terraregistry.__all__ if name.endswith("REGISTRY")}
    return {name: World(registry, model_of(registry)) for name, registry in exported.items()}


WORLDS = worlds()
every_registry = pytest.mark.parametrize("name", WORLDS)
with_sources = pytest.mark.parametrize("name", [name for name in WORLDS if isinstance(WORLDS[name].model, Tree)])
LARGE = ("BACKBONE_REGISTRY", "TIMM_BACKBONE_REGISTRY")
large_registry = pytest.mark.parametrize("name", LARGE)
small_registry = pytest.mark.parametrize("name", [name for name in WORLDS if name not in LARGE])


@functools.cache
def sample(name: str) -> list[str]:
    """Spellings to look at: all of a small registry, of timm's some of each sort, and some that are nowhere."""
    model = WORLDS[name].model
    if name not in LARGE:
        return [*model.spellings(), *FOREIGN]
    some = [*ARCHITECTURES[::9], *TAGGED[::13], *list(DEPRECATED)[::4]]
    if name == "BACKBONE_REGISTRY":
        some = [*some[::2], *(f"timm_{each}" for each in some[1::2])]
    return [*some, *FOREIGN]


def spelling(name: str) -> st.SearchStrategy[str]:
    return st.sampled_from(sample(name))


@every_registry
def test_law_1_iteration_repeats_no_name(name: str) -> None:
    check_iteration(WORLDS[name])


@with_sources
def test_law_2_each_name_of_each_source_is_reached_under_its_prefix(name: str) -> None:
    for prefix, source in WORLDS[name].registry.items():
        check_round_trip(WORLDS[name].registry, prefix, source)


@every_registry
def test_laws_3_and_4_every_spelling_resolves_as_the_library_itself_says(name: str) -> None:
    world = WORLDS[name]
    known = set(world.model.spellings())
    for each in sample(name):
        if each in known:
            assert str(world.registry.resolve(each)) == world.model.find(each)
        else:
            assert world.model.find(each) is None
            missing(world.registry, each)


@every_registry
def test_law_4_every_spelling_that_timm_has_is_contained(name: str) -> None:
    registry, model = WORLDS[name]
    for each in model.spellings():
        assert each in registry
        assert str(registry.resolve(each)) == model.find(each)


@every_registry
@FEW
@given(st.data())
def test_law_4_everybody_agrees_on_a_name(name: str, data: st.DataObject) -> None:
    each = data.draw(spelling(name))
    check_resolution(WORLDS[name], each)
    if name != "MODEL_FACTORY_REGISTRY" and not requires_arguments(WORLDS[name], each):
        check_agreement(WORLDS[name], each)


def requires_arguments(world: World, name: str) -> bool:
    """Decoders and necks cannot be validated without the channels that they decode."""
    if world.model.find(name) is None:
        return False
    parameters = world.registry.signature(name).parameters.values()
    return any(p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in parameters)


@pytest.mark.parametrize(
    ("name", "canonical"),
    [
        ("test_vit", "timm_test_vit"),
        ("timm_test_vit", "timm_test_vit"),
        ("test_resnet.r160_in1k", "timm_test_resnet"),
        ("timm_test_resnet.r160_in1k", "timm_test_resnet"),
    ],
)
def test_law_4_what_is_built_is_what_was_named(name: str, canonical: str) -> None:
    assert str(BACKBONE_REGISTRY.resolve(name)) == canonical
    spec = BACKBONE_REGISTRY.validate(name, pretrained=False)
    assert spec.name == canonical
    for backbone in (BACKBONE_REGISTRY.build(name), spec.build(), TIMM_BACKBONE_REGISTRY.build(canonical[5:])):
        assert backbone.out_channels == TIMM_BACKBONE_REGISTRY.build(canonical[5:]).out_channels


def test_law_7_an_alias_with_a_tag_keeps_its_tag_until_it_is_built() -> None:
    spec = BACKBONE_REGISTRY.validate("test_resnet.r160_in1k")
    assert (spec.name, spec.spelling) == ("timm_test_resnet", "timm_test_resnet.r160_in1k")
    assert TIMM_BACKBONE_REGISTRY["test_resnet.r160_in1k"] != TIMM_BACKBONE_REGISTRY["test_resnet"]


@small_registry
@FEW
@given(st.data())
def test_law_5_operators_and_comparisons(name: str, data: st.DataObject) -> None:
    check_operators(WORLDS[name], name, data)


@large_registry
@FEWER
@given(st.data())
def test_law_5_operators_and_comparisons_with_timm(name: str, data: st.DataObject) -> None:
    check_operators(WORLDS[name], name, data)


def check_operators(world: World, name: str, data: st.DataObject) -> None:
    registry, canonical = world.registry, world.canonical
    names = st.sampled_from(sample(name))
    a = data.draw(st.frozensets(names, max_size=6) | st.just(canonical) | st.just(frozenset(list(canonical)[1:])))
    resolved = world.resolved(a)
    operators: list[Callable[[Any, Any], Any]] = [operator.and_, operator.or_, operator.xor, operator.sub]
    for operate in operators:
        assert operate(registry, a) == operate(canonical, resolved)
        assert operate(a, registry) == operate(resolved, canonical)
        assert type(operate(registry, a)) is type(operate(a, registry)) is frozenset
    for compare in (operator.eq, operator.ne, operator.le, operator.lt, operator.ge, operator.gt):
        assert compare(registry, a) is compare(canonical, resolved)
        assert compare(a, registry) is compare(resolved, canonical)
    assert registry.isdisjoint(a) is canonical.isdisjoint(resolved)


@small_registry
@FEW
@given(st.data())
def test_law_5_the_algebra(name: str, data: st.DataObject) -> None:
    check_algebra(WORLDS[name], name, data)


@large_registry
@FEWER
@given(st.data())
def test_law_5_the_algebra_with_timm(name: str, data: st.DataObject) -> None:
    check_algebra(WORLDS[name], name, data)


def check_algebra(world: World, name: str, data: st.DataObject) -> None:
    r, names = world.registry, st.frozensets(st.sampled_from(sample(name)), max_size=6)
    a, b = data.draw(names), data.draw(names)
    ca, cb = world.resolved(a), world.resolved(b)
    assert r & a == a & r
    assert r | a == a | r
    assert r & (a | b) == (r & a) | (r & b)
    assert r | (ca & cb) == (r | ca) & (r | cb)
    assert r & (r | a) == r == r | (r & a)
    assert r - (a | b) == (r - a) & (r - b)
    assert r - (ca & cb) == (r - ca) | (r - cb)
    assert r & a <= r <= r | a


@pytest.mark.parametrize(
    ("source", "prefix"), [("TIMM_BACKBONE_REGISTRY", "timm"), ("TERRATORCH_BACKBONE_REGISTRY", "terratorch")]
)
def test_law_5_a_source_and_what_it_is_mounted_in(source: str, prefix: str) -> None:
    inner = WORLDS[source].registry
    expected = {f"{prefix}_{name}" for name in inner}
    assert BACKBONE_REGISTRY & inner == inner & BACKBONE_REGISTRY == expected
    assert inner - BACKBONE_REGISTRY == frozenset()
    assert inner <= BACKBONE_REGISTRY
    assert inner.isdisjoint(BACKBONE_REGISTRY) is BACKBONE_REGISTRY.isdisjoint(inner) is (not inner)


@every_registry
@pytest.mark.parametrize(
    "thing", [5, None, 1.5, b"resnet18", ["resnet18"], {"resnet18": 1}, ("timm", "resnet18"), object]
)
def test_law_5_anything_may_be_tested_with_in(name: str, thing: object) -> None:
    missing(WORLDS[name].registry, thing)


@small_registry
def test_law_6_the_mapping(name: str) -> None:
    check_mapping(WORLDS[name].registry)


def test_law_6_the_mapping_of_timm() -> None:
    registry = TIMM_BACKBONE_REGISTRY
    assert list(registry.keys()) == ARCHITECTURES == [key for key, _ in registry.items()]
    assert [value.name for value in registry.values()] == ARCHITECTURES  # type: ignore[attr-defined]  # a TimmConstructor's
    assert (
        len(registry.keys()) == len(registry.values()) == len(registry.items()) == len(registry) == len(ARCHITECTURES)
    )
    for each in ARCHITECTURES[::50]:
        assert registry[each] == registry.get(each)
    check_mapping_of_sources = BACKBONE_REGISTRY.keys()
    assert list(check_mapping_of_sources) == ["terratorch", "timm"]


@every_registry
@FEW
@given(st.data())
def test_law_7_aliases(name: str, data: st.DataObject) -> None:
    each = data.draw(spelling(name))
    if WORLDS[name].model.find(each) is not None:
        check_alias(WORLDS[name], each)


@with_sources
def test_law_8_a_refused_mount_changes_nothing(name: str) -> None:
    registry = WORLDS[name].registry
    before = list(registry.items()), list(registry)
    for prefix in ("terratorch", "terratorch_x", "", "no-identifier"):
        with pytest.raises((KeyError, ValueError)):
            registry.register_source(prefix, Registry())
    assert (list(registry.items()), list(registry)) == before


def test_law_8_a_registration_by_a_user_is_seen_and_undone() -> None:
    class Mine:
        out_channels = [3]  # noqa: RUF012 - a backbone's own

        def forward(self, x: object) -> list[object]:
            return [x]

        __call__ = forward

    before = list(BACKBONE_REGISTRY)
    with TERRATORCH_BACKBONE_REGISTRY.scope():
        TERRATORCH_BACKBONE_REGISTRY.register(Mine, name="resnet18")
        assert BACKBONE_REGISTRY.resolve("resnet18") == ("terratorch", "resnet18")
        assert BACKBONE_REGISTRY.resolve("timm_resnet18") == ("timm", "resnet18")
        assert BACKBONE_REGISTRY.candidates("resnet18") == [("terratorch", "resnet18"), ("timm", "resnet18")]
        assert type(BACKBONE_REGISTRY.build("resnet18")) is Mine
    assert list(BACKBONE_REGISTRY) == before
    assert BACKBONE_REGISTRY.resolve("resnet18") == ("timm", "resnet18")
