"""Stock clients of Yjs, which agree with the dashboard or do not."""

import json
import os
import subprocess
from pathlib import Path

from .waiting import until

PROGRAM = Path(__file__).with_name("stock-client.mjs")


class StockClient:
    """A document of Yjs in node, shared over y-websocket."""

    def __init__(self, relay, room, token=None):
        self._process = subprocess.Popen(
            ["node", str(PROGRAM), relay.url.replace("http", "ws", 1), room], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, env={"NODE_PATH": "/usr/share/nodejs", **os.environ, "TOKEN": token or ""})
        try:
            until(f"a stock client has opened {room}", lambda: self.run("provider.synced"))
        except AssertionError:
            self.close()
            raise

    def run(self, script):
        """Evaluates an expression of JavaScript that may use `doc`, `Y` and `provider`."""
        self._process.stdin.write(json.dumps(script) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise AssertionError(f"the stock client ended while it did: {script}")
        answer = json.loads(line)
        if "error" in answer:
            raise AssertionError(f"{answer['error']} in {script}")
        return answer["value"]

    def text(self, name):
        return self.run(f"doc.getText({json.dumps(name)}).toString()")

    def insert(self, name, index, text):
        self.run(f"doc.getText({json.dumps(name)}).insert({index}, {json.dumps(text)})")

    def close(self):
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()
