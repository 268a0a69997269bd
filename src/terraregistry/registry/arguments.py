"""Validation of the arguments of a call against a signature."""

from __future__ import annotations

import typing
from collections.abc import Mapping, Sequence
from inspect import Parameter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from terraregistry.errors import Problem, ProblemKind
from terraregistry.locks import expect_imports
from terraregistry.registry.signatures import NOT_EVALUATED, render

if TYPE_CHECKING:
    import inspect
    from collections.abc import Callable, Iterator

    from terraregistry.problems import KeyPath

__all__ = ["ArgumentValidator", "Checked"]

_BY_NAME: Final = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)
_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})  # as are the arguments of a call

Checked: TypeAlias = tuple[tuple[Any, ...], Mapping[str, Any], tuple[Problem, ...]]  # arguments are any objects
"""The result of a check: the positional and the keyword arguments to call with, only those given, converted by lenient
schemas; and all problems. With problems, the arguments are as given."""


class ArgumentValidator:
    """Validator of the calls of one signature; each argument is validated by itself.

    Args:
        signature: The signature.
        ineffective: Arguments that would be dropped silently, each with the reason.
        synonyms: Second names of parameters, each with the first.
    """

    __slots__ = (
        "_extras",
        "_ineffective",
        "_least",
        "_parameters",
        "_positional",
        "_required",
        "_star",
        "_synonyms",
        "_validators",
        "_watched",
    )

    def __init__(
        self,
        signature: inspect.Signature,
        ineffective: Mapping[str, str] = _NOTHING,
        synonyms: Mapping[str, str] = _NOTHING,
    ) -> None:
        self._ineffective: Final = ineffective
        self._synonyms: Final = synonyms
        self._watched: Final = frozenset((*ineffective, *synonyms))
        self._star: Parameter | None = None
        self._extras: Parameter | None = None
        self._least = 0
        self._required: Final[set[str]] = set()
        self._parameters: Final[list[Parameter]] = []
        self._positional: Final[list[str]] = []
        # A positional-only parameter may have the name of an argument that a `**kwargs` takes: it is found by its place.
        taking: dict[str | int, Parameter] = {}
        for name, parameter in signature.parameters.items():
            kind = parameter.kind
            if kind is Parameter.VAR_POSITIONAL:
                self._star = parameter
            elif kind is Parameter.VAR_KEYWORD:
                self._extras = parameter
            else:
                self._parameters.append(parameter)
                if kind is not Parameter.KEYWORD_ONLY:
                    taking[len(self._positional)] = parameter
                    self._positional.append(name)
                if kind is not Parameter.POSITIONAL_ONLY:
                    taking[name] = parameter
                if parameter.default is Parameter.empty and name in taking:
                    self._required.add(name)
                elif parameter.default is Parameter.empty:
                    self._least += 1
        self._validators: Final = _Validators(taking, self._star, self._extras)

    # The arguments of a call are any objects.
    def check(self, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] = _NOTHING) -> Checked:
        """Check the arguments of one call against the signature."""
        valid: dict[str, Any] = {}
        positional, missing, validators = args, self._required, self._validators
        try:
            if args:
                names = self._positional[: len(args)]
                reach = len(names) if self._star is None else len(args)
                start = [validators[place](args[place]) for place in range(reach)]
                positional, missing = (*start, *args[reach:]), missing.difference(names)
            for name in kwargs:
                valid[name] = validators[name](kwargs[name])
        except RecursionError:  # pragma: no cover - the stack of a component that builds itself may end here
            raise
        except Exception:  # noqa: BLE001 - a value's own methods may raise anything while it is looked at
            return args, kwargs, self._problems(args, kwargs)
        # An empty set is tested first: to call its method takes as long as to validate an argument.
        is_complete = not missing or missing.issubset(valid)
        fits = is_complete and (self._fits(args, kwargs) if args else not self._least)
        if fits and (not self._watched or self._watched.isdisjoint(kwargs)):
            return positional, valid, ()
        problems = self._problems(args, kwargs)
        return (args, kwargs, problems) if problems else (positional, valid, ())

    def _fits(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bool:  # as above
        """Return True if all positional arguments have places and none is given by name as well."""
        few = self._star is not None or len(args) <= len(self._positional)
        return few and len(args) >= self._least and not self._doubled(args, kwargs)

    def _doubled(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> list[str]:  # as above
        taken = self._parameters[: min(len(args), len(self._positional))]
        return [each.name for each in taken if each.kind in _BY_NAME and each.name in kwargs]

    def _problems(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[Problem, ...]:  # as above
        """List all problems; `**kwargs` in a signature take ineffective arguments too."""
        found = [*map(self._explained, self._mismatches(args, kwargs))]
        reported = {each.parameter for each in found}
        twice = [
            Problem(other, ProblemKind.DUPLICATE, detail=f"given twice: also as {name!r}, which means the same")
            for other, name in self._synonyms.items()
            if name in kwargs and kwargs.get(other) is not None
        ]
        dropped = [
            Problem(name, ProblemKind.UNUSED, detail=reason)
            for name, reason in self._ineffective.items()
            if name in kwargs and name not in reported and not self._has_idle_values(name)
        ]
        return (*twice, *found, *dropped)

    def _explained(self, problem: Problem) -> Problem:
        """Replace the mismatch of an ineffective argument by the reason."""
        reason = self._ineffective.get(problem.parameter)
        if reason is None or problem.kind is not ProblemKind.TYPE or not self._has_idle_values(problem.parameter):
            return problem
        return Problem(problem.steps, ProblemKind.UNUSED, detail=reason)

    def _has_idle_values(self, name: str) -> bool:
        """Return True if the annotation of an ineffective parameter lists values accepted all the same."""
        parameter = self._validators.parameters.get(name)
        annotation = None if parameter is None else parameter.annotation
        return any(typing.get_origin(each) is typing.Literal for each in (annotation, *typing.get_args(annotation)))

    def _mismatches(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Iterator[Problem]:  # as above
        most = len(self._positional)
        if len(args) > most and self._star is None:
            takes = f"takes at most {most} positional argument{'s' * (most != 1)}"
            yield Problem("", ProblemKind.TOO_MANY, detail=f"{takes}, got {len(args)}")
        for name in self._doubled(args, kwargs):
            yield Problem(name, ProblemKind.DUPLICATE)
        free: list[str] = []
        for place, parameter in enumerate(self._parameters):
            name, is_named = parameter.name, parameter.kind in _BY_NAME
            if is_named and name in kwargs:
                yield from self._mismatch(name, parameter, kwargs[name])
            elif place < min(len(args), most):
                yield from self._mismatch(place, parameter, args[place])
            else:
                if is_named:
                    free.append(name)
                if parameter.default is Parameter.empty:
                    expected = "" if parameter.annotation is NOT_EVALUATED else render(parameter.annotation)
                    yield Problem(name, ProblemKind.MISSING, expected=expected)
        if self._star is not None:
            for place in range(most, len(args)):
                yield from self._mismatch(place, self._star, args[place], (self._star.name, place - most))
        for name in kwargs:
            if name in self._validators.parameters:
                continue
            reason = self._ineffective.get(name)
            if self._extras is not None:
                yield from self._mismatch(name, self._extras, kwargs[name], (name,))
            elif reason is None:
                yield Problem((name,), ProblemKind.UNKNOWN, choices=free)
            else:
                yield Problem((name,), ProblemKind.UNUSED, detail=reason)

    def _mismatch(
        self, key: str | int, parameter: Parameter, value: object, path: KeyPath | None = None
    ) -> Iterator[Problem]:
        try:
            self._validators[key](value)
        except RecursionError:  # pragma: no cover - as above
            raise
        except Exception:  # noqa: BLE001 - a value's own methods may raise anything while it is looked at
            from terraregistry.registry.explanations import explain

            yield from explain(parameter.annotation, value, path or (parameter.name,))


class _Validators(dict["str | int", "Callable[[Any], Any]"]):
    """The validators of arguments by name or place: made on first use, and shared by equal parameters.

    Attributes:
        parameters: The parameters by name, the positional ones also by place.
    """

    __slots__ = ("_extras", "_star", "parameters")

    def __init__(
        self, parameters: Mapping[str | int, Parameter], star: Parameter | None, extras: Parameter | None
    ) -> None:
        self.parameters: Final = parameters
        self._star: Final = star
        self._extras: Final = extras

    def __missing__(self, key: str | int) -> Callable[[Any], Any]:  # an argument is any object
        starred = self._star if isinstance(key, int) else self._extras
        if starred is not None and key not in self.parameters:
            return _itself if _is_of_the_whole(starred) else _validator(starred)  # not kept: any number of such names
        made = self[key] = _validator(self.parameters[key])
        return made


def _itself(value: Any) -> Any:  # an argument is any object
    return value


def _is_of_the_whole(starred: Parameter) -> bool:
    """Return True if the annotation of `*args` or `**kwargs` says nothing of an item.

    An annotation of the whole is a common mistake, such as `**kwargs: dict[str, Any]`.
    """
    whole = (tuple, list, Sequence) if starred.kind is Parameter.VAR_POSITIONAL else (dict, Mapping)
    annotation = starred.annotation
    return annotation is NOT_EVALUATED or annotation is Any or (typing.get_origin(annotation) or annotation) in whole


def _validator(parameter: Parameter) -> Callable[[Any], Any]:  # as above
    expect_imports()
    from terraregistry.registry.schemas import argument_validator

    return argument_validator(parameter).validate_python
