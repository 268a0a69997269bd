"""A client of basedpyright's language server, over stdio: what an editor is told.

`python -m tests.typing.language_server` goes the way of a user, and prints how long each step takes.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

from ..language_server import Connection, cursor_of

__all__ = ["HEAD", "WAY", "LanguageServer"]

HEAD = "from terraregistry import BACKBONE_REGISTRY, DECODER_REGISTRY\n\n"
WAY = {
    "names": ("complete", 'BACKBONE_REGISTRY.build("resn|'),
    "the parenthesis of build": ("signature", "BACKBONE_REGISTRY.build(|)"),
    "arguments": ("complete", 'BACKBONE_REGISTRY.build("resnet18", in_ch|)'),
    "names of builders": ("complete", 'BACKBONE_REGISTRY.builder("resn|")'),
    "the parenthesis of a builder": ("signature", 'BACKBONE_REGISTRY.builder("resnet18")(|)'),
    "arguments of a builder": ("complete", 'BACKBONE_REGISTRY.builder("resnet18")(in_ch|)'),
    "hover on build": ("hover", 'BACKBONE_REGISTRY.bui|ld("resnet18", in_chans=6)'),
    "hover on builder": ("hover", 'DECODER_REGISTRY.buil|der("FCNDecoder")([8])'),
    "definition of build": ("definition", 'BACKBONE_REGISTRY.bui|ld("resnet18", in_chans=6)'),
    "definition of builder": ("definition", 'DECODER_REGISTRY.buil|der("FCNDecoder")([8])'),
    "definition of an argument": ("definition", 'DECODER_REGISTRY.builder("FCNDecoder")([8], num_|convs=2)'),
    "type of a product": ("type_definition", 'decod|er = DECODER_REGISTRY.builder("FCNDecoder")([8])'),
}
"""The steps of a user: what is asked of the server, at which cursor."""

_CAPABILITIES = {
    "textDocument": {
        "hover": {"contentFormat": ["plaintext"]},
        "signatureHelp": {
            "signatureInformation": {"documentationFormat": ["plaintext"], "activeParameterSupport": True}
        },
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
        return [item["label"] for item in self._ask("completion", text)["items"]]

    def signature(self, text):
        """The active signature at the `|`, and its documentation."""
        found = self._ask("signatureHelp", text)
        shown = found["signatures"][found["activeSignature"]]
        documentation = shown.get("documentation", "")
        return shown["label"], documentation["value"] if isinstance(documentation, dict) else documentation

    def hover(self, text):
        """What is shown of the word at the `|`."""
        return self._ask("hover", text)["contents"]["value"]

    def definition(self, text):
        """Where the word at the `|` is defined: files and lines, counted from 1."""
        return _places(self._ask("definition", text))

    def type_definition(self, text):
        """Where the type of the word at the `|` is defined."""
        return _places(self._ask("typeDefinition", text))

    def _ask(self, method, text):
        text, place = cursor_of(text)
        return self.request(f"textDocument/{method}", {"textDocument": {"uri": self._open(text)}, "position": place})

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


def _places(found):
    return [(Path(each["uri"]).name, each["range"]["start"]["line"] + 1) for each in found or []]


def main():
    """Go the way twice, the first time with a server that knows nothing yet."""
    with tempfile.TemporaryDirectory() as folder:
        server = LanguageServer(Path(folder))
        for name, (method, line) in WAY.items():
            seconds = []
            for _ in range(2):
                start = time.perf_counter()
                answer = getattr(server, method)(HEAD + line)
                seconds.append(time.perf_counter() - start)
            print(f"{name}: {seconds[0]:.2f} s, again {seconds[1]:.2f} s: {str(answer)[:300]}")
        server.close()


if __name__ == "__main__":
    main()
