"""Writes the index of the components into the package when it is built or installed: from `index.sql`, which is text for git."""

from __future__ import annotations

import importlib.util
import json
import sqlite3
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

if TYPE_CHECKING:
    from types import ModuleType

_PACKAGE = Path("src", "terraregistry")
_SHIPPED = _PACKAGE / "index" / "shipped.index"


class IndexHook(BuildHookInterface[Any]):  # the configuration of any builder
    """Writes `shipped.index`: a digest and an SQLite image."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the file, and add it to what is built."""
        del version
        root = Path(self.root)
        (root / _SHIPPED).write_bytes(_image(root))
        build_data["artifacts"].append(_SHIPPED.as_posix())


def _image(root: Path) -> bytes:
    database = sqlite3.connect(":memory:")
    try:
        database.executescript((root / "packaging" / "index.sql").read_text(encoding="utf-8"))
        [(key,)] = database.execute("SELECT value FROM about WHERE name = 'key'")
        versions, place, _ = json.loads(key)
        # For an editable installation: the state in which the sources of the package are now.
        state = _module(root, "keys").own_state()
        database.execute("UPDATE about SET value = ? WHERE name = 'key'", (json.dumps([versions, place, state]),))
        database.commit()
        image = database.serialize()
    finally:
        database.close()
    content: bytes = _module(root, "cache").with_digest(image)
    return content


def _module(root: Path, name: str) -> ModuleType:
    """Import a module of the index by itself: the package has dependencies that a build has not."""
    file = root / _PACKAGE / "index" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"terraregistry_{name}", file)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(file)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
