"""What works in a warm process works as the first call of any process."""

from __future__ import annotations

import itertools
import random
import sys
from operator import attrgetter

import pytest

from terraregistry.registry.signatures import effective_signature

from .calls import FIVE, IMPORTS, OPERATIONS
from .cases import STATES, chosen, every, sample
from .harness import INDEX, Case, Harness, difference, fresh
from .plain import plain

PLACES = {
    place: [*cases]
    for place, cases in itertools.groupby(
        chosen(), key=lambda case: f"{case.operation} of {case.registry or 'the package'}"
    )
}
"""The cases of each operation on each registry."""


def check(harness: Harness, cases: list[Case]) -> None:
    faults = [f"{case}\n{fault}" for case, fault in harness.disagreements(cases) if fault]
    assert not faults, (
        f"{len(faults)} of {len(cases)} first calls are not as they are in a warm process:\n" + "\n".join(faults)
    )


@pytest.mark.parametrize("case", [*sample()], ids=str)
def test_a_first_call_is_as_in_a_warm_process(case: Case, harness: Harness) -> None:
    check(harness, [case])


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES)
def test_first_calls_are_as_in_a_warm_process(place: str, harness: Harness) -> None:
    check(harness, PLACES[place])


def test_the_cases_have_each_operation_state_and_name() -> None:
    drawn, some, all_of_them = [*sample()], [*chosen()], [*every()]
    assert {(case.imports, case.index) for case in some} == {*STATES}
    for cases in (drawn, some):
        assert {case.imports for case in cases} | {"warm"} == {*IMPORTS}
        assert {case.index for case in cases} == {*INDEX}
        assert {case.name for case in cases} >= {*FIVE}
    assert {case.operation for case in some} == {name for name, each in OPERATIONS.items() if each.subject != "harness"}
    assert {subject(case) for case in some} == {subject(case) for case in all_of_them}
    assert {*some} <= {*all_of_them}


def subject(case: Case) -> tuple[str, str, str]:
    return case.operation, case.registry, case.name


# -- the harness itself --


def test_a_difference_is_seen_at_any_depth() -> None:
    answer = {"result": {"names": ["a", ["b"]], "count": 2}, "warnings": [], "seconds": 1.0}
    assert difference(answer, answer | {"seconds": 2.0}) == ""
    for other in (
        {"result": {"names": ["a", ["c"]], "count": 2}, "warnings": []},
        {"result": {"names": ["a"], "count": 2}, "warnings": []},
        {"result": {"names": ["a", ["b"]]}, "warnings": []},
        {"error": {"text": "no"}, "warnings": []},
        answer | {"warnings": ["w"]},
        {"crash": "the process is too slow"},
    ):
        assert difference(answer, other)


def test_a_difference_between_two_signatures_is_seen() -> None:
    def given(width: int = 1, *, deep: bool = False) -> None: ...
    def other_annotation(width: float = 1, *, deep: bool = False) -> None: ...
    def other_default(width: int = 2, *, deep: bool = False) -> None: ...
    def other_kind(width: int = 1, deep: bool = False) -> None: ...
    def other_order(deep: bool = False, *, width: int = 1) -> None: ...

    first = plain(effective_signature(given).signature)
    for other in (other_annotation, other_default, other_kind, other_order):
        assert difference(first, plain(effective_signature(other).signature))


def test_a_case_that_ends_its_process_is_told_from_one_that_gives_an_answer(harness: Harness) -> None:
    assert harness.ask(Case("ends", "", ""))["crash"].startswith("the process ends with status 3")
    assert "no attribute 'NO_REGISTRY'" in harness.ask(Case("len", "NO_REGISTRY", ""))["error"]["text"]
    assert harness.ask(Case("len", "NECK_REGISTRY", ""))["result"] == 9


def test_the_index_is_there_where_it_is_said_to_be(harness: Harness) -> None:
    found = {index: harness.ask(Case("index", "", "", index=index))["result"] for index in INDEX}
    assert found == {index: index == "made" for index in INDEX}


@pytest.mark.slow
@pytest.mark.parametrize("imports", [each for each in IMPORTS if each != "warm"])
def test_what_an_import_loads_is_what_it_loads_in_a_real_interpreter(imports: str, harness: Harness) -> None:
    case = Case("loaded modules", "", "", imports, "made")
    forked, real = harness.ask(case)["result"], fresh(case, harness)["result"]
    assert {*real} - {*forked} == set()
    # What the zygote works with is there in each fork, and is Python's own.
    assert {
        name for name in {*forked} - {*real} if name.partition(".")[0] not in {*sys.stdlib_module_names, "tests"}
    } == set()


DRAWN = random.Random(0).sample([case for case in chosen() if "spawned" not in case.operation], 20)


@pytest.mark.slow
@pytest.mark.parametrize("case", sorted(DRAWN, key=attrgetter("imports")), ids=str)
def test_a_fork_answers_as_a_real_interpreter_does(case: Case, harness: Harness) -> None:
    assert difference(fresh(case, harness), harness.ask(case)) == ""


# -- as somebody types it --

FORMS = {
    "build": "BACKBONE_REGISTRY.build({name!r}, num_frames=1)",
    "validate().build": "BACKBONE_REGISTRY.validate({name!r}, num_frames=1).build()",
    "a pickled spec": "pickle.loads(pickle.dumps(BACKBONE_REGISTRY.validate({name!r}, num_frames=1))).build()",
    "[]()": "TIMM_BACKBONE_REGISTRY[{name!r}](num_frames=1)",
    "signature": "BACKBONE_REGISTRY.signature('timm_' + {name!r})",
}
TYPED = [
    (name, [*FORMS][(number + shift) % len(FORMS)], index)
    for number, name in enumerate(FIVE)
    for shift, index in ((0, "none"), (2, "made"))
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "form", "cache"), TYPED)
def test_a_real_interpreter_does_what_is_typed_first(name: str, form: str, cache: str, harness: Harness) -> None:
    call = FORMS[form].format(name=name)
    program = f"""
import pickle
from terraregistry import BACKBONE_REGISTRY, TIMM_BACKBONE_REGISTRY
made = {call}
import json
from tests.first_calls.plain import plain
print(json.dumps(plain(made)))
"""
    answer = fresh(Case(form, "", name, index=cache), harness, program)
    assert "crash" not in answer, answer["crash"]
    assert answer.get("out_channels") or "num_frames" in answer["kinds"]
