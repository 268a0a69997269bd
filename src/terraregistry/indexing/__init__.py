"""Making the index: the registries' answers about each component, as plain data.

Making it imports the libraries of all components; reading it, with `terraregistry.index`, imports none.
"""
