"""Validating the arguments of a call against a signature, before the call is made."""

from __future__ import annotations

import inspect
import typing
from inspect import Parameter
from typing import TYPE_CHECKING, Any, Final

from terraregistry.errors import Problem, ProblemKind
from terraregistry.registry.explanations import explain
from terraregistry.registry.signatures import NOT_EVALUATED, Opaque, render

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

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

    The pydantic schema is made once, here.
    """

    __slots__ = ("_names", "_open", "_parameters", "_positional", "_star", "accept", "reserved")

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
        self.accept: Final[typing.Callable[[Mapping[str, Any]], dict[str, Any]]] = self._compile().validate_python
        """Validates keyword arguments; raises pydantic's ValidationError, a ValueError."""

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
        refusal: Exception | None = None
        valid: dict[str, Any] = {}
        try:
            valid = self.accept(given)
        except Exception as error:  # noqa: BLE001 - a value's own methods may raise anything while it is looked at
            refusal = error
        reserved = self.reserved.intersection(kwargs)
        if refusal is not None or doubled or reserved or (len(args) > len(self._positional) and self._star is None):
            problems = [Problem(name, ProblemKind.UNKNOWN) for name in sorted(reserved)]
            raise InvalidArguments((*self._problems(args, given, doubled, refusal), *problems))
        positional = tuple(valid.pop(key) for key in self._positional[: len(args)])
        return positional + tuple(valid.pop(_REST, ())), valid

    def _by_name(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
        given = dict(zip(self._positional, args, strict=False))
        doubled = tuple(name for name in given if name in kwargs and name not in self.reserved)
        given.update((name, value) for name, value in kwargs.items() if name not in self.reserved)
        if self._star is not None and len(args) > len(self._positional):
            given[_REST] = args[len(self._positional) :]
        return given, doubled

    def _compile(self) -> SchemaValidator:
        from pydantic_core import SchemaValidator

        from terraregistry.registry.schemas import schema_of, with_default

        schemas = {name: schema_of(parameter.annotation) for name, parameter in self._parameters.items()}
        if self._star is not None:
            schemas[_REST] = schema_of(tuple[Any, ...])
        validator = SchemaValidator(self._schema(schemas, required=False))
        refused = _refused(validator, self._defaults())
        for name in refused:
            schemas[name] = with_default(schemas[name], self._parameters[name].default)
        return SchemaValidator(self._schema(schemas, required=True))

    def _schema(self, schemas: dict[str, CoreSchema], *, required: bool) -> CoreSchema:
        from pydantic_core import core_schema

        fields = {
            name: core_schema.typed_dict_field(schema, required=required and self._is_required(name))
            for name, schema in schemas.items()
        }
        return core_schema.typed_dict_schema(fields, extra_behavior="allow" if self._open else "forbid")

    def _is_required(self, name: str) -> bool:
        return name != _REST and self._parameters[name].default is Parameter.empty

    def _defaults(self) -> dict[str, object]:
        return {
            name: parameter.default
            for name, parameter in self._parameters.items()
            if parameter.default is not Parameter.empty and not isinstance(parameter.default, Opaque)
        }

    def _problems(
        self, args: tuple[Any, ...], given: Mapping[str, Any], doubled: tuple[str, ...], error: Exception | None
    ) -> Iterator[Problem]:
        surplus = len(args) - len(self._positional)
        if surplus > 0 and self._star is None:
            takes = f"takes at most {len(self._positional)} positional argument{'s' * (len(self._positional) != 1)}"
            yield Problem("", ProblemKind.TOO_MANY, detail=f"{takes}, got {len(args)}")
        for name in doubled:
            yield Problem(name, ProblemKind.DUPLICATE)
        refused = self._refused_of(given, error)
        for key, parameter in self._parameters.items():
            name = parameter.name
            if key in given and key in refused:
                yield from explain(parameter.annotation, given[key], name)
            elif key not in given and parameter.default is Parameter.empty:
                expected = "" if parameter.annotation is NOT_EVALUATED else render(parameter.annotation)
                yield Problem(name, ProblemKind.MISSING, expected=expected)
        if not self._open:
            for name in given:
                if name not in self._parameters and name != _REST:
                    unused = [other for other in self._names if other not in given]
                    yield Problem(name, ProblemKind.UNKNOWN, choices=unused)

    def _refused_of(self, given: Mapping[str, Any], error: Exception | None) -> set[str]:
        from pydantic_core import ValidationError

        from terraregistry.registry.schemas import accepts

        if error is None or isinstance(error, ValidationError):
            return _failed(error)
        known = given.keys() & self._parameters.keys()
        return {key for key in known if not accepts(self._parameters[key].annotation, given[key])}


def _key(parameter: Parameter) -> str:
    """Keep a positional-only parameter apart from an argument that is given by its name."""
    return "/" + parameter.name if parameter.kind is Parameter.POSITIONAL_ONLY else parameter.name


def _refused(validator: SchemaValidator, values: dict[str, object]) -> set[str]:
    from pydantic_core import ValidationError

    try:
        validator.validate_python(values)
    except ValidationError as error:
        return _failed(error)
    except Exception:  # noqa: BLE001 - a default's own methods may raise anything while it is looked at
        return set(values)
    return set()


def _failed(error: Exception | None) -> set[str]:
    from pydantic_core import ValidationError

    if not isinstance(error, ValidationError):
        return set()
    details = error.errors(include_url=False, include_context=False, include_input=False)
    return {str(detail["loc"][0]) for detail in details if detail["loc"]}
