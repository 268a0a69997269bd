"""Backbones: they turn images into features."""
