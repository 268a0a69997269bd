"""Whole models: a backbone, necks, a decoder and a head, composed."""
