"""The JSON Schema of configs, for editors: names and arguments are completed, and mistakes underlined, as they are typed."""

from terraregistry.tools.schema.cached import installed_schema_text

__all__ = ["installed_schema_text"]
