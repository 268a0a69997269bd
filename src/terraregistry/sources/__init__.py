"""Adapters of other libraries to `Source`: a package for each."""
