"""What all tests of the dashboard share: a relay, windows, and that nothing goes wrong in any of them."""

import atexit
import os
import re
import signal
import tempfile
import threading
import unittest
from pathlib import Path
from urllib.parse import unquote

from harness.browser import Browser
from harness.relay import Relay
from harness.stock_client import StockClient

BUILD = Path(os.environ.get("BUILD", ".build"))
# What the console says of each request while a relay is away.
OUTAGE = r"ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|WebSocket connection to"

signal.signal(signal.SIGTERM, signal.default_int_handler)
_browser = None


def browser():
    """The one browser of all tests, as its start takes a while."""
    global _browser
    if _browser is None:
        _browser = Browser()
        atexit.register(_browser.close)
    return _browser


def at_once(*actions):
    """Does several things at the same time, and waits until all are done."""
    errors = []

    def run(action):
        try:
            action()
        except Exception as error:  # Is raised below.
            errors.append(error)

    threads = [threading.Thread(target=run, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


class DashboardTestCase(unittest.TestCase):
    """Fails, too, when a window had an error on its console, was forbidden something by its Content-Security-Policy, or
    asked anybody but its relay; and when a token is in an address or a log."""

    longMessage = True
    maxDiff = 2000

    def setUp(self):
        self.windows = []
        self.relays = []
        self._expected = []

    def start_relay(self, *options, **settings):
        """Starts a relay, which ends with the test."""
        relay = Relay(*options, **settings)
        self.relays.append(relay)
        # Whoever interrupts the tests leaves no relay behind either.
        atexit.register(relay.stop)
        self.addCleanup(relay.stop)
        return relay

    def folder(self):
        """A folder of its own, which goes with the test."""
        folder = tempfile.TemporaryDirectory(prefix="dashboard-tests-")
        self.addCleanup(folder.cleanup)
        return Path(folder.name)

    def window(self, relay, address="#/", token=None, **size):
        """Opens a window of the dashboard, which closes with the test."""
        window = browser().open(relay.url, **size)
        self.windows.append(window)
        self.addCleanup(window.close)
        window.open(address)
        return window.sign_in(token) if token else window

    def stock_client(self, relay, room, token=None):
        client = StockClient(relay, room, token)
        self.addCleanup(client.close)
        return client

    def expect_problems(self, *patterns):
        """Lets errors pass that are part of what is tested."""
        self._expected += patterns

    def tearDown(self):
        if self._has_failed:
            self._keep_traces()
            return
        tokens = [token for relay in self.relays for token in relay.tokens]
        for relay in self.relays:
            self.assertFalse([token for token in tokens if token in relay.log], "a token is in a relay's log")
        for window in self.windows:
            own = (window.url, window.url.replace("http", "ws", 1), "data:", "about:blank")
            self.assertEqual([], [problem for problem in window.target.problems
                                  if not any(re.search(pattern, problem) for pattern in self._expected)])
            self.assertEqual([], [address for address in window.target.addresses if not address.startswith(own)])
            self.assertFalse(
                [address for address in window.target.addresses if any(token in unquote(address) for token in tokens)],
                "a token is in an address")

    @property
    def _has_failed(self):
        result = self._outcome.result
        return any(getattr(test, "test_case", test) is self for test, _ in result.failures + result.errors)

    def _keep_traces(self):
        folder = BUILD / "dashboard-failures"
        folder.mkdir(parents=True, exist_ok=True)
        for number, window in enumerate(self.windows, 1):
            path = folder / f"{self._testMethodName}-{number}.png"
            try:
                window.save_screenshot(path)
                print(f"\n{path}: {window.evaluate('return location.href')}", *window.target.problems, sep="\n  ")
            except Exception as error:  # The test's own failure is what is to be told.
                print(f"\n{path}: {error}")
