"""Tools on top of the registries: the command line and its modules."""
