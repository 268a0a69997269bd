"""Model factories: they build whole models from names and arguments."""
