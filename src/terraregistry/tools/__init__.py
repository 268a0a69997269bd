"""What is built on the registries: the command line and what it reads."""
