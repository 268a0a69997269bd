"""The mypy plugin: `plugins = ["terraregistry.mypy_plugin"]` in mypy's configuration.

With it, mypy checks `R.build("name", ...)`, `R.validate("name", ...)`, `R["name"]` and `R.find_class("name")` as a call of the
constructor that the name stands for. The names come from the index of what is installed and, read without importing
anything, from what the project itself registers.
"""

from terraregistry.mypy_plugin.hooks import TerraregistryPlugin, plugin

__all__ = ["TerraregistryPlugin", "plugin"]
