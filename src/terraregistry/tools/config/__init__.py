"""Configs: YAML files that describe a model, read with the position of every element."""

from __future__ import annotations

from terraregistry.tools.config.document import Document, Edit
from terraregistry.tools.config.layouts import find_request, find_requests, has_model, read_requests
from terraregistry.tools.config.model_request import ModelRequest
from terraregistry.tools.config.reader import parse_config, read_config

__all__ = [
    "Document",
    "Edit",
    "ModelRequest",
    "find_request",
    "find_requests",
    "has_model",
    "parse_config",
    "read_config",
    "read_requests",
]
