"""Validating the arguments of a call against a signature, before the call."""

from __future__ import annotations

import inspect
from inspect import Parameter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from terraregistry.errors import Problem, ProblemKind
from terraregistry.registry.explanations import explain
from terraregistry.registry.signatures import NOT_EVALUATED, render

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

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

    __slots__ = ("_least", "_named", "_open", "_parameters", "_positional", "_required", "_star", "_starting")

    def __init__(self, signature: inspect.Signature) -> None:
        parameters = signature.parameters.values()
        self._star: Final = any(each.kind is Parameter.VAR_POSITIONAL for each in parameters)
        self._open: Final = any(each.kind is Parameter.VAR_KEYWORD for each in parameters)
        self._parameters: Final = [each for each in parameters if each.kind in {*_BY_POSITION, *_BY_NAME}]
        self._positional: Final = [each for each in self._parameters if each.kind in _BY_POSITION]
        named = {each.name: each for each in self._parameters if each.kind in _BY_NAME}
        required = [each for each in self._parameters if each.default is Parameter.empty]
        self._required: Final = {each.name for each in required if each.name in named}
        self._least: Final = len(required) - len(self._required)
        # A positional-only parameter may have the name of an argument that a `**kwargs` takes.
        self._starting: Final = _Validators({each.name: each for each in self._positional}, is_open=False)
        self._named: Final = _Validators(named, is_open=self._open)

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
                positional = (*start, *args[len(taken) :])
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
        return (self._star or len(args) <= len(self._positional)) and not self._doubled(args, kwargs)

    def _doubled(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> list[str]:  # as above
        taken = self._positional[: len(args)]
        return [each.name for each in taken if each.kind in _BY_NAME and each.name in kwargs]

    def _problems(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Iterator[Problem]:  # as above
        if len(args) > len(self._positional) and not self._star:
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
        for name in kwargs if not self._open else ():
            if name not in self._named.parameters:
                yield Problem((name,), ProblemKind.UNKNOWN, choices=free)


class _Validators(dict[str, "Callable[[Any], Any]"]):
    """The validator of each argument: made on first use, and shared by equal parameters.

    Attributes:
        parameters: The parameters by name.
    """

    __slots__ = ("_is_open", "parameters")

    def __init__(self, parameters: Mapping[str, Parameter], *, is_open: bool) -> None:
        super().__init__()
        self.parameters: Final = parameters
        self._is_open: Final = is_open

    def __missing__(self, name: str) -> Callable[[Any], Any]:  # an argument is any object
        if self._is_open and name not in self.parameters:
            return _itself
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
