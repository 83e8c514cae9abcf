"""The browser's own protocol, for what WebDriver does not tell: what goes wrong in a page, what it loads, how it is read out."""

import json
import threading
import urllib.request
from concurrent.futures import Future

import websocket

from .waiting import SECONDS_MAX


class DevtoolsError(Exception):
    """A call that the browser refused."""


class Devtools:
    """A connection to the browser, which may be used by several threads."""

    def __init__(self, address):
        with urllib.request.urlopen(f"http://{address}/json/version") as answer:
            url = json.load(answer)["webSocketDebuggerUrl"]
        self._socket = websocket.create_connection(url, suppress_origin=True)
        self._lock = threading.Lock()
        self._last = 0
        self._calls = {}
        self._targets = {}
        threading.Thread(target=self._read, daemon=True).start()

    def call(self, method, session=None, **parameters):
        with self._lock:
            self._last += 1
            identifier = self._last
            future = self._calls[identifier] = Future()
        message = {"id": identifier, "method": method, "params": parameters}
        self._socket.send(json.dumps(message | ({"sessionId": session} if session else {})))
        answer = future.result(SECONDS_MAX)
        if "error" in answer:
            raise DevtoolsError(f"{method}: {answer['error']['message']}")
        return answer["result"]

    def open(self, width, height):
        """Opens a window that shares nothing with others."""
        context = self.call("Target.createBrowserContext")["browserContextId"]
        identifier = self.call(
            "Target.createTarget", url="about:blank", browserContextId=context, newWindow=True, width=width,
            height=height)["targetId"]
        session = self.call("Target.attachToTarget", targetId=identifier, flatten=True)["sessionId"]
        target = self._targets[session] = Target(self, identifier, session, context)
        for domain in ("Log", "Runtime", "Network", "Audits", "Accessibility"):
            target.call(f"{domain}.enable")
        return target

    def close(self):
        self._socket.close()

    def _read(self):
        try:
            while text := self._socket.recv():
                message = json.loads(text)
                if "id" in message:
                    with self._lock:
                        future = self._calls.pop(message["id"])
                    future.set_result(message)
                elif target := self._targets.get(message.get("sessionId")):
                    target.note(message["method"], message["params"])
        except (websocket.WebSocketException, OSError):
            # That was the end of the browser; calls that wait for it fail by themselves.
            pass


class Target:
    """A window's page, and what happened in it since it was opened."""

    def __init__(self, devtools, identifier, session, context):
        self._devtools = devtools
        self._session = session
        self._context = context
        self.identifier = identifier
        # What is on the console as an error, what nobody caught, and what the Content-Security-Policy forbade.
        self.problems = []
        # The addresses of all that was asked for, WebSockets among them.
        self.addresses = []

    def call(self, method, **parameters):
        return self._devtools.call(method, self._session, **parameters)

    def close(self):
        self._devtools.call("Target.disposeBrowserContext", browserContextId=self._context)

    def note(self, method, event):
        match method:
            case "Runtime.consoleAPICalled" if event["type"] in ("error", "assert"):
                self.problems.append("console: " + " ".join(
                    str(argument.get("value", argument.get("description"))) for argument in event["args"]))
            case "Runtime.exceptionThrown":
                details = event["exceptionDetails"]
                self.problems.append(
                    f"uncaught: {details.get('exception', {}).get('description') or details['text']} in {details.get('url')}")
            case "Log.entryAdded" if event["entry"]["level"] == "error":
                entry = event["entry"]
                self.problems.append(f"{entry['source']}: {entry['text']} {entry.get('url', '')}")
            case "Audits.issueAdded" if event["issue"]["code"] == "ContentSecurityPolicyIssue":
                self.problems.append(f"security: {json.dumps(event['issue']['details'])}")
            case "Network.requestWillBeSent":
                self.addresses.append(event["request"]["url"])
            case "Network.webSocketCreated":
                self.addresses.append(event["url"])
