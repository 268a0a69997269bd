"""Configs: YAML files that describe a model, read with the position of every element."""

from __future__ import annotations

from terraregistry.tools.config.document import Document, Edit
from terraregistry.tools.config.layouts import ModelRequest, find_request
from terraregistry.tools.config.reader import parse_config, read_config

__all__ = [
    "Document",
    "Edit",
    "ModelRequest",
    "find_request",
    "parse_config",
    "read_config",
]
