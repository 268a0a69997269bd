"""List the components and tasks of TerraTorch missing here, from its source: nothing of it is imported.

uv pip install --no-deps --python-version 3.12 --target FOLDER terratorch==1.2.13
uv run python packaging/list_terratorch.py FOLDER
"""

from __future__ import annotations

import ast
import json
import sys
from importlib.metadata import distributions
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from terraregistry import library
from terraregistry.terratorch_names import NAMES, scan_terratorch
from terraregistry.tools.config.layouts import TASKS, WITHOUT_TASK

if TYPE_CHECKING:
    from collections.abc import Iterator


def missing_names(folder: str) -> dict[str, object]:
    """Return the contents of `terratorch_names.json` for an installation of TerraTorch."""
    components: dict[str, list[str]] = {}
    for registry, names in sorted(scan_terratorch(Path(folder, "terratorch")).items()):
        missing = sorted(name for name in names if name not in getattr(library, registry))
        if missing:
            components[registry] = missing
    tasks = sorted({*_tasks(Path(folder, "terratorch", "tasks", "__init__.py"))} - {*TASKS, *WITHOUT_TASK})
    (terratorch,) = distributions(name="terratorch", path=[folder])
    return {"version": terratorch.version, "components": components, "tasks": tasks}


def _tasks(file: Path) -> Iterator[str]:
    """Find the imported task classes, without their base class."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and not str(node.module).endswith("base_task"):
            yield from (each.name for each in node.names)


if __name__ == "__main__":
    text = json.dumps(missing_names(sys.argv[1]), indent=1) + "\n"
    Path(str(files("terraregistry") / NAMES)).write_text(text, encoding="utf-8")
