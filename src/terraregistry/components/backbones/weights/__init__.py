"""Weights that were trained elsewhere: finding them, reading them and fitting them into a module."""
