"""Suggestions, as properties: the name meant by a mistyped one is among the few suggested."""

from __future__ import annotations

import itertools
import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from terraregistry.suggest import did_you_mean, is_misspelling, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from terraregistry.index import Index

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789_"


@pytest.fixture(scope="module")
def real_names(index: Index) -> dict[str, None]:
    """Every name and alias that the library's registries take, of all kinds."""
    return dict.fromkeys(name for each in index.registries for name in index.spellings(each.reference))


def distance(left: str, right: str) -> int:
    """The edit distance in which a transposition of neighbours counts once, the slow way."""
    rows = [[i + j if i * j == 0 else 0 for j in range(len(right) + 1)] for i in range(len(left) + 1)]
    for i, a in enumerate(left, 1):
        for j, b in enumerate(right, 1):
            rows[i][j] = min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                rows[i][j] = min(rows[i][j], rows[i - 2][j - 2] + 1)
    return rows[-1][-1]


def misspellings(name: str, letter: str) -> list[str]:
    """Every misspelling by one edit, with one letter for those edits that need one."""
    places = range(len(name))
    made = [name[:i] + name[i + 1 :] for i in places]
    made += [name[:i] + letter + name[i + 1 :] for i in places]
    made += [name[:i] + letter + name[i:] for i in range(len(name) + 1)]
    made += [name[:i] + name[i + 1] + name[i] + name[i + 2 :] for i in range(len(name) - 1)]
    return [each for each in dict.fromkeys(made) if each and each != name]


def plain(name: str) -> str:
    return name.casefold().replace("-", "_").replace(".", "_")


def nearness(typed: str, meant: str) -> tuple[int, int]:
    """The edits between two names, and the letters that one has more: the smaller the nearer."""
    return distance(plain(typed), plain(meant)), abs(len(plain(typed)) - len(plain(meant)))


def is_near(typed: str, meant: str) -> bool:
    return nearness(typed, meant)[0] <= max(1, min(len(plain(typed)), len(plain(meant))) // 3)


def expected(typed: str, pool: Iterable[str], limit: int = 3) -> tuple[str, ...]:
    """The nearest by the slow way, the first listed first where several are as near."""
    others = [each for each in pool if each != typed]
    farthest = 2 * max(1, min((nearness(typed, each)[0] for each in others if is_near(typed, each)), default=0))
    near = [each for each in others if is_near(typed, each) and nearness(typed, each)[0] <= farthest]
    begin, end = list[str](), list[str]()
    for each in others:
        shorter, longer = sorted((plain(typed), plain(each)), key=len)
        if each not in near and len(shorter) > 2:
            if longer.startswith(shorter):
                begin.append(each)
            elif longer.endswith("_" + shorter):
                end.append(each)
    near.sort(key=lambda each: nearness(typed, each))
    begin.sort(key=lambda each: nearness(typed, each)[1])
    end.sort(key=lambda each: nearness(typed, each)[1])
    return (*near, *begin, *end)[:limit]


# -- against the slow way --

FEW_LETTERS = st.text("abcAB_-.", min_size=1, max_size=9)
PARTS = st.lists(st.sampled_from(["net", "resnet", "wide", "ab", "a", "50", "net_v2"]), min_size=1, max_size=4).map(
    "_".join
)


@given(FEW_LETTERS, st.lists(FEW_LETTERS, max_size=120), st.integers(0, 5))
def test_the_nearest_are_those_that_the_slow_way_finds(typed: str, pool: list[str], limit: int) -> None:
    assert nearest(typed, iter(pool), limit) == expected(typed, pool, limit)


@given(PARTS, st.lists(PARTS, unique=True, max_size=40), st.integers(1, 5))
def test_names_that_go_on_before_or_after_are_ranked_behind_the_near(typed: str, pool: list[str], limit: int) -> None:
    assert nearest(typed, pool, limit) == expected(typed, pool, limit)


@given(PARTS, st.data())
def test_near_names_are_found_in_any_crowd_of_far_ones(typed: str, data: st.DataObject) -> None:
    near = data.draw(st.lists(st.sampled_from(misspellings(typed, "q")), min_size=1, max_size=3, unique=True))
    crowd = [f"{i:015}" for i in range(data.draw(st.sampled_from([0, 60, 2_000])))]
    at = data.draw(st.integers(0, len(crowd)))
    assert nearest(typed, [*crowd[:at], *near, *crowd[at:]]) == expected(typed, near)


@given(st.text(max_size=12), st.lists(st.text(max_size=12), max_size=80), st.integers(0, 5))
def test_names_of_any_letters_are_suggested_once_and_never_for_themselves(
    typed: str, pool: list[str], limit: int
) -> None:
    found = nearest(typed, dict.fromkeys(pool), limit)
    assert len(found) == len({*found} & {*pool}) <= limit
    assert typed not in found


@given(FEW_LETTERS, FEW_LETTERS)
def test_a_misspelling_has_at_most_a_third_of_the_letters_changed(typed: str, meant: str) -> None:
    assert is_misspelling(typed, meant) == is_near(typed, meant)


# -- real names --


@given(st.integers(0, 10_000), st.sampled_from(LETTERS), st.integers(0, 9))
def test_every_single_mistake_in_a_real_name_finds_it_unless_others_are_as_near(
    real_names: dict[str, None], at: int, letter: str, pick: int
) -> None:
    name = [*real_names][at % len(real_names)]
    typed_as = [each for each in misspellings(name, letter) if len(name) >= 6 and each not in real_names]
    for typed in typed_as[pick::10]:
        found = nearest(typed, real_names)
        if name not in found:
            assert [nearness(typed, each) <= nearness(typed, name) for each in found] == [True] * 3, (typed, found)
        elif found[0] != name:
            assert nearness(typed, found[0]) <= nearness(typed, name), (typed, found)


@pytest.mark.parametrize(("edits", "most"), [(1, 3), (2, 9), (3, 15)])
def test_most_real_names_are_found_after_several_mistakes(real_names: dict[str, None], edits: int, most: int) -> None:
    chance, missed = random.Random(edits), list[tuple[str, str]]()
    for name in chance.choices([*real_names], k=300):
        typed = name
        for _ in range(edits):
            typed = chance.choice(misspellings(typed, chance.choice(LETTERS)))
        if typed not in real_names and name not in nearest(typed, real_names):
            missed.append((typed, name))
    assert len(missed) <= most, missed


@pytest.mark.parametrize("far", ["nothing_like_it", "zzzzzz", "terramind_v1_base", "q" * 30, "x" * 2_000_000])
def test_nothing_is_suggested_for_a_name_far_from_all_real_ones(real_names: dict[str, None], far: str) -> None:
    assert nearest(far, real_names) == ()


@settings(max_examples=settings.default.max_examples // 2)
@given(st.integers(0, 10_000))
def test_case_and_separators_count_for_nothing(real_names: dict[str, None], at: int) -> None:
    name = [*real_names][at % len(real_names)]
    for spell in (str.upper, str.title, lambda name: name.replace("_", "-"), lambda name: name.replace("_", ".")):
        typed = spell(name)
        assert typed == name or plain(nearest(typed, real_names)[0]) == plain(name)


# -- examples --


@pytest.mark.parametrize(
    ("typed", "pool", "found"),
    [
        ("resnet81", ["resnet34", "resnet18", "resnet152"], ("resnet18", "resnet34")),
        ("resnt50", ["resnet18", "resnet50"], ("resnet50",)),
        ("resnet", ["resnets", "resne", "resnet1"], ("resnets", "resne", "resnet1")),
        ("resnet", ["resnet18", "resnet34", "resnet50", "vgg"], ("resnet18", "resnet34", "resnet50")),
        ("resnet18", ["timm_resnet18", "timm_resnet34"], ("timm_resnet18",)),
        ("FCNDecodr", ["FCNDecoder", "IdentityDecoder"], ("FCNDecoder",)),
        ("fcndecoder", ["FCNDecoder", "IdentityDecoder"], ("FCNDecoder",)),
        ("unet", ["Unet", "UnetPlusPlus", "Linknet"], ("Unet", "UnetPlusPlus")),
        ("unte_a", ["Unet_a", "other", "UNET-A", "unet.a"], ("Unet_a", "UNET-A", "unet.a")),
        ("vit_base_patch16_225", ["vit_base_patch32_384", "vit_base_patch16_224"], ("vit_base_patch16_224",)),
        ("xyz", ["resnet18"], ()),
        ("net", ["nets", "neat", "net1", "nest"], ("nets", "neat", "net1")),
        ("net", ["net", "nets", "neat"], ("nets", "neat")),
        ("a-b", ["a-b", "a_b"], ("a_b",)),
        ("abcdef", ["abcdxy", "abxyef", "xycdef", "abcdefg"], ("abcdefg", "abcdxy", "abxyef")),
        ("ab", ["abcdef", "x_ab"], ()),
        ("abc", ["abcdef", "xyzw_abc"], ("abcdef", "xyzw_abc")),
        ("", ["a"], ()),
        ("-", ["b"], ("b",)),
        ("a", ["b", "ab", "cb"], ("b", "ab")),
        ("a", [], ()),
        ("\ud800bc", ["\ud800bd", "xyz"], ("\ud800bd",)),
        ("x" * 101, ["x" * 100, "x" * 102], ()),
        ("x" * 100, ["x" * 10_000], ()),
        ("a" * 99, ["a" * 101, "a" * 100], ("a" * 100,)),
    ],
)
def test_what_people_mean(typed: str, pool: list[str], found: tuple[str, ...]) -> None:
    assert nearest(typed, pool) == found


@pytest.mark.parametrize("order", [*itertools.permutations(["abcdefxyz", "xyzdefghi", "abcxyzghi"])])
def test_of_equally_near_names_the_first_listed_comes_first(order: tuple[str, ...]) -> None:
    assert nearest("abcdefghi", [f"{i:03}" for i in range(100)] + [*order]) == order


@pytest.mark.parametrize(
    ("suggestions", "text"),
    [
        ((), ""),
        (("a",), "; did you mean 'a'?"),
        (("a", "b"), "; did you mean 'a' or 'b'?"),
        (("a", "b", "c"), "; did you mean 'a', 'b' or 'c'?"),
    ],
)
def test_how_suggestions_are_put_into_words(suggestions: tuple[str, ...], text: str) -> None:
    assert did_you_mean(suggestions) == did_you_mean(iter(suggestions)) == text
