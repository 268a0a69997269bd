"""Which `build` passes its arguments on: only one that does nothing else with them."""

# The functions below are read and never run: what they name need not be there.
# ruff: noqa: F821
# mypy: disable-error-code="name-defined, no-untyped-def"

from __future__ import annotations

import functools
from typing import Any

import pytest

from terraregistry.registry.signatures.passing import passes_on


class Passing:
    def looked_up(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """Has a docstring."""
        return self.all[name](*args, **kwargs)

    def guarded(self, name, /, *constructor_args, **constructor_kwargs):
        try:
            maker = self.all[name.lower()]
        except KeyError:
            raise LookupError(name) from None
        return wrap(maker(*constructor_args, **constructor_kwargs))

    def delegated(self, name, *args, **kwargs):
        if name in self.first:
            return self.first.build(name, *args, **kwargs)
        return self.second.build(name[1:], *args, **kwargs)

    kept = lambda self, name, *args, **kwargs: self.all[name](*args, **kwargs)  # noqa: E731 - a lambda is meant


def alone(name, *args, **kwargs):
    return ALL[name](*args, **kwargs)


class Else:
    def keyword(self, name, *args, **kwargs):
        return self.all[name](*args, pretrained=False, **kwargs)

    def positional(self, name, *args, **kwargs):
        return self.all[name](1, *args, **kwargs)

    def named(self, name, *args, **kwargs):
        return create(name, *args, **kwargs)

    def popped(self, name, *args, **kwargs):
        kwargs.pop("cache", None)
        return self.all[name](*args, **kwargs)

    def changed(self, name, *args, **kwargs):
        kwargs = {**kwargs, "a": 1}
        return self.all[name](*args, **kwargs)

    def partly(self, name, *args, **kwargs):
        return self.all[name](**kwargs)

    def dropped(self, name, *args, **kwargs):
        return self.all[name]()

    def own(self, name, *args, colour=None, **kwargs):
        return self.all[name](*args, **kwargs)

    def second(self, name, features=True, *args, **kwargs):
        return self.all[name](*args, **kwargs)

    def no_positions(self, name, **kwargs):
        return self.all[name](**kwargs)

    def nameless(self, *args, **kwargs):
        return self.all[args[0]](*args, **kwargs)

    def inside(self, name, *args, **kwargs):
        def later():
            return kwargs["a"]

        return self.all[name](*args, **kwargs)

    @functools.lru_cache  # noqa: B019 - read only
    def cached(self, name, *args, **kwargs):
        return self.all[name](*args, **kwargs)


def methods(of: type) -> list[str]:
    return [name for name in vars(of) if not name.startswith("__")]


@pytest.mark.parametrize("name", methods(Passing))
def test_it_passes_them_on(name: str) -> None:
    assert passes_on(getattr(Passing(), name))
    assert passes_on(alone)
    assert not passes_on(getattr(Passing, name))  # which takes another argument first


@pytest.mark.parametrize("name", methods(Else))
def test_it_does_something_else_with_them(name: str) -> None:
    assert not passes_on(getattr(Else(), name))


@pytest.mark.parametrize("build", [print, int, Passing(), functools.partial(alone)])
def test_what_has_no_source_of_its_own_is_not_known_to(build: Any) -> None:
    assert not passes_on(build)
