"""Mentions of components registered by other modules of a project."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from terraregistry.own_modules import module_of

if TYPE_CHECKING:
    from terraregistry.mypy_plugin.known_names import Registries
    from terraregistry.mypy_plugin.project import Project

__all__ = ["Mentions"]

_TEXTS: Final = re.compile(r"""["']([^"'\n]{1,200})["']""")
_NAMED: Final = re.compile(r"\b(?:build|builder|validate|find_class)\s*\(|_REGISTRY\b")


class Mentions:
    """Finder of the modules to load for the names in a file.

    Args:
        project: The project.
    """

    def __init__(self, project: Project) -> None:
        self._project = project

    def registering(self, module: str, path: str, registries: Registries) -> set[str]:
        """List the modules registering the names mentioned in a file.

        Args:
            module: The module of the file.
            path: The file.
            registries: The registries.

        Returns:
            Modules found by mypy under their names: those in the same folder of packages, and the configured ones.
        """
        try:
            text = Path(path).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return set()
        texts = set(_TEXTS.findall(text))
        found = {other for name, other in registries.registering() if _mentions(texts, name)}
        home = module_of(Path(path))[1]
        reachable = {other for other in found if self._is_beside(other, home)}
        if _NAMED.search(text):
            reachable.update(self._project.modules)
        return reachable - {module}

    def _is_beside(self, module: str, home: Path) -> bool:
        file = self._project.file_of(module)
        return file is not None and module_of(file) == (module, home)


def _mentions(texts: set[str], name: str) -> bool:
    return name in texts or any(text.endswith(f"_{name}") for text in texts)
