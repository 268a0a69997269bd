"""The components and tasks of TerraTorch missing here: names and remedies, read from `terratorch_names.json`.

`packaging/list_terratorch.py` writes that file.
"""

from __future__ import annotations

from functools import cache
from typing import Final, TypedDict, cast

__all__ = ["NAMES", "TIMM", "how_to_get", "missing_task", "read_missing"]

NAMES: Final = "terratorch_names.json"
"""The file, beside this module."""
TIMM: Final = "TIMM_BACKBONE_REGISTRY"
"""The registry of the models TerraTorch adds to timm."""


class _Missing(TypedDict):
    version: str
    components: dict[str, list[str]]
    tasks: list[str]


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
    missing = read_missing()
    for registry in registries or missing["components"]:
        if name in missing["components"].get(registry, ()):
            line = f'{registry}.register(terratorch.registry.{registry}["{name}"])'
            line = "import terratorch.models" if registry == TIMM else line
            known = f"TerraTorch {missing['version']} has it, terraregistry does not"
            return f"{known}: with TerraTorch installed, `{line}` adds it (for a config, in a module named by --import)"
    return ""


def missing_task(name: str) -> str:
    """Describe a task class of TerraTorch missing here; return an empty text for any other name."""
    missing = read_missing()
    return f"TerraTorch {missing['version']} has this task, terraregistry does not" if name in missing["tasks"] else ""
