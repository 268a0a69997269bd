"""Prithvi, the geospatial foundation models of IBM and NASA: vision transformers, masked autoencoders and a Swin."""
