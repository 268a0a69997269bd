"""A client of the real yaml-language-server, over stdio."""

from __future__ import annotations

import json
import os
import queue
import shutil
import subprocess
import threading
from pathlib import Path


def find_server():
    """The command of the server: YAML_LANGUAGE_SERVER, or what is on the PATH; None where there is none."""
    given = os.environ.get("YAML_LANGUAGE_SERVER")
    if given:
        return ["node", given] if given.endswith(".js") or "node_modules" in given else [given]
    found = shutil.which("yaml-language-server")
    return None if found is None else [found]


class LanguageServer:
    """A running server, for one schema."""

    def __init__(self, command, schema, files="*.yaml"):
        self._process = subprocess.Popen(
            [*command, "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._received = queue.Queue()
        self._number = 0
        self._version = 0
        self._settings = {
            "yaml": {
                "validate": True,
                "completion": True,
                "hover": True,
                "schemas": {Path(schema).as_uri(): files} if schema is not None else {},
                "schemaStore": {"enable": False},
            }
        }
        threading.Thread(target=self._listen, daemon=True).start()
        self.request("initialize", {"processId": os.getpid(), "rootUri": None, "capabilities": _CAPABILITIES})
        self.notify("initialized", {})
        self.notify("workspace/didChangeConfiguration", {"settings": self._settings})

    def close(self):
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()

    def _listen(self):
        stream = self._process.stdout
        while True:
            length = 0
            try:
                while line := stream.readline().strip():
                    if line.lower().startswith(b"content-length:"):
                        length = int(line.partition(b":")[2])
                if not length:
                    return
                self._received.put(json.loads(stream.read(length)))
            except ValueError:  # closed
                return

    def _send(self, message):
        data = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(data), data))
        self._process.stdin.flush()

    def notify(self, method, params):
        self._send({"method": method, "params": params})

    def request(self, method, params):
        self._number += 1
        self._send({"id": self._number, "method": method, "params": params})
        number = self._number
        return self._wait(lambda message: message.get("id") == number and "method" not in message)["result"]

    def _wait(self, wanted):
        while True:
            message = self._received.get(timeout=120)
            if "id" in message and "method" in message:
                self._answer(message)
            elif wanted(message):
                return message

    def _answer(self, message):
        result = None
        if message["method"] == "workspace/configuration":
            result = [self._settings.get(item.get("section"), {}) for item in message["params"]["items"]]
        self._send({"id": message["id"], "result": result})

    def open(self, text, name="c.yaml"):
        """Opens a document, and gives what the server finds wrong, as pairs of line (from 1) and message."""
        self._version += 1
        self.uri = f"file:///configs/{self._version}/{name}"
        document = {"uri": self.uri, "languageId": "yaml", "version": 1, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": document})
        found = self._wait(
            lambda message: (
                message.get("method") == "textDocument/publishDiagnostics" and message["params"]["uri"] == self.uri
            )
        )
        return [(each["range"]["start"]["line"] + 1, each["message"]) for each in found["params"]["diagnostics"]]

    def complete(self, text):
        """What is offered at the `|` in a document: the items, by label."""
        before, _, after = text.partition("|")
        self.open(before + after)
        place = {"line": before.count("\n"), "character": len(before.rpartition("\n")[2])}
        found = self.request("textDocument/completion", {"textDocument": {"uri": self.uri}, "position": place})
        return {item["label"]: item for item in found["items"]}

    def hover(self, text):
        """What is said of the word after the `|` in a document."""
        before, _, after = text.partition("|")
        self.open(before + after)
        place = {"line": before.count("\n"), "character": len(before.rpartition("\n")[2])}
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
