"""The steps of a signature's resolution, recorded on request: `explain_signature`."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from terraregistry.registry.locations import Location, locate
from terraregistry.registry.signatures.annotations import render_signature

if TYPE_CHECKING:
    import inspect
    from collections.abc import Callable

__all__ = ["SignatureExplanation", "Step", "explain_signature", "record"]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a resolution.

    Attributes:
        depth: The level: a callable is two below the one that calls it, and the call in between.
        text: The finding.
        location: The line of the source; None if unknown.
    """

    depth: int
    text: str
    location: Location | None

    def __str__(self) -> str:
        """Return the step as one indented line."""
        place = "" if self.location is None else f"  ({self.location})"
        return f"{'  ' * self.depth}{self.text}{place}"


@dataclass(frozen=True, slots=True)
class SignatureExplanation:
    """The effective signature of a constructor, and the way to it.

    Attributes:
        signature: The effective signature.
        steps: The steps of its resolution, in order.
    """

    signature: inspect.Signature
    steps: tuple[Step, ...]

    def __str__(self) -> str:
        """Return the steps, and then the signature, as lines of text."""
        return "\n".join([*map(str, self.steps), f"signature: {render_signature(self.signature)}"])


_RECORD: Final = ContextVar[list[Step] | None]("record", default=None)


def record(depth: int, text: Callable[[], str], location: Location | None = None, of: object = None) -> None:
    """Record a step, if somebody asked for them.

    Args:
        depth: The level of the step.
        text: Makes the text.
        location: The line of the source.
        of: A callable, located if there is no `location`.
    """
    steps = _RECORD.get()
    if steps is not None:
        steps.append(Step(depth, text(), location or (None if of is None else locate(of))))


def explain_signature(constructor: object) -> SignatureExplanation:
    """Explain the effective signature of a constructor: the calls followed, and where following stopped.

    Args:
        constructor: A class, function, partial, bound method or other callable.

    Returns:
        The signature, and each step with its file and line.

    Examples:
        >>> class Base:
        ...     def __init__(self, depth: int = 4) -> None: ...
        >>> class Derived(Base):
        ...     def __init__(self, name: str, **kwargs) -> None:
        ...         super().__init__(**kwargs)
        >>> for step in explain_signature(Derived).steps:
        ...     print(step.depth, step.text)
        0 class Derived
        2 Derived.__init__(name, **kwargs)
        3 calls super().__init__ with **kwargs
        4 Base.__init__(depth)
    """
    from terraregistry.registry.signatures.effective import effective_signature

    steps: list[Step] = []
    token = _RECORD.set(steps)
    try:
        signature = effective_signature(constructor).signature
    finally:
        _RECORD.reset(token)
    return SignatureExplanation(signature, tuple(steps))
