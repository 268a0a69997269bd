"""Snippets to copy: the shortest Python and the shortest config to build a component."""

from terraregistry.tools.snippets.snippets import Snippets, python_snippet, snippets_of, yaml_snippet

__all__ = ["Snippets", "python_snippet", "snippets_of", "yaml_snippet"]
