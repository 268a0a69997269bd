"""Checks of the arguments of one decoder: all mistakes are collected and raised at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from typing import TYPE_CHECKING, Final, Generic, NamedTuple, NoReturn, SupportsInt, TypeGuard, TypeVar, cast, get_args

from terraregistry.errors import InvalidArgumentsError, Problem, ProblemKind, describe_value
from terraregistry.sources.smp.decoder_options import Interpolation

if TYPE_CHECKING:
    from terraregistry.sources.smp.decoder_options import Norm

__all__ = ["REGISTRY", "Argument", "Checks", "either"]

REGISTRY: Final = "smp"
_NORMS: Final = ("batchnorm", "identity", "inplace", "instancenorm")

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Argument(NamedTuple, Generic[T_co]):
    """The value of an argument, and the spelling of its name.

    Attributes:
        path: The spelling.
        value: The value.
    """

    path: str
    value: T_co


def either(name: str, value: T, other_name: str, other: T | None) -> Argument[T]:
    """Choose between the two spellings of an argument.

    Args:
        name: The name in smp's decoder.
        value: Its value, or the default.
        other_name: The name in smp's model.
        other: Its value; None if not given.

    Returns:
        The one given. Giving both is refused elsewhere, before defaults are filled in.
    """
    return Argument(name, value) if other is None else Argument(other_name, other)


class Checks:
    """Collector of the mistakes in the arguments of a component.

    Args:
        component: The name of the component.
    """

    __slots__ = ("_component", "_problems")

    def __init__(self, component: str) -> None:
        self._component = component
        self._problems: list[Problem] = []

    def refuse(self, path: str, detail: str, kind: ProblemKind = ProblemKind.INVALID) -> None:
        """Note a problem.

        Args:
            path: The argument.
            detail: The mistake, and its correction.
            kind: The kind of mistake.
        """
        self._problems.append(Problem(path, kind, detail=detail))

    def finish(self) -> None:
        """Raise the problems noted.

        Raises:
            InvalidArgumentsError: If there are any.
        """
        if self._problems:
            self.fail()

    def fail(self) -> NoReturn:
        """Raise the problems noted; there must be one.

        Raises:
            InvalidArgumentsError: Always.
        """
        raise InvalidArgumentsError(self._component, REGISTRY, tuple(self._problems))

    def stop(self, path: str, detail: str) -> NoReturn:
        """Note a problem after which nothing more can be checked, and raise all problems noted.

        Args:
            path: The argument.
            detail: The mistake, and its correction.

        Raises:
            InvalidArgumentsError: Always.
        """
        self.refuse(path, detail)
        self.fail()

    def positive(self, argument: Argument[int]) -> int:
        """Check that a number is a positive integer.

        Returns:
            The number; 0 if it is none.
        """
        if _is_positive(argument.value):
            return int(argument.value)
        self.refuse(argument.path, f"must be a positive integer, got {describe_value(argument.value)}")
        return 0

    # Untyped code may give anything for a list, and what is no list is what this looks for.
    def positives(self, argument: Argument[object]) -> tuple[int, ...] | None:
        """Check for a list of positive integers only.

        Returns:
            The list as a tuple of plain integers; None if it has other items.
        """
        given = argument.value
        if not isinstance(given, Sequence) or isinstance(given, (str, bytes)):
            self.refuse(argument.path, f"must be a list of positive integers, got {describe_value(given)}")
            return None
        entries = cast("Sequence[object]", given)
        bad = [f"entry {i} is {describe_value(entry)}" for i, entry in enumerate(entries) if not _is_positive(entry)]
        if bad:
            self.refuse(argument.path, f"must be a list of positive integers; {', '.join(bad)}")
            return None
        return tuple(int(entry) for entry in entries if _is_positive(entry))

    def fraction(self, argument: Argument[float]) -> float:
        """Check for a probability between 0 and 1.

        Returns:
            The probability.
        """
        given: object = argument.value
        if not isinstance(given, Real) or not 0 <= float(given) <= 1:
            self.refuse(argument.path, f"must be a number between 0 and 1, got {describe_value(given)}")
        return argument.value

    def choice(self, argument: Argument[T], choices: Sequence[object]) -> T:
        """Check that a value is one of a few.

        Returns:
            The value.
        """
        if argument.value not in choices:
            known = ", ".join(map(repr, choices))
            self.refuse(argument.path, f"must be one of {known}, got {describe_value(argument.value)}")
        return argument.value

    def interpolation(self, argument: Argument[Interpolation]) -> Interpolation:
        """Check for an upsampling mode applicable to maps.

        Returns:
            The mode.
        """
        return self.choice(argument, get_args(Interpolation))

    def norm(self, argument: Argument[Norm]) -> bool | str | dict[str, object]:
        """Check for one of smp's normalisations that work on maps.

        smp's `"layernorm"` is torch's layer over the last axis, the width of a map: it fits only maps as wide as they
        have channels, and fails deep inside the decoder on all others.

        Returns:
            The normalisation as smp takes it.
        """
        given = argument.value
        if isinstance(given, bool):
            return given
        options = dict(given) if isinstance(given, Mapping) else {}
        kind = options.get("type") if isinstance(given, Mapping) else given
        name = kind.lower() if isinstance(kind, str) else kind
        known = ", ".join(map(repr, _NORMS))
        if name == "layernorm":
            self.refuse(argument.path, f"smp's 'layernorm' normalises over the width of a map; use one of {known}")
        elif name not in _NORMS:
            where = " under 'type'" if options else ""
            self.refuse(argument.path, f"must be a bool or one of {known}{where}, got {describe_value(kind)}")
        return options or str(given)


def _is_positive(value: object) -> TypeGuard[SupportsInt]:
    return not isinstance(value, bool) and isinstance(value, Integral) and int(value) > 0
