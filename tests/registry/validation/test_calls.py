"""Calls: what is passed on, what is missing, unknown, surplus or given twice, and the whole message of each."""

from __future__ import annotations

import copy
import inspect
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence  # noqa: TC003 - read at run time
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from terraregistry import Registry
from terraregistry.errors import InvalidArgumentsError, Problem, ProblemKind, Replace
from terraregistry.registry.arguments import ArgumentValidator

GIVEN: list[tuple[tuple[Any, ...], dict[str, Any]]] = []


def recorded(*args: Any, **kwargs: Any) -> Any:
    GIVEN.append((args, kwargs))
    return object()


def head(width: int, ratios: list[float], *, act: str = "relu", sizes: dict[str, list[int]] | None = None) -> Any:
    return recorded(width, ratios, act=act, sizes=sizes)


def by_position(a: int, b: int = 2, /, c: int = 3) -> Any:
    return recorded(a, b, c)


def only_by_position(number_of_channels_of_each_level: int, /) -> Any:
    return recorded(number_of_channels_of_each_level)


def starred(a: int, *rest: Any, b: int = 0) -> Any:
    return recorded(a, *rest, b=b)


def open_(a: int, /, **rest: Any) -> Any:
    return recorded(a, **rest)


def nothing() -> Any:
    return recorded()


class Objects:
    def __init__(
        self,
        module: nn.Module,
        tensor: torch.Tensor,
        make: Callable[..., nn.Module],
        norm: type[nn.Module],
        stream: Iterable[int],
        layers: Sequence[nn.Module],
        named: Mapping[str, nn.Module],
        whatever: Any,
        choice: nn.Module | str | None,
        plain,
    ) -> None:
        self.given = {name: value for name, value in locals().items() if name != "self"}


REGISTRY = Registry[Any](
    head=head,
    by_position=by_position,
    only_by_position=only_by_position,
    starred=starred,
    open=open_,
    nothing=nothing,
    Objects=Objects,
)


def problems(name: str, *args: Any, **kwargs: Any) -> list[str]:
    """What is wrong with a call, which `validate` and `build` agree on, the first time and later."""
    found: list[list[str]] = []
    for ask in (REGISTRY.validate, REGISTRY.build, REGISTRY.build):
        with pytest.raises(InvalidArgumentsError) as caught:
            ask(name, *args, **kwargs)
        found.append([str(problem) for problem in caught.value.problems])
    assert found[0] == found[1] == found[2]
    return found[0]


def passed(name: str, *args: Any, **kwargs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """What a constructor is called with."""
    seen: list[tuple[tuple[Any, ...], dict[str, Any]]] = []

    def spy(*args: Any, **kwargs: Any) -> Any:
        seen.append((args, kwargs))
        return object()

    spy.__signature__ = inspect.signature(REGISTRY[name], eval_str=True)  # type: ignore[attr-defined] - as decorators do
    registry = Registry[Any](spy=spy)
    registry.build("spy", *args, **kwargs)
    registry.build("spy", *args, **kwargs)
    assert seen[0] == seen[1]
    return seen[0]


def test_names_that_are_none_in_python_are_names_to_a_constructor_that_takes_any() -> None:
    assert passed("open", 1, **{"/a": 1, "*": 2, "a": 3}) == ((1,), {"/a": 1, "*": 2, "a": 3})


# -- everything that is wrong, at once --


def test_the_whole_message() -> None:
    line = inspect.getsourcelines(head)[1]
    with pytest.raises(InvalidArgumentsError) as caught:
        REGISTRY.build("head", ratios=[0.5, "1", True], atc="gelu", sizes={"a": [1, None], 2: [], "b": 3})
    assert str(caught.value) == (
        "7 problems in the arguments of 'head' (tests.registry.validation.test_calls.REGISTRY)\n"
        "  width: missing; expected int\n"
        "  ratios[1]: expected float, got str '1'; did you mean 1?\n"
        "  ratios[2]: expected float, got bool True\n"
        "  sizes.a[1]: expected int, got None\n"
        "  sizes key: expected str, got int 2\n"
        "  sizes.b: expected list[int], got int 3\n"
        "  atc: unknown argument; did you mean 'act'?\n"
        "signature: head(width: int, ratios: list[float], *, act: str = 'relu', sizes: dict[str, list[int]] | None = None)\n"
        f"defined at: {__file__}:{line}"
    ).replace("tests.registry.validation.test_calls.REGISTRY", caught.value.registry)
    kinds = [problem.kind for problem in caught.value.problems]
    assert kinds == [ProblemKind.MISSING, *[ProblemKind.TYPE] * 5, ProblemKind.UNKNOWN]
    assert caught.value.problems[1].path == "ratios[1]"
    assert (caught.value.problems[1].expected, caught.value.problems[1].given) == ("float", "str '1'")
    assert caught.value.component == "head"
    assert isinstance(caught.value, TypeError)
    assert isinstance(caught.value, ValueError)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


@pytest.mark.parametrize(
    ("name", "args", "kwargs", "messages"),
    [
        ("nothing", (1,), {}, ["takes at most 0 positional arguments, got 1"]),
        ("nothing", (), {"a": 1}, ["a: unknown argument"]),
        ("head", (), {}, ["width: missing; expected int", "ratios: missing; expected list[float]"]),
        ("head", (1, [1.0], "x"), {}, ["takes at most 2 positional arguments, got 3"]),
        ("head", (1, [1.0]), {"width": 1}, ["width: given twice: by position and by name"]),
        (
            "head",
            (1, [1.0], "x", 4),
            {"ratios": 5, "act": 3, "nme": 1},
            [
                "takes at most 2 positional arguments, got 4",
                "ratios: given twice: by position and by name",
                "ratios: expected list[float], got int 5",
                "act: expected str, got int 3",
                "nme: unknown argument",
            ],
        ),
        ("by_position", (), {"a": 1}, ["a: missing; expected int", "a: unknown argument; did you mean 'c'?"]),
        ("by_position", (1,), {"b": 1}, ["b: unknown argument; did you mean 'c'?"]),
        ("by_position", (1,), {"a": 1}, ["a: unknown argument; did you mean 'c'?"]),
        (
            "by_position",
            ("1", "2", "3"),
            {},
            [f"{n}: expected int, got str '{i}'; did you mean {i}?" for i, n in enumerate("abc", 1)],
        ),
        ("by_position", (1, 2, 3, 4), {}, ["takes at most 3 positional arguments, got 4"]),
        ("by_position", (1, 2, 3), {"c": 4}, ["c: given twice: by position and by name"]),
        (
            "only_by_position",
            (),
            {"number_of_chanels_of_each_level": 1},
            [
                "number_of_channels_of_each_level: missing; expected int",
                "number_of_chanels_of_each_level: unknown argument",
            ],
        ),
        ("by_position", (1,), {"/b": 1}, ["/b: unknown argument"]),
        ("by_position", (), {"/a": 1}, ["a: missing; expected int", "/a: unknown argument"]),
        ("starred", (), {"*": (1,)}, ["a: missing; expected int", "*: unknown argument; did you mean 'a' or 'b'?"]),
        ("starred", ("x", 1), {"b": "y"}, ["a: expected int, got str 'x'", "b: expected int, got str 'y'"]),
        ("starred", (1, 2), {"a": 1}, ["a: given twice: by position and by name"]),
        ("starred", (1,), {"rest": 1}, ["rest: unknown argument"]),
        ("open", (), {"a": 1}, ["a: missing; expected int"]),
    ],
    ids=str,
)
def test_wrong_calls(name: str, args: tuple[Any, ...], kwargs: dict[str, Any], messages: list[str]) -> None:
    assert problems(name, *args, **kwargs) == messages


@pytest.mark.parametrize(
    ("name", "args", "kwargs"),
    [
        ("nothing", (), {}),
        ("head", (1,), {"ratios": [0.5]}),
        ("head", (), {"ratios": [0.5], "width": 3, "act": "x"}),
        ("head", (1, [0.5]), {"sizes": None}),
        ("by_position", (1,), {}),
        ("by_position", (1, 2), {"c": 4}),
        ("by_position", (1, 2, 3), {}),
        ("starred", (1,), {}),
        ("starred", (1, "x", None, 3.7), {"b": 2}),
        ("open", (1,), {}),
        ("open", (1,), {"a": 5, "anything": "goes", "copy": 1, "_x": 2, "model_config": 3}),
    ],
    ids=str,
)
def test_only_what_was_given_is_passed_on_and_where_it_was_given(
    name: str, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> None:
    assert passed(name, *args, **kwargs) == (args, kwargs)


@pytest.mark.parametrize(
    "name", ["copy", "_x", "__y", "json", "model_config", "schema", "validate", "register", "name", "args", "kwargs"]
)
def test_a_parameter_may_be_called_anything(name: str) -> None:
    parameter = inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=int)
    validator = ArgumentValidator(inspect.Signature([parameter]))
    assert validator.check((), {name: 3}) == ((), {name: 3}, ())
    assert list(validator.check((), {name: "3"})[2]) == [
        Problem(name, ProblemKind.TYPE, expected="int", given="str '3'", fix=Replace(3))
    ]


@given(
    st.lists(st.integers(), max_size=5),
    st.dictionaries(st.sampled_from(["a", "b", "c", "d", "e"]), st.integers(), max_size=5),
    st.sets(st.sampled_from(["a", "b", "c", "d"])),
    st.integers(0, 4),
    st.booleans(),
    st.booleans(),
)
def test_a_call_binds_here_exactly_where_python_binds_it(
    args: list[int], kwargs: dict[str, int], optional: set[str], only: int, star: bool, open_end: bool
) -> None:
    kind = inspect.Parameter
    parameters = [
        kind(
            name,
            kind.POSITIONAL_ONLY if place < only else kind.POSITIONAL_OR_KEYWORD if place < 3 else kind.KEYWORD_ONLY,
            annotation=int,
            default=0 if name in optional and all(later in optional for later in "abc"[place:]) else kind.empty,
        )
        for place, name in enumerate("abcd")
        if not (only == 4 and place == 3)
    ]
    if star:
        parameters.insert(3, kind("rest", kind.VAR_POSITIONAL))
    if open_end:
        parameters.append(kind("others", kind.VAR_KEYWORD))
    signature = inspect.Signature(parameters)
    scope: dict[str, Any] = {}
    plain = [parameter.replace(annotation=kind.empty) for parameter in parameters]
    exec(f"def called{inspect.Signature(plain)}: ...", scope)
    try:
        scope["called"](*args, **kwargs)
    except TypeError:
        assert ArgumentValidator(signature).check(tuple(args), kwargs)[2]
    else:
        assert ArgumentValidator(signature).check(tuple(args), kwargs) == (tuple(args), kwargs, ())


# -- objects --


def objects() -> dict[str, Any]:
    layers = [nn.ReLU(), nn.Linear(1, 1)]
    return {
        "module": nn.Sequential(*layers),
        "tensor": torch.ones(3, requires_grad=True),
        "make": lambda: layers[0],
        "norm": nn.LayerNorm,
        "stream": iter([1, 2, 3]),
        "layers": layers,
        "named": {"a": layers[0]},
        "whatever": [object()],
        "choice": layers[1],
        "plain": {"x": object()},
    }


def test_objects_are_passed_on_by_identity() -> None:
    for _ in range(2):
        given = objects()
        got = REGISTRY.build("Objects", **given).given
        for name in ("module", "tensor", "make", "norm", "stream", "whatever", "choice", "plain"):
            assert got[name] is given[name]
        assert all(one is other for one, other in zip(got["layers"], given["layers"], strict=True))
        assert got["named"]["a"] is given["named"]["a"]


def test_a_tensor_is_no_number_and_is_not_turned_into_one() -> None:
    def scaled(scale: float, bias: float | torch.Tensor = 0.0) -> Any:
        return scale, bias

    registry = Registry[Any](scaled=scaled)
    bias = torch.ones(1, requires_grad=True)
    assert registry.build("scaled", scale=1.0, bias=bias)[1] is bias
    with pytest.raises(InvalidArgumentsError, match="scale: expected float, got Tensor"):
        registry.build("scaled", scale=torch.ones(1))


@pytest.mark.parametrize("ask", ["validate", "build", "refuse"])
def test_a_generator_is_not_consumed(ask: str) -> None:
    def reading(numbers: Iterable[int], others: Iterator[int], depth: int = 1) -> Any:
        return numbers

    taken: list[int] = []

    def numbers() -> Iterator[int]:
        for number in range(3):
            taken.append(number)
            yield number

    registry = Registry[Any](reading=reading)
    stream = numbers()
    if ask == "refuse":
        with pytest.raises(InvalidArgumentsError) as caught:
            registry.build("reading", numbers=stream, others=stream, depth="1")
        assert [str(problem) for problem in caught.value.problems] == [
            "depth: expected int, got str '1'; did you mean 1?"
        ]
        str(caught.value)
    elif ask == "build":
        assert registry.build("reading", stream, others=stream) is stream
    else:
        ArgumentValidator(inspect.signature(reading, eval_str=True)).check((stream, stream), {})
    assert taken == []
    assert list(stream) == [0, 1, 2]


values = st.recursive(
    st.integers() | st.text(max_size=2) | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=6,
)


@given(values, values, values, values)
def test_a_call_leaves_its_arguments_as_they_were(width: Any, ratios: Any, sizes: Any, other: Any) -> None:
    kwargs = {"width": width, "ratios": ratios, "sizes": sizes, "other": other}
    before, inside = copy.deepcopy(kwargs), list(map(id, kwargs.values()))
    with pytest.raises(InvalidArgumentsError) as caught:
        REGISTRY.build("head", **kwargs)
    assert str(caught.value)
    assert kwargs == before
    assert list(map(id, kwargs.values())) == inside
    del kwargs["other"]
    ArgumentValidator(inspect.signature(head, eval_str=True)).check((), kwargs)
    assert kwargs == {name: before[name] for name in kwargs}


# -- threads --


def test_eight_threads_validate_the_first_call_at_once_and_agree() -> None:
    for _ in range(10):
        registry = Registry[Any](head=head)
        barrier = threading.Barrier(8)
        found: list[str] = []

        def work(
            number: int, registry: Registry[Any] = registry, barrier: Any = barrier, found: list[str] = found
        ) -> None:
            barrier.wait()
            for turn in range(5):
                if (number + turn) % 2:
                    registry.build("head", width=number, ratios=[turn])
                    found.append("built")
                    continue
                try:
                    registry.build("head", width="x", ratios=[1, None])
                except InvalidArgumentsError as error:
                    found.append("; ".join(map(str, error.problems)))

        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        refusal = "width: expected int, got str 'x'; ratios[1]: expected float, got None"
        assert sorted(found) == sorted([refusal, "built"] * 20)


def _many(xs: list[int] = [], table: dict[str, list[int]] | None = None, pair: tuple[int, int] = (1, 2)) -> None: ...  # noqa: B006 - not changed


@pytest.mark.parametrize("wrong", [1, 9, 10])
def test_up_to_ten_wrong_items_are_all_listed(wrong: int) -> None:
    registry = Registry[object](many=_many)
    with pytest.raises(InvalidArgumentsError) as caught:
        registry.validate("many", xs=[0, *["a"] * wrong])
    assert [problem.path for problem in caught.value.problems] == [f"xs[{at}]" for at in range(1, wrong + 1)]


@pytest.mark.parametrize(
    ("given", "paths", "last"),
    [
        ({"xs": ["a"] * 11}, [f"xs[{at}]" for at in range(10)], "xs: 1 more item inside it is wrong"),
        ({"xs": ["a"] * 100_000}, [f"xs[{at}]" for at in range(10)], "xs: 99990 more items inside it are wrong"),
        (
            {"table": {str(at): [1, "a"] for at in range(13)}},
            [f"table['{at}'][1]" for at in range(10)],
            "table: 3 more items inside it are wrong",
        ),
        (
            {"table": {at: [1] for at in range(12)}},
            ["table key"] * 10,
            "table: 2 more items inside it are wrong",
        ),
        (
            {"table": {"a": ["a"] * 8, "b": ["b"] * 5, "c": [1, "c"]}},
            [*(f"table.a[{at}]" for at in range(8)), "table.b[0]", "table.b[1]"],
            "table: 4 more items inside it are wrong",
        ),
    ],
    ids=["eleven", "many", "values", "keys", "nested"],
)
def test_of_more_wrong_items_of_one_argument_ten_are_listed_and_the_others_counted(
    given: dict[str, Any], paths: list[str], last: str
) -> None:
    registry = Registry[object](many=_many)
    with pytest.raises(InvalidArgumentsError) as caught:
        registry.validate("many", **given, pair="x")
    *listed, more, other = caught.value.problems
    assert [problem.path for problem in listed] == paths
    assert (str(more), more.kind) == (last, ProblemKind.INVALID)
    assert str(other) == "pair: expected tuple[int, int], got str 'x'"  # the other arguments are not cut short


def test_a_container_that_breaks_while_it_is_looked_at_is_one_problem() -> None:
    class Breaking(dict[str, list[Any]]):
        def items(self) -> Any:
            yield from [(str(at), ["a"]) for at in range(20)]
            raise RuntimeError

    registry = Registry[object](many=_many)
    with pytest.raises(InvalidArgumentsError) as caught:
        registry.validate("many", table=Breaking(a=["a"]), xs=["a"] * 10)
    listed = [problem.path for problem in caught.value.problems]
    assert listed == [*(f"xs[{at}]" for at in range(10)), "table"]
