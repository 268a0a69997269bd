"""Validating the arguments of a call against a signature, before the call."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Mapping, Sequence
from inspect import Parameter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from terraregistry.errors import Problem, ProblemKind
from terraregistry.registry.explanations import explain
from terraregistry.registry.signatures import NOT_EVALUATED, render

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["ArgumentValidator", "Checked"]

_BY_POSITION: Final = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
_BY_NAME: Final = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)


class Checked(NamedTuple):
    """The arguments of a call after validation against a signature.

    Attributes:
        args: The positional arguments to call with.
        kwargs: The keyword arguments to call with: only those given, converted by lenient schemas.
        problems: All problems found; if there are any, the arguments are returned as given.
    """

    args: tuple[Any, ...]  # the arguments of a call are any objects
    kwargs: Mapping[str, Any]
    problems: tuple[Problem, ...] = ()


class ArgumentValidator:
    """Validator of calls to one signature; each argument is validated by itself."""

    __slots__ = ("_extras", "_least", "_named", "_parameters", "_positional", "_required", "_star", "_starting")

    def __init__(self, signature: inspect.Signature) -> None:
        parameters = signature.parameters.values()
        self._star: Final = next((each for each in parameters if each.kind is Parameter.VAR_POSITIONAL), None)
        self._extras: Final = next((each for each in parameters if each.kind is Parameter.VAR_KEYWORD), None)
        self._parameters: Final = [each for each in parameters if each.kind in {*_BY_POSITION, *_BY_NAME}]
        self._positional: Final = [each for each in self._parameters if each.kind in _BY_POSITION]
        named = {each.name: each for each in self._parameters if each.kind in _BY_NAME}
        required = [each for each in self._parameters if each.default is Parameter.empty]
        self._required: Final = {each.name for each in required if each.name in named}
        self._least: Final = len(required) - len(self._required)
        # A positional-only parameter may have the name of an argument that a `**kwargs` takes.
        self._starting: Final = _Validators({each.name: each for each in self._positional}, self._star)
        self._named: Final = _Validators(named, self._extras)

    # The arguments of a call are any objects.
    def __call__(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Checked:
        """Validate the arguments of one call.

        Args:
            args: The positional arguments.
            kwargs: The keyword arguments.

        Returns:
            The arguments to call with, or all problems.
        """
        if (args and not self._fits(args, kwargs)) or len(args) < self._least:
            return Checked(args, kwargs, tuple(self._problems(args, kwargs)))
        valid: dict[str, Any] = {}
        missing, positional = self._required, args
        try:
            if args:
                taken = self._positional[: len(args)]
                start = [self._starting[each.name](value) for each, value in zip(taken, args, strict=False)]
                further: list[Any] = [self._starting.rest(value) for value in args[len(taken) :]]
                positional = (*start, *further)
                missing = missing.difference([each.name for each in taken])
            for name, value in kwargs.items():
                valid[name] = self._named[name](value)
        except Exception:  # noqa: BLE001 - a value's own methods may raise anything while it is looked at
            return Checked(args, kwargs, tuple(self._problems(args, kwargs)))
        if missing.issubset(valid):
            # As Checked(...) does, without the Python function in between that costs as much as validating two arguments.
            return tuple.__new__(Checked, (positional, valid, ()))  # pyright: ignore[reportUnknownMemberType]  # typeshed leaves its items open
        return Checked(args, kwargs, tuple(self._problems(args, kwargs)))

    def _fits(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bool:  # as above
        """Return True if all positional arguments have places and none is given by name as well."""
        return (self._star is not None or len(args) <= len(self._positional)) and not self._doubled(args, kwargs)

    def _doubled(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> list[str]:  # as above
        taken = self._positional[: len(args)]
        return [each.name for each in taken if each.kind in _BY_NAME and each.name in kwargs]

    def _problems(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Iterator[Problem]:  # as above
        if len(args) > len(self._positional) and self._star is None:
            takes = f"takes at most {len(self._positional)} positional argument{'s' * (len(self._positional) != 1)}"
            yield Problem("", ProblemKind.TOO_MANY, detail=f"{takes}, got {len(args)}")
        for name in self._doubled(args, kwargs):
            yield Problem(name, ProblemKind.DUPLICATE)
        given = {each.name: value for each, value in zip(self._positional, args, strict=False)}
        free: list[str] = []
        for parameter in self._parameters:
            name, is_named = parameter.name, parameter.kind in _BY_NAME
            if name in given or (is_named and name in kwargs):
                validators, value = (
                    (self._named, kwargs[name]) if is_named and name in kwargs else (self._starting, given[name])
                )
                if not validators.accept(name, value):
                    yield from explain(parameter.annotation, value, (name,))
                continue
            if is_named:
                free.append(name)
            if parameter.default is Parameter.empty:
                expected = "" if parameter.annotation is NOT_EVALUATED else render(parameter.annotation)
                yield Problem(name, ProblemKind.MISSING, expected=expected)
        if self._star is not None:
            for index, value in enumerate(args[len(self._positional) :]):
                if not self._starting.accept("", value):
                    yield from explain(self._star.annotation, value, (self._star.name, index))
        for name, value in kwargs.items():
            if name in self._named.parameters:
                continue
            if self._extras is None:
                yield Problem((name,), ProblemKind.UNKNOWN, choices=free)
            elif not self._named.accept(name, value):
                yield from explain(self._extras.annotation, value, (name,))


class _Validators(dict[str, "Callable[[Any], Any]"]):
    """The validator of each argument: made on first use, and shared by equal parameters.

    Attributes:
        parameters: The parameters by name.
        rest: The validator of any other argument, where there may be more.
    """

    __slots__ = ("_is_open", "parameters", "rest")

    def __init__(self, parameters: Mapping[str, Parameter], starred: Parameter | None) -> None:
        super().__init__()
        self.parameters: Final = parameters
        self._is_open: Final = starred is not None
        self.rest: Final = _itself if starred is None else _rest(starred)

    def __missing__(self, name: str) -> Callable[[Any], Any]:  # an argument is any object
        if self._is_open and name not in self.parameters:
            return self.rest
        from terraregistry.registry.schemas import argument_validator

        made = self[name] = argument_validator(self.parameters[name]).validate_python
        return made

    def accept(self, name: str, value: object) -> bool:
        """Return True if a value fits its parameter."""
        try:
            self[name](value)
        except Exception:  # noqa: BLE001 - a value's own methods may raise anything while it is looked at
            return False
        return True


def _itself(value: Any) -> Any:  # an argument is any object
    return value


def _rest(starred: Parameter) -> Callable[[Any], Any]:  # as above
    """Return the validator of each further argument, by the annotation of `*args` or `**kwargs`.

    An annotation of the whole is a common mistake, such as `**kwargs: dict[str, Any]`; it says nothing of an item.
    """
    whole = (tuple, list, Sequence) if starred.kind is Parameter.VAR_POSITIONAL else (dict, Mapping)
    annotation = starred.annotation
    if annotation is NOT_EVALUATED or annotation is Any or (typing.get_origin(annotation) or annotation) in whole:
        return _itself
    from terraregistry.registry.schemas import argument_validator

    return argument_validator(starred).validate_python
