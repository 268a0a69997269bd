"""The components that the library itself can build: plain modules, one a file.

A component is named by its file (`terraregistry.components.decoders.fcn.FCNDecoder`), so that importing one of them
loads what it needs and nothing else.
"""
