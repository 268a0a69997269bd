"""Stubs for type checkers without plugins (pyright, Pylance, PyCharm): an overload for every way to build by name."""

from terraregistry.tools.typings.stub import stub_of
from terraregistry.tools.typings.stub_files import write_typings

__all__ = ["stub_of", "write_typings"]
