"""The JSON Schema of configs, for editors: completion of names and arguments, and mistakes underlined while typing."""
