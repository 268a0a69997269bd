"""The mypy plugin: `plugins = ["terraregistry.mypy_plugin"]` in mypy's configuration.

With it, mypy checks `R.build("name", ...)`, `R.builder("name")(...)`, `R.validate("name", ...)`, `R["name"]` and
`R.find_class("name")` as calls of the named component's constructor. The names come from the index of installed
components and from the project's own registrations, read without importing anything.
"""

from terraregistry.mypy_plugin.hooks import TerraregistryPlugin, plugin

__all__ = ["TerraregistryPlugin", "plugin"]
