"""A downstream project: decoders and heads of its own, and models that are put together by name."""
