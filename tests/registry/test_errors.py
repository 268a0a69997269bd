"""The exceptions themselves: attributes, messages, pickles, copies, notes, and values without words."""

from __future__ import annotations

import copy
import inspect
import pickle
import traceback
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terraregistry import MultiSourceRegistry, Registry
from terraregistry.errors import (
    ComponentNotFoundError,
    ComponentProtocolError,
    ConfigError,
    DuplicateComponentError,
    DuplicateSourceError,
    InvalidArgumentsError,
    InvalidRegistrationError,
    PrefixConflictError,
    Problem,
    ProblemKind,
    ReadOnlyRegistryError,
    RegistryError,
    SourceNotFoundError,
    SourceUnavailableError,
    TakenNameWarning,
    UntrainedBackboneWarning,
    UnusedArgumentWarning,
    WeightsError,
    describe_value,
)
from terraregistry.problems import Span

if TYPE_CHECKING:
    from collections.abc import Callable


class Wordless:
    def __repr__(self) -> str:
        raise RuntimeError("no words")

    __str__ = __repr__


def part(size: int, *, colour: str = "red") -> object:
    return size


R = Registry[Any](part=part)
M = MultiSourceRegistry[Any](p=R)
PLACED = (
    Problem((), ProblemKind.INVALID, detail="one", span=Span(1, 2, 5)),
    Problem(("necks", 1), ProblemKind.UNKNOWN, span=Span(3, 4)),
)
PROBLEMS = (
    Problem("sise", ProblemKind.UNKNOWN, choices=["size", "colour"]),
    Problem("size", ProblemKind.MISSING, expected="int"),
    Problem("necks[1].depth", ProblemKind.TYPE, expected="int", given="str '3'"),
    Problem("", ProblemKind.TOO_MANY, detail="takes at most 1 positional argument, got 2"),
    Problem("size", ProblemKind.DUPLICATE),
    Problem("head", ProblemKind.UNUSED, detail="nothing reads it"),
    Problem("backbone", ProblemKind.NOT_FOUND, detail="no such backbone", choices=["timm_resnet18"]),
    Problem("x", ProblemKind.INVALID, detail="too small"),
)
ERRORS: list[tuple[RegistryError, dict[str, object], str]] = [
    (RegistryError("anything"), {}, "anything"),
    (RegistryError("anything", 5), {}, "anything, 5"),
    (
        ComponentNotFoundError("square", "R"),
        {"name": "square", "registry": "R", "sources": (), "suggestions": ()},
        "R has no component 'square'; search('*') lists those that there are",
    ),
    (
        ComponentNotFoundError("sqaure", "R", ("p", "q"), ("square",)),
        {"name": "sqaure", "registry": "R", "sources": ("p", "q"), "suggestions": ("square",)},
        "R has no component 'sqaure'; did you mean 'square'? (sources searched: p, q)",
    ),
    (
        ComponentNotFoundError("sqaure", lambda: "R", ("p",), lambda: ("square", "squares")),
        {"name": "sqaure", "registry": "R", "sources": ("p",), "suggestions": ("square", "squares")},
        "R has no component 'sqaure'; did you mean 'square' or 'squares'? (sources searched: p)",
    ),
    (
        SourceNotFoundError("tim", "R", ("timm", "smp")),
        {"prefix": "tim", "registry": "R", "sources": ("timm", "smp"), "suggestions": ("timm",)},
        "R has no source 'tim'; did you mean 'timm'? (mounted: timm, smp)",
    ),
    (
        DuplicateComponentError("a", "R", "module.A", "file.py:3"),
        {"name": "a", "registry": "R", "taken_by": "module.A", "defined_at": "file.py:3"},
        (
            "R has a component 'a' already: module.A, defined at file.py:3; "
            "register under another name, or with override=True to replace it"
        ),
    ),
    (
        DuplicateComponentError("a", "R", "module.A"),
        {"defined_at": ""},
        "R has a component 'a' already: module.A; register under another name, or with override=True to replace it",
    ),
    (
        SourceNotFoundError("tim", "R"),
        {"prefix": "tim", "registry": "R", "sources": (), "suggestions": ()},
        "R has no source 'tim' (mounted: none)",
    ),
    (
        DuplicateSourceError("a", "R", "Source", "file.py:3"),
        {"prefix": "a", "registry": "R", "taken_by": "Source", "defined_at": "file.py:3"},
        (
            "R has a source 'a' already: Source, defined at file.py:3; "
            "mount under another prefix, or unregister_source() it first"
        ),
    ),
    (
        DuplicateSourceError("a", "R", "Source"),
        {"prefix": "a", "registry": "R", "taken_by": "Source", "defined_at": ""},
        "R has a source 'a' already: Source; mount under another prefix, or unregister_source() it first",
    ),
    (
        PrefixConflictError("a_b", "R", "a"),
        {"prefix": "a_b", "registry": "R", "conflicts_with": "a"},
        (
            "R cannot mount a source under 'a_b' beside 'a': names that begin with 'a_b_' could belong to 'a' as well; "
            "mount it under another prefix"
        ),
    ),
    (
        PrefixConflictError(5, "R"),
        {"prefix": 5, "registry": "R", "conflicts_with": None},
        "R cannot mount a source under int 5: a prefix is an identifier, such as 'timm'",
    ),
    (
        InvalidRegistrationError("a", "R", "a reason"),
        {"name": "a", "registry": "R", "reason": "a reason"},
        "R cannot register 'a': a reason",
    ),
    (
        InvalidRegistrationError(None, "R", "a reason"),
        {"name": None, "registry": "R", "reason": "a reason"},
        "R cannot register a component: a reason",
    ),
    (
        InvalidArgumentsError("a", lambda: "R", PROBLEMS, lambda: "(size: int)", "file.py:3"),
        {
            "component": "a",
            "registry": "R",
            "problems": PROBLEMS,
            "signature": "(size: int)",
            "defined_at": "file.py:3",
        },
        (
            "8 problems in the arguments of 'a' (R)\n"
            "  sise: unknown argument; did you mean 'size'?\n"
            "  size: missing; expected int\n"
            "  necks[1].depth: expected int, got str '3'\n"
            "  takes at most 1 positional argument, got 2\n"
            "  size: given twice: by position and by name\n"
            "  head: nothing reads it\n"
            "  backbone: no such backbone; did you mean 'timm_resnet18'?\n"
            "  x: too small\n"
            "signature: a(size: int)\n"
            "defined at: file.py:3"
        ),
    ),
    (
        InvalidArgumentsError("a", "R", PROBLEMS[:1]),
        {"component": "a", "registry": "R", "problems": PROBLEMS[:1], "signature": "", "defined_at": ""},
        "1 problem in the arguments of 'a' (R)\n  sise: unknown argument; did you mean 'size'?",
    ),
    (
        ComponentProtocolError("a", "R", "Backbone", "Conv2d"),
        {"missing": (), "wrong": ()},
        "'a' of R built a Conv2d, which is no Backbone; have its constructor return a Backbone",
    ),
    (
        ComponentProtocolError("a", "R", "Backbone", "Conv2d", ("forward", "out_channels")),
        {"missing": ("forward", "out_channels"), "wrong": ()},
        (
            "'a' of R built a Conv2d, which is no Backbone: it lacks forward, out_channels; "
            "have its constructor return a Backbone"
        ),
    ),
    (
        ComponentProtocolError("a", "R", "Backbone", "Conv2d", ("forward",), ("has x = int 5, not a method",)),
        {
            "component": "a",
            "registry": "R",
            "kind": "Backbone",
            "product": "Conv2d",
            "missing": ("forward",),
            "wrong": ("has x = int 5, not a method",),
        },
        (
            "'a' of R built a Conv2d, which is no Backbone: it lacks forward; has x = int 5, not a method; "
            "have its constructor return a Backbone"
        ),
    ),
    (
        SourceUnavailableError("timm", "it is not there", "install it"),
        {"source": "timm", "reason": "it is not there", "remedy": "install it"},
        "the source 'timm' is unavailable: it is not there; install it",
    ),
    (
        SourceUnavailableError("timm", "it is not there"),
        {"source": "timm", "reason": "it is not there", "remedy": ""},
        "the source 'timm' is unavailable: it is not there; mend or unregister it",
    ),
    (
        ReadOnlyRegistryError("TIMM", "register elsewhere"),
        {"registry": "TIMM", "remedy": "register elsewhere"},
        "TIMM is read-only: register elsewhere",
    ),
    (ReadOnlyRegistryError("TIMM"), {"registry": "TIMM", "remedy": ""}, "TIMM is read-only"),
    (
        ConfigError("c.yaml", PLACED),
        {"file": "c.yaml", "problems": PLACED},
        "c.yaml:1:2: one\nc.yaml:3:4: necks[1]: unknown argument",
    ),
    (
        ConfigError("c" * 300, PLACED[:1]),
        {"file": "c" * 300, "problems": PLACED[:1]},
        f"{'c' * 300}:1:2: one",
    ),
    (
        ConfigError("c" * 301, PLACED[:1]),
        {"file": "c" * 301, "problems": PLACED[:1]},
        f"{'c' * 148}...{'c' * 149}:1:2: one",
    ),
    (
        WeightsError("a_net", "", "there are none"),
        {
            "component": "a_net",
            "origin": "",
            "reason": "there are none",
            "missing": (),
            "surplus": (),
            "misshapen": (),
            "remedy": "",
        },
        (
            "no weights for 'a_net': there are none\n"
            "give the file of a state dict that fits, or build it without weights"
        ),
    ),
    (
        WeightsError(
            "a_net",
            "net.pt",
            "its keys are others",
            tuple(f"m{i}" for i in range(20)),
            tuple(f"s{i}" for i in range(21)),
            ("a: (1,) and (2,)",),
            "pretrained=False leaves them out",
        ),
        {"origin": "net.pt", "misshapen": ("a: (1,) and (2,)",), "remedy": "pretrained=False leaves them out"},
        "\n".join(
            [
                "no weights from net.pt for 'a_net': its keys are others",
                *(f"  missing: m{i}" for i in range(10)),
                "  missing: 10 more",
                *(f"  surplus: s{i}" for i in range(10)),
                "  surplus: 11 more",
                "  misshapen: a: (1,) and (2,)",
                "pretrained=False leaves them out",
            ]
        ),
    ),
]
every_error = pytest.mark.parametrize(("error", "facts", "message"), ERRORS, ids=lambda each: type(each).__name__)


@every_error
def test_attributes_and_message(error: RegistryError, facts: dict[str, object], message: str) -> None:
    assert str(error) == message
    assert repr(error) == f"{type(error).__name__}({message!r})"
    assert {name: getattr(error, name) for name in facts} == facts
    assert traceback.format_exception_only(error)[0].startswith(
        f"terraregistry.errors.{type(error).__name__}: {message}"[:60]
    )


def test_every_error_is_among_these() -> None:
    assert {type(error) for error, _, _ in ERRORS} == {RegistryError, *RegistryError.__subclasses__()}


@pytest.mark.parametrize(
    "kind",
    [*RegistryError.__subclasses__(), UnusedArgumentWarning, UntrainedBackboneWarning, TakenNameWarning],
    ids=lambda kind: kind.__name__,
)
def test_what_it_is_made_of_is_in_its_args_and_attributes(kind: type[Exception]) -> None:
    facts = {name: f"the {name}" for name in [*inspect.signature(kind).parameters]}
    error = kind(**facts)  # by name: `__new__` puts in `args` only what is given by position
    assert error.args == tuple(facts.values())
    assert {name: getattr(error, name) for name in facts} == facts


@pytest.mark.parametrize(
    ("warning", "message"),
    [
        (
            UnusedArgumentWarning("timm_resnet18", PROBLEMS[5:6]),
            (
                "1 argument of 'timm_resnet18' that nothing reads, dropped; remove or correct what is listed\n"
                "  head: nothing reads it"
            ),
        ),
        (
            UnusedArgumentWarning("timm_resnet18", (*PROBLEMS[:1], *PROBLEMS[5:6])),
            (
                "2 arguments of 'timm_resnet18' that nothing reads, dropped; remove or correct what is listed\n"
                "  sise: unknown argument; did you mean 'size'?\n"
                "  head: nothing reads it"
            ),
        ),
        (
            UntrainedBackboneWarning("model.backbone: timm_resnet18", "LoRA"),
            (
                "model.backbone: timm_resnet18 is not pretrained, and with LoRA only adapters beside its random weights are "
                "trained; load weights with pretrained=True or from a file"
            ),
        ),
        (
            TakenNameWarning("prithvi_swin_B", "terratorch.models.prithvi_swin_B", "swin.py:12"),
            (
                "timm has another model 'prithvi_swin_B': terratorch.models.prithvi_swin_B, defined at swin.py:12; built "
                "terraregistry's own; call timm.create_model for the other"
            ),
        ),
    ],
    ids=lambda each: type(each).__name__,
)
def test_what_warnings_say(warning: UserWarning, message: str) -> None:
    assert str(warning) == message
    assert str(pickle.loads(pickle.dumps(warning))) == message


@every_error
@pytest.mark.parametrize(
    "again",
    [
        copy.copy,
        copy.deepcopy,
        *(lambda error, protocol=protocol: pickle.loads(pickle.dumps(error, protocol)) for protocol in range(6)),
        lambda error: pickle.loads(pickle.dumps(pickle.loads(pickle.dumps(error)))),
    ],
)
def test_pickles_and_copies_say_the_same(
    error: RegistryError, facts: dict[str, object], message: str, again: Callable[[RegistryError], RegistryError]
) -> None:
    error.__notes__ = ["while building something", "while reading a file"]
    twin = again(error)
    assert type(twin) is type(error)
    assert str(twin) == message
    assert {name: getattr(twin, name) for name in facts} == facts
    assert twin.__notes__ == error.__notes__
    assert not hasattr(again(type(error)(*error._facts())), "__notes__")


def raised(ask: Callable[[], object]) -> RegistryError:
    with pytest.raises(RegistryError) as caught:
        ask()
    return caught.value


@pytest.mark.parametrize(
    "ask",
    [
        lambda: R.build("prat"),
        lambda: R.build(lambda: 0),  # type: ignore[arg-type]  # that is what is refused
        lambda: R.build(Wordless()),  # type: ignore[arg-type]  # the same
        lambda: R.build([Wordless()]),  # type: ignore[arg-type]  # the same
        lambda: M[lambda: 0],  # type: ignore[index]  # the same
        lambda: M[Wordless()],  # type: ignore[index]  # the same
        lambda: M.register_source(lambda: 0, R),  # type: ignore[arg-type]  # the same
        lambda: M.register_source(Wordless(), R),  # type: ignore[arg-type]  # the same
        lambda: M.register_source("p", Registry(part=part)),
        lambda: M.register_source("p_q", R),
        lambda: M.register_source("q", Wordless()),  # type: ignore[arg-type]  # the same
        lambda: R.register(part, name=lambda: 0),  # type: ignore[call-overload]  # the same
        lambda: R.register(part, name=Wordless()),  # type: ignore[call-overload]  # the same
        lambda: R.register(Wordless()),  # type: ignore[call-overload]  # the same
        lambda: R.register_lazy("x", Wordless()),  # type: ignore[arg-type]  # the same
        lambda: R.register(lambda: 0, name="part"),
        lambda: R.build("part", Wordless(), colour=[Wordless()], sise={"a": Wordless()}),
        lambda: M.build("part", size=lambda: 0),
        lambda: Registry[int](a=Wordless).build("a"),
    ],
)
def test_whatever_was_given_the_error_prints_pickles_and_copies(ask: Callable[[], object]) -> None:
    error = raised(ask)
    text = str(error)
    assert len(text) < 700
    assert text == error._message()
    assert str(pickle.loads(pickle.dumps(error))) == str(copy.copy(error)) == str(copy.deepcopy(error)) == text
    assert "".join(traceback.format_exception(error)).rstrip().endswith(text)
    assert str(pickle.loads(pickle.dumps(pickle.loads(pickle.dumps(error))))) == text


def test_a_message_is_put_together_when_it_is_read() -> None:
    error = raised(lambda: R.build("party"))
    assert isinstance(error, ComponentNotFoundError)
    with R.scope():
        R.register(part, name="party_")
        assert set(error.suggestions) == {"party_", "part"}
    assert set(error.suggestions) == {"party_", "part"}  # and stays as it was read


def test_errors_are_caught_as_what_callers_catch_today() -> None:
    with pytest.raises(KeyError):
        R["prat"]
    with pytest.raises(LookupError):
        R.build("prat")
    with pytest.raises(ValueError, match="missing"):
        R.build("part")
    with pytest.raises(TypeError, match="missing"):
        R.build("part")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "None"),
        (5, "int 5"),
        (True, "bool True"),
        (2.5, "float 2.5"),
        (1 + 2j, "complex (1+2j)"),
        ("a", "str 'a'"),
        (b"a", "bytes b'a'"),
        ([1, "a"], "list [1, 'a']"),
        ((1,), "tuple (1,)"),
        ({1: 2}, "dict {1: 2}"),
        ({1}, "set {1}"),
        (frozenset(), "frozenset frozenset()"),
        (int, "class int"),
        (Wordless, "class Wordless"),
        (Wordless(), "Wordless"),
        (len, "builtin_function_or_method"),
        (part, "function"),
        (10**5000, "int (its repr raises ValueError)"),
    ],
    ids=lambda each: type(each).__name__,
)
def test_how_a_value_is_described(value: object, text: str) -> None:
    assert describe_value(value) == text


class Cursed(type):
    def __repr__(cls) -> str:
        raise RuntimeError("no words")

    def __getattr__(cls, name: str) -> object:
        raise RuntimeError(name)


class WithCursedClass(metaclass=Cursed):
    pass


class LoudList(list[int]):
    def __repr__(self) -> str:
        raise RuntimeError("no words")

    def __len__(self) -> int:
        raise RuntimeError("no length")


def test_problems_that_say_the_same_are_equal() -> None:
    unknown = Problem("sise", ProblemKind.UNKNOWN, choices=["size", "colour"])
    assert unknown == Problem("sise", ProblemKind.UNKNOWN, choices=iter(["size"]))
    assert hash(unknown) == hash(Problem("sise", ProblemKind.UNKNOWN)) != hash(Problem("sist", ProblemKind.UNKNOWN))
    assert unknown != Problem("sise", ProblemKind.UNKNOWN, choices=["sides"])
    assert unknown != Problem("sist", ProblemKind.UNKNOWN, choices=["size"])
    assert Problem("size", ProblemKind.MISSING) != Problem("size", ProblemKind.DUPLICATE)
    assert unknown != "sise: unknown argument; did you mean 'size'?"
    assert len({unknown, pickle.loads(pickle.dumps(unknown)), Problem("size", ProblemKind.MISSING)}) == 2
    moved = unknown.at(("necks", 1, "sise"))
    assert (moved.path, moved.kind, moved.message) == ("necks[1].sise", unknown.kind, unknown.message)
    missing = Problem("backbone", ProblemKind.NOT_FOUND, detail="no such backbone", choices=("timm_resnet18",))
    assert str(missing.at("model")) == "model: no such backbone; did you mean 'timm_resnet18'?"
    full = Problem("x", ProblemKind.TYPE, expected="int", given="str 'a'", detail="more")
    assert str(full.at("y")) == "y: expected int, got str 'a' (more)"
    assert repr(unknown) == "Problem('sise', 'unknown', \"unknown argument; did you mean 'size'?\")"


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats()
        | st.text()
        | st.binary()
        | st.just(10**4000)
        | st.integers(0, 5).map(
            lambda index: (Wordless(), WithCursedClass, WithCursedClass(), LoudList([1]), len, Wordless)[index]
        ),
        lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner) | st.tuples(inner, inner),
    )
)
def test_any_value_is_described_in_a_few_words(value: object) -> None:
    text = describe_value(value)
    assert 0 < len(text) < 4_000
    assert text.isprintable()
