"""The wire to a real language server, over stdio: messages with a length in front, in JSON-RPC."""

from __future__ import annotations

import json
import queue
import subprocess
import threading


def cursor_of(text):
    """Take the `|` out of a text, and say where it stood."""
    before, _, after = text.partition("|")
    return before + after, {"line": before.count("\n"), "character": len(before.rpartition("\n")[2])}


class Connection:
    """A running server.

    Args:
        command: Starts it.
        settings: Its settings, by section.
        timeout: How many seconds an answer may take.
    """

    def __init__(self, command, settings, timeout):
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._received = queue.Queue()
        self._requests = 0
        self._settings = settings
        self._timeout = timeout
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self):
        """End it."""
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()

    def notify(self, method, params):
        """Tell it something."""
        self._send({"method": method, "params": params})

    def request(self, method, params):
        """Ask it something, and return the answer."""
        self._requests += 1
        number = self._requests
        self._send({"id": number, "method": method, "params": params})
        return self.wait(lambda message: message.get("id") == number and "method" not in message)["result"]

    def wait(self, wanted):
        """Return the next message that is wanted, and answer what it asks until then."""
        while True:
            message = self._received.get(timeout=self._timeout)
            if "id" in message and "method" in message:
                self._answer(message)
            elif wanted(message):
                return message

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

    def _answer(self, message):
        result = None
        if message["method"] == "workspace/configuration":
            result = [self._settings.get(item.get("section"), {}) for item in message["params"]["items"]]
        self._send({"id": message["id"], "result": result})
