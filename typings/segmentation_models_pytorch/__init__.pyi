# What terraregistry uses of segmentation-models-pytorch 0.6.0, which has no types of its own.
__version__: str
