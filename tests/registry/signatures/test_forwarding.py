"""Where `**kwargs` go, one way of passing them on after the other: what a reader of the code would say, the signature says."""

from __future__ import annotations

import abc
import functools
import inspect
from typing import Any, Generic, TypeVar, Unpack

import pytest
import typing_extensions
from typing_extensions import TypedDict

from terraregistry.registry import Registry
from terraregistry.registry.signatures import OPAQUE, effective_signature, render_signature

T = TypeVar("T")


def text(constructor: object) -> str:
    """The parameters of the effective signature, as a user reads them."""
    signature = effective_signature(constructor).signature
    return render_signature(signature.replace(return_annotation=inspect.Signature.empty))


def stage(depth: int, width: int = 64, *, bias: bool = True) -> None: ...


def other_stage(depth: int = 3, *, groups: int = 1) -> None: ...


class Block:
    def __init__(self, depth: int, width: int = 64, *, bias: bool = True) -> None:
        self.given = {"depth": depth, "width": width, "bias": bias}


ALL = "(*, depth: int, width: int = 64, bias: bool = True)"
DEFAULTS = {"depth": 4}


class TestSuper:
    def test_several_levels(self) -> None:
        class Middle(Block):
            def __init__(self, drop: float = 0.0, **kwargs: Any) -> None:
                super().__init__(**kwargs)

        class Last(Middle):
            def __init__(self, name: str, **kwargs: Any) -> None:
                super().__init__(**kwargs)

        assert text(Last) == "(name: str, *, drop: float = 0.0, depth: int, width: int = 64, bias: bool = True)"

    def test_with_its_arguments_written_out(self) -> None:
        class Middle(Block):
            def __init__(self, **kwargs: Any) -> None:
                super(Middle, self).__init__(**kwargs)

        assert text(Middle) == ALL

    def test_named_base(self) -> None:
        class Middle(Block):
            def __init__(self, **kwargs: Any) -> None:
                Block.__init__(self, **kwargs)

        assert text(Middle) == ALL

    def test_skipping_a_level(self) -> None:
        class Strict(Block):
            def __init__(self, nothing_else: int) -> None: ...

        class Last(Strict):
            def __init__(self, **kwargs: Any) -> None:
                super(Strict, self).__init__(**kwargs)

        assert text(Last) == ALL

    def test_cooperating_mixins_end_at_object(self) -> None:
        class First:
            def __init__(self, one: int = 1, **kwargs: Any) -> None:
                super().__init__(**kwargs)

        class Second:
            def __init__(self, two: int = 2, **kwargs: Any) -> None:
                super().__init__(**kwargs)

        class Both(First, Second):
            def __init__(self, three: int = 3, **kwargs: Any) -> None:
                super().__init__(**kwargs)

        assert text(Both) == "(three: int = 3, *, one: int = 1, two: int = 2)"
        assert text(First) == "(one: int = 1)"
        with pytest.raises(TypeError):
            Both(four=4)

    def test_the_order_of_resolution_is_that_of_the_class_that_is_made(self) -> None:
        class Root:
            def __init__(self, root: int = 0) -> None: ...

        class Left(Root):
            def __init__(self, left: int = 1, **kwargs: Any) -> None:
                super().__init__(**kwargs)

        class Right(Root):
            def __init__(self, right: int = 2, **kwargs: Any) -> None:
                super().__init__(**kwargs)

        class Diamond(Left, Right): ...

        assert text(Left) == "(left: int = 1, *, root: int = 0)"
        assert text(Diamond) == "(left: int = 1, *, right: int = 2, root: int = 0)"
        Diamond(left=1, right=2, root=3)

    def test_a_named_base_goes_on_along_the_class_that_is_made(self) -> None:
        class First:
            def __init__(self, one: int = 1, **kwargs: Any) -> None:
                super().__init__(**kwargs)

        class Second:
            def __init__(self, two: int = 2) -> None: ...

        class Both(First, Second):
            def __init__(self, **kwargs: Any) -> None:
                First.__init__(self, **kwargs)

        assert text(Both) == "(*, one: int = 1, two: int = 2)"
        Both(one=1, two=2)

    def test_a_name_fixed_there_is_refused(self) -> None:
        class Fixed(Block):
            def __init__(self, **kwargs: Any) -> None:
                super().__init__(depth=2, **kwargs)

        assert text(Fixed) == "(*, width: int = 64, bias: bool = True)"
        with pytest.raises(TypeError, match="multiple values"):
            Fixed(depth=3)

    def test_a_place_filled_there_is_refused(self) -> None:
        class Filled(Block):
            def __init__(self, **kwargs: Any) -> None:
                super().__init__(2, **kwargs)

        assert text(Filled) == "(*, width: int = 64, bias: bool = True)"

    def test_a_module_of_torch_takes_no_more(self) -> None:
        nn = pytest.importorskip("torch.nn")

        class Layer(nn.Module):
            def __init__(self, width: int, **kwargs: Any) -> None:
                super().__init__(**kwargs)

        assert text(Layer) == "(width: int)"

    def test_inherited_constructor(self) -> None:
        class Child(Block): ...

        assert text(Child) == "(depth: int, width: int = 64, *, bias: bool = True)"

    def test_builtin_bases_are_open(self) -> None:
        class Mine(dict[str, int]):
            def __init__(self, size: int, **kwargs: int) -> None:
                super().__init__(**kwargs)

        assert text(Mine) == "(size: int, **kwargs: int)"


class TestCalls:
    def test_another_class(self) -> None:
        def make(**kwargs: Any) -> Block:
            return Block(**kwargs)

        assert text(make) == ALL

    def test_both_branches(self) -> None:
        def make(kind: str = "a", **kwargs: Any) -> None:
            if kind == "a":
                stage(**kwargs)
            else:
                other_stage(**kwargs)

        assert text(make) == (
            "(kind: str = 'a', *, depth: int = 3, width: int = 64, bias: bool = True, groups: int = 1)"
        )

    def test_two_calls_both_have_to_accept(self) -> None:
        def make(**kwargs: Any) -> None:
            stage(**kwargs)
            other_stage(**kwargs)

        assert text(make) == "(*, depth: int)"

    def test_an_early_return_is_one_alternative(self) -> None:
        def make(kind: str = "", **kwargs: Any) -> None:
            if kind:
                return other_stage(**kwargs)
            stage(**kwargs)
            return other_stage(**kwargs)

        assert text(make) == "(kind: str = '', *, depth: int = 3, groups: int = 1)"

    def test_one_of_two_functions(self) -> None:
        def make(kind: str = "", **kwargs: Any) -> None:
            callee = stage if kind else other_stage
            return callee(**kwargs)

        assert "groups" in text(make)
        assert "width" in text(make)

    def test_method_of_the_class_that_is_made(self) -> None:
        class Base:
            def __init__(self, **kwargs: Any) -> None:
                self.set_up(**kwargs)

            def set_up(self, plain: int = 1) -> None: ...

        class Child(Base):
            def set_up(self, plain: int = 1, fancy: int = 2) -> None: ...

        assert text(Base) == "(*, plain: int = 1)"
        assert text(Child) == "(*, plain: int = 1, fancy: int = 2)"

    def test_class_attribute(self) -> None:
        class Holder:
            block = Block

            def __init__(self, **kwargs: Any) -> None:
                self.made = self.block(**kwargs)

        assert text(Holder) == ALL

    def test_class_method_of_a_subclass(self) -> None:
        class Base:
            def __init__(self, plain: int = 1) -> None: ...

            @classmethod
            def make(cls, size: int, **kwargs: Any) -> Base:
                return cls(**kwargs)

        class Child(Base):
            def __init__(self, fancy: int = 2) -> None: ...

        assert text(Base.make) == "(size: int, *, plain: int = 1)"
        assert text(Child.make) == "(size: int, *, fancy: int = 2)"

    def test_static_method(self) -> None:
        class Maker:
            @staticmethod
            def make(**kwargs: Any) -> Block:
                return Block(**kwargs)

        assert text(Maker.make) == ALL
        assert text(Maker().make) == ALL

    def test_bound_method_and_its_class(self) -> None:
        class Maker:
            def make(self, **kwargs: Any) -> Maker:
                return type(self)(**kwargs)

            def __init__(self, depth: int = 1) -> None: ...

        assert text(Maker().make) == "(*, depth: int = 1)"

    def test_callable_instance(self) -> None:
        class Maker:
            def __call__(self, size: int, **kwargs: Any) -> Block:
                return Block(width=size, **kwargs)

        assert text(Maker()) == "(size: int, *, depth: int, bias: bool = True)"

    def test_the_callee_as_an_argument(self) -> None:
        def helper(maker: Any, times: int = 1, **kwargs: Any) -> list[Any]:
            return [maker(**kwargs) for _ in range(times)]

        def make(**kwargs: Any) -> list[Any]:
            return helper(Block, **kwargs)

        def make_by_name(**kwargs: Any) -> list[Any]:
            return helper(maker=Block, **kwargs)

        assert text(helper) == "(maker: Any, times: int = 1, **kwargs: Any)"
        assert text(make) == "(*, times: int = 1, depth: int, width: int = 64, bias: bool = True)"
        assert text(make_by_name) == text(make)

    def test_import_inside(self) -> None:
        def make(**kwargs: Any) -> object:
            from fractions import Fraction

            return Fraction(**kwargs)

        assert text(make).startswith("(*, numerator=0, denominator=None")

    def test_in_a_loop_a_comprehension_and_a_lambda(self) -> None:
        def loop(depth: int = 2, **kwargs: Any) -> list[object]:
            made = []
            for index in range(depth):
                made.append(other_stage(index, **kwargs))  # noqa: PERF401 - a loop is what is looked at
            return made

        def comprehension(**kwargs: Any) -> list[object]:
            return [stage(**kwargs) for _ in range(2)]

        def later(**kwargs: Any) -> object:
            return lambda: stage(**kwargs)

        assert text(loop) == "(depth: int = 2, *, groups: int = 1)"
        assert text(comprehension) == ALL
        assert text(later) == ALL

    def test_inner_function_with_arguments_of_its_own(self) -> None:
        def make(**kwargs: Any) -> object:
            def inner(**kwargs: Any) -> None:
                stage(**kwargs)

            return inner

        assert text(make) == "()"

    def test_inner_function_that_only_raises(self) -> None:
        def make(**kwargs: Any) -> object:
            def deep() -> None:
                raise ValueError

            stage(**kwargs)
            deep()
            return stage

        assert text(make) == ALL

    def test_what_always_raises_refuses_nothing_itself(self) -> None:
        def part(**given: Any) -> None:
            raise NotImplementedError

        assert effective_signature(part).is_open

    def test_try_with_another_way_out(self) -> None:
        def make(**kwargs: Any) -> None:
            try:
                stage(**kwargs)
            except TypeError:
                other_stage(**kwargs)

        assert text(make) == "(*, depth: int = 3, width: int = 64, bias: bool = True, groups: int = 1)"

    def test_string_with_lines_at_the_margin(self) -> None:
        class Printed:
            def __init__(self, **kwargs: Any) -> None:
                self.help = """
usage:
    of no interest
"""
                stage(**kwargs)

        assert text(Printed) == ALL


class TestDictionaries:
    def test_defaults_below(self) -> None:
        def call(**kwargs: Any) -> None:
            stage(**dict({"depth": 2}, **kwargs))

        def display(**kwargs: Any) -> None:
            stage(**{**{"depth": 2}, **kwargs})  # noqa: PIE800 - people do write it

        def union(**kwargs: Any) -> None:
            stage(**({"depth": 2} | kwargs))

        def variable(**kwargs: Any) -> None:
            defaults = dict(depth=2)  # noqa: C408 - the way that timm writes it
            stage(**dict(defaults, **kwargs))

        def updated(**kwargs: Any) -> None:
            options = {"depth": 2}
            options.update(kwargs)
            stage(**options)

        def set_default(**kwargs: Any) -> None:
            kwargs.setdefault("depth", 2)
            stage(**kwargs)

        expected = "(*, depth: int = 2, width: int = 64, bias: bool = True)"
        assert {text(each) for each in (call, display, union, variable, updated, set_default)} == {expected}

    def test_defaults_of_the_module(self) -> None:
        def make(**kwargs: Any) -> None:
            stage(**{**DEFAULTS, **kwargs})

        assert text(make) == "(*, depth: int = 4, width: int = 64, bias: bool = True)"

    def test_defaults_that_nobody_can_read(self) -> None:
        def make(defaults: dict[str, Any], **kwargs: Any) -> None:
            stage(**dict(defaults, **kwargs))

        assert text(make) == "(defaults: dict[str, Any], *, depth: int = ..., width: int = 64, bias: bool = True)"

    def test_what_is_overwritten_is_lost_and_so_refused(self) -> None:
        def call(**kwargs: Any) -> None:
            stage(**dict(kwargs, depth=2))

        def display(**kwargs: Any) -> None:
            stage(**{**kwargs, "depth": 2})

        def union(**kwargs: Any) -> None:
            stage(**(kwargs | {"depth": 2}))

        def item(**kwargs: Any) -> None:
            kwargs["depth"] = 2
            stage(**kwargs)

        def update(**kwargs: Any) -> None:
            kwargs.update(depth=2)
            stage(**kwargs)

        def augmented(**kwargs: Any) -> None:
            kwargs |= {"depth": 2}
            stage(**kwargs)

        makers = (call, display, union, item, update, augmented)
        assert {text(each) for each in makers} == {"(*, width: int = 64, bias: bool = True)"}

    def test_what_is_read_before_it_is_overwritten_is_not_lost(self) -> None:
        def make(**kwargs: Any) -> None:
            kwargs["depth"] = 2 * kwargs.get("depth", 1)
            stage(**kwargs)

        def display(**kwargs: Any) -> None:
            stage(**{**kwargs, "depth": 2 * kwargs.get("depth", 1)})

        assert text(make) == "(*, width: int = 64, bias: bool = True, depth=1)"
        assert text(display) == text(make)

    def test_what_is_overwritten_on_one_way_is_accepted(self) -> None:
        def make(small: bool = False, **kwargs: Any) -> None:
            if small:
                kwargs["depth"] = 1
            stage(**kwargs)

        assert text(make) == "(small: bool = False, *, depth: int = ..., width: int = 64, bias: bool = True)"

    def test_fixed_in_the_dictionary(self) -> None:
        def make(**kwargs: Any) -> None:
            stage(**dict(depth=2, **kwargs))

        assert text(make) == "(*, width: int = 64, bias: bool = True)"
        with pytest.raises(TypeError, match="multiple values"):
            make(depth=3)

    def test_unpacked_beside_another(self) -> None:
        def make(**kwargs: Any) -> None:
            stage(**{"depth": 2}, **kwargs)  # noqa: PIE804 - people do write it

        assert text(make) == "(*, width: int = 64, bias: bool = True)"

    def test_copies_and_variables(self) -> None:
        def make(**kwargs: Any) -> None:
            first = kwargs.copy()
            second = dict(first)
            third = second or {}
            stage(**third)

        assert text(make) == ALL


class TestReading:
    def test_names_that_are_taken_out(self) -> None:
        def make(**kwargs: Any) -> None:
            kwargs.pop("mode", "fast")
            kwargs.pop("needed")
            stage(**kwargs)

        assert text(make) == "(*, depth: int, width: int = 64, bias: bool = True, mode='fast', needed)"

    def test_names_that_are_only_looked_at_go_on_to_the_callee(self) -> None:
        def make(**kwargs: Any) -> None:
            kwargs.get("mode", "fast")
            stage(**kwargs)

        assert text(make) == ALL
        with pytest.raises(TypeError):
            make(depth=1, mode="slow")

    def test_a_default_of_the_reader_does_not_make_it_optional_for_the_callee(self) -> None:
        def make(**kwargs: Any) -> None:
            kwargs.get("depth", 7)
            stage(**kwargs)

        assert text(make) == ALL

    def test_without_any_call(self) -> None:
        class Options:
            def __init__(self, **kwargs: Any) -> None:
                self.one = kwargs.get("one", 1)
                self.two = kwargs["two"]
                self.three = kwargs["three"] if "three" in kwargs else 3  # noqa: SIM401 - people do write it
                if "four" in kwargs:
                    self.four = kwargs["four"]

        signature = effective_signature(Options).signature
        assert text(Options) == "(*, one=1, two, three=..., four=...)"
        assert signature.parameters["three"].default is OPAQUE

    def test_the_rest_is_refused(self) -> None:
        def branch(**kwargs: Any) -> None:
            kwargs.pop("one", 1)
            if kwargs:
                message = f"unexpected {', '.join(kwargs)}"
                raise TypeError(message)

        def statement(**kwargs: Any) -> None:
            kwargs.pop("one", 1)
            assert not kwargs, f"unexpected {kwargs}"

        def counted(**kwargs: Any) -> None:
            kwargs.pop("one", 1)
            if len(kwargs) > 0:
                raise TypeError(f"unexpected {kwargs}")

        assert text(branch) == text(statement) == text(counted) == "(*, one=1)"

    def test_the_rest_must_not_be_empty(self) -> None:
        def make(**kwargs: Any) -> None:
            if not kwargs:
                raise ValueError("nothing to do")
            stage(**kwargs)

        assert text(make) == ALL

    def test_swallowed_arguments_reach_nothing(self) -> None:
        def swallow(depth: int = 1, **kwargs: Any) -> None: ...

        def forward(**kwargs: Any) -> None:
            swallow(**kwargs)

        assert text(swallow) == "(depth: int = 1)"
        assert text(forward) == "(*, depth: int = 1)"

    def test_a_reader_in_front_of_a_swallower(self) -> None:
        def swallow(depth: int = 1, **kwargs: Any) -> None: ...

        def reader(**kwargs: Any) -> None:
            kwargs.get("mode")
            swallow(**kwargs)

        assert text(reader) == "(*, depth: int = 1, mode=None)"


class TestEscapes:
    """Where the arguments go out of sight, names that nobody knows are let through."""

    def test_kept(self) -> None:
        class Kept:
            def __init__(self, **kwargs: Any) -> None:
                self.options = kwargs

        class Copied:
            def __init__(self, **kwargs: Any) -> None:
                self.options = dict(**kwargs)

        def returned(**kwargs: Any) -> dict[str, Any]:
            return dict(**kwargs)

        def iterated(**kwargs: Any) -> list[str]:
            return [name for name, _ in kwargs.items()]

        for each in (Kept, Copied, returned, iterated):
            assert effective_signature(each).is_open

    def test_kept_and_passed_to_somebody_strict(self) -> None:
        class Kept(Block):
            def __init__(self, **kwargs: Any) -> None:
                self.options = kwargs
                super().__init__(**kwargs)

        assert text(Kept) == ALL

    def test_handed_to_somebody_who_may_take_something_out(self) -> None:
        def make(take_out: Any, **kwargs: Any) -> None:
            take_out(kwargs)
            stage(**kwargs)

        expected = "(take_out: Any, *, depth: int, width: int = 64, bias: bool = True, **kwargs: Any)"
        assert text(make) == expected

    def test_somebody_unknown(self) -> None:
        def make(factory: Any, **kwargs: Any) -> object:
            return factory.build(**kwargs)

        def chosen(kind: str, **kwargs: Any) -> object:
            return {"stage": stage}[kind](**kwargs)

        assert effective_signature(make).is_open
        assert effective_signature(chosen).is_open

    def test_a_key_that_is_computed(self) -> None:
        def make(key: str, **kwargs: Any) -> object:
            return kwargs.pop(key)

        assert effective_signature(make).is_open

    def test_class_inside(self) -> None:
        def make(**kwargs: Any) -> object:
            class Inner(Block):
                def __init__(self) -> None:
                    super().__init__(**kwargs)

            return Inner()

        assert effective_signature(make).is_open


class TestWrappers:
    def test_wraps(self) -> None:
        def logged(function: Any) -> Any:
            @functools.wraps(function)
            def wrapper(*args: Any, **kwargs: Any) -> Any:
                return function(*args, **kwargs)

            return wrapper

        assert text(logged(stage)) == "(depth: int, width: int = 64, *, bias: bool = True)"
        assert text(logged(logged(Block))) == text(stage)

    def test_wraps_that_nobody_can_follow(self) -> None:
        def logged(function: Any) -> Any:
            holder = [function]

            @functools.wraps(function)
            def wrapper(*args: Any, **kwargs: Any) -> Any:
                return holder[0](*args, **kwargs)

            return wrapper

        assert text(logged(stage)) == "(depth: int, width: int = 64, *, bias: bool = True)"

    def test_wraps_of_a_wrapper_that_takes_its_arguments_apart(self) -> None:
        def lenient(function: Any) -> Any:
            @functools.wraps(function)
            def wrapper(*args: Any, **kwargs: Any) -> Any:
                known = inspect.signature(function).parameters
                function(*args, **{name: value for name, value in kwargs.items() if name in known})
                return {name: value for name, value in kwargs.items() if name not in known}

            return wrapper

        assert text(lenient(stage)) == "(depth: int, width: int = 64, *, bias: bool = True, **kwargs)"
        assert lenient(stage)(3, colour="red") == {"colour": "red"}

    def test_wraps_of_a_wrapper_with_names_of_its_own(self) -> None:
        def logged(function: Any) -> Any:
            @functools.wraps(function)
            def wrapper(*args: Any, **kwargs: Any) -> Any:
                for old, new in {"size": "width"}.items():
                    if old in kwargs:
                        kwargs[new] = kwargs.pop(old)
                function.__name__.format(kwargs)
                return function(*args, **kwargs)

            return wrapper

        assert text(logged(stage)) == "(depth: int, width: int = 64, *, bias: bool = True, size=...)"

    def test_wraps_of_a_wrapper_with_positional_arguments_of_its_own(self) -> None:
        def by_position(function: Any) -> Any:
            @functools.wraps(function)
            def wrapper(*args: Any, **kwargs: Any) -> Any:
                args, further = args[:1], args[1:]
                kwargs.update(dict(zip(["bias"], further, strict=True)))
                return function(*args, **kwargs)

            return wrapper

        def strict(depth: int, *, bias: bool = True) -> None: ...

        assert text(by_position(strict)) == "(depth: int, *args, bias: bool = True)"

    def test_plain_closure(self) -> None:
        def with_width(function: Any) -> Any:
            def wrapper(*args: Any, **kwargs: Any) -> Any:
                return function(*args, width=8, **kwargs)

            return wrapper

        assert text(with_width(stage)) == "(depth: int, *, bias: bool = True)"

    @pytest.mark.parametrize("named", [True, False])
    def test_decorated_constructor(self, named: bool) -> None:
        def plain(function: Any) -> Any:
            @functools.wraps(function)
            def wrapper(*args: Any, **kwargs: Any) -> Any:
                return function(*args, **kwargs)

            return wrapper

        def with_self(function: Any) -> Any:
            def wrapper(self: Any, *args: Any, **kwargs: Any) -> Any:
                return function(self, *args, **kwargs)

            return wrapper

        class Decorated(Block):
            @(with_self if named else plain)
            def __init__(self, size: int, **kwargs: Any) -> None:
                super().__init__(width=size, **kwargs)

        assert text(Decorated) == "(size: int, *, depth: int, bias: bool = True)"
        assert Decorated(3, depth=1).given == {"depth": 1, "width": 3, "bias": True}

    def test_cached(self) -> None:
        @functools.lru_cache
        def cached(size: int, **kwargs: Any) -> None:
            stage(**kwargs)

        @functools.cache
        def strict(size: int = 1) -> None: ...

        assert text(cached) == "(size: int, *, depth: int, width: int = 64, bias: bool = True)"
        assert text(strict) == "(size: int = 1)"

    def test_a_decorator_that_is_a_class(self) -> None:
        class Logged:
            def __init__(self, function: Any) -> None:
                functools.update_wrapper(self, function)
                self.function = function

            def __call__(self, *args: Any, **kwargs: Any) -> Any:
                return self.function(*args, **kwargs)

        assert text(Logged(stage)) == "(depth: int, width: int = 64, *, bias: bool = True)"


class TestPartials:
    def test_by_position_by_name_and_nested(self) -> None:
        by_position = functools.partial(stage, 2)
        by_name = functools.partial(stage, depth=2)
        nested = functools.partial(functools.partial(stage, 2), bias=False)
        assert text(by_position) == "(width: int = 64, *, bias: bool = True)"
        assert text(by_name) == "(*, depth: int = 2, width: int = 64, bias: bool = True)"
        assert text(nested) == "(width: int = 64, *, bias: bool = False)"
        by_name(depth=3)
        with pytest.raises(TypeError):
            by_position(depth=3)

    def test_of_what_forwards(self) -> None:
        def make(size: int = 1, **kwargs: Any) -> None:
            stage(**kwargs)

        assert text(functools.partial(make, depth=2)) == (
            "(size: int = 1, *, depth: int = 2, width: int = 64, bias: bool = True)"
        )

    def test_made_inside(self) -> None:
        def make(**kwargs: Any) -> Any:
            return functools.partial(stage, 3, **kwargs)

        assert text(make) == "(*, width: int = 64, bias: bool = True)"

    def test_of_a_partial_the_required_may_come_later(self) -> None:
        def make(**kwargs: Any) -> Any:
            return functools.partial(stage, **kwargs)

        assert text(make) == "(*, depth: int = ..., width: int = 64, bias: bool = True)"


class TestPositions:
    def test_passed_on(self) -> None:
        def make(size: int, *args: Any, **kwargs: Any) -> None:
            stage(*args, **kwargs)

        assert text(make) == "(size: int, depth: int, width: int = 64, *, bias: bool = True)"

    def test_not_passed_on(self) -> None:
        def make(*args: Any, **kwargs: Any) -> None:
            stage(**kwargs)

        assert text(make) == "(*args: Any, depth: int, width: int = 64, bias: bool = True)"

    def test_a_name_fixed_stands_in_the_way(self) -> None:
        def make(*args: Any, **kwargs: Any) -> None:
            stage(*args, width=2, **kwargs)

        def blocked(*args: Any, **kwargs: Any) -> None:
            stage(*args, depth=2, **kwargs)

        assert text(make) == "(depth: int, *, bias: bool = True)"
        assert text(blocked) == "(*, width: int = 64, bias: bool = True)"
        with pytest.raises(TypeError):
            blocked(1)

    def test_positional_only_names_are_free_for_others(self) -> None:
        def make(depth: int, /, **kwargs: Any) -> None:
            stage(**kwargs)

        assert text(make) == "(depth_: int, /, *, depth: int, width: int = 64, bias: bool = True)"
        make(1, depth=2)

    def test_positional_only_names_cannot_be_reached_by_name(self) -> None:
        def strict(depth: int = 1, /, width: int = 2) -> None: ...

        def make(**kwargs: Any) -> None:
            strict(**kwargs)

        assert text(make) == "(*, width: int = 2)"


class TestConstructors:
    def test_new(self) -> None:
        class Made:
            def __new__(cls, size: int, **kwargs: Any) -> Any:
                return Block(width=size, **kwargs)

        assert text(Made) == "(size: int, *, depth: int, bias: bool = True)"

    def test_new_and_init_both_have_to_accept(self) -> None:
        class Strict:
            def __new__(cls, size: int, name: str = "") -> Any:
                return super().__new__(cls)

            def __init__(self, size: int, other: int = 1) -> None: ...

        class Lenient:
            def __new__(cls, *args: Any, **kwargs: Any) -> Any:
                return super().__new__(cls)

            def __init__(self, size: int, other: int = 1) -> None: ...

        assert text(Strict) == "(size: int)"
        assert text(Lenient) == "(size: int, other: int = 1)"

    def test_metaclass_that_passes_everything_on(self) -> None:
        class Single(type):
            made: Any = None

            def __call__(cls, *args: Any, **kwargs: Any) -> Any:
                cls.made = cls.made or super().__call__(*args, **kwargs)
                return cls.made

        class Only(Block, metaclass=Single): ...

        assert text(Only) == "(depth: int, width: int = 64, *, bias: bool = True)"

    def test_metaclass_with_arguments_of_its_own(self) -> None:
        class Named(type):
            def __call__(cls, name: str, **kwargs: Any) -> Any:
                return super().__call__(**kwargs)

        class Child(Named): ...

        class Thing(Block, metaclass=Child): ...

        assert text(Thing) == "(name: str, *, depth: int, width: int = 64, bias: bool = True)"

    def test_abstract_base_class(self) -> None:
        class Base(abc.ABC):  # noqa: B024 - only its metaclass matters
            def __init__(self, depth: int = 1, **kwargs: Any) -> None:
                super().__init__(**kwargs)

        assert text(Base) == "(depth: int = 1)"

    def test_generic_class_and_alias(self) -> None:
        class Box(Generic[T]):
            def __init__(self, size: int, **kwargs: Any) -> None:
                stage(**kwargs)

        expected = "(size: int, *, depth: int, width: int = 64, bias: bool = True)"
        assert text(Box) == text(Box[int]) == expected

    def test_declared_signature(self) -> None:
        class Declared:
            __signature__ = inspect.Signature([inspect.Parameter("x", inspect.Parameter.KEYWORD_ONLY, default=1)])

            def __init__(self, **kwargs: Any) -> None: ...

        assert text(Declared) == "(*, x=1)"

    def test_class_without_a_constructor(self) -> None:
        class Empty: ...

        assert text(Empty) == "()"
        assert text(object) == "()"


class Options(TypedDict, total=False):
    depth: int
    bias: bool


class TestUnpack:
    def test_names_of_a_typed_dictionary(self) -> None:
        def make(size: int, **kwargs: Unpack[Options]) -> None: ...

        assert text(make) == "(size: int, *, depth: int = ..., bias: bool = ...)"

    def test_names_of_one_that_is_unpacked_as_older_versions_of_python_have_it(self) -> None:
        def make(size: int, **kwargs: typing_extensions.Unpack[Options]) -> None: ...

        assert text(make) == "(size: int, *, depth: int = ..., bias: bool = ...)"

    def test_what_is_marked_in_string_annotations(self) -> None:
        def some(**kwargs: Unpack[Marked]) -> None: ...

        def most(**kwargs: Unpack[MarkedTheOtherWay]) -> None: ...

        assert text(some) == "(*, depth: int, bias: bool = ...)"
        assert text(most) == "(*, depth: int = ..., bias: bool)"

    def test_defaults_are_those_of_what_the_names_reach(self) -> None:
        def make(size: int, **kwargs: Unpack[StageOptions]) -> object:
            return stage(depth=size, **kwargs)

        assert text(make) == "(size: int, *, width: int | None = 64, bias: bool = True, name: str = ...)"

    def test_defaults_that_are_set_on_the_way_come_first(self) -> None:
        def make(**kwargs: Unpack[StageOptions]) -> object:
            name = kwargs.pop("name", "stage")
            return name, stage(**{"width": 7, "depth": 1, **kwargs})

        assert text(make) == "(*, width: int | None = 7, bias: bool = True, name: str = 'stage')"

    def test_what_a_target_requires_may_still_be_left_out_as_far_as_the_dictionary_says(self) -> None:
        def make(**kwargs: Unpack[Options]) -> object:
            return stage(**kwargs)

        assert text(make) == "(*, depth: int = ..., bias: bool = True)"

    def test_what_is_required_has_no_default_wherever_it_goes(self) -> None:
        def make(**kwargs: Unpack[MarkedTheOtherWay]) -> object:
            return stage(**kwargs)

        assert text(make) == "(*, depth: int = ..., bias: bool)"

    def test_defaults_through_further_typed_dictionaries_and_classes(self) -> None:
        class Outer:
            def __init__(self, **kwargs: Unpack[StageOptions]) -> None:
                self.inner = middle(depth=2, **kwargs)

        def middle(**kwargs: Unpack[AllStageOptions]) -> object:
            return stage(**kwargs)

        assert text(Outer) == "(*, width: int | None = 64, bias: bool = True, name: str = ...)"

    def test_a_function_that_passes_them_to_itself(self) -> None:
        def make(times: int = 1, **kwargs: Unpack[Options]) -> object:
            return make(times - 1, **kwargs)

        assert text(make) == "(times: int = 1, *, depth: int = ..., bias: bool = ...)"

    def test_leaving_out_what_has_a_default_and_giving_none_where_that_is_it(self) -> None:
        def make(**kwargs: Unpack[Options]) -> object:
            return shallow(**kwargs)

        def shallow(depth: int | None = None, bias: bool = False) -> object:
            return depth, bias

        registry = Registry[object](make=make)
        assert text(make) == "(*, depth: int = None, bias: bool = False)"
        assert registry.build("make") == (None, False)
        assert registry.build("make", depth=None) == (None, False)


class StageOptions(TypedDict, total=False):
    width: int | None
    bias: bool
    name: str


class AllStageOptions(StageOptions, total=False):
    depth: int


from typing import NotRequired, Required  # noqa: E402 - beside the classes that need them


class Marked(TypedDict, total=False):
    depth: Required[int]
    bias: bool


class MarkedTheOtherWay(TypedDict):
    depth: NotRequired[int]
    bias: bool


class TestRecursion:
    def test_of_itself(self) -> None:
        def make(times: int = 1, **kwargs: Any) -> object:
            return make(times - 1, **kwargs) if times else stage(**kwargs)

        assert text(make) == "(times: int = 1, *, depth: int, width: int = 64, bias: bool = True)"

    def test_of_each_other(self) -> None:
        assert text(ping) == "(times: int = 1, *, depth: int, width: int = 64, bias: bool = True)"
        assert text(pong) == text(ping)

    def test_that_ends_nowhere(self) -> None:
        assert text(endless) == "()"

    def test_in_many_branches_takes_no_time(self) -> None:
        assert text(branching) == "(n: int = 0, *, depth: int, width: int = 64, bias: bool = True)"


def ping(times: int = 1, **kwargs: Any) -> object:
    return pong(times - 1, **kwargs) if times else stage(**kwargs)


def pong(times: int = 1, **kwargs: Any) -> object:
    return ping(times - 1, **kwargs) if times else stage(**kwargs)


def endless(**kwargs: Any) -> None:
    endless(**kwargs)


def branching(n: int = 0, **kwargs: Any) -> object:
    if n == 1:
        return branching(2, **kwargs)
    if n == 2:
        return branching(3, **kwargs)
    if n == 3:
        return branching(4, **kwargs)
    return stage(**kwargs)


class TestWithoutSource:
    def test_executed_text_is_open(self) -> None:
        namespace: dict[str, Any] = {"stage": stage}
        exec("def make(size, **kwargs):\n    return stage(**kwargs)", namespace)
        assert text(namespace["make"]) == "(size, **kwargs)"

    def test_lambda_is_followed_if_its_statement_has_no_other(self) -> None:
        assert (
            text(lambda size, **kwargs: stage(**kwargs)) == "(size, *, depth: int, width: int = 64, bias: bool = True)"
        )
        one, other = (lambda size, **kwargs: stage(**kwargs)), (lambda size, **kwargs: other_stage(**kwargs))
        assert text(one) == text(other) == "(size, **kwargs)"
        assert text(lambda **kwargs: kwargs) == "(**kwargs)"

    @pytest.mark.parametrize("builtin", [int, dict, range, Exception, print, getattr])
    def test_builtins_refuse_nothing_by_mistake(self, builtin: Any) -> None:
        signature = effective_signature(builtin).signature
        assert "self" not in signature.parameters
        assert signature.bind(*([] if builtin not in (range, getattr) else [object(), "x"])) is not None

    def test_builtin_with_a_signature(self) -> None:
        assert text(sorted) == "(iterable, /, *, key=None, reverse=False)"
        assert text(complex) == "(real=0, imag=0)"

    def test_what_cannot_be_called_is_open(self) -> None:
        assert effective_signature(object()).is_open


def test_origins_say_who_declares_each() -> None:
    class Child(Block):
        def __init__(self, name: str, **kwargs: Any) -> None:
            kwargs.pop("mode", None)
            super().__init__(**kwargs)

    origins = effective_signature(Child).origins
    assert origins == {
        "name": Child.__init__,
        "mode": Child.__init__,
        "depth": Block.__init__,
        "width": Block.__init__,
        "bias": Block.__init__,
    }


def test_many_ways_through_a_function_stay_cheap() -> None:
    """Forty conditions, each with names of its own, are as many ways as nobody can list."""
    lines = ["def make(**kwargs):"]
    for index in range(40):
        lines += [f"    if 'a{index}' in kwargs:", f"        kwargs.pop('a{index}')"]
    lines.append("    return None")
    signature = effective_signature(_written("\n".join(lines), "make")).signature
    assert len(signature.parameters) == 40


def test_more_alternatives_than_are_followed_are_open() -> None:
    lines = ["def make(flags, **kwargs):"]
    lines += [f"    flags[{index}] and stage(**kwargs)" for index in range(40)]
    assert effective_signature(_written("\n".join(lines), "make")).is_open


def _written(source: str, name: str) -> Any:
    """Make a function whose source can be found."""
    import linecache

    file = f"<written {len(linecache.cache)}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    namespace: dict[str, Any] = {"stage": stage, "__name__": __name__}
    exec(compile(source, file, "exec"), namespace)
    return namespace[name]
