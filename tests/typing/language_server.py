"""A client of basedpyright's language server, over stdio: what an editor is told."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ..language_server import Connection, cursor_of

__all__ = ["LanguageServer"]

_CAPABILITIES = {
    "textDocument": {
        "completion": {"completionItem": {"documentationFormat": ["plaintext"]}},
        "publishDiagnostics": {"tagSupport": {"valueSet": [1, 2]}},
    },
    "workspace": {"configuration": True, "workspaceFolders": True},
}


class LanguageServer(Connection):
    """A running server for a project in pyright's default mode."""

    def __init__(self, folder):
        self._folder = folder
        (folder / "pyrightconfig.json").write_text('{"typeCheckingMode": "standard"}', encoding="utf-8")
        command = [str(Path(sys.executable).with_name("basedpyright-langserver")), "--stdio"]
        super().__init__(command, {"python": {"pythonPath": sys.executable}}, timeout=300)
        self._files = 0
        workspace = {"uri": folder.as_uri(), "name": "project"}
        self.request(
            "initialize",
            {"processId": os.getpid(), "rootUri": None, "workspaceFolders": [workspace], "capabilities": _CAPABILITIES},
        )
        self.notify("initialized", {})

    def complete(self, text):
        """What is proposed at the `|` in a program."""
        text, place = cursor_of(text)
        found = self.request("textDocument/completion", {"textDocument": {"uri": self._open(text)}, "position": place})
        return [item["label"] for item in found["items"]]

    def diagnostics(self, text):
        """What is reported of a program, once there is anything."""
        uri = self._open(text)

        def wanted(message):
            if message.get("method") != "textDocument/publishDiagnostics":
                return False
            return message["params"]["uri"] == uri and bool(message["params"]["diagnostics"])

        return self.wait(wanted)["params"]["diagnostics"]

    def _open(self, text):
        self._files += 1
        file = self._folder / f"program{self._files}.py"
        file.write_text(text, encoding="utf-8")
        document = {"uri": file.as_uri(), "languageId": "python", "version": 1, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": document})
        return file.as_uri()
