"""Decoders: they turn the features of a backbone into one map."""
