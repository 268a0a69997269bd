"""What a registry of several sources asks each of them, with what, and how often."""

from __future__ import annotations

import inspect
import pickle
from typing import TYPE_CHECKING, Any

import pytest

from terraregistry import MultiSourceRegistry, Registry
from terraregistry.errors import (
    ComponentNotFoundError,
    DuplicateSourceError,
    InvalidArgumentsError,
    SourceUnavailableError,
)
from terraregistry.registry.single import BaseRegistry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Shape:
    def __init__(self, side: int = 1) -> None:
        self.side = side


class Least:
    """The least that can be mounted, with the names that it is given."""

    def __init__(self, *names: str) -> None:
        self.names = [*names]

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def build(self, name: str, /, *args: Any, **kwargs: Any) -> object:
        return name, args, kwargs


class Validating(Least):
    def __init__(self, *names: str) -> None:
        super().__init__(*names)
        self.asked: list[object] = []

    def validate(self, name: str, /, *args: Any, **kwargs: Any) -> None:
        self.asked.append((name, args, kwargs))


class Signing(Least):
    """Shows another signature for each name."""

    def signature(self, name: str) -> inspect.Signature:
        return inspect.Signature([inspect.Parameter(f"of_{name}", inspect.Parameter.KEYWORD_ONLY)])


class Counting(Least):
    """Counts how often its `build` is looked at."""

    looks = 0

    @property
    def build(self) -> Callable[..., object]:  # type: ignore[override]  # that is what is counted
        self.looks += 1
        return lambda name, /, *, side=1: (name, side)


class Broken(BaseRegistry[Any]):
    """A registry of ours that cannot be asked."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def _find(self, name: str) -> Any:
        raise self.error

    def _names(self) -> list[str]:
        return []


@pytest.mark.parametrize("ask", ["build", "validate"])
def test_a_source_that_validates_is_given_what_the_caller_gave(ask: str) -> None:
    source = Validating("square")
    getattr(MultiSourceRegistry[Any](p=source), ask)("p_square", 1, 2, side=3)
    assert source.asked == [("square", (1, 2), {"side": 3})]


def test_each_name_of_a_source_is_held_to_the_signature_of_that_name() -> None:
    many = MultiSourceRegistry[Any](p=Signing("square", "circle"))
    assert many.build("p_square", of_square=1) == ("square", (), {"of_square": 1})
    assert many.build("p_circle", of_circle=1) == ("circle", (), {"of_circle": 1})
    with pytest.raises(InvalidArgumentsError, match="unknown argument; did you mean 'of_circle'"):
        many.build("p_circle", of_circl=1)
    assert [*many.validate("p_square", of_square=1).kwargs] == ["of_square"]


def test_a_build_without_a_signature_for_each_name_is_looked_at_once() -> None:
    source = Counting("square", "circle")
    many = MultiSourceRegistry[Any](p=source)
    for _ in range(3):
        many.validate("p_square", side=2)
    looked = source.looks
    many.validate("p_square", side=3)
    assert source.looks == looked
    many.validate("p_circle", side=3)
    assert source.looks == looked + 1


@pytest.mark.parametrize(
    "error", [SourceUnavailableError("the library", "it is not there", "install it"), RuntimeError("a fault of ours")]
)
def test_what_our_own_registries_raise_is_raised_as_it_is(error: Exception) -> None:
    many = MultiSourceRegistry[Any](p=Broken(error))
    with pytest.raises(type(error)) as caught:
        many.resolve("p_square")
    assert caught.value is error


def test_what_iterates_over_no_name_is_shown() -> None:
    many = MultiSourceRegistry[Any](p=Least("a", 5))  # type: ignore[arg-type]  # that is what is refused
    with pytest.raises(SourceUnavailableError) as caught:
        list(many)
    reason = "it iterates over int 5, which is no name"
    assert str(caught.value) == f"the source 'p' is unavailable: {reason}; mend or unregister it"


def test_a_source_whose_class_is_written_nowhere_takes_a_prefix_without_a_place() -> None:
    nowhere: Any = type("Nowhere", (Least,), {"__module__": "no_such_module"})
    many = MultiSourceRegistry[Any](p=nowhere("square"))
    with pytest.raises(DuplicateSourceError) as caught:
        many.register_source("p", Least())
    assert caught.value.defined_at == ""
    assert caught.value.taken_by == "Nowhere"
    many.register_source("q", Least())
    with pytest.raises(DuplicateSourceError) as caught:
        many.register_source("q", Least())
    assert caught.value.defined_at.startswith(f"{__file__}:")


def suggestions(registry: BaseRegistry[Any] | MultiSourceRegistry[Any], name: str) -> tuple[str, ...]:
    with pytest.raises(ComponentNotFoundError) as caught:
        registry.resolve(name)
    return caught.value.suggestions


def test_under_a_prefix_that_is_mounted_only_its_own_names_are_suggested() -> None:
    many = MultiSourceRegistry[Any](p=Least("square"), q=Least("sqare"))
    assert suggestions(many, "p_sqare") == ("p_square",)


def test_a_registry_of_ours_suggests_what_it_knows_beyond_its_names() -> None:
    shapes = Registry[Any]()
    shapes.register(Shape, name="square", aliases=("carre",))
    assert suggestions(MultiSourceRegistry[Any](p=shapes), "p_carra") == tuple(
        f"p_{name}" for name in shapes._nearest("carra")
    )
    assert shapes._nearest("carra") == ("carre",)


def test_a_prefix_that_is_mistyped_before_a_short_name_is_set_right() -> None:
    assert suggestions(MultiSourceRegistry[Any](timm=Least("ab"), smp=Least("xy")), "tim_ab") == ("timm_ab",)


@pytest.mark.parametrize("ask", ["build", "validate"])
def test_bad_arguments_are_those_of_the_registry_that_was_asked(ask: str) -> None:
    inner = Registry[Any](square=Shape)
    for source in (inner, Signing("square")):
        many = MultiSourceRegistry[Any](p=source)
        with pytest.raises(InvalidArgumentsError) as caught:
            getattr(many, ask)("square", sise=3)
        assert caught.value.registry == many._label()
        assert caught.value.component == "p_square"


OF_LEAST = MultiSourceRegistry[Any](p=Least("square"))


def test_a_spec_of_a_foreign_component_pickles() -> None:
    spec = pickle.loads(pickle.dumps(OF_LEAST.validate("square", 3)))
    assert spec.name == "p_square"
    assert spec.build() == ("square", (3,), {})
