"""The JSON Schema of configs, for editors: completion of names and arguments, and mistakes underlined while typing."""

from terraregistry.tools.schema.cached import installed_schema_text

__all__ = ["installed_schema_text"]
