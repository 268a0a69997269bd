"""The mypy plugin: `plugins = ["terraregistry.mypy_plugin"]` in mypy's configuration.

With it, mypy checks `R.build("name", ...)`, `R.builder("name")(...)`, `R.validate("name", ...)`, `R["name"]` and
`R.find_class("name")` as calls of the named component's constructor. The names come from the index of installed
components and from the project's own registrations, read without importing anything.
"""

from __future__ import annotations

import re
from typing import Final

from mypy.plugin import Plugin

from terraregistry.mypy_plugin.remarks import remark

__all__ = ["plugin"]

_FIRST: Final = (1, 19)
_LAST_MAJOR: Final = 2


def plugin(version: str) -> type[Plugin]:
    """Return the plugin to mypy.

    Args:
        version: mypy's version.

    Returns:
        The class of the plugin; for a version of mypy that it does not know, one that does nothing.
    """
    reason = f"known are {'.'.join(map(str, _FIRST))} to {_LAST_MAJOR}.x"
    numbers = tuple(map(int, re.findall(r"\d+", version)[:2]))
    if _FIRST <= numbers < (_LAST_MAJOR + 1,):
        try:
            from terraregistry.mypy_plugin.hooks import TerraregistryPlugin
        except ImportError as error:  # the inside of mypy, which may change with any version
            reason = str(error)
        else:
            return TerraregistryPlugin
    remark(f"mypy {version} is not known to this version of the plugin, which does nothing: {reason}")
    return Plugin
