"""Names and prefixes: validity, and the spelling of a qualified name."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["QualifiedName", "is_prefix", "name_fault"]


class QualifiedName(NamedTuple):
    """A name in two parts: the prefix of the source, and the component's name in it.

    Examples:
        >>> str(QualifiedName("timm", "resnet18"))
        'timm_resnet18'
    """

    prefix: str
    name: str

    def __str__(self) -> str:
        """Return the canonical spelling."""
        return f"{self.prefix}_{self.name}"


def is_prefix(prefix: object) -> bool:
    """Return True if a value is a valid prefix: a non-empty identifier.

    Args:
        prefix: Anything.

    Returns:
        True for an identifier.
    """
    return isinstance(prefix, str) and prefix.isidentifier()


def name_fault(name: object) -> str | None:
    """Check the name of a component.

    Args:
        name: Anything.

    Returns:
        The fault as text, or None if valid.
    """
    if not isinstance(name, str):
        return f"a name is a string, not {type(name).__qualname__}"
    if not name:
        return "a name has at least one character"
    if not name.isprintable() or name != name.strip():
        return "a name has printable characters only, and no space around it"
    return None
