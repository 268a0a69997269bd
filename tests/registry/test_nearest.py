"""Nearest names, as properties: what somebody who mistyped a name most likely meant is among the few that are suggested."""

from __future__ import annotations

import itertools
import random
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from terraregistry.nearest import did_you_mean, nearest
from terraregistry.spellings import Spellings

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789_"
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


@cache
def real_names() -> tuple[str, ...]:
    import timm

    return tuple(timm.list_models())


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


def assert_found(name: str, typed: str, pool: tuple[str, ...]) -> None:
    """The name is suggested, or as many others that are as near."""
    found = nearest(typed, pool)
    check_bounds(found, typed, pool)
    if typed in pool:
        assert found[0] == typed
    elif name not in found:
        assert len(found) == 3, (name, typed, found)
        for other in found:
            assert distance(typed.replace(".", "_"), other.replace(".", "_")) <= 1, (name, typed, found)


def check_bounds(found: tuple[str, ...], typed: str, pool: tuple[str, ...], limit: int = 3) -> None:
    assert len(found) <= limit
    assert len(found) == len(set(found))
    assert set(found) <= set(pool)


@given(st.integers(0, 49), st.sampled_from(LETTERS))
def test_every_misspelling_by_one_edit_finds_the_name_among_fifty(index: int, letter: str) -> None:
    pool = names(50)
    for typed in misspellings(pool[index], letter):
        assert_found(pool[index], typed, pool)


@given(st.integers(0, 4_999), st.sampled_from(LETTERS), st.integers(0, 1_000))
def test_every_misspelling_by_one_edit_finds_the_name_among_five_thousand(index: int, letter: str, pick: int) -> None:
    pool = names(5_000)
    some = misspellings(pool[index], letter)
    for typed in some[pick % 60 :: 60]:
        assert_found(pool[index], typed, pool)


@given(st.integers(0, 10_000), st.sampled_from(LETTERS), st.integers(0, 1_000))
def test_every_misspelling_by_one_edit_finds_the_name_in_timm(index: int, letter: str, pick: int) -> None:
    pool = real_names()
    name = pool[index % len(pool)]
    for typed in misspellings(name, letter)[pick % 20 :: 20]:
        assert_found(name, typed, pool)


@settings(max_examples=settings.default.max_examples // 2)
@given(st.integers(0, 4_999))
def test_case_and_separators_count_for_nothing(index: int) -> None:
    for pool in (names(50), names(5_000), real_names()):
        name = pool[index % len(pool)]
        assert nearest(name.upper(), pool)[0] == name
        assert nearest(name.title(), pool)[0] == name
        assert name in nearest(name.replace("_", "-"), pool)
        assert name in nearest(name.replace("_", "."), pool)


@given(st.text(max_size=12), st.lists(st.text(max_size=12), unique=True, max_size=80), st.integers(0, 5))
def test_what_is_suggested_is_bounded_and_among_the_names(typed: str, pool: list[str], limit: int) -> None:
    check_bounds(nearest(typed, pool, limit), typed, tuple(pool), limit)
    assert nearest(typed, iter(pool), limit) == nearest(typed, pool, limit)


@given(
    st.text("abc_", min_size=1, max_size=6), st.lists(st.text("abc_", min_size=1, max_size=6), unique=True, max_size=40)
)
def test_the_nearest_come_first_and_nothing_far_is_suggested(typed: str, pool: list[str]) -> None:
    found = nearest(typed, pool)
    near = [each for each in found if distance(typed, each) <= max(1, min(len(typed), len(each)) // 3)]
    assert [distance(typed, each) for each in near] == sorted(distance(typed, each) for each in near)
    assert found[: len(near)] == tuple(near)  # what is near comes before what only continues it
    for each in found[len(near) :]:
        assert (
            each.startswith(typed) or typed.startswith(each) or typed.endswith("_" + each) or each.endswith("_" + typed)
        )
    best = min((distance(typed, each) for each in pool), default=9)
    if best <= 1:
        assert distance(typed, found[0]) == best


def plain(name: str) -> str:
    return name.casefold().replace("-", "_").replace(".", "_")


def rank(typed: str, meant: str) -> tuple[int, int] | None:
    """How near a name is, as it is documented: the smaller the nearer, and None where it is not near."""
    if typed == meant:
        return 0, 0
    typed, meant = plain(typed), plain(meant)
    apart = abs(len(typed) - len(meant))
    edits = distance(typed, meant)
    if edits <= min(len(typed), max(1, min(len(typed), len(meant)) // 3)):
        return edits, apart
    shorter, longer = sorted((typed, meant), key=len)
    if len(shorter) > 2 and longer.startswith(shorter):
        return len(typed), apart
    if len(shorter) > 2 and longer.endswith("_" + shorter):
        return len(typed) + 1, apart
    return None


def expected(typed: str, pool: list[str], limit: int) -> tuple[str, ...]:
    """The nearest, by looking at all in full."""
    ranked = [(rank(typed, each), index, each) for index, each in enumerate(pool)]
    near = sorted((place, index, each) for place, index, each in ranked if place is not None)
    return tuple(each for _, _, each in near[:limit])


FEW_LETTERS = st.text("abcAB_-.", min_size=1, max_size=9)


@settings(max_examples=settings.default.max_examples // 2)
@given(FEW_LETTERS, st.lists(FEW_LETTERS, unique=True, max_size=48), st.integers(0, 5))
def test_up_to_forty_eight_names_are_all_compared_in_full(typed: str, pool: list[str], limit: int) -> None:
    assert nearest(typed, pool, limit) == expected(typed, pool, limit)


@settings(max_examples=settings.default.max_examples // 2)
@given(st.data(), st.integers(1, 5))
def test_words_that_share_their_beginning_or_their_end_are_ranked_after_what_is_near(
    data: st.DataObject, limit: int
) -> None:
    part = st.sampled_from(["net", "resnet", "wide", "ab", "a", "50", "net_v2"])
    word = st.lists(part, min_size=1, max_size=4).map("_".join)
    typed = data.draw(word)
    pool = data.draw(st.lists(word, unique=True, max_size=20))
    assert nearest(typed, pool, limit) == expected(typed, pool, limit)


@given(FEW_LETTERS, st.lists(FEW_LETTERS, unique=True, min_size=1, max_size=20))
def test_among_many_names_those_one_edit_away_are_what_they_are_among_few(typed: str, pool: list[str]) -> None:
    others = [f"{chr(945 + i % 24)}{i:014}" for i in range(60)]  # none of them near
    close = [each for each in pool if distance(plain(typed), plain(each)) <= 1]
    if close:
        assert nearest(typed, [*others[:30], *pool, *others[30:]]) == expected(typed, close, 3)


@pytest.mark.parametrize("count", [49, 400, 2_000])
def test_among_many_names_one_two_edits_away_is_found_by_the_third_that_is_whole(count: int) -> None:
    pool = [f"{i:04}ab{i:04}ab{i:04}ab" for i in range(count)]
    name = pool[count // 2]
    for place, other in ((0, 6), (0, 12), (6, 12)):
        typed = [*name]
        typed[place + 3] = typed[other + 3] = "q"
        assert nearest("".join(typed), pool)[0] == name, typed


def test_among_many_names_those_that_go_on_after_what_was_typed_come_before_those_that_only_share_a_third() -> None:
    pool = [f"ab{i:03}" for i in range(600)] + [f"abcdefg_{i:03}" for i in range(60)]
    assert nearest("abcdefg", pool) == ("abcdefg_000", "abcdefg_001", "abcdefg_002")


@pytest.mark.parametrize("between", ["", "x" * 20], ids=["shorter", "longer"])
@pytest.mark.parametrize(("others", "found"), [(100, True), (511, True), (512, False), (2_000, False)])
@pytest.mark.parametrize("end", [False, True], ids=["beginning", "end"])
def test_of_names_that_share_a_third_up_to_512_those_as_long_are_looked_at(
    between: str, others: int, found: bool, end: bool
) -> None:
    # All others share the only third that three mistakes leave whole, and none of them is near.
    name, typed, turned = "abczzfghz", "abcdefghi", slice(None, None, -1 if end else 1)
    pool = [f"abc{i:04}{between}"[turned] for i in range(others)] + [name[turned]]
    assert nearest(typed[turned], pool) == ((name[turned],) if found else ())


@cache
def words(count: int) -> tuple[str, ...]:
    chance = random.Random(count)
    made: dict[str, None] = {}
    while len(made) < count:
        made["".join(chance.choices("abcdefghij", k=chance.randint(6, 12)))] = None
    return tuple(made)


@given(
    st.sampled_from([49, 200, 2_000]),
    st.integers(0, 10_000),
    st.lists(st.tuples(st.integers(0, 12), st.sampled_from(["drop", "swap", *"abcdefghij"])), max_size=2),
    st.integers(0, 12),
)
def test_among_many_names_as_different_as_words_are_any_two_edits_find_the_nearest(
    count: int, index: int, edits: list[tuple[int, str]], dropped: int
) -> None:
    # A third edit, and letters swapped over a border of two thirds, may cost what would have found it.
    pool = words(count)
    typed = pool[index % count]
    for place, what in edits:
        at = place % len(typed)
        if what == "drop":
            typed = typed[:at] + typed[at + 1 :]
        elif what == "swap":
            third = len(typed) // 3
            at = at if at + 1 not in (third, len(typed) - third) else at - 1
            typed = typed[:at] + typed[at + 1 : at + 2] + typed[at : at + 1] + typed[at + 2 :]
        else:
            typed = typed[:at] + what + typed[at + dropped % 2 :]
    parts = (nearest(typed, pool[start : start + 48], 1) for start in range(0, count, 48))  # these are compared in full
    best = min((place for part in parts for each in part if (place := rank(typed, each)) is not None), default=(9, 0))
    if best < (3, 0) and len(typed) >= 6:
        found = nearest(typed, pool)
        assert found
        place = rank(typed, found[0])
        assert place is not None
        assert place[0] == best[0]


WORDS = st.lists(
    st.lists(st.sampled_from(["net", "res", "a", "b", "A", "50", "_", "-", "."]), min_size=1, max_size=4).map("".join),
    max_size=30,
)


@given(st.text("netrsab50_", min_size=1, max_size=9), WORDS)
def test_of_many_names_first_those_one_edit_away_are_chosen_and_all_of_these(typed: str, pool: list[str]) -> None:
    pool = [f"{i:09}" for i in range(60)] + pool
    near = [each for each in pool if distance(plain(typed), plain(each)) <= 1]
    assert next(Spellings(pool).like(typed)) == near


@given(st.lists(st.sampled_from(["net", "res", "a", "B", "50"]), min_size=1, max_size=4).map("_".join), WORDS)
def test_of_many_names_then_those_are_chosen_that_continue_what_was_typed_or_are_continued_by_it(
    typed: str, pool: list[str]
) -> None:
    pool = [f"{i:09}" for i in range(60)] + pool
    word = plain(typed)
    continued = [
        each
        for each, other in zip(pool, map(plain, pool), strict=True)
        if (
            other.startswith(word) or other.endswith("_" + word) or word.startswith(other) or word.endswith("_" + other)
        )
        and other != word
    ]
    _, second, *_ = Spellings(pool).like(typed)
    assert [each for each in second if each in continued] == continued


@pytest.mark.parametrize("typed", ["a", "aaa", "a\U0010ffff042\U0010ffff\U0010ffff", "\U0010ffff042\U0010ffff", "a042"])
def test_names_with_the_last_letter_that_there_is_may_be_missed_but_end_no_search(typed: str) -> None:
    pool = [f"a\U0010ffff{i:03}\U0010ffff" for i in range(100)]
    assert {*nearest(typed, [*pool, "a", "b"])} <= {*pool, "a", "b"}


def test_one_edit_is_found_wherever_it_is_among_names_that_begin_and_end_alike() -> None:
    pool = [f"ab{i:04}bbbba" for i in range(100)]
    for typed in misspellings("ab0042bbbba", "q"):
        near = [each for each in pool if distance(typed, each) <= 1]
        assert next(Spellings(pool).like(typed)) == near
    near = ["net", "neta"]
    assert next(Spellings([*near, *pool]).like("netb")) == near


CROWD = tuple(f"{i:09}" for i in range(60))


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("abcdef", "xbcdex"),
        ("abcdef", "abxxef"),
        ("abcdef", "abcfxe"),
        ("abcdefghi", "xbcdefghx"),
        ("abcdefghi", "xbcdexghi"),
        ("abcdefghi", "abcxefgxi"),
        ("abcdefghi", "abcxyfghi"),
        ("abcdefghi", "xycdefghi"),
        ("abcdefghi", "abcdefgxy"),
        ("abcdefghi", "abdcefxhi"),  # swapped over the border of the first third
        ("abcdefghi", "axcdegfhi"),  # and of the last
        ("abcdefghi", "bcdefgh"),
        ("abcdefghi", "xabcdefghix"),
        ("abcdefghijkl", "abcdxfgxijkl"),
    ],
)
def test_of_many_names_those_two_edits_away_are_chosen_wherever_the_edits_are(typed: str, name: str) -> None:
    for one, other in ((typed, name), (typed[::-1], name[::-1])):
        first, second, *_ = Spellings((*CROWD, other)).like(one)
        assert (first, second) == ([], [other])


@pytest.mark.parametrize(("others", "share"), [(600, "abc"), (600, "ghi"), (40, "abc"), (40, "ghi"), (0, "")])
def test_of_many_names_one_with_both_edits_in_its_middle_is_chosen_unless_too_many_share_either_end(
    others: int, share: str
) -> None:
    crowd = [f"abc{i:05}" if share == "abc" else f"{i:05}ghi" for i in range(others)]
    _, second, *_ = Spellings([*CROWD, *crowd, "abcdxyghi", "axcdxyghi"]).like("abcdefghi")
    assert second == ["abcdxyghi"]
    both = [*crowd, *(f"{i:05}ghi" if share == "abc" else f"abc{i:05}" for i in range(others))]
    _, second, *_ = Spellings([*CROWD, *both, "abcdxyghi"]).like("abcdefghi")
    assert second == (["abcdxyghi"] if others < 512 else [])


@pytest.mark.parametrize(
    ("typed", "name"), [("abcdefghi", "abcxxfxhi"), ("abcdefghi", "abcxxxghi"), ("abcdefghi", "abcxxfghx")]
)
def test_of_many_names_last_those_that_share_a_third_are_chosen(typed: str, name: str) -> None:
    for one, other in ((typed, name), (typed[::-1], name[::-1])):
        *_, third = Spellings((*CROWD, other)).like(one)
        assert third == [other]
        assert [*Spellings((*CROWD, other[:8])).like(one[:8])][2:] == []


def test_where_some_names_are_one_edit_away_those_farther_away_are_not_suggested() -> None:
    pool = [*CROWD, "xbcdefghi", "abcdefgxy", "axcdefghi"]
    for turned in (slice(None, None, 1), slice(None, None, -1)):
        assert nearest("abcdefghi"[turned], [each[turned] for each in pool]) == (
            "xbcdefghi"[turned],
            "axcdefghi"[turned],
        )


def test_names_that_are_equal_but_for_case_and_separators_are_all_suggested() -> None:
    pool = [*CROWD[:30], "Unet_a", "other", "UNET-A", "unet.a", *CROWD[30:]]
    assert nearest("unte_a", pool) == ("Unet_a", "UNET-A", "unet.a")
    assert nearest("unet_a", pool) == ("Unet_a", "UNET-A", "unet.a")
    assert nearest("othre", pool) == ("other",)


def test_of_more_names_that_go_on_than_are_looked_through_those_about_as_long_are_chosen() -> None:
    pool = [f"net{'x' * (i % 40)}{i:03}" for i in range(400)]
    _, second, *_ = Spellings(pool).like("net")
    assert len(second) == 48
    assert max(map(len, second)) <= 11
    _, second, *_ = Spellings([each[::-1].replace("ten", "_ten") for each in pool]).like("ten")
    assert len(second) == 48
    assert max(map(len, second)) <= 12


def test_of_names_that_begin_almost_as_what_was_typed_those_that_share_more_with_it_are_chosen() -> None:
    pool = [f"abcde{i:05}" for i in range(5_000)]
    for typed, chosen in (
        ("abxde0250z", range(2506, 2512)),
        ("abxde02zzz", range(2992, 3000)),
        ("abxde02aaa", range(2992, 3000)),
    ):
        first, second, *_ = Spellings(pool).like(typed)
        assert first == []
        assert {f"abcde{i:05}" for i in chosen} <= {*second}
        assert len(second) <= 60


def drawn_mistakes(pool: tuple[str, ...], edits: int) -> list[tuple[str, str]]:
    """Names with so many mistakes of any kind each, the same each time."""
    chance, made = random.Random(edits), list[tuple[str, str]]()
    for name in chance.choices(pool, k=300):
        typed = name
        for _ in range(edits):
            typed = chance.choice(misspellings(typed, chance.choice(LETTERS)))
        made.append((name, typed))
    return made


@pytest.mark.parametrize(("edits", "most"), [(1, 3), (2, 18), (3, 120)])
def test_most_names_of_timm_are_found_after_several_mistakes(edits: int, most: int) -> None:
    pool = real_names()
    spellings = Spellings(pool)
    missed = [(typed, name) for name, typed in drawn_mistakes(pool, edits) if name not in nearest(typed, spellings)]
    assert len(missed) <= most, missed


@pytest.mark.parametrize("edits", [1, 2, 3, 6])
@pytest.mark.parametrize(
    "pool",
    [names(5_000), tuple(f"component_{i:05}" for i in range(20_000)), tuple(f"a{i}" for i in range(20_000))],
    ids=["like timm's", "numbered", "numbers"],
)
def test_however_many_names_there_are_a_few_are_compared_in_full(pool: tuple[str, ...], edits: int) -> None:
    spellings = Spellings(pool)
    compared = [sum(map(len, spellings.like(typed))) for _, typed in drawn_mistakes(pool, edits)]
    assert sum(compared) / len(compared) < 200
    assert max(compared) < 800


@given(FEW_LETTERS, st.lists(FEW_LETTERS, max_size=120), st.integers(0, 4))
def test_what_is_made_of_names_once_gives_what_the_names_give(typed: str, pool: list[str], limit: int) -> None:
    spellings = Spellings(pool)
    for _ in range(2):
        assert nearest(typed, spellings, limit) == nearest(typed, pool, limit)


@pytest.mark.parametrize("order", [*itertools.permutations(["abcdefxyz", "xyzdefghi", "abcxyzghi"])])
def test_also_among_many_names_the_first_of_equals_comes_first(order: tuple[str, ...]) -> None:
    assert nearest("abcdefghi", [f"{i:03}" for i in range(100)] + [*order]) == order


def test_among_many_names_three_edits_may_leave_the_middle_third_alone_whole() -> None:
    assert nearest("abcdefghijkl", [f"{i:03}" for i in range(100)] + ["zbczefghijkz"]) == ("zbczefghijkz",)


@pytest.mark.parametrize(
    ("name", "others", "place"),
    [("bacdefghi", 100, 100), ("aébcdefghi", 101, 101), ("aébcdefghi", 599, 594)],
    ids=["transposed", "a letter of one of a hundred", "a letter of one of many"],
)
def test_among_many_names_one_edit_away_is_found_behind_a_crowd_that_shares_its_thirds(
    name: str, others: int, place: int
) -> None:
    pool = [f"def{i:03}ghi" for i in range(others)]
    pool.insert(place, name)
    assert nearest("abcdefghi", pool) == (name,)


@pytest.mark.parametrize(("others", "found"), [(47, ("zbczefzhi",)), (48, ())])
def test_only_up_to_forty_eight_names_one_that_shares_no_third_is_found(others: int, found: tuple[str, ...]) -> None:
    assert nearest("abcdefghi", [f"{i:03}" for i in range(others)] + ["zbczefzhi"]) == found


def test_among_many_names_the_only_one_with_some_letter_is_found_in_place_of_another_letter() -> None:
    assert nearest("ab", [f"x{i:03}" for i in range(598)] + ["éb"]) == ("éb",)


def test_among_many_names_of_any_case_only_those_one_edit_away_are_suggested_where_there_are_any() -> None:
    pool = [f"Part{i:02}{i:02}" for i in range(100)]
    assert nearest("Part424x", pool) == ("Part4242",)
    assert nearest("part42xx", pool) == ("Part4242",)


def test_of_a_third_that_too_many_share_the_first_names_are_looked_at() -> None:
    pool = [f"abc{'x' * 20}{i:03}" for i in range(513)] + ["abcdefgxy"]
    assert nearest("abcqqqqqq", pool) == ()
    assert nearest("abcdefghi", pool) == ("abcdefgxy",)  # a rarer third, `def`, tells more


@pytest.mark.parametrize("other", ["RESNET50", "ResNet50", "ReSnEt50"])
def test_among_many_names_letter_case_counts_for_nothing(other: str) -> None:
    pool = [f"Part{i:03}" for i in range(100)] + ["ResNet50"]
    assert nearest(other, pool) == ("ResNet50",)
    assert nearest("PART007", pool)[0] == "Part007"


@pytest.mark.parametrize("letter", ["é", "ß", "Я", "網"])
def test_among_many_names_a_missing_letter_may_be_any_that_names_have(letter: str) -> None:
    pool = [f"ab{letter}cd{i:06}{letter}" for i in range(100)]
    assert nearest(f"abcd000042{letter}", pool)[0] == f"ab{letter}cd000042{letter}"


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
        ("xyz", ["resnet18"], ()),
        ("", ["a"], ()),
        ("a", [], ()),
        ("x" * 101, ["x" * 100, "x" * 101], ()),
        ("x" * 100, ["x" * 10_000], ()),
    ],
)
def test_what_people_mean(typed: str, pool: list[str], found: tuple[str, ...]) -> None:
    assert nearest(typed, pool) == found


def test_a_long_name_or_long_names_cost_nothing() -> None:
    pool = ["x" * 100_000] * 100 + [f"{'y' * 99}{i}" for i in range(10)]
    assert nearest("x" * 100_000, pool) == ()
    assert nearest("y" * 99, pool, 1) == (f"{'y' * 99}0",)


@pytest.mark.parametrize(
    ("suggestions", "text"),
    [
        ((), ""),
        (("a",), "; did you mean 'a'?"),
        (("a", "b"), "; did you mean 'a' or 'b'?"),
        (("a", "b", "c"), "; did you mean 'a', 'b' or 'c'?"),
        (iter("ab"), "; did you mean 'a' or 'b'?"),
    ],
)
def test_how_suggestions_are_put_into_words(suggestions: object, text: str) -> None:
    assert did_you_mean(suggestions) == text  # type: ignore[arg-type]  # iterables of several sorts
