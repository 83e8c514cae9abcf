"""Relays, as processes of their own: of the kind that people run."""

import contextlib
import json
import os
import re
import signal
import sqlite3
import subprocess
import tempfile
import threading
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from .waiting import SECONDS_MAX, until

PROGRAM = os.path.abspath(os.environ.get("RELAY") or ".build/release/syncctl")


class RelayAnswer(Exception):
    """An answer that is none."""

    def __init__(self, status, text):
        super().__init__(f"{status}: {text}")
        self.status = status


class Relay:
    """A relay with a store of its own, that can be killed and started again on the same port."""

    def __init__(self, *options, has_tokens=False):
        self._folder = tempfile.TemporaryDirectory(prefix="dashboard-tests-")
        self.folder = Path(self._folder.name)
        self._options = list(options)
        self._secret = None
        if has_tokens:
            self._secret = self.folder / "secret"
            self._secret.write_text(os.urandom(32).hex())
            self._options += ["--jwt-secret", str(self._secret)]
        self._log = open(self.folder / "log", "ab")
        self._process = None
        self.port = 0
        self.tokens = []
        self.start()

    def start(self):
        """Starts it, on the port that it had before."""
        self._process = subprocess.Popen(
            [PROGRAM, "serve", "--host", "127.0.0.1", "--port", str(self.port), "--store", str(self.folder / "rooms.sqlite")]
            + self._options, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self._log)
        # A relay that says nothing ends, and with it the line that is waited for.
        watch = threading.Timer(SECONDS_MAX, self._process.kill)
        watch.start()
        line = self._process.stdout.readline().decode()
        watch.cancel()
        match = re.match(r"listening http://127\.0\.0\.1:(\d+) ", line)
        if not match:
            raise AssertionError(f"the relay did not start: {line!r} {self.log}")
        self.port = int(match[1])

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self):
        """All that it has written to stderr."""
        return (self.folder / "log").read_text(errors="replace")

    def kill(self):
        """Ends it as a power cut would."""
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()

    def pass_time(self, seconds):
        """Makes all that is stored so much older: what is written from then on is another moment of the history."""
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(SECONDS_MAX)
        self._process.stdout.close()
        with contextlib.closing(sqlite3.connect(self.folder / "rooms.sqlite")) as store, store:
            for table, column in (("updates", "time"), ("snapshots", "time"), ("history", "start"), ("history", "end")):
                store.execute(f"UPDATE {table} SET {column} = {column} - ?", (seconds * 1000,))
        self.start()

    def stop(self):
        """Ends it for good, and removes what it stored."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(SECONDS_MAX)
            except subprocess.TimeoutExpired:
                self.kill()
        self._process.stdout.close()
        self._log.close()
        self._folder.cleanup()

    def token(self, subject, *rooms, lifetime="1h"):
        """Makes a token, with rights as in `project:*=write`."""
        words = [word for room in rooms for word in ("--room", room)]
        made = subprocess.run(
            [PROGRAM, "token", "mint", "--secret", str(self._secret), "--subject", subject, "--lifetime", lifetime] + words,
            check=True, capture_output=True, text=True)
        self.tokens.append(made.stdout.strip())
        return self.tokens[-1]

    def ask(self, path, query=None, body=None, token=None, method=None):
        """Asks its API, and returns what the answer's JSON says."""
        status, _, text = self.fetch(f"{path}?{urllib.parse.urlencode(query or {})}", body, token, method)
        if status >= 400:
            raise RelayAnswer(status, text)
        return json.loads(text) if text else None

    def fetch(self, path, body=None, token=None, method=None, headers=None):
        """Asks over HTTP, and returns the status, the headers and the text of the answer."""
        request = urllib.request.Request(self.url + path, method=method, headers=headers or {})
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("content-type", "application/json")
        if token:
            request.add_header("authorization", f"Bearer {token}")
        try:
            with urllib.request.urlopen(request, timeout=SECONDS_MAX) as answer:
                return answer.status, answer.headers, answer.read().decode(errors="replace")
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, error.read().decode(errors="replace")

    def wait_for_document(self, room, condition, what, token=None):
        """Waits until what it has stored of a room is as it should be."""
        return until(
            what, lambda: condition(self.ask("/api/document", {"room": room}, token=token)), ignoring=(RelayAnswer,))
