"""The command line: `terraregistry COMMAND ...`, one file a command.

What a command needs (torch, the libraries behind the sources) is imported when it runs: help and version load none
of it.
"""

from __future__ import annotations

from terraregistry.tools.cli.application import app, main

__all__ = ["app", "main"]
