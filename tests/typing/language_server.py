"""A client of basedpyright's language server, over stdio: what an editor is told."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from pathlib import Path

__all__ = ["LanguageServer"]

_CAPABILITIES = {
    "textDocument": {
        "completion": {"completionItem": {"documentationFormat": ["plaintext"]}},
        "publishDiagnostics": {"tagSupport": {"valueSet": [1, 2]}},
    },
    "workspace": {"configuration": True, "workspaceFolders": True},
}


class LanguageServer:
    """A running server for a project in pyright's default mode."""

    def __init__(self, folder):
        self._folder = folder
        (folder / "pyrightconfig.json").write_text('{"typeCheckingMode": "standard"}', encoding="utf-8")
        command = [str(Path(sys.executable).with_name("basedpyright-langserver")), "--stdio"]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._received = queue.Queue()
        self._requests = 0
        self._files = 0
        threading.Thread(target=self._listen, daemon=True).start()
        workspace = {"uri": folder.as_uri(), "name": "project"}
        self._request(
            "initialize",
            {"processId": os.getpid(), "rootUri": None, "workspaceFolders": [workspace], "capabilities": _CAPABILITIES},
        )
        self._notify("initialized", {})

    def close(self):
        """End it."""
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()

    def complete(self, text):
        """What is proposed at the `|` in a program."""
        before, _, after = text.partition("|")
        place = {"line": before.count("\n"), "character": len(before.rpartition("\n")[2])}
        found = self._request(
            "textDocument/completion", {"textDocument": {"uri": self._open(before + after)}, "position": place}
        )
        return [item["label"] for item in found["items"]]

    def diagnostics(self, text):
        """What is reported of a program, once there is anything."""
        uri = self._open(text)

        def wanted(message):
            if message.get("method") != "textDocument/publishDiagnostics":
                return False
            return message["params"]["uri"] == uri and bool(message["params"]["diagnostics"])

        return self._wait(wanted)["params"]["diagnostics"]

    def _open(self, text):
        self._files += 1
        file = self._folder / f"program{self._files}.py"
        file.write_text(text, encoding="utf-8")
        document = {"uri": file.as_uri(), "languageId": "python", "version": 1, "text": text}
        self._notify("textDocument/didOpen", {"textDocument": document})
        return file.as_uri()

    def _listen(self):
        stream = self._process.stdout
        while True:
            length = 0
            try:
                while line := stream.readline().strip():
                    name, _, value = line.partition(b":")
                    length = int(value) if name.lower() == b"content-length" else length
                if not length:
                    return
                self._received.put(json.loads(stream.read(length)))
            except ValueError:  # closed
                return

    def _send(self, message):
        data = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(data), data))
        self._process.stdin.flush()

    def _notify(self, method, params):
        self._send({"method": method, "params": params})

    def _request(self, method, params):
        self._requests += 1
        number = self._requests
        self._send({"id": number, "method": method, "params": params})
        return self._wait(lambda message: message.get("id") == number and "method" not in message)["result"]

    def _wait(self, wanted):
        while True:
            message = self._received.get(timeout=300)
            if "id" in message and "method" in message:
                self._answer(message)
            elif wanted(message):
                return message

    def _answer(self, message):
        result = None
        if message["method"] == "workspace/configuration":
            settings = {"python": {"pythonPath": sys.executable}}
            result = [settings.get(item.get("section"), {}) for item in message["params"]["items"]]
        self._send({"id": message["id"], "result": result})
