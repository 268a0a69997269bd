"""The names in timm's source, read as text: the contents of timm before its import."""

from __future__ import annotations

import ast
import importlib.util
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["TimmSource", "in_listing_order", "scan_fields", "scan_timm"]

_ARCHITECTURE: Final = re.compile(rb"^@register_model\b[^\n]*\n(?:@[^\n]*\n)*def +(\w+)", re.MULTILINE)
_DEPRECATIONS: Final = re.compile(
    rb"^register_model_deprecations\(\s*__name__,\s*(\{.*?\})\s*,?\s*\)", re.MULTILINE | re.DOTALL
)
_FIELD: Final = re.compile(rb"^    (\w+): ", re.MULTILINE)
_TAG: Final = re.compile(rb"""^ +['"](\w+\.\w+)\*?['"] *: *\w+\(""", re.MULTILINE)


class TimmSource:
    """The names written out in timm's source.

    Args:
        texts: The text of each module with models.
        additions: Architectures registered on the import of timm.
    """

    def __init__(self, texts: tuple[bytes, ...], additions: tuple[str, ...] = ()) -> None:
        self._texts: Final = texts
        found = {name.decode() for text in texts for name in _ARCHITECTURE.findall(text)}
        self.architectures: Final = frozenset(found.union(additions))
        # Each is worked out when it is first asked for: without a lock, at worst twice.
        self._listed: tuple[str, ...] | None = None
        self._deprecated: Mapping[str, str | None] | None = None
        self._tagged: frozenset[str] | None = None

    @property
    def listed(self) -> tuple[str, ...]:
        """The architectures in timm's listing order."""
        if self._listed is None:
            self._listed = tuple(sorted(self.architectures, key=in_listing_order))
        return self._listed

    @property
    def deprecated(self) -> Mapping[str, str | None]:
        """The deprecated names, each with its successor; None for a removed one."""
        if self._deprecated is None:
            tables = [table for text in self._texts for table in _DEPRECATIONS.findall(text)]
            self._deprecated = {old: new for each in tables for old, new in ast.literal_eval(each.decode()).items()}
        return self._deprecated

    @property
    def tagged(self) -> frozenset[str]:
        """Architectures with a pretrained tag. There are more: some are put together by code."""
        if self._tagged is None:
            found = {name.decode() for text in self._texts for name in _TAG.findall(text)}
            self._tagged = frozenset(name for name in found if name.partition(".")[0] in self.architectures)
        return self._tagged

    def look_up(self, name: str) -> tuple[bool, str | None]:
        """Look a name up, as far as the source is conclusive.

        Args:
            name: An architecture, also with a tag, or a deprecated name.

        Returns:
            True if the source is conclusive, and then the architecture, or None for an unknown name.
        """
        if name in self.architectures:
            return True, name
        architecture, dot, _ = name.partition(".")
        if dot:
            return (True, architecture) if name in self.tagged else (architecture not in self.architectures, None)
        current = self.deprecated.get(name)
        return (True, None) if current is None else self.look_up(current.partition(".")[0])


def in_listing_order(name: str) -> list[int | str]:
    """Return timm's sort key of names: numbers by value, letter case counts for nothing."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name.lower())]


def scan_timm(additions: tuple[str, ...] = ()) -> TimmSource | None:
    """Read the names in timm's source; None without a source to read.

    Args:
        additions: Architectures registered on the import of timm.
    """
    try:
        source = TimmSource(tuple(file.read_bytes() for file in sorted(_models().glob("[!_]*.py"))), additions)
    except OSError:
        return None
    return source if len(source.architectures) > len(additions) else None


def scan_fields() -> tuple[str, ...]:
    """Read the fields of timm's `PretrainedCfg`, the keys of its descriptions of weights; none without a source to read."""
    try:
        text = (_models() / "_pretrained.py").read_bytes()
    except OSError:
        return ()
    found = re.search(rb"^class PretrainedCfg\b.*?(?=^\S|\Z|^    @)", text, re.MULTILINE | re.DOTALL)
    return tuple(name.decode() for name in _FIELD.findall(found.group())) if found is not None else ()


def _models() -> Path:
    """Return the folder with timm's models.

    Raises:
        FileNotFoundError: timm cannot be found.
    """
    try:
        found = importlib.util.find_spec("timm")
    except (ImportError, ValueError):  # a finder of somebody's own; what is wrong shows when timm is imported
        found = None
    if found is None or found.origin is None:
        raise FileNotFoundError("timm")
    return Path(found.origin).parent / "models"
