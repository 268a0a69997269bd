"""Sources written by somebody else: the least that they need, and what is used where they have more."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terraregistry import ComponentSpec, MultiSourceRegistry, Registry, Source
from terraregistry.errors import (
    ComponentNotFoundError,
    DuplicateSourceError,
    InvalidArgumentsError,
    InvalidRegistrationError,
    PrefixConflictError,
    SourceNotFoundError,
)
from terraregistry.registry import ComponentDescription


class Square:
    """A square.

    Of any side.
    """

    def __init__(self, side: int = 1) -> None:
        self.side = side


class Plain(AbstractSet[str]):
    """A plain set with a build."""

    def __iter__(self) -> Iterator[str]:
        return iter(["square"])

    def __len__(self) -> int:
        return 1

    def __contains__(self, name: object) -> bool:
        return name == "square"

    def build(self, name: str, /, *, side: int = 1) -> Square:
        """Build a shape."""
        return Square(side)


class Least:
    """No set at all, and nothing more than the protocol."""

    def __iter__(self) -> Iterator[str]:
        return iter(["square"])

    def __len__(self) -> int:
        return 1

    def __contains__(self, name: object) -> bool:
        return name == "square"

    def build(self, name: str, /, *args: Any, **kwargs: Any) -> Square:
        return {"square": Square}[name](*args, **kwargs)


class WithConstructors(Least):
    def __getitem__(self, name: str) -> type[Square]:
        return {"square": Square}[name]


class WithSignature(Least):
    def signature(self, name: str) -> inspect.Signature:
        return inspect.signature(Square)


class RefusedError(Exception):
    pass


class WithValidate(Least):
    def validate(self, name: str, /, *args: Any, **kwargs: Any) -> None:
        if kwargs.get("side") == 13:
            raise RefusedError("unlucky")


class WithDescribe(Least):
    def describe(self, name: str) -> ComponentDescription:
        return ComponentDescription(
            name, "Shape", inspect.signature(Square), "Its own words.", None, None, None, None, ("sq",)
        )


class WithDescribeOfItsOwn(WithSignature):
    def describe(self, name: str) -> str:
        return "a square, as everybody knows"


class WithResolve(Least):
    seen: list[str]

    def __init__(self) -> None:
        self.seen = []

    def __contains__(self, name: object) -> bool:
        return name in ("square", "quadrat", "carré")

    def resolve(self, name: str) -> str:
        return "square"

    def build(self, name: str, /, *args: Any, **kwargs: Any) -> Square:
        self.seen.append(name)
        return Square(*args, **kwargs)


SOURCES = [Plain, Least, WithConstructors, WithSignature, WithValidate, WithDescribe, WithDescribeOfItsOwn, WithResolve]
every_source = pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.__name__)


@every_source
def test_any_of_them_mounts_and_works(source: Callable[[], Any]) -> None:
    mounted = source()
    assert isinstance(mounted, Source)
    registry = MultiSourceRegistry[Any](p=mounted, q=Registry(square=int))
    assert list(registry) == ["p_square", "q_square"]
    assert len(registry) == 2
    assert registry["p"] is registry.find_registry("square") is mounted
    assert registry.resolve("square") == registry.resolve("p_square") == ("p", "square")
    assert registry.candidates("square") == [("p", "square"), ("q", "square")]
    assert registry.build("square", side=3).side == registry.build("p_square", side=3).side == 3
    assert registry.find_class("square")(side=4).side == 4
    assert isinstance(registry.signature("square"), inspect.Signature)
    assert registry.describe("square").name == "p_square"
    if source is not WithDescribe:  # which shows another signature there than anywhere else
        assert registry.describe("square").signature == registry.signature("square")
    assert registry.search("*square") == ["p_square", "q_square"]
    assert registry & {"square"} == {"p_square"}
    spec = registry.validate("square", side=5)
    assert isinstance(spec, ComponentSpec)
    assert (spec.name, spec.kwargs, spec.build().side) == ("p_square", {"side": 5}, 5)
    with pytest.raises(ComponentNotFoundError) as caught:
        registry.build("p_sqaure")
    assert caught.value.suggestions == ("p_square",)


def test_the_signature_of_its_build_is_what_a_minimal_source_is_held_to() -> None:
    registry = MultiSourceRegistry[Any](p=Plain())
    with pytest.raises(InvalidArgumentsError) as caught:
        registry.build("square", sied=3)
    line = inspect.getsourcelines(Plain.build)[1]
    assert str(caught.value) == (
        "1 problem in the arguments of 'p_square' (MultiSourceRegistry)\n"
        "  sied: unknown argument; did you mean 'side'?\n"
        "signature: p_square(*, side: int = 1)\n"
        f"defined at: {__file__}:{line}"
    )
    for args, kwargs in [((3,), {}), ((), {"side": "3"}), ((), {"side": 1.5})]:
        for attempt in (registry.build, registry.validate):
            with pytest.raises(InvalidArgumentsError):
                attempt("square", *args, **kwargs)


def test_a_source_that_takes_anything_is_left_to_refuse_it_itself() -> None:
    registry = MultiSourceRegistry[Any](p=Least())
    with pytest.raises(TypeError, match="unexpected keyword argument 'sied'") as caught:
        registry.build("square", sied=3)
    assert type(caught.value) is TypeError
    assert caught.value.__notes__ == ["while building 'p_square' with sied=int 3"]


def test_the_constructor_that_it_shows_is_described_and_not_held_against_its_build() -> None:
    class Wider(WithConstructors):
        def build(self, name: str, /, *args: Any, colour: str = "red", **kwargs: Any) -> Square:
            return super().build(name, *args, **kwargs)

    registry = MultiSourceRegistry[Any](p=Wider())
    assert registry.find_class("square") is Square
    assert list(registry.signature("square").parameters) == ["side"]
    assert registry.describe("square").summary == "A square."
    assert registry.build("square", colour="blue", side=2).side == 2


def test_the_constructor_reached_by_its_build_is_what_it_is_held_to() -> None:
    registry = MultiSourceRegistry[Any](p=WithConstructors())
    for attempt in (registry.build, registry.validate):
        with pytest.raises(InvalidArgumentsError) as caught:
            attempt("square", sied=3)
        assert str(caught.value) == (
            "1 problem in the arguments of 'p_square' (MultiSourceRegistry)\n"
            "  sied: unknown argument; did you mean 'side'?\n"
            "signature: p_square(side: int = 1)\n"
            f"defined at: {__file__}:{inspect.getsourcelines(Square)[1]}"
        )
    assert registry.build("square", 3).side == 3


def outcome(registry: Any, args: list[Any], kwargs: dict[str, Any]) -> object:
    try:
        return registry.build("square", *args, **kwargs).side
    except InvalidArgumentsError as error:
        return error.problems


@given(
    st.lists(st.integers() | st.text(max_size=2), max_size=2),
    st.dictionaries(st.sampled_from(["side", "sied", "name", "args"]), st.integers() | st.none(), max_size=2),
)
def test_it_agrees_with_a_registry_of_the_constructors(args: list[Any], kwargs: dict[str, Any]) -> None:
    mounted = MultiSourceRegistry[Any](p=WithConstructors())
    assert outcome(mounted, args, kwargs) == outcome(Registry[Any](square=Square), args, kwargs)


def test_a_registry_of_registries_is_held_to_the_constructors() -> None:
    class Several(Least):
        """Sources under [], as TerraTorch's has them, and constructors under find_class."""

        def __init__(self) -> None:
            self.sources = {"a": WithConstructors()}

        def __getitem__(self, prefix: str) -> WithConstructors:
            return self.sources[prefix]

        def find_class(self, name: str) -> type[Square]:
            return self.sources["a"][name]

        def build(self, name: str, *constructor_args: Any, **constructor_kwargs: Any) -> Square:
            for source in self.sources.values():
                return source.build(name, *constructor_args, **constructor_kwargs)
            raise KeyError(name)

    registry = MultiSourceRegistry[Any](p=Several())
    assert registry.build("square", side=2).side == 2
    with pytest.raises(InvalidArgumentsError, match="sied: unknown argument; did you mean 'side'"):
        registry.build("square", sied=3)


def test_a_constructor_that_changes_is_seen() -> None:
    class Shapes(Least):
        def __init__(self) -> None:
            self.shapes: dict[str, Callable[..., Any]] = {"square": Square}

        def __getitem__(self, name: str) -> Callable[..., Any]:
            return self.shapes[name]

        def build(self, name: str, *args: Any, **kwargs: Any) -> Any:
            return self.shapes[name](*args, **kwargs)

    source = Shapes()
    registry = MultiSourceRegistry[Any](p=source)
    with pytest.raises(InvalidArgumentsError):
        registry.build("square", colour="red")
    source.shapes["square"] = made = lambda *, colour: colour
    assert registry.build("square", colour="red") == "red"
    made.__code__ = (lambda *, size: size).__code__  # as IPython's autoreload does
    assert registry.build("square", size=3) == 3


@pytest.mark.parametrize("shown", [None, 5, KeyError])
def test_a_source_that_shows_no_constructor_is_left_to_its_build(shown: Any) -> None:
    class Showing(Least):
        def __getitem__(self, name: str) -> Any:
            if shown is KeyError:
                raise KeyError(name)
            return shown

    assert MultiSourceRegistry[Any](p=Showing()).build("square", side=2).side == 2


def test_what_declares_the_arguments_of_the_constructor_that_it_shows_is_described() -> None:
    class Forwarding(Square):
        def __init__(self, colour: str = "red", **kwargs: Any) -> None:
            super().__init__(**kwargs)

    class Showing(Least):
        def __getitem__(self, name: str) -> type[Square]:
            return Forwarding

    described = MultiSourceRegistry[Any](p=Showing()).describe("square")
    assert list(described.signature.parameters) == ["colour", "side"]
    assert described.origins["side"] == f"{__name__}.Square.__init__"


def test_the_signature_that_it_shows_is_what_it_is_held_to() -> None:
    registry = MultiSourceRegistry[Any](p=WithSignature())
    assert registry.signature("square") == inspect.signature(Square)
    with pytest.raises(InvalidArgumentsError, match="sied: unknown argument; did you mean 'side'"):
        registry.build("square", sied=3)


def test_a_signature_that_changes_is_seen() -> None:
    class Changing(Least):
        parameters: list[inspect.Parameter] = []  # noqa: RUF012 - changed by the test

        def signature(self, name: str) -> inspect.Signature:
            return inspect.Signature(self.parameters)

        def build(self, name: str, /, **kwargs: Any) -> Any:
            return kwargs

    source = Changing()
    registry = MultiSourceRegistry[Any](p=source)
    with pytest.raises(InvalidArgumentsError):
        registry.build("square", colour="red")
    source.parameters = [inspect.Parameter("colour", inspect.Parameter.KEYWORD_ONLY)]
    assert registry.build("square", colour="red") == {"colour": "red"}


def test_its_own_validation_is_asked_and_what_it_raises_is_raised() -> None:
    registry = MultiSourceRegistry[Any](p=WithValidate())
    for attempt in (registry.build, registry.validate):
        with pytest.raises(RefusedError, match="unlucky"):
            attempt("square", side=13)
    assert registry.build("square", side=12).side == 12


def test_its_own_description_is_given_with_qualified_names() -> None:
    described = MultiSourceRegistry[Any](p=WithDescribe()).describe("square")
    assert (described.name, described.summary, described.aliases) == ("p_square", "Its own words.", ("p_sq",))


def test_a_description_that_is_none_of_ours_is_not_used() -> None:
    described = MultiSourceRegistry[Square](p=WithDescribeOfItsOwn()).describe("square")
    assert isinstance(described, ComponentDescription)
    assert (described.name, described.kind) == ("p_square", "Square")
    assert described.signature == inspect.signature(Square)


def test_its_aliases_are_resolved_by_itself_and_built_as_they_were_given() -> None:
    source = WithResolve()
    registry = MultiSourceRegistry[Any](p=source)
    assert registry.resolve("quadrat") == registry.resolve("p_carré") == ("p", "square")
    assert list(registry) == ["p_square"]
    assert registry & {"quadrat", "p_carré"} == {"p_square"}
    registry.build("quadrat")
    registry.validate("p_carré").build()
    registry.build("p_square")
    assert source.seen == ["quadrat", "carré", "square"]


def test_nothing_of_a_source_is_asked_when_it_is_mounted() -> None:
    class Shy(Least):
        def __iter__(self) -> Iterator[str]:
            raise AssertionError

        def __len__(self) -> int:
            raise AssertionError

        def __contains__(self, name: object) -> bool:
            raise AssertionError

    registry = MultiSourceRegistry[Any](p=Shy())
    assert list(registry.keys()) == ["p"]
    assert repr(registry) == "<MultiSourceRegistry: p>"


# -- mounting: what is said --

REGISTRY = MultiSourceRegistry[Any](timm=Least(), a_b=Plain())


@pytest.mark.parametrize(
    ("prefix", "shown"),
    [
        ("", "''"),
        ("no-identifier", "'no-identifier'"),
        ("1st", "'1st'"),
        ("a b", "'a b'"),
        ("a\n", r"'a\n'"),
        (None, "None"),
        (5, "int 5"),
        (b"timm", "bytes b'timm'"),
        (["timm"], "list ['timm']"),
        (Least(), "Least"),
    ],
)
def test_a_prefix_that_is_none(prefix: Any, shown: str) -> None:
    with pytest.raises(PrefixConflictError) as caught:
        REGISTRY.register_source(prefix, Least())
    assert str(caught.value) == (
        f"REGISTRY cannot mount a source under {shown}: a prefix is an identifier, such as 'timm'"
    )
    assert (caught.value.prefix, caught.value.conflicts_with) == (prefix, None)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    ("prefix", "other", "start", "owner"),
    [
        ("timm_extra", "timm", "timm_extra_", "timm"),
        ("timm_", "timm", "timm__", "timm"),
        ("a", "a_b", "a_b_", "a"),
        ("a_b_c_d", "a_b", "a_b_c_d_", "a_b"),
    ],
)
def test_a_prefix_that_another_begins_with(prefix: str, other: str, start: str, owner: str) -> None:
    with pytest.raises(PrefixConflictError) as caught:
        REGISTRY.register_source(prefix, Least())
    assert str(caught.value) == (
        f"REGISTRY cannot mount a source under {prefix!r} beside {other!r}: "
        f"names that begin with {start!r} could belong to {owner!r} as well; mount it under another prefix"
    )
    assert (caught.value.prefix, caught.value.conflicts_with) == (prefix, other)


@pytest.mark.parametrize("prefix", ["tim", "timms", "a_bc", "ab", "timmx_y", "_timm", "TIMM", "class"])
def test_prefixes_that_only_look_alike_are_mounted(prefix: str) -> None:
    registry = MultiSourceRegistry[Any](timm=Least(), a_b=Plain())
    registry.register(Registry(x=int), prefix)
    assert list(registry) == ["timm_square", "a_b_square", f"{prefix}_x"]


def test_a_prefix_that_is_taken() -> None:
    line = inspect.getsourcelines(Least)[1]
    with pytest.raises(DuplicateSourceError) as caught:
        REGISTRY.register_source("timm", Plain())
    assert str(caught.value) == (
        f"REGISTRY has a source 'timm' already: Least, defined at {__file__}:{line}; "
        "mount under another prefix, or unregister_source() it first"
    )
    assert isinstance(caught.value, KeyError)
    assert (caught.value.prefix, caught.value.taken_by) == ("timm", "Least")


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (None, "None is no source: it lacks __iter__, __len__, __contains__, build"),
        (5, "int 5 is no source: it lacks __iter__, __len__, __contains__, build"),
        ({"a": int}, "dict {'a': <class 'int'>} is no source: it lacks build"),
        (frozenset("a"), "frozenset frozenset({'a'}) is no source: it lacks build"),
        ("timm", "str 'timm' is no source: it lacks build"),
        (Plain, "class Plain is no source: it lacks an instance"),
        (Registry, "class Registry is no source: it lacks an instance"),
        (REGISTRY, "a registry cannot be mounted in itself; mount one of its sources"),
    ],
)
def test_what_is_no_source(source: Any, reason: str) -> None:
    for mount in (lambda: REGISTRY.register_source("free", source), lambda: REGISTRY.register(source, "free")):
        with pytest.raises(InvalidRegistrationError) as caught:
            mount()
        assert str(caught.value) == f"REGISTRY cannot register 'free': {reason}"
        assert isinstance(caught.value, TypeError)
    assert list(REGISTRY.keys()) == ["timm", "a_b"]


def test_a_registry_cannot_be_mounted_in_itself_through_another() -> None:
    inner = MultiSourceRegistry[Any](a=Plain())
    middle = MultiSourceRegistry[Any](b=inner)
    outer = MultiSourceRegistry[Any](c=middle, d=inner)
    for source in (middle, outer, inner):
        with pytest.raises(InvalidRegistrationError, match="a registry cannot be mounted in itself"):
            inner.register_source("x", source)
    assert list(outer) == ["c_b_a_square", "d_a_square"]


def test_unmounting_what_is_not_mounted() -> None:
    with pytest.raises(SourceNotFoundError) as caught:
        REGISTRY.unregister_source("tim")
    assert str(caught.value) == "REGISTRY has no source 'tim'; did you mean 'timm'? (mounted: timm, a_b)"
    assert (caught.value.prefix, caught.value.sources, caught.value.suggestions) == ("tim", ("timm", "a_b"), ("timm",))


def test_a_prefix_may_be_any_keyword_argument() -> None:
    registry = MultiSourceRegistry[Any](self=Plain(), sources=Plain(), registry=Plain())
    assert list(registry.keys()) == ["self", "sources", "registry"]


def test_one_source_may_be_mounted_twice() -> None:
    source = Registry[Any](n=int)
    registry = MultiSourceRegistry[Any](a=source, b=source)
    assert list(registry) == ["a_n", "b_n"]
    registry.unregister_source("a")
    assert registry.build("n") == 0
    source.register(float, name="m")
    assert list(registry) == ["b_n", "b_m"]


def test_registries_in_registries_are_iterated_once_each_however_deep() -> None:
    asked: list[str] = []

    class Counting(Least):
        def __iter__(self) -> Iterator[str]:
            asked.append("names")
            return super().__iter__()

    registry = MultiSourceRegistry[Any](p=Counting())
    for _ in range(100):
        registry = MultiSourceRegistry[Any](q=registry)
    assert [*iter(registry)] == ["q_" * 100 + "p_square"]
    assert asked == ["names"]
    assert len(registry) == 1
    assert asked == ["names"] * 2
