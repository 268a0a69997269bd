"""The library's own components: plain modules, one a file.

A component is named by its file (`terraregistry.components.decoders.fcn.FCNDecoder`), so importing one loads only its
own dependencies.
"""
