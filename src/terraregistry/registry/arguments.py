"""Validating the arguments of a call against a signature, before the call is made."""

from __future__ import annotations

import inspect
import typing
from inspect import Parameter
from typing import TYPE_CHECKING, Any, Final

from terraregistry.errors import Problem, ProblemKind
from terraregistry.registry.explanations import explain
from terraregistry.registry.signatures import NOT_EVALUATED, render

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping

    from pydantic_core import CoreSchema, SchemaValidator

__all__ = ["ArgumentValidator", "InvalidArguments"]

_BY_POSITION: Final = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
_STARRED: Final = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
_REST: Final = "*"
"""The key of the further positional arguments; no parameter can be called that."""


class InvalidArguments(Exception):  # noqa: N818 - never reaches a user: the registry adds the component and raises its own
    """The problems of a call whose component is not known here.

    Attributes:
        problems: One entry a mistake.
    """

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(problems)
        self.problems = problems


class ArgumentValidator:
    """Validates the arguments of calls of one signature.

    The first call is validated one argument at a time, with schemas that signatures share; for the second the schema of the whole
    signature is made, and kept.

    Attributes:
        accept: Validates keyword arguments at full speed; raises pydantic's ValidationError, a ValueError. None before the
            second call, and always where a parameter has no name to a caller.
    """

    __slots__ = (
        "_called",
        "_names",
        "_open",
        "_parameters",
        "_positional",
        "_single",
        "_star",
        "_whole",
        "accept",
        "reserved",
    )

    def __init__(self, signature: inspect.Signature) -> None:
        parameters = signature.parameters.values()
        self._parameters: Final = {
            _key(parameter): parameter for parameter in parameters if parameter.kind not in _STARRED
        }
        self._positional: Final = tuple(
            key for key, parameter in self._parameters.items() if parameter.kind in _BY_POSITION
        )
        self._star: Final = next((each for each in parameters if each.kind is Parameter.VAR_POSITIONAL), None)
        self._open: Final = any(parameter.kind is Parameter.VAR_KEYWORD for parameter in parameters)
        self._names: Final = tuple(name for name in self._parameters if not name.startswith("/"))
        self.reserved: Final = frozenset(self._parameters).difference(self._names) | (
            {_REST} if self._star else set[str]()
        )
        """Keys of the schema that are not names of keyword arguments; nobody may give them."""
        self._called = False
        self._single: Final[dict[str, SchemaValidator]] = {}
        self._whole: typing.Callable[[Mapping[str, Any]], dict[str, Any]] | None = None
        self.accept: typing.Callable[[Mapping[str, Any]], dict[str, Any]] | None = None

    # The arguments of a call are any objects.
    def __call__(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Validate the arguments of one call.

        Args:
            args: The positional arguments.
            kwargs: The keyword arguments.

        Returns:
            The arguments to call with: those given and no others, converted where a leniency asks for it.

        Raises:
            InvalidArguments: They do not fit; everything that is wrong is listed.
        """
        given, doubled = self._by_name(args, kwargs)
        valid, refused = self._validated(given)
        reserved = self.reserved.intersection(kwargs)
        if refused is not None or doubled or reserved or (len(args) > len(self._positional) and self._star is None):
            problems = [Problem(name, ProblemKind.UNKNOWN) for name in sorted(reserved)]
            raise InvalidArguments((*self._problems(args, given, doubled, refused or ()), *problems))
        positional = tuple(valid.pop(key) for key in self._positional[: len(args)])
        further: tuple[Any, ...] = () if self._star is None else valid.pop(_REST)
        return positional + further, valid

    def _validated(self, given: Mapping[str, Any]) -> tuple[dict[str, Any], set[str] | None]:  # as above
        """Validate what was given by name.

        Returns:
            The values, where all fit; the names of those that do not, or None where nothing at all is wrong.
        """
        if not self._called:
            self._called = True
            return self._one_by_one(given)
        if self._whole is None:
            self._whole = self._compile().validate_python
            self.accept = None if self.reserved else self._whole
        try:
            return self._whole(given), None
        except Exception:  # noqa: BLE001 - a value's own methods may raise anything while it is looked at
            # Also where pydantic refuses the whole call, as for half of a surrogate pair in the name of an argument.
            return self._one_by_one(given)

    def _one_by_one(self, given: Mapping[str, Any]) -> tuple[dict[str, Any], set[str] | None]:  # as above
        valid: dict[str, Any] = {}
        refused: set[str] = set()
        for key in self._parameters:  # in the order in which the whole schema gives them
            if key in given:
                try:
                    valid[key] = (self._single.get(key) or self._made_for(key)).validate_python(given[key])
                except Exception:  # noqa: BLE001 - as above
                    refused.add(key)
        others = {key: value for key, value in given.items() if key not in self._parameters}
        complete = all(key in given for key in self._parameters if self._is_required(key))
        known = self._open or not any(key != _REST or self._star is None for key in others)
        fits = complete and known and not refused
        return valid | others, None if fits else refused

    def _made_for(self, key: str) -> SchemaValidator:
        from terraregistry.registry.schemas import argument_validator

        made = self._single[key] = argument_validator(self._parameters[key])
        return made

    def _by_name(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
        given = dict(zip(self._positional, args, strict=False))
        doubled = tuple(name for name in given if name in kwargs and name not in self.reserved)
        given.update((name, value) for name, value in kwargs.items() if name not in self.reserved)
        if self._star is not None:
            given[_REST] = args[len(self._positional) :]
        return given, doubled

    def _compile(self) -> SchemaValidator:
        from pydantic_core import SchemaValidator, core_schema

        from terraregistry.registry.schemas import argument_schema

        schemas = {name: argument_schema(parameter) for name, parameter in self._parameters.items()}
        if self._star is not None:
            schemas[_REST] = core_schema.any_schema()
        return SchemaValidator(self._schema(schemas))

    def _schema(self, schemas: dict[str, CoreSchema]) -> CoreSchema:
        from pydantic_core import core_schema

        fields = {
            name: core_schema.typed_dict_field(schema, required=self._is_required(name))
            for name, schema in schemas.items()
        }
        return core_schema.typed_dict_schema(fields, extra_behavior="allow" if self._open else "forbid")

    def _is_required(self, name: str) -> bool:
        return name != _REST and self._parameters[name].default is Parameter.empty

    def _problems(
        self, args: tuple[Any, ...], given: Mapping[str, Any], doubled: tuple[str, ...], refused: Container[str]
    ) -> Iterator[Problem]:
        surplus = len(args) - len(self._positional)
        if surplus > 0 and self._star is None:
            takes = f"takes at most {len(self._positional)} positional argument{'s' * (len(self._positional) != 1)}"
            yield Problem("", ProblemKind.TOO_MANY, detail=f"{takes}, got {len(args)}")
        for name in doubled:
            yield Problem(name, ProblemKind.DUPLICATE)
        for key, parameter in self._parameters.items():
            name = parameter.name
            if key in given and key in refused:
                yield from explain(parameter.annotation, given[key], (name,))
            elif key not in given and parameter.default is Parameter.empty:
                expected = "" if parameter.annotation is NOT_EVALUATED else render(parameter.annotation)
                yield Problem(name, ProblemKind.MISSING, expected=expected)
        if not self._open:
            for name in given:
                if name not in self._parameters and (name != _REST or self._star is None):
                    unused = [other for other in self._names if other not in given]
                    yield Problem((name,), ProblemKind.UNKNOWN, choices=unused)


def _key(parameter: Parameter) -> str:
    """Keep a positional-only parameter apart from an argument that is given by its name."""
    return "/" + parameter.name if parameter.kind is Parameter.POSITIONAL_ONLY else parameter.name
