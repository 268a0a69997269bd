"""Pretrained weights: finding them, reading them and fitting them into a module."""
