"""What is built is checked against the kind of its registry, and refused with what it lacks."""

from __future__ import annotations

import functools
import pickle
import types
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import (
    Annotated,
    Any,
    Generic,
    Literal,
    NewType,
    ParamSpec,
    Protocol,
    TypedDict,
    TypeVar,
    TypeVarTuple,
)

import pytest
from torch import nn

from terraregistry import Backbone, Decoder, ModelFactory, MultiSourceRegistry, Neck, Registry
from terraregistry.errors import ComponentProtocolError, RegistryError

T = TypeVar("T")
P = ParamSpec("P")
Ts = TypeVarTuple("Ts")

RETURN_A = "; have its constructor return a "


def refused(registry: Any, name: str = "part") -> ComponentProtocolError:
    with pytest.raises(ComponentProtocolError) as caught:
        registry.build(name)
    error = caught.value
    assert isinstance(error, TypeError)
    assert isinstance(error, RegistryError)
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
    return error


class Sound:
    """Everything that a backbone has."""

    out_channels = [8, 16]  # noqa: RUF012 - a backbone's own

    def forward(self, x: object) -> list[object]:
        return [x]

    __call__ = forward


class Module(nn.Module):
    """A backbone as people write them."""

    def __init__(self, out_channels: object = None) -> None:
        super().__init__()
        if out_channels is not None:
            self.out_channels = out_channels

    def forward(self, x: object) -> list[object]:
        return [x]


BACKBONES = Registry[Backbone]()


def backbones(constructor: Callable[..., Any]) -> Registry[Backbone]:
    registry = Registry[Backbone]()
    registry.register(constructor, name="part")
    return registry


# -- the kinds of the library --


def test_what_has_all_members_is_a_backbone() -> None:
    assert type(backbones(Sound).build("part")) is Sound
    assert backbones(lambda: Module([1, 2])).build("part").out_channels == [1, 2]
    assert backbones(lambda: Module([])).build("part").out_channels == []


def test_a_backbone_that_lacks_members_is_refused_with_all_of_them() -> None:
    error = refused(backbones(Module))
    assert error.missing == ("out_channels",)
    assert str(error) == (
        "'part' of Registry[Backbone] built a Module, which is no Backbone: it lacks out_channels"
        + RETURN_A
        + "Backbone"
    )
    error = refused(backbones(lambda: 5))
    assert error.missing == ("__call__", "forward", "out_channels")
    assert str(error) == (
        "'part' of Registry[Backbone] built a int, which is no Backbone: it lacks __call__, forward, out_channels"
        + RETURN_A
        + "Backbone"
    )
    error = refused(backbones(lambda: None))
    assert error.product == "NoneType"


def test_out_channels_of_another_type_is_refused_with_what_it_is() -> None:
    error = refused(backbones(lambda: nn.Conv2d(3, 8, 1)))
    assert (error.component, error.registry, error.kind, error.product) == (
        "part",
        "Registry[Backbone]",
        "Backbone",
        "Conv2d",
    )
    assert (error.missing, error.wrong) == ((), ("has out_channels = int 8, not list[int]",))
    assert str(error) == (
        "'part' of Registry[Backbone] built a Conv2d, which is no Backbone: it has out_channels = int 8, not list[int]"
        + RETURN_A
        + "Backbone"
    )


@pytest.mark.parametrize("channels", ["64", 64, None, {"a": 1}, [1.5], ["64"], [None], [[64]], {64}, 6.4])
def test_out_channels_have_to_be_a_list_of_integers(channels: object) -> None:
    class Odd(Sound):
        out_channels = channels  # type: ignore[assignment]  # that is what is refused

    error = refused(backbones(Odd))
    assert error.missing == ()
    assert error.wrong[0].startswith("has out_channels = ")
    assert error.wrong[0].endswith(", not list[int]")


def test_a_method_that_is_none() -> None:
    class Odd(Sound):
        forward = None  # type: ignore[assignment]  # that is what is refused

    assert refused(backbones(Odd)).wrong == ("has forward = None, not a method",)


def test_everything_that_is_wrong_is_said_at_once() -> None:
    class Odd:
        out_channels = 3
        forward = 5

    error = refused(backbones(Odd))
    assert (error.missing, error.wrong) == (
        ("__call__",),
        ("has forward = int 5, not a method", "has out_channels = int 3, not list[int]"),
    )
    assert str(error) == (
        "'part' of Registry[Backbone] built a "
        "test_everything_that_is_wrong_is_said_at_once.<locals>.Odd, which is no Backbone: "
        "it lacks __call__; has forward = int 5, not a method; has out_channels = int 3, not list[int]"
        + RETURN_A
        + "Backbone"
    )


def test_a_property_that_raises() -> None:
    class Odd(Sound):
        @property
        def out_channels(self) -> list[int]:  # type: ignore[override]  # that is what is refused
            raise ZeroDivisionError("no features yet")

    error = refused(backbones(Odd))
    assert error.wrong == ("raises ZeroDivisionError where out_channels is read",)
    assert isinstance(error.__cause__, ZeroDivisionError)


def test_a_property_of_a_module_that_fails_counts_as_missing() -> None:
    class Odd(Module):
        @property
        def out_channels(self) -> list[int]:
            return self.no_such_attribute

    assert refused(backbones(Odd)).missing == ("out_channels",)


def test_one_product_that_fits_vouches_for_no_other_one() -> None:
    channels: list[object] = [[1], "2", [3], "4"]
    registry = backbones(lambda: Module(channels.pop(0)))
    assert registry.build("part").out_channels == [1]
    assert refused(registry).wrong == ("has out_channels = str '2', not list[int]",)
    assert registry.build("part").out_channels == [3]
    assert str(refused(registry)).startswith("'part' of Registry[Backbone] built a Module, ")


@pytest.mark.parametrize(
    ("kind", "missing"),
    [
        (Backbone, ("__call__", "forward", "out_channels")),
        (Decoder, ("__call__", "forward", "out_channels")),
        (Neck, ("__call__", "forward", "process_channel_list")),
        (ModelFactory, ("build_model",)),
    ],
)
def test_what_each_kind_asks_for(kind: Any, missing: tuple[str, ...]) -> None:
    error = refused(Registry[kind](part=object))
    assert error.missing == missing
    assert str(error) == (
        f"'part' of Registry[{kind.__name__}] built a object, which is no {kind.__name__}: it lacks {', '.join(missing)}"
        + RETURN_A
        + kind.__name__
    )


def test_a_decoder_has_one_number_of_channels() -> None:
    registry = Registry[Decoder](part=lambda: Module([1]), fine=lambda: Module(1), odd=lambda: Module(True))
    assert refused(registry).wrong == ("has out_channels = list [1], not int",)
    assert registry.build("fine").out_channels == 1
    assert refused(registry, "odd").wrong == ("has out_channels = bool True, not int",)


# -- several sources --


def test_each_level_has_its_kind_and_names_what_the_user_asked() -> None:
    anything = Registry[Any](part=object, sound=Sound)
    registry = MultiSourceRegistry[Backbone](p=anything)
    error = refused(registry)
    assert str(error).startswith("'p_part' of MultiSourceRegistry[Backbone] built a object, which is no Backbone: ")
    assert type(registry.build("sound")) is Sound
    assert type(anything.build("part")) is object
    strict = MultiSourceRegistry[Any](p=Registry[Backbone](part=object))
    assert str(refused(strict)).startswith("'p_part' of MultiSourceRegistry built a object, which is no Backbone: ")


def test_the_product_of_a_source_of_somebody_else_is_checked_as_well() -> None:
    class Source:
        def __iter__(self) -> Iterator[str]:
            return iter(["part"])

        def __len__(self) -> int:
            return 1

        def __contains__(self, name: object) -> bool:
            return name == "part"

        def build(self, name: str, /) -> Any:
            return nn.Conv2d(3, 8, 1)

    error = refused(MultiSourceRegistry[Backbone](p=Source()))
    assert str(error) == (
        "'p_part' of MultiSourceRegistry[Backbone] built a Conv2d, which is no Backbone: "
        "it has out_channels = int 8, not list[int]" + RETURN_A + "Backbone"
    )


def test_a_failing_product_leaves_the_registry_as_it_was() -> None:
    registry = backbones(object)
    refused(registry)
    refused(registry)
    assert list(registry) == ["part"]
    assert registry.validate("part").name == "part"


# -- kinds of any sort --


class Point(TypedDict):
    x: int


class Sized(Protocol):
    size: int
    names: Sequence[str]

    def grow(self, by: int) -> None: ...


class Box(Generic[T]):
    pass


Number = NewType("Number", int)


class OfSize:
    def __init__(self, size: object = 1, names: object = ()) -> None:
        self.size, self.names = size, names

    def grow(self, by: int) -> None:
        pass


def test_a_bare_registry_takes_anything() -> None:
    registry = Registry(none=lambda: None, number=int, made=object)
    assert registry.build("none") is None
    assert registry.build("number") == 0
    assert MultiSourceRegistry(p=registry).build("none") is None


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (int, 5, "5"),
        (float, 1.5, "5"),
        (nn.Module, nn.Identity(), 5),
        (list[int], [1], (1,)),
        (dict[str, int], {}, []),
        (type[nn.Module], nn.Module, 5),
        (Sequence[int], (1,), 5),
        (Mapping[str, int], {}, 5),
        (Callable[..., int], len, 5),
        (Box[int], Box[int](), 5),
        (Annotated[int, "any words"], 5, "5"),
        (Annotated[list[int], "any words"], [5], "5"),
    ],
    ids=lambda each: str(each).partition(" object at ")[0],
)
def test_a_class_as_a_kind(kind: Any, good: object, bad: object) -> None:
    registry = Registry[kind](good=lambda: good, part=lambda: bad)
    assert registry.build("good") is good
    assert refused(registry).missing == ()


@pytest.mark.parametrize(
    "kind",
    [Any, object, int | str, int | None, typing.Union[int, str], Literal["a"], Point, Number, T],  # noqa: UP007 - as older code
    ids=str,
)
def test_what_no_class_can_tell_is_not_checked(kind: Any) -> None:
    registry = Registry[kind](part=lambda: b"whatever")
    assert registry.build("part") == b"whatever"
    assert MultiSourceRegistry[kind](p=registry).build("part") == b"whatever"


def test_what_a_class_as_a_kind_says() -> None:
    assert str(refused(Registry[nn.Module](part=int))) == (
        "'part' of Registry[Module] built a int, which is no Module" + RETURN_A + "Module"
    )
    assert str(refused(MultiSourceRegistry[int](p=Registry(part=str)))) == (
        "'p_part' of MultiSourceRegistry[int] built a str, which is no int" + RETURN_A + "int"
    )


def test_a_protocol_of_ones_own_with_data_and_methods() -> None:
    registry = Registry[Sized](part=OfSize, bare=object)
    assert registry.build("part", 3).size == 3
    assert refused(registry, "bare").missing == ("grow", "names", "size")
    with pytest.raises(ComponentProtocolError) as caught:
        registry.build("part", "3", names=5)
    assert caught.value.wrong == ("has names = int 5, not Sequence[str]", "has size = str '3', not int")


def test_a_subclass_of_a_registry_keeps_its_kind() -> None:
    class Mine(Registry[Backbone]):
        pass

    class Either(Registry[T]):
        pass

    for made in (Mine(), Either[Backbone](), type("Again", (Mine,), {})()):
        assert made.kind.name == "Backbone"
        made.register(object, name="part")
        assert refused(made).kind == "Backbone"
    assert Either().kind.type is None


class Moving(Protocol):
    def move(self) -> int: ...


class WithConstant(Protocol):
    """A member without an annotation, as code that no type checker reads has it."""

    unit = 5

    @classmethod
    def made(cls) -> object: ...

    @functools.cached_property
    def weight(self) -> int:
        return 1

    def move(self) -> int: ...


class Mover:
    unit: object = "metre"
    weight = 2

    @classmethod
    def made(cls) -> object:
        return cls()

    def move(self) -> int:
        return 1


def test_one_product_of_methods_alone_vouches_for_those_of_its_class() -> None:
    registry = Registry[Moving](part=Mover)
    assert registry.build("part").move() == registry.build("part").move() == 1
    # What is found on one class is not looked for again, and that is all that is kept.
    assert registry.kind._known == {Mover}
    assert refused(Registry[Moving](part=object)).missing == ("move",)


def test_a_member_without_an_annotation_is_data_of_any_type() -> None:
    assert Registry[WithConstant](part=Mover).build("part").unit == "metre"
    assert refused(Registry[WithConstant](part=object)).missing == ("made", "move", "unit", "weight")
    mover = type("Still", (Mover,), {"made": 3, "move": 4})
    assert refused(Registry[WithConstant](part=mover)).wrong == (
        "has made = int 3, not a method",
        "has move = int 4, not a method",
    )


class WithBareProperty(Protocol):
    """A property that says no type, and one whose type cannot be evaluated."""

    @property
    def size(self): ...

    @property
    def place(self) -> Nowhere: ...  # noqa: F821 - on purpose

    name: Nowhere  # noqa: F821


def test_data_of_which_no_type_is_known_may_be_anything() -> None:
    sound = type("Sound", (), {"size": 5, "place": None, "name": "a"})
    assert type(Registry[WithBareProperty](part=sound).build("part")) is sound
    assert refused(Registry[WithBareProperty](part=object)).missing == ("name", "place", "size")


def test_a_protocol_whose_module_is_gone_is_checked_by_what_it_says_itself() -> None:
    class Gone(Protocol):
        size: int
        name: str

    Gone.__annotations__ = {"size": int, "name": "str"}
    Gone.__module__ = "no_module_of_this_name"
    right = type("Right", (), {"size": 5, "name": "a"})
    wrong = type("Wrong", (), {"size": "5", "name": 5})
    assert type(Registry[Gone](part=right).build("part")) is right
    assert refused(Registry[Gone](part=wrong)).wrong == ("has name = int 5, not str", "has size = str '5', not int")


class Noting(Generic[T]):
    """Something that registries are derived from as well."""


class Calling(Generic[P]):
    """The same, of other type arguments."""


class Varied(Registry[int], Generic[*Ts]):
    """Has type arguments of its own, and maybe none."""


def test_the_kind_is_that_of_the_registry_and_of_nothing_beside_it() -> None:
    class Both(Noting[T], Registry[int]):
        pass

    class Bare(Registry[Any]):
        pass

    assert Both(part=int).kind.type is int
    assert Both[str](part=int).kind.type is str
    assert refused(Both(part=str)).kind == "int"
    assert Bare(part=int).kind.type is None
    assert Registry[Any](part=int).build("part") == 0


@pytest.mark.parametrize("beside", [Noting[str], Noting[T], Calling[[str]], Calling[P], Calling[...]], ids=str)
def test_what_a_registry_is_beside_has_type_arguments_of_its_own(beside: Any) -> None:
    for made in (
        types.new_class("First", (Registry[int], beside)),
        types.new_class("Last", (beside, Registry[int])),
        types.new_class("Several", (beside, MultiSourceRegistry[int])),
    ):
        assert made().kind.name == "int"
    assert Varied[()]().kind.name == Varied[T]().kind.name == "int"


def test_none_is_no_product_of_methods_even_where_it_was_taken_for_one() -> None:
    class Hashed(Protocol):
        def __hash__(self) -> int: ...
        def move(self) -> int: ...

    registry = Registry[Hashed](part=Mover, none=lambda: None)
    registry.build("part")
    assert refused(registry, "none").missing == ("move",)


def test_none_is_a_product_that_vouches_for_no_other_one() -> None:
    class Hashed(Protocol):
        def __hash__(self) -> int: ...

    registry = Registry[Hashed](none=lambda: None, part=list)
    assert registry.build("none") is None
    assert refused(registry).wrong == ("has __hash__ = None, not a method",)
