"""A client of the real yaml-language-server, over stdio."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from ...language_server import Connection, cursor_of


def find_server():
    """The command of the server: YAML_LANGUAGE_SERVER, or what is on the PATH; None where there is none."""
    given = os.environ.get("YAML_LANGUAGE_SERVER")
    if given:
        return ["node", given] if given.endswith(".js") or "node_modules" in given else [given]
    found = shutil.which("yaml-language-server")
    return None if found is None else [found]


class LanguageServer(Connection):
    """A running server, for one schema."""

    def __init__(self, command, schema, files="*.yaml"):
        settings = {
            "yaml": {
                "validate": True,
                "completion": True,
                "hover": True,
                "schemas": {Path(schema).as_uri(): files} if schema is not None else {},
                "schemaStore": {"enable": False},
            }
        }
        super().__init__([*command, "--stdio"], settings, timeout=120)
        self._version = 0
        self.request("initialize", {"processId": os.getpid(), "rootUri": None, "capabilities": _CAPABILITIES})
        self.notify("initialized", {})
        self.notify("workspace/didChangeConfiguration", {"settings": settings})

    def open(self, text, name="c.yaml"):
        """Opens a document, and gives what the server finds wrong, as pairs of line (from 1) and message."""
        self._version += 1
        self.uri = f"file:///configs/{self._version}/{name}"
        document = {"uri": self.uri, "languageId": "yaml", "version": 1, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": document})
        found = self.wait(
            lambda message: (
                message.get("method") == "textDocument/publishDiagnostics" and message["params"]["uri"] == self.uri
            )
        )
        return [(each["range"]["start"]["line"] + 1, each["message"]) for each in found["params"]["diagnostics"]]

    def complete(self, text):
        """What is offered at the `|` in a document: the items, by label."""
        return {item["label"]: item for item in self._items(text)}

    def labels(self, text):
        """What is offered at the `|` in a document, as an editor sorts it."""
        return [
            item["label"] for item in sorted(self._items(text), key=lambda item: item.get("sortText", item["label"]))
        ]

    def _items(self, text):
        text, place = cursor_of(text)
        self.open(text)
        return self.request("textDocument/completion", {"textDocument": {"uri": self.uri}, "position": place})["items"]

    def hover(self, text):
        """What is said of the word after the `|` in a document."""
        text, place = cursor_of(text)
        self.open(text)
        found = self.request("textDocument/hover", {"textDocument": {"uri": self.uri}, "position": place})
        return "" if found is None else found["contents"]["value"]


_CAPABILITIES = {
    "textDocument": {
        "completion": {"completionItem": {"snippetSupport": True, "documentationFormat": ["plaintext", "markdown"]}},
        "hover": {"contentFormat": ["plaintext", "markdown"]},
        "publishDiagnostics": {},
    },
    "workspace": {"configuration": True},
}
