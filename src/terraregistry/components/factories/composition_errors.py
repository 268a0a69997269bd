"""Problems of a composition, worded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from terraregistry.errors import (
    ComponentNotFoundError,
    ComponentProtocolError,
    InvalidArgumentsError,
    Problem,
    ProblemKind,
)
from terraregistry.problems import display_path
from terraregistry.registry.kinds import Kind
from terraregistry.wording import add_note

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import TracebackType

    from torch import nn

    from terraregistry.problems import KeyPath

__all__ = ["COMPOSITION", "invalid_composition", "is_composition", "not_found", "noting", "unlike"]

COMPOSITION: Final = "EncoderDecoderFactory.build_model"
"""The component named in errors of a composition."""


def invalid_composition(problems: Iterable[Problem]) -> InvalidArgumentsError:
    """Make the error of a composition, with each problem listed once."""
    return InvalidArgumentsError(COMPOSITION, "MODEL_FACTORY_REGISTRY", tuple(dict.fromkeys(problems)))


def is_composition(error: InvalidArgumentsError) -> bool:
    """Return True for an error about a composition, False for one raised by a part about another component."""
    return error.component == COMPOSITION


def not_found(path: KeyPath, error: ComponentNotFoundError) -> Problem:
    """Turn the error of a name into a problem at the path of the name."""
    sources = f" (sources searched: {', '.join(error.sources)})" if error.sources else ""
    remedy = f"; {error.remedy}" if error.remedy else ""
    detail = f"{error.registry} has no component {error.name!r}{sources}{remedy}"
    return Problem(path, ProblemKind.NOT_FOUND, given=str(error.name), detail=detail, choices=error.suggestions)


def unlike(kind: type, module: nn.Module, where: KeyPath) -> Iterator[Problem]:
    """Yield the reasons why a module cannot be a part, if any."""
    try:
        Kind(kind).check(module, display_path(where), lambda: display_path(where))
    except ComponentProtocolError as error:
        lacks = [f"lacks {', '.join(error.missing)}"] if error.missing else []
        reasons = "; ".join([*lacks, *error.wrong])
        yield Problem(where, ProblemKind.INVALID, detail=f"{error.product} is no {error.kind}: it {reasons}")


class noting:  # noqa: N801 - it is used as a function
    """Context manager adding a note to exceptions raised inside.

    A class, since a `contextlib.contextmanager` cannot pass on a frozen exception.

    Args:
        note: The step in progress.
    """

    __slots__ = ("_note",)

    def __init__(self, note: str) -> None:
        self._note = note

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if isinstance(error, Exception):
            add_note(error, self._note)
