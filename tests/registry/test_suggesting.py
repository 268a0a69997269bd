"""What registries suggest for a mistyped name: always what is nearest among the names that they have now."""

from __future__ import annotations

import random
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.registry.test_mounted import Least, suggestions
from tests.test_suggest import misspellings

from terraregistry import BACKBONE_REGISTRY, MultiSourceRegistry, Registry
from terraregistry.registry.registry import ReadOnlyRegistry
from terraregistry.suggest import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from terraregistry.registry.entries import Entry
    from terraregistry.registry.mounts import Source


FAMILIES = [
    *("resnet", "resnext", "wide_resnet", "seresnet", "ecaresnet", "densenet", "efficientnet_b", "efficientnetv2_rw_s"),
    *("mobilenetv3_large", "mobilenetv4_conv_small", "convnext_tiny", "convnext_base", "convnextv2_nano", "regnety_"),
    *("vit_tiny_patch16", "vit_small_patch14", "vit_base_patch32", "vit_large_patch16", "deit3_small_patch16", "beit_base"),
    *("swin_tiny_patch4_window7", "swinv2_base_window8", "maxvit_rmlp_pico_rw", "coatnet_nano_rw", "eva02_large_patch14"),
    *("hrnet_w18_small", "dla60_res2net", "inception_v", "xception", "vgg", "davit_base", "mixer_b16", "levit_conv"),
]  # fmt: skip
ENDINGS = [
    "",
    "18",
    "34",
    "50",
    "101d",
    "152s",
    "26ts",
    "_224",
    "_256",
    "_384",
    "_512",
    "_clip_224",
    "_dinov2",
    "_rope",
    "_cc",
    "_plus",
    "_in21k",
]


@cache
def names(count: int) -> tuple[str, ...]:
    """So many names as timm has them."""
    families = [
        f"{family}{part}"
        for part in ("", "_gap", "_reg4", "_ls", "_nf", "_gn", "_pt", "_xe", "_so", "_fd")
        for family in FAMILIES
    ]
    made = list(dict.fromkeys(f"{family}{ending}" for ending in ENDINGS for family in families))
    chosen = random.Random(count).sample(made, count)
    return tuple(chosen)


class Elsewhere(ReadOnlyRegistry[Any]):
    """A registry of ours over another library's names, which may change there."""

    def __init__(self, *names: str) -> None:
        super().__init__()
        self.names = [*names]

    def _names(self) -> list[str]:
        return [*self.names]

    def _find(self, name: str) -> Entry[Any] | None:
        return None


class Broken(Least):
    def __iter__(self) -> Iterator[str]:
        raise ImportError("no such library")


@given(
    st.integers(0, 60),
    st.lists(
        st.tuples(st.sampled_from(["add", "alias", "override", "remove", "scope", "end"]), st.integers(0, 80)),
        max_size=12,
    ),
    st.integers(0, 80),
    st.integers(0, 500),
)
def test_a_registry_suggests_from_the_names_that_it_has_after_any_changes(
    count: int, changes: list[tuple[str, int]], mistyped: int, how: int
) -> None:
    pool = names(200)
    registry = Registry[Any](**dict.fromkeys(pool[:count], int))
    some = misspellings(pool[mistyped], "q")
    typed = some[how % len(some)]
    scopes: list[Any] = []
    for what, index in changes:
        name, other = pool[index], pool[index + 100]
        if what == "add" and name not in registry:
            registry.register(int, name=name)
        elif what == "alias" and name not in registry and other not in registry:
            registry.register(int, name=other, aliases=(name,))
        elif what == "override":
            registry.register(float, name=name, override=True)
        elif what == "remove" and name in registry:
            registry.unregister(name)
        elif what == "scope":
            scopes.append(registry.scope())
            scopes[-1].__enter__()
        elif what == "end" and scopes:
            scopes.pop().__exit__(None, None, None)
        assert registry._nearest(typed) == nearest(typed, [*registry._spellings()])


def test_scopes_are_followed_in_and_out() -> None:
    registry = Registry[Any]()
    with registry.scope():
        registry.register(int, name="new_name")
        assert suggestions(registry, "new_nmae") == ("new_name",)
        with registry.scope():
            assert suggestions(registry, "new_nmae") == ("new_name",)
            registry.unregister("new_name")
            assert suggestions(registry, "new_nmae") == ()
        assert suggestions(registry, "new_nmae") == ("new_name",)
        registry.register(int, name="other")
    assert suggestions(registry, "new_nmae") == ()
    with registry.scope():
        assert suggestions(registry, "new_nmae") == ()
        registry.register(int, name="new_name")
        with registry.scope():
            pass
        assert suggestions(registry, "new_nmae") == ("new_name",)
        with registry.scope():
            pass
        registry.unregister("new_name")
        assert suggestions(registry, "new_nmae") == ()


@pytest.mark.parametrize("count", [3, 100])
@pytest.mark.parametrize("kind", [Least, Elsewhere])
def test_a_name_that_a_source_has_got_since_is_suggested(kind: type[Least | Elsewhere], count: int) -> None:
    source = kind(*names(count))
    many: MultiSourceRegistry[Any] = MultiSourceRegistry(p=source, q=Registry[Any](other=int))
    assert suggestions(many, "new_nmae") == ()
    source.names[1] = "new_name"  # as many as before
    assert suggestions(many, "new_nmae") == ("p_new_name",)
    source.names.remove("new_name")
    assert suggestions(many, "new_nmae") == ()


MANY = MultiSourceRegistry[Any](
    timm=Registry[Any](**dict.fromkeys(names(1_000), int)),
    smp=Registry[Any](**dict.fromkeys(["Unet", "FPN", "PSPNet", "DeepLabV3Plus", "Linknet", "MAnet"], int)),
    our=Least(*names(300)[200:]),
)


@given(st.sampled_from([*MANY]), st.integers(0, 300), st.sampled_from("abz_9"))
def test_a_qualified_name_with_any_one_mistake_is_suggested(name: str, index: int, letter: str) -> None:
    some = [each for each in misspellings(name, letter) if each not in MANY]
    typed = some[index % len(some)]
    found = suggestions(MANY, typed)
    # Without its prefix, or with another's, it may be as near to other names.
    assert name in found or len(found) == 3, (typed, found)
    assert set(found) <= set(MANY)


@given(st.sampled_from([*MANY]), st.sampled_from("abz_9"), st.integers(0, 300))
def test_a_bare_name_with_any_one_mistake_is_suggested_with_its_prefix(name: str, letter: str, index: int) -> None:
    bare = name.partition("_")[2]
    some = [each for each in misspellings(bare, letter) if each not in MANY]
    typed = some[index % len(some)]
    found = suggestions(MANY, typed)
    canonical = str(MANY.resolve(bare))
    assert canonical in found or len(found) == 3, (typed, found)
    assert set(found) <= set(MANY)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("tim_" + names(1_000)[5], "timm_" + names(1_000)[5]),
        ("tmim_" + names(1_000)[5][:-1], "timm_" + names(1_000)[5]),
        ("timm" + names(1_000)[5], "timm_" + names(1_000)[5]),
        ("TIMM_" + names(1_000)[5].upper(), "timm_" + names(1_000)[5]),
        ("ti_" + names(1_000)[5], "timm_" + names(1_000)[5]),
        ("ti_" + names(1_000)[5][1:], "timm_" + names(1_000)[5]),
        ("timm-" + names(1_000)[5], "timm_" + names(1_000)[5]),
        ("smpUnet", "smp_Unet"),
        ("smmp_Untt", "smp_Unet"),
        ("sm_PSPNte", "smp_PSPNet"),
    ],
)
def test_a_prefix_and_a_name_may_both_be_mistyped(typed: str, found: str) -> None:
    assert suggestions(MANY, typed)[0] == found


@given(st.sampled_from([*MANY]), st.integers(0, 9), st.integers(0, 300))
def test_a_prefix_and_a_name_with_one_mistake_each_are_found(name: str, in_prefix: int, in_name: int) -> None:
    prefix, _, bare = name.partition("_")
    prefixes, names = misspellings(prefix, "q"), misspellings(bare, "q")
    typed = f"{prefixes[in_prefix % len(prefixes)]}_{names[in_name % len(names)]}"
    found = suggestions(MANY, typed)
    assert name in found or len(found) == 3 or len(name) < 9, (typed, found)


@pytest.mark.parametrize("typed", ["tim_resnte18", "tmim_resnet18", "timmresnet18", "resnte18"])
def test_a_name_of_timm_is_found_behind_a_mistyped_prefix(typed: str) -> None:
    assert suggestions(BACKBONE_REGISTRY, typed)[0] == "timm_resnet18"


def test_nothing_that_is_not_near_is_suggested_whatever_the_prefix() -> None:
    for typed in (
        "nothing_like_it",
        "timm_nothing_like_it",
        "tim_nothing_like_it",
        "t",
        "timm",
        "timm_",
        "smp",
        "x" * 2_000_000,
    ):
        assert all(len(each) < len(typed) + 5 for each in suggestions(MANY, typed)), typed
    assert suggestions(MANY, "tim_nothing_like_it") == ()


def test_a_source_that_cannot_be_asked_leaves_the_suggestions_of_the_others() -> None:
    many = MultiSourceRegistry[Any](p=Broken("square"), q=Registry[Any](square=int))
    inner = MultiSourceRegistry[Any](r=many)
    for typed in ("sqare", "q_sqare", "qq_sqare"):
        assert many._nearest(typed) == ("q_square",)
        assert inner._nearest(typed) == ("r_q_square",)
    assert many._nearest("p_sqare") == ("q_square",)


def test_a_registry_in_a_registry_is_asked_for_what_it_knows() -> None:
    inner = MultiSourceRegistry[Any](timm=Registry[Any](resnet18=int, vgg=int), smp=Registry[Any](Unet=int))
    outer = MultiSourceRegistry[Any](libs=inner)
    assert suggestions(outer, "resnte18") == ("libs_timm_resnet18",)
    assert suggestions(outer, "timm_resnte18") == ("libs_timm_resnet18",)
    assert suggestions(outer, "tim_resnte18") == ("libs_timm_resnet18",)
    assert suggestions(outer, "lib_timm_resnet18") == ("libs_timm_resnet18",)
    assert suggestions(outer, "libs_resnte18") == ("libs_timm_resnet18",)
    assert suggestions(outer, "Unte") == ("libs_smp_Unet",)


def test_what_several_sources_suggest_is_ranked_together() -> None:
    many = MultiSourceRegistry[Any](
        p=Registry[Any](sqqares=int, squarees=int), q=Least("squares", "squarest", "square")
    )
    assert suggestions(many, "sqares") == ("p_sqqares", "q_squares", "q_square")
    assert suggestions(many, "sqarest") == ("q_squarest", "p_sqqares", "q_squares")


def test_a_component_that_is_near_with_its_prefix_and_without_leaves_room_for_others() -> None:
    many = MultiSourceRegistry[Any](p=Registry[Any](square=int, squares=int, squared=int))
    assert suggestions(many, "psquare") == ("p_square", "p_squares", "p_squared")


def test_of_two_sources_with_one_name_the_first_is_suggested_and_never_twice() -> None:
    first, second = Registry[Any](square=int, sphere=int), Registry[Any](square=int, squares=int)
    source: Source[Any] = second
    many = MultiSourceRegistry[Any](p=first, q=source)
    assert suggestions(many, "sqaure") == ("p_square", "q_squares")
