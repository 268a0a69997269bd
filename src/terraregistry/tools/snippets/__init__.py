"""Snippets: the shortest Python and the shortest config that build a component, to be copied."""

from terraregistry.tools.snippets.writing import Snippets, python_snippet, snippets_of, yaml_snippet

__all__ = ["Snippets", "python_snippet", "snippets_of", "yaml_snippet"]
