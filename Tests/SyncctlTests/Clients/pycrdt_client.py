"""Drives stock yrs clients (the Provider of pycrdt) for the end-to-end tests.

Speaks the same lines of JSON as yjs-client.js: a request {"id", "do", "client", ...} on stdin, its reply
{"id", "value"} or {"id", "error"} on stdout. A reply never waits for the network.
"""

import asyncio
import base64
import json
import sys
import traceback

import websockets
from pycrdt import (
    Array,
    Awareness,
    Doc,
    Map,
    Provider,
    Text,
    YMessageType,
    YSyncMessageType,
    create_awareness_message,
    read_message,
)

RECONNECT_SECONDS = 0.1


class Channel:
    """The socket as pycrdt's Provider wants it; what the Provider does not read (awareness) is taken out here."""

    def __init__(self, client, socket):
        self.client = client
        self.socket = socket
        self.path = client.url

    def __aiter__(self):
        return self

    async def __anext__(self):
        while True:
            try:
                message = await self.socket.recv()
            except websockets.ConnectionClosed:
                raise StopAsyncIteration from None
            if message[0] == YMessageType.AWARENESS:
                self.client.awareness.apply_awareness_update(read_message(message[1:]), "remote")
            elif message[0] == YMessageType.SYNC:
                self.client.note_echo(message)
                return message

    async def send(self, message):
        await self.socket.send(message)


class Client:
    """One document and its connection to one room."""

    def __init__(self, url, room, awareness=None):
        self.url = f"{url}/{room}"
        self.doc = Doc()
        self.text = self.doc.get("text", type=Text)
        self.list = self.doc.get("list", type=Array)
        self.map = self.doc.get("map", type=Map)
        self.marker = None  # of the transaction under way
        self.markers = {}  # bytes of an update -> the marker that it adds to the list
        self.acknowledged = []
        self.unfinished = 0  # edits of bursts that are still to be made
        self.closures = []
        self.socket = None
        self.provider = None
        self.connection = None
        self.observation = self.doc.observe(self.note_update)
        self.awareness = Awareness(self.doc)
        if awareness is not None:
            self.awareness.set_local_state(awareness)
        self.awareness.observe(self.send_awareness)
        self.connect()

    def connect(self):
        if self.connection is None:
            self.connection = asyncio.create_task(self.stay_connected())

    def disconnect(self):
        if self.connection is not None:
            self.connection.cancel()
            self.connection = None

    async def stay_connected(self):
        while True:
            try:
                async with websockets.connect(self.url, max_size=None) as socket:
                    await self.serve(socket)
            except (OSError, websockets.WebSocketException):
                pass  # not there, or gone in the handshake: try again
            await asyncio.sleep(RECONNECT_SECONDS)

    async def serve(self, socket):
        self.socket = socket
        self.provider = Provider(self.doc, Channel(self, socket))
        running = asyncio.create_task(self.provider.start())
        try:
            self.send_awareness("update", None)
            await socket.wait_closed()
            self.closures.append(f"{socket.close_code} {socket.close_reason}")
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            self.socket = None
            self.provider = None
            others = [client for client in self.awareness.states if client != self.doc.client_id]
            self.awareness.remove_awareness_states(others, "disconnected")

    def send_awareness(self, topic, change):
        is_ours = change is None or change[1] == "local"
        if topic == "update" and is_ours and self.socket is not None:
            update = self.awareness.encode_awareness_update([self.doc.client_id])
            asyncio.create_task(self.socket.send(create_awareness_message(update)))

    def note_update(self, event):
        if self.marker is not None:
            self.markers[bytes(event.update)] = self.marker

    def note_echo(self, message):
        """A sync update with exactly our bytes is the relay's acknowledgement that it has stored them."""
        if message[1] == YSyncMessageType.SYNC_UPDATE:
            marker = self.markers.pop(read_message(message[2:]), None)
            if marker is not None:
                self.acknowledged.append(marker)

    def insert(self, index, string):
        """Index in characters; pycrdt's own indexes are bytes of UTF-8."""
        self.text.insert(len(str(self.text)[:index].encode()), string)

    def delete(self, index, count):
        before = str(self.text)
        start = len(before[:index].encode())
        del self.text[start : start + len(before[index : index + count].encode())]

    async def burst(self, prefix, count):
        for index in range(count):
            self.marker = f"{prefix}-{index}"
            with self.doc.transaction():
                self.insert(index % (len(str(self.text)) + 1), "y")
                self.list.append(self.marker)
            self.marker = None
            self.unfinished -= 1
            await asyncio.sleep(0)

    def state(self):
        return {
            "clientID": self.doc.client_id,
            "isConnected": self.socket is not None,
            "isSynced": self.provider is not None and self.provider.synced.is_set(),
            "unfinished": self.unfinished,
            "acknowledgedCount": len(self.acknowledged),
            "closures": self.closures,
            "awareness": {str(client): state for client, state in self.awareness.states.items()},
        }


def content(doc):
    return {
        "text": str(doc.get("text", type=Text)),
        "list": doc.get("list", type=Array).to_py(),
        "map": doc.get("map", type=Map).to_py(),
    }


def shared_value(value):
    """A plain JSON value, or for {"$text": "…"} and {"$map": {…}} a nested shared type."""
    if isinstance(value, dict) and "$text" in value:
        return Text(value["$text"])
    if isinstance(value, dict) and "$map" in value:
        return Map({key: shared_value(inner) for key, inner in value["$map"].items()})
    return value


clients = {}
tasks = set()  # asyncio keeps only weak references to tasks


def start_burst(client, prefix, count):
    client.unfinished += count
    task = asyncio.create_task(client.burst(prefix, count))
    tasks.add(task)
    task.add_done_callback(tasks.discard)


def perform(request):
    name = request.get("client")
    client = clients.get(name)
    match request["do"]:
        case "open":
            clients[name] = Client(request["url"], request["room"], request.get("awareness"))
        case "connect":
            client.connect()
        case "disconnect":
            client.disconnect()
        case "cut":
            client.socket.transport.abort()  # no closing handshake, as when the power goes
        case "insertText":
            client.insert(request["at"], request["string"])
        case "deleteText":
            client.delete(request["at"], request["count"])
        case "push":
            client.list.append(shared_value(request["value"]))
        case "set":
            client.map[request["key"]] = shared_value(request["value"])
        case "remove":
            del client.map[request["key"]]
        case "setAwareness":
            client.awareness.set_local_state(request["value"])
        case "burst":
            start_burst(client, request["prefix"], request["count"])
        case "state":
            return client.state()
        case "acknowledged":
            return client.acknowledged
        case "content":
            return content(client.doc)
        case "load":  # what a fresh document shows after one update
            doc = Doc()
            doc.apply_update(base64.b64decode(request["base64"]))
            return content(doc)
        case unknown:
            raise ValueError(f"unknown action {unknown}")
    return True


async def main():
    lines = asyncio.StreamReader(limit=1 << 26)
    protocol = asyncio.StreamReaderProtocol(lines)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, sys.stdin)
    while line := await lines.readline():
        request = json.loads(line)
        try:
            reply = {"id": request["id"], "value": perform(request)}
        except Exception:
            reply = {"id": request["id"], "error": traceback.format_exc()}
        print(json.dumps(reply), flush=True)
    for client in clients.values():
        client.disconnect()


asyncio.run(main())
