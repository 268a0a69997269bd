"""The JSON Schema of configs, for editors: names and arguments are completed, and mistakes underlined, as they are typed."""

from terraregistry.tools.schema.configs import ID, config_schema, schema_text

__all__ = ["ID", "config_schema", "schema_text"]
