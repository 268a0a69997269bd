"""The components and tasks of TerraTorch missing here: those of an installation, and a list for the time without one.

`packaging/list_terratorch.py` writes the list, `terratorch_names.json`.
"""

from __future__ import annotations

import importlib.util
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypedDict, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "NAMES",
    "TERRATORCH",
    "TIMM",
    "how_to_get",
    "installed_names",
    "missing_task",
    "read_missing",
    "scan_terratorch",
]

NAMES: Final = "terratorch_names.json"
"""The file, beside this module."""
TERRATORCH: Final = "terratorch"
"""The package."""
TIMM: Final = "TIMM_BACKBONE_REGISTRY"
"""The registry of the models TerraTorch adds to timm."""
_INSTALL: Final = "pip install 'terraregistry[terratorch]'"
_REGISTERED: Final = re.compile(
    r"^@(?:(\w+_REGISTRY)\.register|register_model)\b[^\n]*\n(?:@[^\n]*\n)*(?:def|class) +(\w+)", re.MULTILINE
)


class _Missing(TypedDict):
    version: str
    components: dict[str, list[str]]
    tasks: list[str]


def scan_terratorch(package: Path) -> dict[str, dict[str, str]]:
    """Read the components in the source of TerraTorch, without importing it.

    Args:
        package: The folder of the package.

    Returns:
        The reference of each component, `module:qualname`, by registry and name.
    """
    found: dict[str, dict[str, str]] = {}
    for file in sorted(package.glob("models/**/*.py")):
        module = ".".join(file.relative_to(package.parent).with_suffix("").parts)
        for registry, name in _REGISTERED.findall(file.read_text(encoding="utf-8", errors="replace")):
            found.setdefault(registry or TIMM, {})[name] = f"{module}:{name}"
    return found


@cache
def installed_names() -> Mapping[str, Mapping[str, str]]:
    """Return the components of the installed TerraTorch as `scan_terratorch` does; empty without one."""
    try:
        spec = importlib.util.find_spec(TERRATORCH)
    except (ImportError, ValueError):  # what stands in sys.modules has no spec
        return {}
    return {} if spec is None or spec.origin is None else scan_terratorch(Path(spec.origin).parent)


@cache
def read_missing() -> _Missing:
    """Return the version of TerraTorch read, its components missing here by registry, and its tasks missing here."""
    import json
    from importlib.resources import files

    return cast("_Missing", json.loads((files("terraregistry") / NAMES).read_text(encoding="utf-8")))


def how_to_get(name: str, *registries: str) -> str:
    """Describe how to add a component of TerraTorch, of some registries or any; return an empty text for other names.

    Examples:
        >>> how_to_get("UNet", "TERRATORCH_DECODER_REGISTRY")
        ''
    """
    for registry in registries or read_missing()["components"]:
        if name in installed_names().get(registry, ()):
            line = f'{registry}.register(terratorch.registry.{registry}["{name}"])'
            return f"TerraTorch's component of this name is hidden by another source's; `{line}` adds it"
        if name in read_missing()["components"].get(registry, ()):
            return _absent("component")
    return ""


def missing_task(name: str) -> str:
    """Describe a task class of TerraTorch missing here; return an empty text for any other name."""
    missing = read_missing()
    return f"TerraTorch {missing['version']} has this task, terraregistry does not" if name in missing["tasks"] else ""


def _absent(what: str) -> str:
    if installed_names():
        return f"TerraTorch {read_missing()['version']} has this {what}, the installed one does not"
    return f"TerraTorch has this {what}; {_INSTALL}"
